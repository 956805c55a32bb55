"""No room: a database that may not grow, and workers whose files may not. It is said clearly, and goes on with room again."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text

from omoi_server.adapters.local_sandbox import LocalSandboxes
from omoi_server.errors import ResourceExhausted
from omoi_server.orchestrator.execute import execute_spec
from omoi_server.orchestrator.launch import LaunchCommand, create_ticket, launch_spec
from omoi_server.orchestrator.tasks import retry_task
from omoi_server.store.transaction import Transaction
from tests.integration.orchestrator.stage import Stage, task
from tests.offices import IDEA, House, check_sequences, git


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    made = Stage(tmp_path / "stage")
    made.plan(task(1), task(2))
    return made


@pytest.fixture
def worker_archive(stage: Stage) -> Path:
    return stage.archive


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    return sqlite_url


async def allow_pages(house: House, more: int | None) -> None:
    """Let the database grow by so many pages and no further; None: as it likes."""

    async def work(tx: Transaction) -> None:
        pages = (await tx.conn.execute(text("PRAGMA page_count"))).scalar_one()
        limit = 1_000_000 if more is None else pages + more
        await tx.conn.exec_driver_sql(f"PRAGMA max_page_count={limit}")

    await house.office.db.write(work)


@pytest.mark.parametrize("held", ["DESIGN", "TSK-001"])
async def test_a_full_disk_during_a_run(house: House, stage: Stage, repository: Path, held: str) -> None:
    stage.step(held, hold=True)
    spec_id = await house.launch()
    await house.start()
    await stage.begun(held)
    await allow_pages(house, 0)
    with pytest.raises(ResourceExhausted) as refused:
        for _ in range(1000):  # what is free inside the file is used up first
            await launch_spec(house.office, house.caller, LaunchCommand("", IDEA, house.project_id, auto_execute=False))
    assert refused.value.reason == "STORAGE_FULL"
    assert "Free space" in refused.value.message
    stage.release(held)
    before = -1
    while before != (before := len(await house.events(spec_id))):
        await asyncio.sleep(1)
    assert not bool((await house.spec(spec_id)).settled), "it was stopped by the lack of space"
    await allow_pages(house, None)
    spec = await house.settled(spec_id)
    assert (spec.status, spec.reason) == ("COMPLETED", "")
    rows = await house.tasks(spec_id)
    assert {row.status for row in rows} == {"SUCCEEDED"}, [(row.key, row.reason) for row in rows]
    check_sequences(await house.events(spec_id))
    log = git(repository, "log", "--format=%B", f"main..{spec.branch_name}")
    assert [log.count(f"Task-Id: {row.task_id}") for row in rows] == [1, 1]
    told = [
        row.message for row in await house.events(spec_id) if row.type == "spec.note" and "stood still" in row.message
    ]
    assert told and "disk is full" in told[0], "it could be told only when the store took writes again"
    starts = [row.phase for row in await house.events(spec_id) if row.type == "spec.phase_started"]
    assert starts == ["EXPLORE", "REQUIREMENTS", "DESIGN", "TASKS", "SYNC"]
    house.no_sandbox_is_left()


def limit_files(house: House, size: int | None) -> None:
    """From now on workers may write no larger file (RLIMIT_FSIZE)."""
    office = house.office
    sandboxes = LocalSandboxes(office.home, office.sandboxes.location, file_size_limit=size)
    house.office = replace(office, sandboxes=sandboxes)


async def test_a_file_too_large_for_the_worker(house: House, stage: Stage, repository: Path) -> None:
    limit_files(house, 100_000)
    stage.step("Say hello", files={"quick.txt": "x" * 300_000})
    made = await create_ticket(house.office, house.caller, LaunchCommand("Say hello", "", house.project_id))
    await house.start()
    await house.settled(made.spec_id)
    (row,) = await house.tasks(made.spec_id)
    assert (row.status, row.code) == ("FAILED", "TASK_FAILED")
    assert "File too large" in row.reason
    house.no_sandbox_is_left()
    await house.stop()
    limit_files(house, None)
    await house.start()
    await retry_task(house.office, house.caller, row.task_id, "")
    spec = await house.settled(made.spec_id)
    assert [row.status for row in await house.tasks(made.spec_id)] == ["SUCCEEDED"]
    assert len(git(repository, "show", f"{spec.branch_name}:quick.txt")) == 300_000


async def test_a_journal_that_may_not_grow(house: House) -> None:
    """The line that does not fit is not written; the last words are, and name the remedy."""
    limit_files(house, 2_500)
    spec_id = await house.launch()
    await house.start()
    spec = await house.settled(spec_id)
    assert (spec.status, bool(spec.settled)) == ("FAILED", True)
    assert "raise the file size limit of the worker" in spec.reason
    done = set(await house.outputs(spec_id))
    assert "TASKS" not in done
    house.no_sandbox_is_left()
    await house.stop()
    limit_files(house, None)
    await house.start()
    answer = await execute_spec(house.office, house.caller, spec_id, "", "")
    assert answer.current_phase != "EXPLORE"
    assert (await house.settled(spec_id)).status == "COMPLETED"


async def test_a_journal_that_takes_nothing(house: House) -> None:
    limit_files(house, 100)
    spec_id = await house.launch()
    await house.start()
    spec = await house.settled(spec_id)
    assert (spec.status, bool(spec.settled)) == ("FAILED", True)
    assert "3 workers were lost" in spec.reason
    house.no_sandbox_is_left()
