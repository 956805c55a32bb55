"""Planning anew: what is the same is kept, what is gone is cancelled, what is finished stays."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from omoi_server.errors import FailedPrecondition, InvalidArgument
from omoi_server.orchestrator.cancel import cancel_spec
from omoi_server.orchestrator.execute import execute_spec
from omoi_server.orchestrator.review import review_phase
from omoi_server.orchestrator.tasks import retry_task
from omoi_server.store import tables, tasks
from tests.integration.orchestrator.stage import Stage, task
from tests.offices import House, check_sequences, git


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path / "stage")


@pytest.fixture
def worker_archive(stage: Stage) -> Path:
    return stage.archive


async def all_tasks(house: House, spec_id: str) -> dict[str, Any]:
    async with house.office.db.read() as conn:
        return {row.task_id: row for row in await tasks.all_tasks(conn, spec_id)}


async def one_commit_each(house: House, repository: Path, spec_id: str) -> None:
    spec = await house.spec(spec_id)
    log = git(repository, "log", "--format=%B", f"main..{spec.branch_name}")
    for row in await house.tasks(spec_id):
        assert row.status == "SUCCEEDED", (row.key, row.status, row.reason)
        assert log.count(f"Task-Id: {row.task_id}") == 1


async def test_a_new_plan_after_a_cancel(house: House, stage: Stage, repository: Path) -> None:
    stage.plan(task(1), task(2, depends_on=["TSK-001"]), task(3, depends_on=["TSK-002"]))
    stage.step("TSK-002", hold=True)
    spec_id = await house.launch()
    await house.start()
    await stage.begun("TSK-002")
    for status in ("running", "queued"):
        with pytest.raises(FailedPrecondition) as refused:
            await execute_spec(house.office, house.caller, spec_id, "TASKS", "")
        assert refused.value.reason == "STILL_RUNNING", status
    old = {row.key: row for row in await house.tasks(spec_id)}
    await cancel_spec(house.office, house.caller, spec_id, "another plan", "")
    await house.settled(spec_id)
    stage.release("TSK-002")
    # Part 1 (done) and part 3 stay under other numbers, part 2 is gone, part 4 is new.
    stage.plan(
        task(4, id="TSK-001"),
        {**task(1), "id": "TSK-002"},
        {**task(3), "id": "TSK-003", "depends_on": ["TSK-001"]},
    )
    answer = await execute_spec(house.office, house.caller, spec_id, "TASKS", "")
    assert answer.message.startswith("Reused: explore, requirements, design.")
    spec = await house.settled(spec_id)
    assert spec.status == "COMPLETED", spec.reason
    new = {row.key: row for row in await house.tasks(spec_id)}
    assert new["TSK-002"].task_id == old["TSK-001"].task_id
    assert new["TSK-003"].task_id == old["TSK-003"].task_id
    assert new["TSK-001"].task_id not in {row.task_id for row in old.values()}
    assert new["TSK-003"].depends_on == [new["TSK-001"].task_id]
    assert new["TSK-002"].commit_sha == (await all_tasks(house, spec_id))[old["TSK-001"].task_id].commit_sha
    gone = (await all_tasks(house, spec_id))[old["TSK-002"].task_id]
    assert (gone.status, bool(gone.active)) == ("CANCELLED", False)
    with pytest.raises(FailedPrecondition, match="belongs to an older plan"):
        await retry_task(house.office, house.caller, gone.task_id, "")
    await one_commit_each(house, repository, spec_id)
    async with house.office.db.read() as conn:
        found = await conn.execute(select(tables.tickets).where(tables.tickets.c.spec_id == spec_id))
        assert len(found.all()) == 1, "the ticket is kept"
    check_sequences(await house.events(spec_id))
    plan = git(repository, "show", f"{spec.branch_name}:specs/{spec.branch_name.split('/')[1]}/tasks.md")
    assert "Do part 4" in plan
    assert "Do part 2" not in plan


async def test_a_task_that_comes_back_later_is_the_old_one(house: House, stage: Stage, repository: Path) -> None:
    """Done under plan 1, not in plan 2, in plan 3 again: its commit is on the branch and is not made twice."""
    stage.plan(task(1), task(2))
    spec_id = await house.launch()
    await house.start()
    await house.settled(spec_id)
    old = {row.key: row for row in await house.tasks(spec_id)}
    for plan in ([task(1)], [task(1), task(2)]):
        stage.plan(*plan)
        await execute_spec(house.office, house.caller, spec_id, "TASKS", "")
        assert (await house.settled(spec_id)).status == "COMPLETED"
    new = {row.key: row for row in await house.tasks(spec_id)}
    assert {key: row.task_id for key, row in new.items()} == {key: row.task_id for key, row in old.items()}
    await one_commit_each(house, repository, spec_id)
    assert [name for kind, name in stage.log() if (kind, name) == ("begin", "TSK-002")] == ["TSK-002"]


async def test_the_same_plan_again_creates_nothing(house: House, stage: Stage, repository: Path) -> None:
    spec_id = await house.launch()
    await house.start()
    first = await house.settled(spec_id)
    before = {row.task_id: row.commit_sha for row in await house.tasks(spec_id)}
    digests = {phase: (row.version, row.digest) for phase, row in (await house.outputs(spec_id)).items()}
    await execute_spec(house.office, house.caller, spec_id, "EXPLORE", "")
    spec = await house.settled(spec_id)
    assert (spec.status, spec.branch_tip) == ("COMPLETED", first.branch_tip)
    assert {row.task_id: row.commit_sha for row in await house.tasks(spec_id)} == before
    assert {phase: (row.version, row.digest) for phase, row in (await house.outputs(spec_id)).items()} == digests
    await one_commit_each(house, repository, spec_id)


async def test_numbers_of_requirements_are_never_reused(house: House, stage: Stage) -> None:
    stage.plan(task(1, requirements=["REQ-001", "REQ-002"]), requirements=2)
    spec_id = await house.launch(gates=["TASKS"])
    await house.start()
    await house.settled(spec_id)
    output = (await house.outputs(spec_id))["TASKS"]
    await decide(house, spec_id, output, "APPROVE", "")
    await house.settled(spec_id)
    stage.plan(task(1), requirements=1)
    await execute_spec(house.office, house.caller, spec_id, "REQUIREMENTS", "")
    spec = await house.settled(spec_id)
    assert (spec.status, spec.current_phase) == ("AWAITING_REVIEW", "TASKS"), "a new version has to be approved anew"
    await decide(house, spec_id, (await house.outputs(spec_id))["TASKS"], "APPROVE", "")
    assert (await house.settled(spec_id)).status == "COMPLETED"
    async with house.office.db.read() as conn:
        columns = tables.requirements.c
        rows = (await conn.execute(select(tables.requirements).where(columns.spec_id == spec_id))).all()
    assert {row.requirement_id: bool(row.active) for row in rows} == {"REQ-001": True, "REQ-002": False}


async def decide(house: House, spec_id: str, output: Any, decision: str, comment: str) -> None:
    await review_phase(house.office, house.caller, spec_id, output.phase, output.digest, decision, comment, "")


async def test_from_phase_does_not_lead_behind_a_gate(house: House, stage: Stage) -> None:
    spec_id = await house.launch(gates=["REQUIREMENTS"], auto_execute=False)
    for phase in ("SYNC", "COMPLETE", "NONSENSE"):
        with pytest.raises(InvalidArgument):
            await execute_spec(house.office, house.caller, spec_id, phase, "")
    with pytest.raises(FailedPrecondition) as refused:
        await execute_spec(house.office, house.caller, spec_id, "DESIGN", "")
    assert refused.value.reason == "GATE_NOT_APPROVED"
    assert (await house.spec(spec_id)).status == "DRAFT"


async def test_from_phase_does_not_leave_out_what_was_never_made(house: House, stage: Stage) -> None:
    """DESIGN on a draft begins at EXPLORE all the same, and says so."""
    spec_id = await house.launch(auto_execute=False)
    answer = await execute_spec(house.office, house.caller, spec_id, "DESIGN", "")
    assert (answer.current_phase, answer.message) == ("EXPLORE", "Nothing to reuse. Goes on with explore.")
    await house.start()
    assert (await house.settled(spec_id)).status == "COMPLETED"
