"""Two hosts on one PostgreSQL. One stands still, the other takes over; what wakes up later changes no row and no branch."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from omoi_server.adapters.local_sandbox_process import lives
from tests.acceptance.end_results import all_events, check_done, check_phases, reached, read, settled
from tests.acceptance.ledger import cut_connections, differences, ledger
from tests.acceptance.servers import Fault, Server
from tests.acceptance.stories import story_of

SHORT_LEASE = {"lease": 1.5, "renew": 0.4, "push": 1.0}
OTHER_POINTS = (
    "claim.after", "ground.before", "sandbox.before", "create.before", "create.after", "created.before",
    "journal.before", "output.before", "output.after", "evidence.before", "remove.before", "sync.before", "intent.before", "intent.after",
    "push.after", "record.before", "record.after", "complete.before", "moved.before",
)  # fmt: skip
AFTER_A_CANCEL = (
    "journal.before", "record.before", "push.after", "intent.after", "create.after", "output.before",
)  # fmt: skip
INSIDE = ("journal.inside", "output.inside", "record.inside", "commit.before", "commit.after")
"""Inside a transaction: its rows stay locked until PostgreSQL ends it (20 s, store/engines.py)."""


REACHINGS = {"journal.before": 3, "commit.before": 20, "commit.after": 30}
"""At which reaching, where the first one is not the interesting one."""


def full(points: tuple[str, ...]) -> list[object]:
    """Parameters for the long tests only."""
    return [pytest.param(point, marks=[pytest.mark.full, pytest.mark.timeout(240)]) for point in points]


@pytest.fixture
async def hosts(tmp_path: Path, empty_postgres_url: str) -> AsyncIterator[tuple[Server, Server]]:
    """Two homes on one database; leases are short."""
    settings = {"DATABASE_URL": empty_postgres_url}
    made = tuple(Server(tmp_path / name, settings=settings, limits=SHORT_LEASE) for name in ("first", "second"))
    yield made[0], made[1]
    for server in made:
        await server.clear()


async def _wakes_without_effect(first: Server, url: str, repository: Path) -> list[str]:
    """Let the first host go on; what it changed after it had every chance to."""
    before = await ledger(url, repository)
    passed = len(first.points())
    first.signal(signal.SIGCONT)
    deadline = asyncio.get_running_loop().time() + 15
    while first.sandboxes() or len(first.points()) < passed + 1:
        assert asyncio.get_running_loop().time() < deadline, f"{first.sandboxes()}\n{first.told()}"
        await asyncio.sleep(0.05)
    await asyncio.sleep(0.5)  # some rounds of its watchdog
    assert first.process.poll() is None, first.told()
    async with first.client() as omoi:
        assert [project async for project in omoi.list_projects()], "it serves again"
    return differences(before, await ledger(url, repository))


@pytest.mark.parametrize("point", ["push.before", *full(OTHER_POINTS), *full(INSIDE)])
async def test_a_server_that_stood_still_changes_nothing_after_a_takeover(
    hosts: tuple[Server, Server], repository: Path, empty_postgres_url: str, point: str
) -> None:
    first, second = hosts
    fault = Fault(point, REACHINGS.get(point, 1), "SIGSTOP")
    async with story_of(first, repository, faults=[fault]) as story:
        await first.fell()
        assert first.met() == point
        await second.start()
        async with second.client() as omoi:
            result = await settled(second, omoi, story.spec_id, 90)
        check_phases(result, started_once=())
        check_done(second, result, repository, task_starts=2)
        assert await _wakes_without_effect(first, empty_postgres_url, repository) == []
    assert first.failures() == []


@pytest.mark.parametrize("point", full(("push.before", *AFTER_A_CANCEL)))
async def test_a_server_that_stood_still_changes_nothing_after_a_cancel(
    hosts: tuple[Server, Server], repository: Path, empty_postgres_url: str, point: str
) -> None:
    """The second push is a task's. Only the end of its own sandbox may be told by the first host."""
    first, second = hosts
    count = {"journal.before": 3, "push.before": 2, "push.after": 2, "record.before": 2, "intent.after": 2}
    async with story_of(first, repository, faults=[Fault(point, count.get(point, 1), "SIGSTOP")]) as story:
        await first.fell()
        await second.start()
        async with second.client() as omoi:
            await omoi.cancel_spec(story.spec_id, "not now")
            await asyncio.sleep(1.0)  # its recovery looks at the open intent
            known = len(await all_events(omoi, story.spec_id))
            changed = await _wakes_without_effect(first, empty_postgres_url, repository)
            assert [line for line in changed if line.startswith(("refs", "tasks", "intents", "phase_outputs"))] == []
            result = await settled(second, omoi, story.spec_id)
            told = {event.type for event in result.events[known:]}
            assert told <= {"sandbox.stopped"}, result.told()
            await omoi.execute_spec(story.spec_id)
            result = await settled(second, omoi, story.spec_id, 90)
        check_phases(result, started_once=(), cancelled=True)
        check_done(second, result, repository, task_starts=2, cancelled=True)
    assert first.failures() == []


