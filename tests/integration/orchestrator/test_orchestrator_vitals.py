"""Signs of life: a worker that is killed, stands still, never starts or takes too long leaves no sandbox and no stuck spec."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from pathlib import Path

import pytest

from omoi_server.orchestrator.execute import execute_spec
from omoi_server.orchestrator.launch import LaunchCommand, create_ticket
from omoi_server.orchestrator.tasks import retry_task
from omoi_server.store import sandboxes
from tests.integration.orchestrator.stage import Stage, task
from tests.offices import House, check_sequences


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
    """What is tried here happens outside the database; PostgreSQL has its turn in the long tests."""
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    return url


async def lost(house: House, spec_id: str) -> list[str]:
    rows = await house.events(spec_id)
    check_sequences(rows)
    return [row.message for row in rows if row.type == "sandbox.lost"]


async def test_a_killed_worker_is_replaced_at_once(house: House, stage: Stage) -> None:
    stage.step("DESIGN", hold=True)
    spec_id = await house.launch()
    await house.start()
    pid = await stage.begun("DESIGN")
    began = time.monotonic()
    os.kill(pid, signal.SIGKILL)
    await stage.begun("DESIGN", 2)
    assert time.monotonic() - began < 10, "not after the heartbeat's minute"
    stage.release("DESIGN")
    assert (await house.settled(spec_id)).status == "COMPLETED"
    assert await lost(house, spec_id) == ["The sandbox was lost: the worker died without an end."]
    starts = [name for kind, name in stage.log() if kind == "begin"]
    assert starts.count("EXPLORE") == starts.count("REQUIREMENTS") == 1, "finished phases did not run again"
    house.no_sandbox_is_left()


async def test_three_lost_workers_are_enough(house: House, stage: Stage) -> None:
    stage.step("Say hello", hold=True)
    made = await create_ticket(house.office, house.caller, LaunchCommand("Say hello", "", house.project_id))
    await house.start()
    for number in (1, 2, 3):
        os.kill(await stage.begun("Say hello", number), signal.SIGKILL)
    await house.settled(made.spec_id)
    (row,) = await house.tasks(made.spec_id)
    assert (row.status, row.code, row.attempts) == ("FAILED", "WORKER_LOST", 3)
    assert "3 workers were lost" in row.reason
    assert len(await lost(house, made.spec_id)) == 3
    house.no_sandbox_is_left()
    stage.release("Say hello")
    await retry_task(house.office, house.caller, row.task_id, "")
    await house.settled(made.spec_id)
    assert [row.status for row in await house.tasks(made.spec_id)] == ["SUCCEEDED"]


async def test_a_worker_that_stands_still(house: House, stage: Stage, repository: Path) -> None:
    """It is given up after the limit and killed; what it held is done by another, once."""
    house.limit(no_heartbeat=2.5)
    stage.step("Say hello", hold=True)
    made = await create_ticket(house.office, house.caller, LaunchCommand("Say hello", "", house.project_id))
    await house.start()
    pid = await stage.begun("Say hello")
    os.kill(pid, signal.SIGSTOP)
    stage.release("Say hello")
    await stage.begun("Say hello", 2)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, signal.SIGCONT)
    await house.settled(made.spec_id)
    assert [row.status for row in await house.tasks(made.spec_id)] == ["SUCCEEDED"]
    assert await lost(house, made.spec_id) == ["The sandbox was lost: no sign of life for 2.5 s."]
    house.no_sandbox_is_left()


@pytest.mark.full
async def test_heartbeats_keep_a_quiet_worker(house: House, stage: Stage) -> None:
    house.limit(no_heartbeat=2.5)
    stage.step("Say hello", hold=True)
    made = await create_ticket(house.office, house.caller, LaunchCommand("Say hello", "", house.project_id))
    await house.start()
    await stage.begun("Say hello")
    await asyncio.sleep(4)
    stage.release("Say hello")
    await house.settled(made.spec_id)
    assert await lost(house, made.spec_id) == []
    (row,) = await house.tasks(made.spec_id)
    assert (row.status, row.attempts) == ("SUCCEEDED", 1)


async def test_a_worker_that_says_nothing_never_started(house: House, stage: Stage) -> None:
    house.limit(never_started=0.8)
    stage.lie("asleep")
    spec_id = await house.launch()
    await house.start()
    spec = await house.settled(spec_id)
    assert spec.status == "FAILED"
    assert "3 workers were lost; the last one: the worker did not start within 0.8 s" in spec.reason
    assert len(await lost(house, spec_id)) == 3
    house.no_sandbox_is_left()
    stage.lie("")
    await execute_spec(house.office, house.caller, spec_id, "", "")
    assert (await house.settled(spec_id)).status == "COMPLETED"


async def test_a_worker_that_cannot_run_at_all(house: House, stage: Stage) -> None:
    stage.archive.write_bytes(b"this is no program")
    spec_id = await house.launch()
    await house.start()
    spec = await house.settled(spec_id)
    assert spec.status == "FAILED"
    assert "3 workers were lost" in spec.reason
    house.no_sandbox_is_left()


async def test_the_time_limit(house: House, stage: Stage) -> None:
    house.limit(task=2)
    stage.step("TSK-001", hold=True)
    spec_id = await house.launch()
    await house.start()
    await stage.begun("TSK-001")
    await house.settled(spec_id)
    (row,) = await house.tasks(spec_id)
    assert row.status == "FAILED"
    assert "time limit" in row.reason
    house.no_sandbox_is_left()
    assert (await house.spec(spec_id)).status == "COMPLETED"


async def test_the_time_limit_of_a_worker_that_does_not_keep_it(house: House, stage: Stage) -> None:
    """The worker knows its limit too; this one stands still, and the server ends it."""
    house.limit(planning=2)
    stage.step("DESIGN", hold=True)
    spec_id = await house.launch()
    await house.start()
    os.kill(await stage.begun("DESIGN"), signal.SIGSTOP)
    spec = await house.settled(spec_id)
    assert spec.status == "FAILED"
    assert "the time limit of" in spec.reason
    assert set(await house.outputs(spec_id)) == {"EXPLORE", "REQUIREMENTS"}, "what it had is kept"
    house.no_sandbox_is_left()


@pytest.mark.parametrize("kind", ["plan", "task"])
async def test_a_worker_that_somebody_stops_politely(house: House, stage: Stage, kind: str) -> None:
    """As when the machine shuts down: no fault of the work, so another worker does it."""
    name = {"plan": "DESIGN", "task": "TSK-001"}[kind]
    stage.step(name, hold=True)
    spec_id = await house.launch()
    await house.start()
    os.kill(await stage.begun(name), signal.SIGTERM)
    await stage.begun(name, 2)
    stage.release(name)
    assert (await house.settled(spec_id)).status == "COMPLETED"
    assert {row.status for row in await house.tasks(spec_id)} == {"SUCCEEDED"}
    assert await lost(house, spec_id) == ["The sandbox was lost: somebody stopped the worker."]
    house.no_sandbox_is_left()


async def test_a_sandbox_that_somebody_deleted(house: House, stage: Stage) -> None:
    stage.step("Say hello", hold=True)
    made = await create_ticket(house.office, house.caller, LaunchCommand("Say hello", "", house.project_id))
    await house.start()
    await stage.begun("Say hello")
    async with house.office.db.read() as conn:
        (row,) = await sandboxes.open_sandboxes(conn, house.office.sandboxes.location)
    await house.office.sandboxes.remove(row.sandbox_id)
    stage.release("Say hello")
    await house.settled(made.spec_id)
    (task_row,) = await house.tasks(made.spec_id)
    assert (task_row.status, task_row.reason) == ("SUCCEEDED", "")
    house.no_sandbox_is_left()
