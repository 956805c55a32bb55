"""One connection to one server: calls with deadline, repetition and typed errors."""

from __future__ import annotations

import asyncio
import copy
import re
import time
import uuid
from collections.abc import Iterable
from typing import Any, Self, TypeVar, cast

import grpc
import grpc.aio
from google.protobuf.message import Message

from omoi_client.backoff import Backoff
from omoi_client.endpoint import Endpoint
from omoi_client.errors import InvalidArgument, OmoiError, Unavailable, Violation
from omoi_client.limits import check
from omoi_client.statuses import error_of

Response = TypeVar("Response", bound=Message)

CALL_SECONDS = 30.0
PATIENCE_SECONDS = 10.0
VIEWER_OF = 200
"""Projects that may be vouched for in a call (auth.proto)."""
_IDENTITY = re.compile(r"[a-z][a-z0-9-]*:[A-Za-z0-9._-]+/[A-Za-z0-9._@-]+")
_PROJECT_ID = re.compile(r"prj-[A-Za-z0-9._-]{1,76}")
_RECEIVE_BYTES = 64 * 1024 * 1024

_OPTIONS: list[tuple[str, Any]] = [
    ("grpc.max_receive_message_length", _RECEIVE_BYTES),
    # The pauses between tries are ours (backoff.py); the channel's own begin at a second and would hide a fast restart.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 5_000),
]


class Calls:
    """Made inside a running event loop; close() it. `patience`: seconds for repeating a call that nobody answers."""

    def __init__(self, endpoint: Endpoint, patience: float = PATIENCE_SECONDS, timeout: float = CALL_SECONDS) -> None:
        self.endpoint = endpoint
        self._patience = patience
        self._timeout = timeout
        self._metadata: tuple[tuple[str, str], ...] = (("authorization", f"Bearer {endpoint.token}"),)
        self._owner = True
        # A proxy from the environment is for the world outside; behind it, loopback would be the proxy's own.
        options = [*_OPTIONS, ("grpc.enable_http_proxy", 0)] if endpoint.local else _OPTIONS
        if endpoint.tls:
            self._channel = grpc.aio.secure_channel(endpoint.address, grpc.ssl_channel_credentials(), options)
        else:
            self._channel = grpc.aio.insecure_channel(endpoint.address, options)

    def acting_for(self, identity: str, viewer_of: Iterable[str] = ()) -> Self:
        """Calls as this person over the same connection. Raises InvalidArgument for what cannot be sent."""
        if not _IDENTITY.fullmatch(identity):
            raise _unsendable("identity", f"{identity[:80]!r} is none. Write it as slack:T012AB3C4/U061F7AUR.")
        projects = sorted(set(viewer_of))
        if len(projects) > VIEWER_OF:
            raise _unsendable("viewer_of", f"names {len(projects)} projects; at most {VIEWER_OF} are taken.")
        for project in projects:
            if not _PROJECT_ID.fullmatch(project):
                raise _unsendable("viewer_of", f"{project[:80]!r} is no id of a project (prj-…).")
        other = copy.copy(self)
        other._owner = False
        other._metadata = (self._metadata[0], ("omoi-act-as", identity))
        if projects:
            other._metadata += (("omoi-act-as-viewer-of", ",".join(projects)),)
        return other

    async def close(self) -> None:
        """End the connection and whatever runs on it, unless it was lent by another Calls."""
        if self._owner:
            await self._channel.close(None)

    async def unary(
        self, service: str, request: Message, response: type[Response], timeout: float | None = None
    ) -> Response:
        """Call the RPC that takes `request`. Raises OmoiError.

        A request that changes something gets a request_id, and every repetition carries the same one: a lost answer
        does not do the thing twice. Only UNAVAILABLE and a broken-off call are repeated, for `patience` seconds.
        """
        if "request_id" in request.DESCRIPTOR.fields_by_name and not getattr(request, "request_id"):  # noqa: B009
            setattr(request, "request_id", uuid.uuid4().hex)  # noqa: B010 - Message does not declare it
        check(request)
        call = self._channel.unary_unary(
            _path(service, request),
            request_serializer=type(request).SerializeToString,
            response_deserializer=response.FromString,
        )
        give_up = time.monotonic() + self._patience
        backoff = Backoff()
        while True:
            try:
                answer: Response = await call(request, timeout=timeout or self._timeout, metadata=self._metadata)
                return answer
            except grpc.aio.AioRpcError as fault:
                error = error_of(fault, self.endpoint.address)
            except asyncio.CancelledError:
                error = self.broken_off()
            pause = backoff.pause()
            if error.code not in ("UNAVAILABLE", "CANCELLED") or time.monotonic() + pause > give_up:
                raise error
            await asyncio.sleep(pause)

    def stream(
        self, service: str, request: Message, response: type[Response]
    ) -> grpc.aio.UnaryStreamCall[Any, Response]:
        """Open a stream of `response`. Read it with `receive`; cancel() it in the end."""
        opened: grpc.aio.UnaryStreamCall[Any, Response] = self._channel.unary_stream(
            _path(service, request),
            request_serializer=type(request).SerializeToString,
            response_deserializer=response.FromString,
        )(request, metadata=self._metadata)
        return opened

    async def receive(self, call: grpc.aio.UnaryStreamCall[Any, Response], idle: float) -> Response | None:
        """The next message, None at a good end. Raises OmoiError; Unavailable when `idle` seconds brought nothing."""
        try:
            async with asyncio.timeout(idle):
                message = await call.read()
        except grpc.aio.AioRpcError as fault:
            raise error_of(fault, self.endpoint.address) from fault
        except TimeoutError as silence:
            text = f"The server at {self.endpoint.address} gave no sign of life for {idle:g} s."
            raise Unavailable(text, code="DEADLINE_EXCEEDED", reason="SILENT") from silence
        except asyncio.CancelledError:
            raise self.broken_off() from None
        # The end of the stream is a marker object that is no message.
        return cast("Response", message) if isinstance(message, Message) else None

    def broken_off(self) -> OmoiError:
        """The error for a call that ended as cancelled. When it was this very task that was cancelled, that goes on."""
        task = asyncio.current_task()
        if task is not None and task.cancelling():
            raise asyncio.CancelledError
        text = f"The server at {self.endpoint.address} broke the call off."
        return Unavailable(text, code="CANCELLED", remedy="Try again.")


def _unsendable(field: str, text: str) -> InvalidArgument:
    return InvalidArgument(f"{field}: {text}", reason="INVALID_ARGUMENT", violations=[Violation(field, text)])


def _path(service: str, request: Message) -> str:
    return f"/omoi.v1.{service}/{request.DESCRIPTOR.name.removesuffix('Request')}"
