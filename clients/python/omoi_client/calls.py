"""One connection to one server: calls with deadline, repetition and typed errors."""

from __future__ import annotations

import asyncio
import time
import uuid
from typing import Any, TypeVar, cast

import grpc
import grpc.aio
from google.protobuf.message import Message

from omoi_client.backoff import Backoff
from omoi_client.endpoint import Endpoint
from omoi_client.errors import OmoiError, Unavailable
from omoi_client.limits import check
from omoi_client.statuses import error_of

Response = TypeVar("Response", bound=Message)

CALL_SECONDS = 30.0
PATIENCE_SECONDS = 10.0
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
        self._metadata = (("authorization", f"Bearer {endpoint.token}"),)
        # A proxy from the environment is for the world outside; behind it, loopback would be the proxy's own.
        options = [*_OPTIONS, ("grpc.enable_http_proxy", 0)] if endpoint.local else _OPTIONS
        if endpoint.tls:
            self._channel = grpc.aio.secure_channel(endpoint.address, grpc.ssl_channel_credentials(), options)
        else:
            self._channel = grpc.aio.insecure_channel(endpoint.address, options)

    async def close(self) -> None:
        """End the connection and whatever runs on it."""
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


def _path(service: str, request: Message) -> str:
    return f"/omoi.v1.{service}/{request.DESCRIPTOR.name.removesuffix('Request')}"
