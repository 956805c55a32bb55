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


ON_POSTGRES = ("path", "requests")
"""Modules whose tests run on both databases in `make test`; those of the others on PostgreSQL only in `make test-full`."""

ON_POSTGRES_TOO = frozenset(
    {
        "test_a_gate_waits_over_a_restart_and_goes_on",
        "test_of_two_decisions_one_wins",
        "test_a_project_has_so_many_slots_and_no_more",
    }
)
"""Single tests of other modules, in which rows are locked or two write at once."""

LONG = frozenset({"test_reviews_retries_and_pull_requests_twice"})
"""Tests of those modules that do there what shorter ones show as well."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Two cores and six minutes: what PostgreSQL does differently is in the chosen tests and in the store's."""
    for item in items:
        if item.path.parent != Path(__file__).parent or "postgresql" not in item.name:
            continue
        name = item.name.partition("[")[0]
        module = item.path.stem.removeprefix("test_orchestrator_")
        if name in LONG or (module not in ON_POSTGRES and name not in ON_POSTGRES_TOO):
            item.add_marker(pytest.mark.full)
