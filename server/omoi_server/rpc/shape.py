"""The shape of requests: what can be judged without looking at anything else. Limits are those of the contract."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from omoi.v1 import common_pb2
from omoi_server.errors import InvalidArgument

ID_LENGTH = 80
DEFAULT_LENGTH = 2_000

_LENGTHS = {
    "title": 200,
    "description": 100_000,
    "base_branch": 255,
    "default_branch": 255,
    "work_dir": 1_000,
    "request_id": 128,
    "user_id": ID_LENGTH,
    "comment": 10_000,
    "digest": 64,
    "commit": 64,
    "query": 200,
    "page_token": 20_000,
    "spec_id": ID_LENGTH,
    "project_id": ID_LENGTH,
    "ticket_id": ID_LENGTH,
    "ticket_ids": ID_LENGTH,
    "task_id": ID_LENGTH,
    "labels": 50,
    "Labels.values": 50,
    "SendMessageRequest.text": 10_000,
    "CreateProjectRequest.name": 63,
    "CreateTokenRequest.name": 100,
    "CreateTokenRequest.user_id": 200,
    "scopes": 120,
    "token_id": ID_LENGTH,
    "identity": 200,
    "ProvisionUserRequest.name": 200,
    "email": 320,
    "code": 40,
    "SetRoleRequest.user_id": 200,
    "ApproverRule.user_ids": 200,
    "Attachment.name": 200,
    "Attachment.media_type": 200,
    "ContextEntry.author": 200,
    "ContextEntry.time": 40,
    "ContextEntry.text": 20_000,
    "Source.kind": 40,
    "Source.label": 200,
}
"""Characters, by "Message.field" or else by field name; DEFAULT_LENGTH for the others."""

_COUNTS = {
    "attachments": 10,
    "context": 50,
    "ticket_ids": 100,
    "labels": 20,
    "Labels.values": 20,
    "statuses": 20,
    "GatePolicy.approval_phases": 4,
    "scopes": 20,
    "ApproverRule.user_ids": 50,
}

_GATES = (
    common_pb2.SPEC_PHASE_EXPLORE,
    common_pb2.SPEC_PHASE_REQUIREMENTS,
    common_pb2.SPEC_PHASE_DESIGN,
    common_pb2.SPEC_PHASE_TASKS,
)

_NEGATIVE_REMEDY = {
    "page_size": "Use 0 for the default.",
    "after_sequence": "Use 0 for the beginning.",
    "version": "Use 0 for the newest.",
    "max_concurrent_jobs": "Use 0 for the server's limit.",
}


def check(request: Message, path: str = "") -> None:
    """InvalidArgument for the first field that no server could accept: too long, too many, negative, unknown, NUL."""
    for field, value in request.ListFields():
        name = f"{path}{field.name}"
        if field.is_repeated:
            _check_count(field, name, len(value))
            for index, item in enumerate(value):
                _check_value(field, f"{name}[{index}]", item)
        else:
            _check_value(field, name, value)
    if isinstance(request, common_pb2.GatePolicy):
        _check_gates(f"{path}approval_phases", list(request.approval_phases))


def _check_value(field: FieldDescriptor, name: str, value: Any) -> None:
    if field.type == FieldDescriptor.TYPE_MESSAGE:
        check(value, f"{name}.")
    elif field.type == FieldDescriptor.TYPE_ENUM:
        _check_enum(field, name, value)
    elif field.type == FieldDescriptor.TYPE_STRING:
        limit = next((_LENGTHS[key] for key in _keys(field) if key in _LENGTHS), DEFAULT_LENGTH)
        if len(value) > limit:
            raise InvalidArgument(name, f"has {len(value):,} characters; at most {limit:,} are allowed.")
        if "\x00" in value:
            raise InvalidArgument(name, "contains a NUL character. Remove it.")
    elif isinstance(value, int) and value < 0:
        remedy = _NEGATIVE_REMEDY.get(field.name, "Use 0 or a positive number.")
        raise InvalidArgument(name, f"is {value}; it must not be negative. {remedy}")


def _check_count(field: FieldDescriptor, name: str, count: int) -> None:
    limit = next((_COUNTS[key] for key in _keys(field) if key in _COUNTS), None)
    if limit is not None and count > limit and field.name != "approval_phases":
        raise InvalidArgument(name, f"has {count} entries; at most {limit} are allowed.")


def _check_enum(field: FieldDescriptor, name: str, value: int) -> None:
    kind = field.enum_type
    assert kind is not None, "only asked for enum fields"
    if value not in kind.values_by_number:
        known = ", ".join(entry.name for entry in kind.values if entry.number)
        raise InvalidArgument(name, f"{value} is no {kind.name}. Use one of {known}.")


def _check_gates(name: str, phases: list[int]) -> None:
    for index, phase in enumerate(phases):
        label = common_pb2.SpecPhase.Name(phase)
        if phase not in _GATES:
            raise InvalidArgument(
                f"{name}[{index}]", f"{label} cannot be gated. Use EXPLORE, REQUIREMENTS, DESIGN or TASKS."
            )
        if phase in phases[:index]:
            raise InvalidArgument(f"{name}[{index}]", f"{label} is named twice. Name each phase at most once.")


def _keys(field: FieldDescriptor) -> Iterator[str]:
    assert field.containing_type is not None, "request fields belong to messages"
    yield f"{field.containing_type.name}.{field.name}"
    yield field.name


def required(field: str, value: str, remedy: str = "") -> str:
    """The value; InvalidArgument if it is empty."""
    if not value:
        raise InvalidArgument(field, f"is required. {remedy}".strip())
    return value
