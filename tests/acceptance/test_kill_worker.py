"""Dead workers, failed specs and open gates: what goes on by itself, and what a person starts again."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import time
from collections.abc import Collection
from pathlib import Path

import pytest

from omoi_client import OmoiClient
from omoi_client.errors import OmoiError
from omoi_client.names import phase_word, status_word
from omoi_spec.phases import PLANNING_PHASES
from tests.acceptance.end_results import check_done, check_phases, reached, read, settled
from tests.acceptance.servers import Server
from tests.acceptance.stories import story_of
from tests.offices import git


@pytest.fixture
def repository(repository: Path) -> Path:
    """Large enough that a worker is seen between two phases."""
    for number in range(1500):
        (repository / "shop" / f"part_{number}.py").write_text(f"def part_{number}():\n    return {number}\n" * 20)
    git(repository, "add", ".")
    git(repository, "commit", "-q", "-m", "Add the parts")
    return repository


async def _caught(
    server: Server, kind: str, written: str, number: signal.Signals, besides: Collection[str] = ()
) -> str:
    """Signal the first living worker of this kind whose journal has this; the sandbox's name."""
    deadline = asyncio.get_running_loop().time() + 30
    while True:
        for name, worker in server.workers().items():
            folder = server.home / "sandboxes" / name
            if name in besides or not (folder / "job.json").exists():
                continue
            if f'"kind": "{kind}"' in (folder / "job.json").read_text() and written in _journal(folder):
                os.kill(worker.pid, number)
                return name
        assert asyncio.get_running_loop().time() < deadline, server.told()
        await asyncio.sleep(0.005)


def _journal(folder: Path) -> str:
    path = folder / "journal.jsonl"
    return path.read_text() if path.exists() else ""


EXPLORED = '"phase_output"'
BEGUN = '"start"'


async def test_a_dead_worker_is_found_at_once(server: Server, repository: Path) -> None:
    async with story_of(server, repository) as story:
        await _caught(server, "plan", EXPLORED, signal.SIGKILL)
        began = time.monotonic()
        await reached(story.omoi, story.spec_id, "sandbox.lost")
        seconds = time.monotonic() - began
        result = await story.end()
    assert seconds < 5, f"found after {seconds:.1f} s"
    check_phases(result, started_once=("EXPLORE", "SYNC"))
    check_done(server, result, repository)


@pytest.mark.full
async def test_a_deleted_sandbox_is_a_lost_one(server: Server, repository: Path) -> None:
    async with story_of(server, repository) as story:
        name = await _caught(server, "plan", EXPLORED, signal.SIGSTOP)
        await reached(story.omoi, story.spec_id, "spec.phase_completed", "EXPLORE")
        shutil.rmtree(server.home / "sandboxes" / name)
        result = await story.end()
    check_phases(result, started_once=("EXPLORE", "SYNC"))
    check_done(server, result, repository)


@pytest.mark.full
async def test_a_worker_that_stood_still_is_replaced_and_changes_nothing(server: Server, repository: Path) -> None:
    """No heartbeat for 2 s. It is woken to be ended, and whatever it still writes counts for nothing."""
    server.limit(no_heartbeat=2.0)
    async with story_of(server, repository) as story:
        await _caught(server, "task", BEGUN, signal.SIGSTOP)
        await reached(story.omoi, story.spec_id, "sandbox.lost")
        result = await story.end()
    check_phases(result)
    check_done(server, result, repository, task_starts=2)


@pytest.mark.full
async def test_a_worker_that_stood_still_changes_nothing_after_a_cancel(server: Server, repository: Path) -> None:
    async with story_of(server, repository) as story:
        await _caught(server, "task", BEGUN, signal.SIGSTOP)
        began = time.monotonic()
        await story.omoi.cancel_spec(story.spec_id, "not now")
        cancelled = await settled(server, story.omoi, story.spec_id)
        seconds = time.monotonic() - began
        assert status_word(cancelled.spec.status) == "CANCELLED"
        assert server.workers() == {}
        assert server.sandboxes() == []
        assert seconds < 6, f"settled after {seconds:.1f} s"
        await story.omoi.execute_spec(story.spec_id)
        result = await settled(server, story.omoi, story.spec_id)
    check_phases(result, cancelled=True)
    check_done(server, result, repository, task_starts=2, cancelled=True)


async def test_a_failed_spec_goes_on_where_it_was(server: Server, repository: Path) -> None:
    """Three dead workers fail it. ExecuteSpec resumes, and what was finished is not done again."""
    async with story_of(server, repository) as story:
        gone: list[str] = []
        for written in (EXPLORED, BEGUN, BEGUN):
            gone.append(await _caught(server, "plan", written, signal.SIGKILL, gone))
        failed = await settled(server, story.omoi, story.spec_id)
        assert status_word(failed.spec.status) == "FAILED", failed.told()
        assert "workers were lost" in failed.spec.reason
        finished = {phase for phase in PLANNING_PHASES if failed.count("spec.phase_completed")[phase]}
        assert "EXPLORE" in finished
        answer = await story.omoi.execute_spec(story.spec_id)
        assert phase_word(answer.current_phase) not in finished
        result = await settled(server, story.omoi, story.spec_id)
    check_phases(result, started_once=finished)
    check_done(server, result, repository)


async def test_a_gate_waits_over_dead_servers(server: Server, repository: Path) -> None:
    async with story_of(server, repository, gates=["REQUIREMENTS"]) as story:
        await reached(story.omoi, story.spec_id, "review.requested")
        for _ in range(2):
            server.kill()
            await server.start()
        waiting = await settled(server, story.omoi, story.spec_id)
        assert status_word(waiting.spec.status) == "AWAITING_REVIEW"
        assert server.sandboxes() == []
        output = await story.omoi.get_phase_output(story.spec_id, "REQUIREMENTS")
        assert await _refused(story.omoi, story.spec_id, "0" * 64) == "FAILED_PRECONDITION"
        await story.omoi.review_phase(story.spec_id, "REQUIREMENTS", output.digest, "APPROVE")
        server.kill()
        await server.start()
        result = await settled(server, story.omoi, story.spec_id)
        assert (await read(story.omoi, story.spec_id)).events[: len(waiting.events)] == waiting.events
    check_phases(result)
    check_done(server, result, repository)


async def _refused(omoi: OmoiClient, spec_id: str, digest: str) -> str:
    try:
        await omoi.review_phase(spec_id, "REQUIREMENTS", digest, "APPROVE")
    except OmoiError as error:
        return error.code
    return ""
