"""Tickets on the board, quick tasks, and what a launch says about an equal idea; labels and the archive."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from omoi_server.errors import FailedPrecondition, InvalidArgument, NotFound
from omoi_server.orchestrator.cancel import cancel_spec
from omoi_server.orchestrator.execute import execute_spec
from omoi_server.orchestrator.launch import LaunchCommand, create_ticket, launch_spec
from omoi_server.orchestrator.publish import create_branch, create_pull_request
from omoi_server.orchestrator.tickets import move_ticket, start_tickets
from omoi_server.orchestrator.update import update_spec
from omoi_server.store import tasks
from tests.integration.orchestrator.stage import Stage, task
from tests.offices import IDEA, House, check_sequences, git


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path / "stage")


@pytest.fixture
def worker_archive(stage: Stage) -> Path:
    return stage.archive


async def ticket(house: House, spec_id: str) -> Any:
    async with house.office.db.read() as conn:
        found = await tasks.ticket_of(conn, spec_id)
    assert found is not None
    return found


async def moves(house: House, spec_id: str) -> list[tuple[str, str]]:
    rows = [row for row in await house.events(spec_id) if row.type == "ticket.moved"]
    return [(row.payload["ticket"]["phase"].removeprefix("TICKET_PHASE_"), row.source.split(":")[0]) for row in rows]


async def quick(house: House, title: str = "Say hello", **values: Any) -> Any:
    return await create_ticket(house.office, house.caller, LaunchCommand(title, "", house.project_id, **values))


async def test_a_ticket_moves_by_itself_and_a_persons_move_wins_until_then(house: House, stage: Stage) -> None:
    stage.plan(task(1), task(2, depends_on=["TSK-001"]))
    stage.step("TSK-002", hold=True)
    spec_id = await house.launch()
    await house.start()
    await stage.begun("TSK-002")
    made = await ticket(house, spec_id)
    assert (made.title, made.phase) == (
        "[Spec] Lock an account after five failed logins and email its owner",
        "IMPLEMENTATION",
    )
    await move_ticket(house.office, house.caller, made.ticket_id, "REFACTORING", "")
    await move_ticket(house.office, house.caller, made.ticket_id, "INITIAL", "")
    await move_ticket(house.office, house.caller, made.ticket_id, "INITIAL", "")
    assert (await ticket(house, spec_id)).phase == "INITIAL"
    stage.release("TSK-002")
    await house.settled(spec_id)
    assert (await ticket(house, spec_id)).phase == "INTEGRATION"
    await create_pull_request(house.office, house.caller, spec_id, False, False, "")
    assert await moves(house, spec_id) == [
        ("IMPLEMENTATION", "server"),
        ("REFACTORING", "user"),
        ("INITIAL", "user"),
        ("INTEGRATION", "server"),
        ("REFACTORING", "server"),
    ]
    for phase, kind in (("", InvalidArgument), ("DONE", InvalidArgument)):
        with pytest.raises(kind):
            await move_ticket(house.office, house.caller, made.ticket_id, phase, "")
    with pytest.raises(NotFound):
        await move_ticket(house.office, house.caller, "tkt-nobody", "INITIAL", "")
    check_sequences(await house.events(spec_id))


async def test_quick_tasks_wait_for_their_start(house: House, repository: Path) -> None:
    await house.start()
    first, second = await quick(house, auto_execute=False), await quick(house, "Say goodbye", auto_execute=False)
    spec = await house.spec(first.spec_id)
    assert (spec.kind, spec.status, spec.current_phase, bool(spec.settled)) == ("QUICK", "DRAFT", "COMPLETE", True)
    assert [row.status for row in await house.tasks(first.spec_id)] == ["DRAFT"]
    with pytest.raises(NotFound):
        await start_tickets(house.office, house.caller, [first.ticket_id, "tkt-nobody"], "")
    assert (await house.spec(first.spec_id)).status == "DRAFT", "all or none"
    for count in (0, 101):
        with pytest.raises(InvalidArgument) as refused:
            await start_tickets(house.office, house.caller, ["tkt-x"] * count, "")
        assert refused.value.violations[0][0] == "ticket_ids"
    both = [first.ticket_id, second.ticket_id, first.ticket_id]
    assert set(await start_tickets(house.office, house.caller, both, "start-1")) == {first.task_id, second.task_id}
    assert await start_tickets(house.office, house.caller, both, "start-1") == []
    for made in (first, second):
        spec = await house.settled(made.spec_id)
        assert spec.branch_name.startswith("task/")
        assert git(repository, "rev-list", "--count", f"main..{spec.branch_name}") == "1"
        assert [row.status for row in await house.tasks(made.spec_id)] == ["SUCCEEDED"]
        assert (await ticket(house, made.spec_id)).phase == "INTEGRATION"
    assert await start_tickets(house.office, house.caller, [first.ticket_id], "") == [], "nothing is left to start"


async def test_a_quick_draft_starts_by_execute_too(house: House) -> None:
    await house.start()
    made = await quick(house, auto_execute=False)
    with pytest.raises(InvalidArgument, match="from_phase"):
        await execute_spec(house.office, house.caller, made.spec_id, "EXPLORE", "")
    assert (await execute_spec(house.office, house.caller, made.spec_id, "", "")).started
    await house.settled(made.spec_id)
    assert [row.status for row in await house.tasks(made.spec_id)] == ["SUCCEEDED"]


async def test_the_ticket_of_a_spec_that_is_planned_anew_is_not_started_by_hand(house: House, stage: Stage) -> None:
    spec_id = await house.launch()
    await house.start()
    await house.settled(spec_id)
    made = await ticket(house, spec_id)
    assert await start_tickets(house.office, house.caller, [made.ticket_id], "") == []


async def test_a_cancelled_quick_task_goes_on(house: House, stage: Stage) -> None:
    stage.step("Say hello", hold=True)
    made = await quick(house)
    await house.start()
    await stage.begun("Say hello")
    message = await cancel_spec(house.office, house.caller, made.spec_id, "later", "")
    assert message.startswith("Stopped. Done: 0 of 1 task")
    spec = await house.settled(made.spec_id)
    assert (spec.status, spec.current_phase) == ("CANCELLED", "COMPLETE")
    stage.release("Say hello")
    await execute_spec(house.office, house.caller, made.spec_id, "", "")
    spec = await house.settled(made.spec_id)
    assert (spec.status, spec.reason) == ("COMPLETED", "")
    assert [row.status for row in await house.tasks(made.spec_id)] == ["SUCCEEDED"]


async def test_an_equal_open_idea_is_named(house: House) -> None:
    async def launch(description: str, **values: Any) -> Any:
        command = LaunchCommand("", description, house.project_id, auto_execute=False, **values)
        return await launch_spec(house.office, house.caller, command)

    first = await launch(IDEA)
    assert "same idea" not in first.message
    second = await launch(f"  {IDEA.upper()}\n")
    assert f"The same idea is open already: {first.spec_id} (draft)." in second.message
    await cancel_spec(house.office, house.caller, first.spec_id, "", "")
    await update_spec(house.office, house.caller, second.spec_id, None, True, "", "")
    third = await launch(IDEA)
    assert "same idea" not in third.message, "cancelled and archived ones are not open"
    assert "same idea" not in (await launch(IDEA + " And more.")).message


async def test_labels_archive_and_priority(house: House, stage: Stage) -> None:
    async def update(
        spec_id: str, labels: list[str] | None = None, archived: bool | None = None, how: str = ""
    ) -> None:
        await update_spec(house.office, house.caller, spec_id, labels, archived, how, "")

    spec_id = await house.launch(auto_execute=False)
    await update(spec_id, ["b", "team:shop", "b"])
    await update(spec_id, ["team:shop", "b"])
    await update(spec_id, archived=True, how="HIGH")
    spec = await house.spec(spec_id)
    assert (spec.labels, bool(spec.archived), spec.priority) == (["b", "team:shop"], True, 2)
    told = [row.message for row in await house.events(spec_id) if row.type == "spec.updated"]
    assert told == ["Changed: labels: b, team:shop.", "Changed: archived; priority high."], "no event without a change"
    await update(spec_id, [])
    assert (await house.spec(spec_id)).labels == []
    for labels, how in ((["with space"], ""), (["x" * 51], ""), ([f"l{n}" for n in range(21)], ""), (None, "URGENT")):
        with pytest.raises(InvalidArgument):
            await update(spec_id, labels, how=how)
    running = await house.launch()
    with pytest.raises(FailedPrecondition) as refused:
        await update(running, archived=True)
    assert refused.value.reason == "STILL_RUNNING"
    with pytest.raises(NotFound):
        await update("spec-nobody", ["x"])


async def test_a_branch_before_any_work(house: House, repository: Path) -> None:
    spec_id = await house.launch(auto_execute=False)
    name, existed = await create_branch(house.office, house.caller, spec_id, "b-1")
    assert not existed
    assert git(repository, "rev-parse", name) == git(repository, "rev-parse", "main")
    assert await create_branch(house.office, house.caller, spec_id, "b-1") == (name, True)
    with pytest.raises(FailedPrecondition) as refused:
        await create_pull_request(house.office, house.caller, spec_id, True, False, "")
    assert refused.value.reason == "NOTHING_TO_REVIEW"
    await execute_spec(house.office, house.caller, spec_id, "", "")
    await house.start()
    spec = await house.settled(spec_id)
    assert spec.branch_name == name
    assert {row.status for row in await house.tasks(spec_id)} == {"SUCCEEDED"}
    assert (await house.types(spec_id)).count("spec.branch_created") == 1
