"""Servers on homes of their own, a repository, and one spec that nothing disturbed."""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import postgres
from tests.acceptance.end_results import EndResult, check_done, check_phases, contents, settled
from tests.acceptance.servers import Server
from tests.offices import IDEA, sample_repository


@dataclass(frozen=True)
class Undisturbed:
    """A run in which nothing happened: what its server passed, how long it took, what is on its branch."""

    points: list[str]
    seconds: float
    result: EndResult
    files: dict[str, str]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A small shop with a login, one commit."""
    return sample_repository(tmp_path / "shop")


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[Server]:
    """A server that is not started yet; nothing of it runs after the test."""
    made = Server(tmp_path / "home")
    yield made
    await made.clear()


@pytest.fixture
def dice(request: pytest.FixtureRequest) -> random.Random:
    """Random numbers whose seed is shown with a failure; OMOI_TEST_SEED repeats it."""
    seed = os.environ.get("OMOI_TEST_SEED") or str(time.time_ns() % 1_000_000)
    print(f"\n{request.node.name}: OMOI_TEST_SEED={seed}")
    return random.Random(seed)


@pytest.fixture(scope="session")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, clean_environment: None) -> Undisturbed:
    """One spec from its words to its branch on a server of its own."""
    place = tmp_path_factory.mktemp("undisturbed")
    return postgres.in_thread(lambda: asyncio.run(_run(place)))


async def _run(place: Path) -> Undisturbed:
    repository = sample_repository(place / "shop")
    calm = Server(place / "home")
    try:
        await calm.start()
        async with calm.client() as omoi:
            project = (await omoi.create_project(str(repository))).project
            began = time.monotonic()
            spec_id = (await omoi.launch_spec(project.project_id, description=IDEA)).spec_id
            result = await settled(calm, omoi, spec_id)
        seconds = time.monotonic() - began
        check_phases(result)
        check_done(calm, result, repository)
        return Undisturbed(calm.points(), seconds, result, contents(repository, result.spec.branch_name))
    finally:
        await calm.clear()
