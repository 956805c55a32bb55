"""From what gRPC raises to the errors of this package."""

from __future__ import annotations

from collections.abc import Iterable
from typing import cast

from google.rpc import error_details_pb2, status_pb2  # type: ignore[import-untyped]  # ships no types
from grpc.aio import AioRpcError

from omoi_client.errors import BY_CODE, OmoiError, ServerFault, Violation

_DETAILS_KEY = "grpc-status-details-bin"


def error_of(fault: AioRpcError, address: str) -> OmoiError:
    """The typed error for `fault`. `address` is named when nobody answered there."""
    code = fault.code().name
    details = _details(fault)
    message = (details.message if details else "") or fault.details() or code
    reason, metadata = "", {}
    violations: list[Violation] = []
    for item in details.details if details else ():
        info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
        if item.Unpack(info):
            reason, metadata = info.reason, dict(info.metadata)
        elif item.Unpack(bad):
            violations += [Violation(one.field, one.description) for one in bad.field_violations]
    if not reason:
        message = _plain_words(code, message, address)
    kind = BY_CODE.get(code, ServerFault)
    return kind(message, reason=reason, code=code, metadata=metadata, violations=violations)


def _details(fault: AioRpcError) -> status_pb2.Status | None:
    pairs = cast("Iterable[tuple[str, str | bytes]]", fault.trailing_metadata() or ())
    for key, value in pairs:
        if key == _DETAILS_KEY and isinstance(value, bytes):
            status = status_pb2.Status()
            try:
                status.ParseFromString(value)
            except ValueError:  # DecodeError is one; then the plain status has to do
                return None
            return status
    return None


def _plain_words(code: str, message: str, address: str) -> str:
    """A status that no Omoi server wrote: say what it means for the reader."""
    if code == "UNAVAILABLE":
        return f"No Omoi server answers at {address}. Start it with omoi-server, or set OMOI_ADDRESS. ({message})"
    if code == "DEADLINE_EXCEEDED":
        return f"The server at {address} did not answer in time. It may be busy or stopped; look at its log."
    if code == "CANCELLED":
        return f"The server at {address} broke the call off. Try again."
    if code == "UNIMPLEMENTED":
        return f"The server at {address} does not know this call. It may be older than this client."
    return message
