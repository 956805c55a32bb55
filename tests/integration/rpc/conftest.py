"""A real server on a free port: real store, real git, real forge; nothing dispatches jobs."""

from __future__ import annotations

import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from omoi_server.rpc.auth import ensure_local_user
from omoi_server.rpc.server import RpcConfig, build_server
from omoi_server.store.database import Database
from tests.integration.rpc.rpc_client import TOKEN, Rpc, make_office


@pytest.fixture
async def rpc(database: Database, tmp_path: Path) -> AsyncIterator[Rpc]:
    office = make_office(database, tmp_path / "home")
    await ensure_local_user(database, TOKEN)
    server = build_server(office, RpcConfig("127.0.0.1:0", keepalive=60, poll=60))
    client = Rpc(office, server, await server.start())
    yield client
    await client.channel.close()
    await server.drain(0)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """A repository with one commit on main."""
    path = tmp_path / "shop"
    path.mkdir()

    def git(*words: str) -> None:
        identity = ("-c", "user.name=Mara", "-c", "user.email=mara@example.org")
        subprocess.run(["git", *identity, *words], cwd=path, check=True, capture_output=True)

    git("init", "-q", "-b", "main")
    (path / "auth.py").write_text("def login(): ...\n")
    git("add", "auth.py")
    git("commit", "-q", "-m", "Open the shop")
    return path


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The reconnect storm is held up by the server and its bell; that the database is PostgreSQL matters in the long run."""
    for item in items:
        if item.name.startswith("test_five_thousand_opened_in_a_burst") and "postgresql" in item.name:
            item.add_marker(pytest.mark.full)
