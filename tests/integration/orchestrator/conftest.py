"""A whole office in the test's process: real git, real sandboxes, real database, the real loops."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from omoi_server.domain.caller import Caller
from omoi_server.store.database import Database
from omoi_worker import archive
from tests.offices import House, sample_repository


@pytest.fixture(scope="session")
def worker_archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The worker as it ships."""
    target = tmp_path_factory.mktemp("worker") / "worker.pyz"
    archive.build(target)
    return target


@pytest.fixture
def caller() -> Caller:
    """User `local`."""
    return Caller("local", "local", is_admin=True)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A small shop with a login, one commit."""
    return sample_repository(tmp_path / "shop")


@pytest.fixture
async def house(
    database: Database, tmp_path: Path, worker_archive: Path, repository: Path, caller: Caller
) -> AsyncIterator[House]:
    """An office with one project; its loops run once `start` was called."""
    made = House(database, tmp_path / "home", worker_archive, caller)
    await made.add_project(repository)
    yield made
    await made.stop()
    made.no_sandbox_is_left()


ON_POSTGRES = ("path", "gates", "requests", "order")
"""Modules whose tests run on both databases in `make test`; those of the others on PostgreSQL only in `make test-full`."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Two cores and six minutes: what PostgreSQL does differently is in the chosen modules and in the store's tests."""
    for item in items:
        module = item.path.stem.removeprefix("test_orchestrator_")
        if item.path.parent == Path(__file__).parent and module not in ON_POSTGRES and "postgresql" in item.name:
            item.add_marker(pytest.mark.full)