@pytest.mark.full
async def test_a_worker_that_stood_still_changes_nothing_after_a_takeover(
    hosts: tuple[Server, Server], repository: Path, empty_postgres_url: str
) -> None:
    """It wakes first, alone, and does all its work into a journal that nobody reads; then its server wakes."""
    first, second = hosts
    async with story_of(first, repository, faults=[Fault("create.after", 1, "SIGSTOP")]) as story:
        await first.fell()
        (worker,) = first.workers().values()
        os.kill(worker.pid, signal.SIGSTOP)
        await second.start()
        async with second.client() as omoi:
            result = await settled(second, omoi, story.spec_id, 90)
        check_done(second, result, repository, task_starts=2)
        before = await ledger(empty_postgres_url, repository)
        journal = first.home / "sandboxes" / first.sandboxes()[0] / "journal.jsonl"
        written = journal.stat().st_size if journal.exists() else 0
        os.kill(worker.pid, signal.SIGCONT)
        deadline = asyncio.get_running_loop().time() + 30
        while lives(worker):
            assert asyncio.get_running_loop().time() < deadline, journal.read_text()
            await asyncio.sleep(0.05)
        assert journal.stat().st_size > written, "it worked on"
        assert differences(before, await ledger(empty_postgres_url, repository)) == []
        assert await _wakes_without_effect(first, empty_postgres_url, repository) == []


@pytest.mark.full
async def test_a_neighbour_leaves_a_push_under_way_alone(hosts: tuple[Server, Server], repository: Path) -> None:
    """Its owner only takes its time; the lease is good."""
    first, second = hosts
    first.limit(lease=30.0, push=20.0)
    second.limit(lease=30.0, push=20.0)
    async with story_of(first, repository, faults=[Fault("push.before", 2, "SIGSTOP")]) as story:
        await first.fell()
        await second.start()
        await asyncio.sleep(1.5)  # several rounds of the neighbour's watchdog
        first.signal(signal.SIGCONT)
        result = await settled(first, story.omoi, story.spec_id)
        check_phases(result)
        assert "abandon.before" not in second.points()
        check_done(second, result, repository)
        check_done(first, result, repository)


@pytest.mark.full
async def test_two_hosts_share_the_tasks_of_a_spec(hosts: tuple[Server, Server], repository: Path) -> None:
    first, second = hosts
    first.limit(lease=30.0, push=20.0)
    second.limit(lease=30.0, push=20.0)
    await second.start()
    async with story_of(first, repository) as story:
        result = await settled(first, story.omoi, story.spec_id)
    check_phases(result)
    check_done(first, result, repository)
    check_done(second, result, repository)


@pytest.mark.full
async def test_a_host_that_never_comes_back_leaves_nothing_open(hosts: tuple[Server, Server], repository: Path) -> None:
    """It died between the end of a job and the end of its sandbox."""
    first, second = hosts
    async with story_of(first, repository, faults=[Fault("remove.before", 1, "SIGKILL")]) as story:
        await first.fell()
        await second.start()
        async with second.client() as omoi:
            result = await settled(second, omoi, story.spec_id)
    check_phases(result)
    check_done(second, result, repository)


async def test_a_database_that_restarts_costs_no_spec(
    hosts: tuple[Server, Server], repository: Path, empty_postgres_url: str
) -> None:
    first, _ = hosts
    async with story_of(first, repository) as story:
        for phase in ("EXPLORE", "SYNC", ""):
            await reached(story.omoi, story.spec_id, "spec.phase_completed" if phase else "task.succeeded", phase)
            assert await cut_connections(empty_postgres_url)
        await asyncio.sleep(1.0)
        assert first.process.poll() is None, first.told()
        result = await settled(first, story.omoi, story.spec_id)
        assert (await read(story.omoi, story.spec_id)).events == result.events
    check_phases(result)
    check_done(first, result, repository)
