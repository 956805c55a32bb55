"""A peer server, a client of it, and the command run against it."""

from __future__ import annotations

import asyncio
import contextlib
import io
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from omoi_client import OmoiClient
from omoi_client.cli import perform
from tests.integration.client.client_peer import TOKEN, Peer

START = "from omoi_client.cli import main; main()"


@dataclass(frozen=True)
class Ran:
    """What a program left behind."""

    code: int
    out: str
    err: str


Run = Callable[..., Awaitable[Ran]]


@pytest.fixture
async def peer() -> AsyncIterator[Peer]:
    """A server on loopback."""
    made = Peer()
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def client(peer: Peer) -> AsyncIterator[OmoiClient]:
    """A client that is patient for a second."""
    async with OmoiClient(peer.address, TOKEN, patience=1.0) as made:
        yield made


@pytest.fixture
def environment(peer: Peer, tmp_path: Path) -> dict[str, str]:
    """How a program finds the peer: the two files in OMOI_HOME."""
    home = tmp_path / "home"
    home.mkdir()
    (home / "address").write_text(f"{peer.address}\n")
    (home / "token").write_text(f"{TOKEN}\n")
    return {**os.environ, "OMOI_HOME": str(home), "TERM": "xterm-256color", "COLUMNS": "100"}


@pytest.fixture
def omoi(environment: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run `omoi` with pipes; nothing on stdin unless given. In a thread of this process: starting Python takes longer."""

    async def run(*arguments: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> Ran:
        out, err = io.StringIO(), io.StringIO()
        with monkeypatch.context() as patch:
            for name, value in {**environment, **(env or {})}.items():
                patch.setenv(name, value)
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin), encoding="utf-8"))
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                code = await asyncio.to_thread(perform, list(arguments))
        return Ran(code, out.getvalue(), err.getvalue())

    return run
