"""The origin or the disk is away for a while: told once, waited for, gone on; the origin not for ever."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from omoi_server.errors import RepositoryError, ResourceExhausted
from omoi_server.orchestrator.cancel import cancel_spec
from omoi_server.orchestrator.tasks import retry_task
from tests.integration.orchestrator.stage import Stage, task
from tests.offices import House, check_sequences, git


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    made = Stage(tmp_path / "stage")
    made.plan(task(1))
    return made


@pytest.fixture
def worker_archive(stage: Stage) -> Path:
    return stage.archive


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.full)])
def database_url(request: pytest.FixtureRequest) -> str:
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    return url


class Line:
    """The real adapter behind a line that can be cut: while it is, the named calls fail instead of being made."""

    def __init__(self, inner: Any, failing: Callable[[], Exception], *names: str) -> None:
        self._inner = inner
        self._failing = failing
        self._names = names
        self.cut = False
        self.failed = 0

    def __getattr__(self, name: str) -> Any:
        real = getattr(self._inner, name)
        if name not in self._names:
            return real

        async def call(*arguments: Any) -> Any:
            if self.cut:
                self.failed += 1
                raise self._failing()
            return await real(*arguments)

        return call

    async def failed_times(self, times: int) -> None:
        deadline = asyncio.get_running_loop().time() + 20
        while self.failed < times:
            assert asyncio.get_running_loop().time() < deadline, f"failed {self.failed} times, not {times}"
            await asyncio.sleep(0.01)


def unreachable() -> RepositoryError:
    return RepositoryError("REPOSITORY_UNREACHABLE", "git.example.org: Connection refused.", "Check the network.")


def behind_a_line(house: House, failing: Callable[[], Exception] = unreachable) -> Line:
    line = Line(house.office.repositories, failing, "refresh", "remote_tip", "push")
    house.office = replace(house.office, repositories=line)
    house.limit(retry_first=0.02, retry_most=0.1)
    return line


async def notes(house: House, spec_id: str) -> list[str]:
    rows = await house.events(spec_id)
    check_sequences(rows)
    return [row.message for row in rows if row.type == "spec.note" and "It is tried again" in row.message]


@pytest.mark.parametrize("reason", ["REPOSITORY_UNREACHABLE", "MIRROR_BUSY", "GIT_TIMEOUT"])
async def test_planning_waits_for_an_origin_that_is_away(house: House, reason: str) -> None:
    line = behind_a_line(house, lambda: RepositoryError(reason, "git.example.org: no answer.", "Try again."))
    line.cut = True
    spec_id = await house.launch()
    await house.start()
    spec = await house.until(spec_id, lambda row: bool(row.waiting_for))
    assert spec.waiting_for == f"the repository to answer ({reason})"
    assert "for 15 min" in (await notes(house, spec_id))[0], "both in one transaction"
    await line.failed_times(4)
    line.cut = False
    spec = await house.settled(spec_id)
    assert (spec.status, spec.waiting_for) == ("COMPLETED", "")
    assert len(await notes(house, spec_id)) == 1
    assert [row.status for row in await house.tasks(spec_id)] == ["SUCCEEDED"]


async def test_a_result_waits_for_an_origin_that_is_away(house: House, stage: Stage, repository: Path) -> None:
    """Nothing is done again: the worker waits, and its commit arrives once."""
    line = behind_a_line(house)
    house.limit(no_heartbeat=2.5)
    stage.step("TSK-001", hold=True)
    spec_id = await house.launch()
    await house.start()
    await stage.begun("TSK-001")
    line.cut = True
    stage.release("TSK-001")
    await line.failed_times(5)
    assert (await house.spec(spec_id)).waiting_for == "the repository to answer (REPOSITORY_UNREACHABLE)"
    await asyncio.sleep(3)  # longer than a heartbeat may be away: the worker's lines are not read meanwhile
    line.cut = False
    spec = await house.settled(spec_id)
    (row,) = await house.tasks(spec_id)
    assert (row.status, row.attempts, spec.waiting_for) == ("SUCCEEDED", 1, "")
    assert len(await notes(house, spec_id)) == 1
    log = git(repository, "log", "--format=%B", f"main..{spec.branch_name}")
    assert log.count(f"Task-Id: {row.task_id}") == 1
    house.no_sandbox_is_left()


async def test_an_origin_that_goes_away_between_announcing_and_pushing(house: House, repository: Path) -> None:
    line = behind_a_line(house)
    real_push = line.push

    async def push(*arguments: Any) -> None:
        line.cut = not line.failed  # the first push, and whatever asks the origin after it
        await real_push(*arguments)

    house.office = replace(house.office, repositories=_with(line, push=push))
    spec_id = await house.launch()
    await house.start()
    await line.failed_times(4)
    line.cut = False
    spec = await house.settled(spec_id)
    assert {row.status for row in await house.tasks(spec_id)} == {"SUCCEEDED"}
    assert git(repository, "rev-list", "--count", f"main..{spec.branch_name}") == "2"


def _with(inner: Any, **calls: Any) -> Any:
    class Changed:
        def __getattr__(self, name: str) -> Any:
            return calls.get(name) or getattr(inner, name)

    return Changed()


async def test_an_origin_that_stays_away_fails_the_task_with_the_remedy(house: House, stage: Stage) -> None:
    line = behind_a_line(house)
    house.limit(origin_patience=0.5)
    stage.step("TSK-001", hold=True)
    spec_id = await house.launch()
    await house.start()
    await stage.begun("TSK-001")
    line.cut = True
    stage.release("TSK-001")
    await house.until(spec_id, lambda row: row.last_work.startswith("TSK-001 failed"))
    (row,) = await house.tasks(spec_id)
    assert (row.status, row.code) == ("FAILED", "REPOSITORY_UNREACHABLE")
    assert "Check the network. It was tried again for 0.5 s." in row.reason
    assert (await house.spec(spec_id)).waiting_for == ""
    line.cut = False
    spec = await house.settled(spec_id)
    house.no_sandbox_is_left()
    await retry_task(house.office, house.caller, row.task_id, "")
    await house.settled(spec_id)
    assert [row.status for row in await house.tasks(spec_id)] == ["SUCCEEDED"], spec.reason


async def test_a_cancel_does_not_wait_for_the_origin(house: House, stage: Stage) -> None:
    line = behind_a_line(house)
    house.limit(retry_first=30.0)
    stage.step("TSK-001", hold=True)
    spec_id = await house.launch()
    await house.start()
    await stage.begun("TSK-001")
    line.cut = True
    stage.release("TSK-001")
    await house.until(spec_id, lambda row: bool(row.waiting_for))
    await cancel_spec(house.office, house.caller, spec_id, "enough", "")
    spec = await house.settled(spec_id, 5)
    assert (spec.status, spec.waiting_for) == ("CANCELLED", "")
    house.no_sandbox_is_left()


async def test_a_restart_goes_on_waiting_and_clears_what_the_last_server_told(house: House, stage: Stage) -> None:
    line = behind_a_line(house)
    line.cut = True
    spec_id = await house.launch()
    await house.start()
    await house.until(spec_id, lambda row: bool(row.waiting_for))
    await house.stop()
    line.cut = False
    await house.start()
    spec = await house.settled(spec_id)
    assert (spec.status, spec.waiting_for) == ("COMPLETED", "")
    assert len(await notes(house, spec_id)) == 1


async def test_access_denied_fails_at_once(house: House) -> None:
    line = behind_a_line(house, lambda: RepositoryError("REPOSITORY_ACCESS_DENIED", "Permission denied.", "Give it."))
    line.cut = True
    spec_id = await house.launch()
    await house.start()
    spec = await house.settled(spec_id)
    assert (spec.status, spec.waiting_for, line.failed) == ("FAILED", "", 1)
    assert "Give it." in spec.reason


async def test_a_full_disk_is_told_and_waited_for(house: House) -> None:
    full = ResourceExhausted("STORAGE_FULL", "sandbox x could not be written: No space left. Make room on the disk.")
    line = Line(house.office.sandboxes, lambda: full, "create")
    house.office = replace(house.office, sandboxes=line)
    house.limit(retry_first=0.02)
    line.cut = True
    spec_id = await house.launch()
    await house.start()
    spec = await house.until(spec_id, lambda row: bool(row.waiting_for))
    assert spec.waiting_for == "the server's store or disk to take writes (STORAGE_FULL)"
    await line.failed_times(3)
    line.cut = False
    spec = await house.settled(spec_id)
    assert (spec.status, spec.waiting_for) == ("COMPLETED", "")
    (note,) = await notes(house, spec_id)
    assert note.startswith("Work stands still: sandbox x could not be written")
