"""Cancel in every state, and what ExecuteSpec makes of it."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from omoi_server.errors import FailedPrecondition
from omoi_server.orchestrator.cancel import cancel_spec
from omoi_server.orchestrator.execute import execute_spec
from tests.offices import House, check_sequences, git


async def cancel(house: House, spec_id: str) -> str:
    return await cancel_spec(house.office, house.caller, spec_id, "changed our mind", "")


async def resume(house: House, spec_id: str) -> None:
    """Execute goes on to the end, with one commit for every task."""
    await execute_spec(house.office, house.caller, spec_id, "", "")
    spec = await house.settled(spec_id)
    assert spec.status == "COMPLETED"
    tasks = await house.tasks(spec_id)
    assert {task.status for task in tasks} == {"SUCCEEDED"}
    check_sequences(await house.events(spec_id))


async def one_commit_per_task(house: House, repository: Path, spec_id: str) -> None:
    spec = await house.spec(spec_id)
    log = git(repository, "log", "--format=%B", f"main..{spec.branch_name}")
    tasks = await house.tasks(spec_id)
    for task in tasks:
        assert log.count(f"Task-Id: {task.task_id}") == 1, log
    assert git(repository, "rev-list", "--count", f"main..{spec.branch_name}") == str(len(tasks) + 1)


async def test_cancel_a_draft(house: House) -> None:
    spec_id = await house.launch(auto_execute=False)
    await cancel(house, spec_id)
    assert (await house.spec(spec_id)).status == "CANCELLED"
    assert await cancel(house, spec_id) == "It was cancelled already."
    await house.start()
    await resume(house, spec_id)


async def test_cancel_while_queued(house: House) -> None:
    spec_id = await house.launch()
    await cancel(house, spec_id)
    spec = await house.spec(spec_id)
    assert (spec.status, bool(spec.settled)) == ("CANCELLED", True)
    await house.start()
    await resume(house, spec_id)


@pytest.mark.parametrize(
    "moment", ["sandbox.created", "spec.phase_started", pytest.param("spec.phase_completed", marks=pytest.mark.full)]
)
async def test_cancel_while_planning(house: House, moment: str) -> None:
    spec_id = await house.launch()
    await house.start()
    while moment not in await house.types(spec_id):
        await asyncio.sleep(0.005)
    began = time.monotonic()
    await cancel(house, spec_id)
    await house.settled(spec_id, 5)
    assert time.monotonic() - began < 2.5, "stopped within two seconds"
    house.no_sandbox_is_left()
    types = await house.types(spec_id)
    after = types[types.index("spec.cancelled") + 1 :]
    assert set(after) <= {"sandbox.stopped"}, after
    await resume(house, spec_id)


async def test_cancel_at_a_gate(house: House) -> None:
    spec_id = await house.launch(gates=["DESIGN"])
    await house.start()
    await house.settled(spec_id)
    message = await cancel(house, spec_id)
    assert "explore, requirements, design" in message
    answer = await execute_spec(house.office, house.caller, spec_id, "", "")
    assert answer.current_phase == "DESIGN"
    assert (await house.spec(spec_id)).status == "AWAITING_REVIEW"


@pytest.mark.parametrize(
    "moment", [pytest.param("spec.documents_committed", marks=pytest.mark.full), "task.started", "task.succeeded"]
)
async def test_cancel_while_building(house: House, repository: Path, moment: str) -> None:
    spec_id = await house.launch()
    await house.start()
    while moment not in await house.types(spec_id):
        await asyncio.sleep(0.005)
    await cancel(house, spec_id)
    spec = await house.settled(spec_id, 10)
    assert spec.status == "CANCELLED"
    house.no_sandbox_is_left()
    await resume(house, spec_id)
    await one_commit_per_task(house, repository, spec_id)


async def test_a_finished_spec_cannot_be_cancelled(house: House) -> None:
    spec_id = await house.launch()
    await house.start()
    await house.settled(spec_id)
    with pytest.raises(FailedPrecondition) as refused:
        await cancel(house, spec_id)
    assert refused.value.reason == "ALREADY_COMPLETED"
    with pytest.raises(FailedPrecondition) as refused:
        await execute_spec(house.office, house.caller, spec_id, "", "")
    assert refused.value.reason == "ALREADY_COMPLETED"
