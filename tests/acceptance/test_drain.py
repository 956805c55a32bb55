"""SIGTERM: take no more, come to a stopping point, give back, close; the next server goes on as if nothing had been."""

from __future__ import annotations

import asyncio
import signal
from pathlib import Path

import pytest

from tests.acceptance.conftest import Undisturbed
from tests.acceptance.end_results import check_done, check_phases, contents, reached
from tests.acceptance.servers import Server
from tests.acceptance.stories import story_of

PATIENCE = 15.0
"""Seconds that a drain may take here; it waits 10 s at most for calls and integrations (OMOI_DRAIN_SECONDS)."""


@pytest.mark.parametrize(
    ("event", "phase"),
    [
        pytest.param("sandbox.created", "", marks=pytest.mark.full),
        pytest.param("spec.phase_started", "SYNC", marks=pytest.mark.full),
        ("task.started", ""),
    ],
)
async def test_a_stop_while_working_loses_nothing(
    server: Server, repository: Path, undisturbed: Undisturbed, event: str, phase: str
) -> None:
    async with story_of(server, repository) as story:
        await reached(story.omoi, story.spec_id, event, phase)
        assert await server.stop(PATIENCE) == 0, server.told()
        assert not (server.home / "address").exists()
        await server.start()
        result = await story.end()
    check_phases(result)
    check_done(server, result, repository)
    assert contents(repository, result.spec.branch_name) == undisturbed.files


@pytest.mark.full
async def test_a_stop_leaves_local_workers_running(server: Server, repository: Path) -> None:
    async with story_of(server, repository) as story:
        await reached(story.omoi, story.spec_id, "sandbox.created")
        before = server.workers()
        assert await server.stop(PATIENCE) == 0, server.told()
        assert before, "no worker ran"
        (folder,) = (server.home / "sandboxes").glob("*/journal.jsonl")
        deadline = asyncio.get_running_loop().time() + 30
        while '"end"' not in folder.read_text():
            assert asyncio.get_running_loop().time() < deadline, folder.read_text()
            await asyncio.sleep(0.05)
        await server.start()
        result = await story.end()
    check_phases(result)
    check_done(server, result, repository)
    assert result.count("sandbox.created")[""] == len(result.tasks) + 1


@pytest.mark.full
async def test_many_stops_in_one_spec(server: Server, repository: Path) -> None:
    """The story's watcher has to come back each time."""
    async with story_of(server, repository) as story:
        for _ in range(4):
            await asyncio.sleep(0.4)
            assert await server.stop(PATIENCE) == 0, server.told()
            await server.start()
        result = await story.end()
    check_phases(result)
    check_done(server, result, repository)


@pytest.mark.full
async def test_a_second_signal_kills(server: Server, repository: Path) -> None:
    async with story_of(server, repository) as story:
        await reached(story.omoi, story.spec_id, "sandbox.created")
        while server.process.poll() is None:
            server.signal(signal.SIGTERM)
            await asyncio.sleep(0.02)
        await server.start()
        result = await story.end()
    check_phases(result)
    check_done(server, result, repository)
