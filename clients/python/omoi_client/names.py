"""Enum values by the words that people use: "design" is SPEC_PHASE_DESIGN."""

from __future__ import annotations

from google.protobuf.internal.enum_type_wrapper import EnumTypeWrapper

from omoi.v1 import auth_pb2, common_pb2, spec_pb2, ticket_pb2
from omoi_client.errors import InvalidArgument, Violation


def value_name(kind: EnumTypeWrapper, prefix: str, word: str, field: str) -> str:
    """Full name of the value that `word` means: any case, with or without its prefix, "-" for "_"; empty: unspecified.

    Raises InvalidArgument naming `field` and the words that are known.
    """
    unspecified = f"{prefix}UNSPECIFIED"
    if not word:
        return unspecified
    name = word.strip().upper().replace("-", "_")
    full = name if name.startswith(prefix) else prefix + name
    known = [one for one in kind.keys() if one != unspecified]  # noqa: SIM118 - a wrapper, not a mapping
    if full in known:
        return full
    words = ", ".join(one.removeprefix(prefix) for one in known)
    text = f'"{word}" is unknown. Known: {words}.'
    raise InvalidArgument(f"{field}: {text}", reason="INVALID_ARGUMENT", violations=[Violation(field, text)])


def phase(word: str, field: str = "phase") -> str:
    """SpecPhase by word."""
    return value_name(common_pb2.SpecPhase, "SPEC_PHASE_", word, field)


def priority(word: str) -> str:
    """Priority by word."""
    return value_name(common_pb2.Priority, "PRIORITY_", word, "priority")


def spec_status(word: str) -> str:
    """SpecStatus by word."""
    return value_name(spec_pb2.SpecStatus, "SPEC_STATUS_", word, "statuses")


def decision(word: str) -> str:
    """ReviewDecision by word."""
    return value_name(spec_pb2.ReviewDecision, "REVIEW_DECISION_", word, "decision")


def delivery(word: str) -> str:
    """MessageDelivery by word."""
    return value_name(spec_pb2.MessageDelivery, "MESSAGE_DELIVERY_", word, "delivery")


def column(word: str) -> str:
    """TicketPhase by word."""
    return value_name(ticket_pb2.TicketPhase, "TICKET_PHASE_", word, "phase")


def task_status(word: str) -> str:
    """TaskStatus by word."""
    return value_name(ticket_pb2.TaskStatus, "TASK_STATUS_", word, "statuses")


def role(word: str) -> str:
    """Role by word; "none" and "" are no role."""
    return value_name(auth_pb2.Role, "ROLE_", "" if word.strip().lower() == "none" else word, "role")


def role_word(value: int) -> str:
    """Role as a word."""
    return _word(auth_pb2.Role, "ROLE_", value)


def phase_word(value: int) -> str:
    """ "DESIGN"; "" for none; the number as text for one that is newer than this client."""
    return _word(common_pb2.SpecPhase, "SPEC_PHASE_", value)


def status_word(value: int) -> str:
    """SpecStatus as a word."""
    return _word(spec_pb2.SpecStatus, "SPEC_STATUS_", value)


def outcome_word(value: int) -> str:
    """ExecutionOutcome as a word."""
    return _word(spec_pb2.ExecutionOutcome, "EXECUTION_OUTCOME_", value)


def decision_word(value: int) -> str:
    """ReviewDecision as a word."""
    return _word(spec_pb2.ReviewDecision, "REVIEW_DECISION_", value)


def task_word(value: int) -> str:
    """TaskStatus as a word."""
    return _word(ticket_pb2.TaskStatus, "TASK_STATUS_", value)


def column_word(value: int) -> str:
    """TicketPhase as a word."""
    return _word(ticket_pb2.TicketPhase, "TICKET_PHASE_", value)


def _word(kind: EnumTypeWrapper, prefix: str, value: int) -> str:
    if value == 0:
        return ""
    known = {number: name for name, number in kind.items()}
    return known.get(value, str(value)).removeprefix(prefix)
