"""The Python client of Omoi.

    async with OmoiClient() as omoi:
        launched = await omoi.launch_spec("shop", description="Lock an account after five failed logins")
        async for event in omoi.watch(launched.spec_id, until_settled=True):
            print(event.sequence, event.message)

Importing the package loads neither grpc nor protobuf; the names below are loaded when they are first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from omoi_client.client import OmoiClient, watch
    from omoi_client.endpoint import Endpoint, find_endpoint
    from omoi_client.errors import (
        Aborted,
        AlreadyExists,
        ConfigurationError,
        FailedPrecondition,
        InvalidArgument,
        LogGap,
        NotFound,
        OmoiError,
        OutOfRange,
        PermissionDenied,
        ResourceExhausted,
        ServerFault,
        Unauthenticated,
        Unavailable,
        Violation,
    )
    from omoi_client.watching import Batch

__all__ = [
    "Aborted",
    "AlreadyExists",
    "Batch",
    "ConfigurationError",
    "Endpoint",
    "FailedPrecondition",
    "InvalidArgument",
    "LogGap",
    "NotFound",
    "OmoiClient",
    "OmoiError",
    "OutOfRange",
    "PermissionDenied",
    "ResourceExhausted",
    "ServerFault",
    "Unauthenticated",
    "Unavailable",
    "Violation",
    "find_endpoint",
    "watch",
]

_HOMES = {
    "OmoiClient": "client",
    "watch": "client",
    "Batch": "watching",
    "Endpoint": "endpoint",
    "find_endpoint": "endpoint",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES.get(name, 'errors')}"), name)
