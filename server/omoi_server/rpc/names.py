"""Words of the contract and words of the domain: an enum value is the domain's word with a prefix."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from omoi.v1 import auth_pb2, common_pb2, spec_pb2, ticket_pb2
from omoi_server.domain.states import PRIORITIES

_PRIORITY_NAMES = {number: name for name, number in PRIORITIES.items()}


class Words:
    """One enum: numbers of the contract to words of the domain and back. UNSPECIFIED is the empty word."""

    def __init__(self, wrapper: Any, prefix: str) -> None:
        self._word = {number: name.removeprefix(prefix) for name, number in wrapper.items() if number}
        self._number = {word: number for number, word in self._word.items()}

    def word(self, number: int) -> str:
        word: str = self._word.get(number, "")
        return word

    def filter(self, numbers: Iterable[int]) -> list[str]:
        """The words to filter by: none, and so everything, when UNSPECIFIED is among the numbers."""
        wanted = list(numbers)
        return [] if 0 in wanted else [self.word(number) for number in wanted]

    def number(self, word: str) -> Any:
        """The value for a word; 0 (UNSPECIFIED) for an empty one and for one that the contract does not know."""
        return self._number.get(word, 0)


PHASE = Words(common_pb2.SpecPhase, "SPEC_PHASE_")
PRIORITY = Words(common_pb2.Priority, "PRIORITY_")
STATUS = Words(spec_pb2.SpecStatus, "SPEC_STATUS_")
KIND = Words(spec_pb2.SpecKind, "SPEC_KIND_")
OUTCOME = Words(spec_pb2.ExecutionOutcome, "EXECUTION_OUTCOME_")
DECISION = Words(spec_pb2.ReviewDecision, "REVIEW_DECISION_")
DELIVERY = Words(spec_pb2.MessageDelivery, "MESSAGE_DELIVERY_")
COMMENT_STATE = Words(spec_pb2.CommentState, "COMMENT_STATE_")
TASK_STATUS = Words(ticket_pb2.TaskStatus, "TASK_STATUS_")
ROLE = Words(auth_pb2.Role, "ROLE_")
TICKET_PHASE = Words(ticket_pb2.TicketPhase, "TICKET_PHASE_")


def priority(number: int) -> Any:
    """The contract's value for a stored priority."""
    return PRIORITY.number(_PRIORITY_NAMES.get(number, ""))
