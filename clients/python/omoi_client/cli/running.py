"""Running one command against the server."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from omoi_client.client import OmoiClient

PATIENCE_SECONDS = 2.0
"""A person waits at the prompt: shorter than the library's, long enough for a server that restarts."""


@dataclass
class Invocation:
    """What one call of the command knows about itself. `resume`: what to say about the run when it is interrupted."""

    resume: str = ""


def invocation() -> Invocation:
    """The one of the current call."""
    return click.get_current_context().ensure_object(Invocation)


def run(work: Callable[[OmoiClient], Awaitable[int | None]]) -> int:
    """Connect, do `work`, disconnect; its result is the exit code (None is 0)."""
    import asyncio

    # The C library logs to stderr, through the live picture; what matters reaches us as a status.
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    from omoi_client.client import OmoiClient

    async def session() -> int:
        async with OmoiClient(patience=PATIENCE_SECONDS) as omoi:
            return await work(omoi) or 0

    return asyncio.run(session())
