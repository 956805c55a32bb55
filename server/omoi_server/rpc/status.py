"""Errors become gRPC statuses here, and nowhere else.

What goes out is google.rpc.Status with an ErrorInfo (AIP-193) and, for wrong fields, BadRequest. It travels in the
trailers, which clients limit to 8 KiB, so words are cut to fit.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping

import grpc
import structlog
from google.rpc import code_pb2, error_details_pb2, status_pb2  # type: ignore[import-untyped]  # ships no types
from grpc_status import rpc_status

from omoi_server import errors

DOMAIN = "omoi"
MAX_MESSAGE = 1_000
MAX_DETAIL = 300
"""Characters: the message goes out twice, once percent-encoded."""

_CODES: Mapping[type, int] = {
    errors.InvalidArgument: code_pb2.INVALID_ARGUMENT,
    errors.NotFound: code_pb2.NOT_FOUND,
    errors.AlreadyExists: code_pb2.ALREADY_EXISTS,
    errors.FailedPrecondition: code_pb2.FAILED_PRECONDITION,
    errors.PermissionDenied: code_pb2.PERMISSION_DENIED,
    errors.Unauthenticated: code_pb2.UNAUTHENTICATED,
    errors.ResourceExhausted: code_pb2.RESOURCE_EXHAUSTED,
    errors.Aborted: code_pb2.ABORTED,
    errors.OutOfRange: code_pb2.OUT_OF_RANGE,
    errors.Unavailable: code_pb2.UNAVAILABLE,
    errors.StaleFence: code_pb2.ABORTED,
    errors.PushRejected: code_pb2.FAILED_PRECONDITION,
}

_log = structlog.get_logger(__name__)


def status_of(error: Exception, method: str) -> grpc.Status:
    """The status for a caller. An error without a meaning outside is logged under an id, and only the id goes out."""
    code = next((_CODES[kind] for kind in type(error).__mro__ if kind in _CODES), None)
    if code is None or not isinstance(error, errors.OmoiError):
        return rpc_status.to_status(_unexpected(error, method))
    info = error_details_pb2.ErrorInfo(
        reason=error.reason,
        domain=DOMAIN,
        metadata={key: _cut(value, MAX_DETAIL) for key, value in error.metadata.items()},
    )
    status = status_pb2.Status(code=code, message=_cut(error.message, MAX_MESSAGE))
    status.details.add().Pack(info)
    if isinstance(error, errors.InvalidArgument):
        bad = error_details_pb2.BadRequest()
        for field, description in error.violations[:10]:
            bad.field_violations.add(field=field, description=_cut(description, MAX_DETAIL))
        status.details.add().Pack(bad)
    return rpc_status.to_status(status)


def _unexpected(error: Exception, method: str) -> status_pb2.Status:
    error_id = secrets.token_hex(6)
    _log.error("rpc_failed", error_id=error_id, method=method, exc_info=error)
    status = status_pb2.Status(
        code=code_pb2.INTERNAL,
        message=f"The server failed at this call (error {error_id}). Its log says why under this id.",
    )
    status.details.add().Pack(
        error_details_pb2.ErrorInfo(reason="INTERNAL", domain=DOMAIN, metadata={"error_id": error_id})
    )
    return status


def _cut(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
