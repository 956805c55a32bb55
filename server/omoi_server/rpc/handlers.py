"""Services become gRPC handlers, derived from the contract: with an RPC that nothing implements no server starts.

Requests are parsed and their shape is checked here, so that a broken one is INVALID_ARGUMENT and reaches no service; and
here every one is held to what its RPC needs.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any

import grpc
from google.protobuf.descriptor import MethodDescriptor, ServiceDescriptor
from google.protobuf.message import DecodeError, Message
from google.protobuf.message_factory import GetMessageClass

from omoi_server.errors import InvalidArgument
from omoi_server.rpc import shape
from omoi_server.rpc.guard import CALLER, READMIT
from omoi_server.rpc.permissions import Need, need_of, permit
from omoi_server.rpc.standing import Standing
from omoi_server.store.database import Database

RECHECK_SECONDS = 0.5
"""Nothing is sent on a stream whose token and role were judged longer ago: with what is remembered of a token
(auth.CACHE_SECONDS) that is two seconds."""


def service_handler(db: Database, service: ServiceDescriptor, servicer: object) -> grpc.GenericRpcHandler[Any, Any]:
    """The handlers of one service. LookupError for an RPC that permissions.py has no row for.

    `servicer` has a method for each RPC: `async (request, caller) -> response`, or, for a stream of responses,
    `async (request, caller, send) -> None`, where `send` takes serialized responses.
    """
    standing = Standing(db)
    methods = {
        method.name: _handler(db, standing, method, need_of(method.full_name), getattr(servicer, method.name))
        for method in service.methods
    }
    return grpc.method_handlers_generic_handler(service.full_name, methods)


def _handler(
    db: Database,
    standing: Standing,
    method: MethodDescriptor,
    need: Need,
    implementation: Callable[..., Awaitable[Any]],
) -> grpc.RpcMethodHandler[Any, Any]:
    kind = GetMessageClass(method.input_type)

    async def unary(content: bytes, _context: Any) -> bytes:
        request, caller = _parsed(kind, content), CALLER.get()
        await permit(db, need, request, caller)
        response: Message = await implementation(request, caller)
        return response.SerializeToString()

    async def stream(content: bytes, context: Any) -> None:
        request, caller = _parsed(kind, content), CALLER.get()
        projects = await permit(db, need, request, caller)
        readmit, checked = READMIT.get(), time.monotonic()

        async def send(message: bytes) -> None:
            nonlocal checked, projects
            if time.monotonic() - checked > RECHECK_SECONDS:
                asked = time.monotonic()
                projects = await standing.recheck(need, request, await readmit(), projects)
                checked = asked
            await context.write(message)

        await implementation(request, caller, send)

    if method.server_streaming:
        return grpc.unary_stream_rpc_method_handler(stream)
    return grpc.unary_unary_rpc_method_handler(unary)


def _parsed(kind: type[Message], content: bytes) -> Message:
    request = kind()
    try:
        request.ParseFromString(content)
    except DecodeError as error:
        name = kind.DESCRIPTOR.name
        raise InvalidArgument("request", f"is no valid {name}. Use code generated from the contract.") from error
    shape.check(request)
    return request
