"""What happens to tasks that fail, and what a person does with one: retry, cancel, complete by hand."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from omoi_server.errors import FailedPrecondition, InvalidArgument, NotFound
from omoi_server.orchestrator.execute import execute_spec
from omoi_server.orchestrator.launch import LaunchCommand, create_ticket
from omoi_server.orchestrator.tasks import cancel_task, complete_task, retry_task
from omoi_server.store import views_specs
from tests.integration.orchestrator.stage import Stage, task
from tests.offices import House, check_sequences, git

CHAIN = (task(1), task(2, depends_on=["TSK-001"]), task(3, depends_on=["TSK-002"]), task(4))


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path / "stage")


@pytest.fixture
def worker_archive(stage: Stage) -> Path:
    return stage.archive


async def by_key(house: House, spec_id: str) -> dict[str, Any]:
    return {row.key: row for row in await house.tasks(spec_id)}


async def states(house: House, spec_id: str) -> dict[str, str]:
    return {key: row.status for key, row in (await by_key(house, spec_id)).items()}


async def outcome(house: House, spec_id: str) -> str:
    async with house.office.db.read() as conn:
        shown = await views_specs.get_spec(conn, spec_id, 5)
    return str(shown.execution.outcome)


async def failed(house: House, stage: Stage, reason: str = "no luck today") -> str:
    """A spec whose first task of a chain failed."""
    stage.plan(*CHAIN)
    stage.step("TSK-001", fail=reason)
    spec_id = await house.launch()
    await house.start()
    assert (await house.settled(spec_id)).status == "COMPLETED"
    return spec_id


async def test_a_failed_task_blocks_what_needs_it_and_retry_brings_all_back(house: House, stage: Stage) -> None:
    spec_id = await failed(house, stage)
    found = await by_key(house, spec_id)
    assert {key: row.status for key, row in found.items()} == {
        "TSK-001": "FAILED",
        "TSK-002": "BLOCKED",
        "TSK-003": "BLOCKED",
        "TSK-004": "SUCCEEDED",
    }
    assert "no luck today" in found["TSK-001"].reason
    assert "TSK-001" in found["TSK-003"].reason, "the one to retry is named, not the one between"
    assert await outcome(house, spec_id) == "FAILED"
    with pytest.raises(FailedPrecondition) as refused:
        await retry_task(house.office, house.caller, found["TSK-003"].task_id, "")
    assert refused.value.reason == "NOT_RETRYABLE"
    stage.step("TSK-001")
    await retry_task(house.office, house.caller, found["TSK-001"].task_id, "")
    assert await outcome(house, spec_id) == "OPEN"
    await house.settled(spec_id)
    assert set((await states(house, spec_id)).values()) == {"SUCCEEDED"}
    assert await outcome(house, spec_id) == "SUCCEEDED"
    order = [name for kind, name in stage.log() if kind == "end" and name.startswith("TSK") and name != "TSK-004"]
    assert order == ["TSK-001", "TSK-002", "TSK-003"]
    check_sequences(await house.events(spec_id))
    with pytest.raises(FailedPrecondition, match="is succeeded"):
        await retry_task(house.office, house.caller, found["TSK-001"].task_id, "")


async def test_execute_goes_on_after_failed_tasks(house: House, stage: Stage) -> None:
    spec_id = await failed(house, stage)
    stage.step("TSK-001")
    answer = await execute_spec(house.office, house.caller, spec_id, "", "")
    assert answer.started
    await house.settled(spec_id)
    assert set((await states(house, spec_id)).values()) == {"SUCCEEDED"}
    starts = [row.phase for row in await house.events(spec_id) if row.type == "spec.phase_started"]
    assert starts == ["EXPLORE", "REQUIREMENTS", "DESIGN", "TASKS", "SYNC"], "no phase ran again"
    done = [row.payload["task"]["key"] for row in await house.events(spec_id) if row.type == "task.succeeded"]
    assert sorted(done) == ["TSK-001", "TSK-002", "TSK-003", "TSK-004"]


async def test_one_task_is_cancelled_while_it_runs(house: House, stage: Stage) -> None:
    stage.plan(*CHAIN)
    stage.step("TSK-001", hold=True)
    spec_id = await house.launch()
    await house.start()
    await stage.begun("TSK-001")
    task_id = (await by_key(house, spec_id))["TSK-001"].task_id
    await cancel_task(house.office, house.caller, task_id, "not needed", "")
    await cancel_task(house.office, house.caller, task_id, "not needed", "")
    await house.settled(spec_id)
    found = await by_key(house, spec_id)
    assert [found[key].status for key in sorted(found)] == ["CANCELLED", "BLOCKED", "BLOCKED", "SUCCEEDED"]
    assert found["TSK-001"].reason == "not needed"
    assert (await house.spec(spec_id)).status == "COMPLETED", "the spec itself goes on"
    assert await outcome(house, spec_id) in ("CANCELLED", "FAILED")
    house.no_sandbox_is_left()
    stage.release("TSK-001")
    await retry_task(house.office, house.caller, task_id, "")
    await house.settled(spec_id)
    assert set((await states(house, spec_id)).values()) == {"SUCCEEDED"}
    with pytest.raises(FailedPrecondition) as refused:
        await cancel_task(house.office, house.caller, task_id, "too late", "")
    assert refused.value.reason == "ALREADY_COMPLETED"


async def test_a_person_completes_a_task(house: House, stage: Stage, repository: Path) -> None:
    spec_id = await failed(house, stage)
    branch = (await house.spec(spec_id)).branch_name
    first = (await by_key(house, spec_id))["TSK-001"].task_id
    elsewhere = git(repository, "commit-tree", "main^{tree}", "-p", "main", "-m", "not there")
    for commit, reason, kind in (
        (elsewhere, "", FailedPrecondition),
        ("f" * 40, "", FailedPrecondition),
        ("abc123", "", InvalidArgument),
        ("--all", "", InvalidArgument),
        ("", "  ", InvalidArgument),
        (elsewhere, "and a reason", InvalidArgument),
    ):
        with pytest.raises(kind):
            await complete_task(house.office, house.caller, first, commit, reason, "")
    mine = git(repository, "commit-tree", f"{branch}^{{tree}}", "-p", branch, "-m", "By hand")
    git(repository, "update-ref", f"refs/heads/{branch}", mine)
    await complete_task(house.office, house.caller, first, mine, "", "")
    spec = await house.settled(spec_id)
    found = await by_key(house, spec_id)
    assert {row.status for row in found.values()} == {"SUCCEEDED"}
    assert found["TSK-001"].commit_sha == mine
    assert git(repository, "merge-base", mine, spec.branch_tip) == mine, "work went on top of the person's commit"
    with pytest.raises(FailedPrecondition) as refused:
        await complete_task(house.office, house.caller, first, "", "again", "")
    assert refused.value.reason == "ALREADY_COMPLETED"


async def test_a_reason_completes_a_waiting_task_but_no_running_one(house: House, stage: Stage) -> None:
    stage.plan(*CHAIN)
    stage.step("TSK-001", hold=True)
    spec_id = await house.launch()
    await house.start()
    await stage.begun("TSK-001")
    found = await by_key(house, spec_id)
    with pytest.raises(FailedPrecondition) as refused:
        await complete_task(house.office, house.caller, found["TSK-001"].task_id, "", "done", "")
    assert refused.value.reason == "STILL_RUNNING"
    await complete_task(house.office, house.caller, found["TSK-002"].task_id, "", "was there before", "")
    stage.release("TSK-001")
    await house.settled(spec_id)
    found = await by_key(house, spec_id)
    assert {row.status for row in found.values()} == {"SUCCEEDED"}
    assert ("begin", "TSK-002") not in stage.log()
    assert (found["TSK-002"].commit_sha, found["TSK-002"].code) == ("", "BY_HAND")


async def test_completing_a_task_does_not_wake_what_another_failure_blocks(house: House, stage: Stage) -> None:
    stage.plan(task(1), task(2), task(3, depends_on=["TSK-001", "TSK-002"]))
    stage.step("TSK-001", fail="one")
    stage.step("TSK-002", fail="two")
    spec_id = await house.launch()
    await house.start()
    await house.settled(spec_id)
    found = await by_key(house, spec_id)
    await complete_task(house.office, house.caller, found["TSK-001"].task_id, "", "by hand", "")
    spec = await house.settled(spec_id)
    assert await states(house, spec_id) == {"TSK-001": "SUCCEEDED", "TSK-002": "FAILED", "TSK-003": "BLOCKED"}
    assert bool(spec.settled)
    stage.step("TSK-002")
    await retry_task(house.office, house.caller, found["TSK-002"].task_id, "")
    await house.settled(spec_id)
    assert set((await states(house, spec_id)).values()) == {"SUCCEEDED"}


async def test_a_task_without_a_check_says_so(house: House, stage: Stage, repository: Path) -> None:
    stage.step("Say hello", files={"hello.txt": "hello\n"}, check=None)
    command = LaunchCommand("Say hello", "", house.project_id)
    made = await create_ticket(house.office, house.caller, command)
    await house.start()
    spec = await house.settled(made.spec_id)
    (row,) = await house.tasks(made.spec_id)
    assert (row.status, row.reason) == ("SUCCEEDED", "")
    assert row.evidence["command"] == ""
    assert row.evidence["tail"] == "no check configured"
    assert git(repository, "show", f"{spec.branch_name}:hello.txt") == "hello"
    told = next(event.message for event in await house.events(made.spec_id) if event.type == "task.succeeded")
    assert "check passed" not in told


async def test_a_red_check_is_a_failed_task(house: House, stage: Stage, repository: Path) -> None:
    stage.step("Say hello", check=["test", "-e", "nowhere"])
    made = await create_ticket(house.office, house.caller, LaunchCommand("Say hello", "", house.project_id))
    await house.start()
    spec = await house.settled(made.spec_id)
    (row,) = await house.tasks(made.spec_id)
    assert (row.status, row.code) == ("FAILED", "TASK_FAILED")
    assert "exit code 1" in row.reason
    assert git(repository, "branch", "--list", spec.branch_name) == ""


async def test_tasks_that_do_not_exist(house: House) -> None:
    office, caller = house.office, house.caller
    for call in (
        retry_task(office, caller, "tsk-nobody", ""),
        cancel_task(office, caller, "tsk-nobody", "", ""),
        complete_task(office, caller, "tsk-nobody", "", "done", ""),
        complete_task(office, caller, "tsk-nobody", "a" * 40, "", ""),
    ):
        with pytest.raises(NotFound):
            await call
