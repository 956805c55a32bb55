"""What stands before every call: only health checks get in without a token, and every error leaves as a status."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from typing import Any

import grpc

from omoi_server.domain.caller import Caller
from omoi_server.rpc.auth import Doorkeeper
from omoi_server.rpc.status import status_of

OPEN_TO_ALL = "/grpc.health.v1.Health/"

CALLER: ContextVar[Caller] = ContextVar("caller")
"""The authenticated caller of the running call."""

Readmit = Callable[[], Awaitable[Caller]]
READMIT: ContextVar[Readmit] = ContextVar("readmit")
"""Authenticates the running call again: a stream lives longer than a token may."""


class Guard(grpc.aio.ServerInterceptor):  # type: ignore[type-arg]  # generic in the stubs only
    """The one interceptor: authentication first, then the call with its errors mapped."""

    def __init__(self, doorkeeper: Doorkeeper) -> None:
        self._doorkeeper = doorkeeper

    async def intercept_service(
        self,
        continuation: Callable[[grpc.HandlerCallDetails], Awaitable[grpc.RpcMethodHandler[Any, Any]]],
        handler_call_details: grpc.HandlerCallDetails,
    ) -> grpc.RpcMethodHandler[Any, Any]:
        """The handler of the method, guarded. An unknown method stays unknown to everybody."""
        method = handler_call_details.method
        handler = await continuation(handler_call_details)
        if handler is None or method.startswith(OPEN_TO_ALL):
            return handler
        metadata = tuple(handler_call_details.invocation_metadata or ())

        async def admit() -> Caller:
            return await self._doorkeeper.admit(metadata)

        try:
            caller = await admit()
        except Exception as error:
            return _refused(handler, status_of(error, method))
        return _guarded(handler, method, caller, admit)


def _refused(handler: Any, status: grpc.Status) -> grpc.RpcMethodHandler[Any, Any]:
    """A handler of the same kind that answers with the status and does not even parse the request."""

    async def refuse(_request: Any, context: Any) -> None:
        await context.abort_with_status(status)

    return _like(handler, refuse, raw=True)


def _guarded(handler: Any, method: str, caller: Caller, readmit: Readmit) -> grpc.RpcMethodHandler[Any, Any]:
    if handler.response_streaming:
        behavior = handler.stream_stream if handler.request_streaming else handler.unary_stream
    else:
        behavior = handler.stream_unary if handler.request_streaming else handler.unary_unary

    async def call(request: Any, context: Any) -> Any:
        CALLER.set(caller)
        READMIT.set(readmit)
        try:
            answer = behavior(request, context)
            if not hasattr(answer, "__aiter__"):
                return await answer
            async for message in answer:
                await context.write(message)
        except Exception as error:
            # An abort inside the behaviour already set the status.
            if isinstance(error, grpc.aio.AbortError):
                raise
            await context.abort_with_status(status_of(error, method))

    return _like(handler, call)


def _like(handler: Any, behavior: Any, raw: bool = False) -> grpc.RpcMethodHandler[Any, Any]:
    makers = {
        (False, False): grpc.unary_unary_rpc_method_handler,
        (False, True): grpc.unary_stream_rpc_method_handler,
        (True, False): grpc.stream_unary_rpc_method_handler,
        (True, True): grpc.stream_stream_rpc_method_handler,
    }
    make: Any = makers[handler.request_streaming, handler.response_streaming]
    made: grpc.RpcMethodHandler[Any, Any] = make(
        behavior,
        request_deserializer=None if raw else handler.request_deserializer,
        response_serializer=handler.response_serializer,
    )
    return made
