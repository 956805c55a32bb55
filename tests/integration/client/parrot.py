"""A server that says what it is told: every answer of every RPC has the same words in each of its text fields."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Iterable
from typing import Any

import grpc
import grpc.aio
from google.protobuf import message_factory
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2  # type: ignore[import-untyped]  # ships no types
from grpc_status import rpc_status

from omoi.v1 import auth_pb2, project_pb2, spec_pb2, ticket_pb2

SPEC_ID = "spec-7f3a0000-0000-0000-0000-000000000001"
EVENTS = (
    "spec.created", "spec.phase_started", "spec.phase_retry", "command.started", "spec.note", "spec.phase_completed",
    "review.requested", "review.changes_requested", "review.approved", "spec.tasks_queued", "task.queued", "task.started",
    "task.note", "task.failed", "pull_request.created", "spec.execution_completed", "spec.never_heard_of",
)  # fmt: skip
_OURS = {
    "next_page_token": "",
    "spec_id": SPEC_ID,
    "task_id": "tsk-7f3a0000-0000-0000-0000-000000000002",
    "ticket_id": "tkt-7f3a0000-0000-0000-0000-000000000003",
    "project_id": "prj-7f3a0000-0000-0000-0000-000000000004",
    "key": "TSK-001",
    "remedy": "Look again.",
}
"""Fields that a client goes on with; ids are made by servers, never by people."""


class Parrot(grpc.GenericRpcHandler):  # type: ignore[type-arg]  # generic in the stubs only
    """`words` are used up one after the other, again and again; `many` is how long lists are."""

    def __init__(self) -> None:
        self.many = 3
        self.refusing = False
        self.status = "SPEC_STATUS_COMPLETED"
        self._words: Iterable[str] = itertools.repeat("")
        self._methods = {
            f"/{service.full_name}/{method.name}": method
            for module in (spec_pb2, ticket_pb2, project_pb2, auth_pb2)
            for service in module.DESCRIPTOR.services_by_name.values()
            for method in service.methods
        }

    def say(self, *words: str) -> None:
        """From now on."""
        self._words = itertools.cycle(words)

    def service(self, details: grpc.HandlerCallDetails) -> grpc.RpcMethodHandler[Any, Any] | None:
        """See grpc.GenericRpcHandler."""
        method = self._methods.get(details.method)
        if method is None:
            return None
        read = message_factory.GetMessageClass(method.input_type).FromString
        answer = message_factory.GetMessageClass(method.output_type)

        async def one(request: Any, context: Any) -> Message:
            if self.refusing:
                await context.abort_with_status(self._refusal())
            made: Any = self.filled(answer())
            if hasattr(made, "lines"):
                made.next_page_token = "the end"
                if request.page_token:
                    del made.lines[:]
            return made  # type: ignore[no-any-return]  # a Message

        async def stream(request: Any, context: Any) -> AsyncIterator[Message]:
            yield self._events()

        if method.server_streaming:
            return grpc.unary_stream_rpc_method_handler(stream, read, answer.SerializeToString)
        return grpc.unary_unary_rpc_method_handler(one, read, answer.SerializeToString)

    def filled(self, message: Message, depth: int = 0) -> Message:
        """The message with words in each text field, however deep."""
        for field in message.DESCRIPTOR.fields:
            if field.message_type is not None and field.message_type.full_name == "google.protobuf.Struct":
                getattr(message, field.name).update(self._data())
            elif field.message_type is not None and field.message_type.full_name == "google.protobuf.Timestamp":
                getattr(message, field.name).FromSeconds(1_700_000_000)
            elif field.type == FieldDescriptor.TYPE_MESSAGE and depth < 6:
                self._deeper(message, field, depth)
            else:
                self._set(message, field)
        return message

    def _deeper(self, message: Message, field: Any, depth: int) -> None:
        held = getattr(message, field.name)
        if field.is_repeated:
            for _ in range(self.many if depth == 0 else 2):
                self.filled(held.add(), depth + 1)
        elif field.containing_oneof is None or field.containing_oneof.fields[0] is field:
            held.SetInParent()
            self.filled(held, depth + 1)

    def _set(self, message: Message, field: Any) -> None:
        if field.type == FieldDescriptor.TYPE_STRING:
            value: Any = _OURS.get(field.name)
            if field.name == "status" and message.DESCRIPTOR.name == "Spec":
                value = self.status
            value = self._next() if value is None else value
        elif field.type == FieldDescriptor.TYPE_ENUM:
            value = field.enum_type.values[min(1, len(field.enum_type.values) - 1)].number
            if message.DESCRIPTOR.name == "Spec" and field.name == "status":
                value = field.enum_type.values_by_name[self.status].number
        elif field.type == FieldDescriptor.TYPE_BOOL:
            value = field.name in ("settled", "already_exists")
        elif field.type in (FieldDescriptor.TYPE_BYTES, FieldDescriptor.TYPE_MESSAGE):
            return
        else:
            value = 3
        if field.is_repeated:
            getattr(message, field.name).extend(
                [value] * 2 if field.type != FieldDescriptor.TYPE_STRING else [self._next()] * 2
            )
        else:
            setattr(message, field.name, value)

    def _data(self) -> dict[str, Any]:
        return {"requirements": [{"id": self._next(), "criteria": [{"id": self._next(), "text": self._next()}]}] * 2}

    def _events(self) -> Message:
        batch = spec_pb2.WatchSpecEventsResponse(live=True)
        phases = itertools.cycle(range(1, 6))
        for number, kind in enumerate(EVENTS * 2, 1):
            event: Any = batch.events.add()
            self.filled(event, 1)
            event.sequence, event.type, event.phase = number, kind, next(phases)
            batch.last_sequence = number
        return batch

    def _refusal(self) -> Any:
        words = self._next()
        status = status_pb2.Status(code=grpc.StatusCode.FAILED_PRECONDITION.value[0], message=f"{words}. {words}"[:900])
        info = error_details_pb2.ErrorInfo(
            reason="X", domain="omoi", metadata={"remedy": words[:900], words[:60]: words[:60]}
        )
        status.details.add().Pack(info)
        status.details.add().Pack(error_details_pb2.BadRequest())
        bad = error_details_pb2.BadRequest()
        for _ in range(3):
            bad.field_violations.add(field=words[:60], description=words[:300])
        status.details.add().Pack(bad)
        return rpc_status.to_status(status)

    def _next(self) -> str:
        return next(iter(self._words))
