"""request_id: the same request twice is one, whatever happened meanwhile; the same id for something else changes nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from omoi_server.domain.caller import Caller
from omoi_server.errors import AlreadyExists, InvalidArgument, RepositoryError
from omoi_server.orchestrator.cancel import cancel_spec
from omoi_server.orchestrator.execute import execute_spec
from omoi_server.orchestrator.launch import LaunchCommand, create_ticket, launch_spec
from omoi_server.orchestrator.projects import ProjectCommand, create_project, update_project
from omoi_server.orchestrator.publish import create_branch, create_pull_request
from omoi_server.orchestrator.review import review_phase
from omoi_server.orchestrator.tasks import cancel_task, complete_task, retry_task
from omoi_server.orchestrator.tickets import move_ticket, start_tickets
from omoi_server.orchestrator.update import update_spec
from omoi_server.store import projects, tables
from tests.integration.orchestrator.stage import Stage, task
from tests.offices import House, git

Call = Callable[[House, Any, str, bool], Awaitable[Any]]


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    made = Stage(tmp_path / "stage")
    made.plan(task(1))
    return made


@pytest.fixture
def worker_archive(stage: Stage) -> Path:
    return stage.archive


def _launch(house: House, title: str, request_id: str) -> LaunchCommand:
    return LaunchCommand(title, "", house.project_id, auto_execute=False, request_id=request_id)


def _project(house: House, name: str, request_id: str) -> ProjectCommand:
    return ProjectCommand(name, str(house.office.home.parent / "shop"), request_id=request_id)


# Each asks for something about `made` (a quick draft); the last argument asks for something else under the same id.
CALLS: dict[str, Call] = {
    "LaunchSpec": lambda h, m, r, other: launch_spec(h.office, h.caller, _launch(h, f"A{other}", r)),
    "CreateTicket": lambda h, m, r, other: create_ticket(h.office, h.caller, _launch(h, f"B{other}", r)),
    "CreateProject": lambda h, m, r, other: create_project(h.office, h.caller, _project(h, f"p{other}", r)),
    "UpdateProject": lambda h, m, r, other: update_project(
        h.office, h.caller, h.project_id, {"test_command": f"make {other}"}, r
    ),
    "UpdateSpec": lambda h, m, r, other: update_spec(h.office, h.caller, m.spec_id, [f"x{other}"], None, "", r),
    "ExecuteSpec": lambda h, m, r, other: execute_spec(h.office, h.caller, m.spec_id, "TASKS" if other else "", r),
    "CancelSpec": lambda h, m, r, other: cancel_spec(h.office, h.caller, m.spec_id, f"why {other}", r),
    "StartTickets": lambda h, m, r, other: start_tickets(
        h.office, h.caller, [m.ticket_id, *(["tkt-x"] if other else [])], r
    ),
    "MoveTicket": lambda h, m, r, other: move_ticket(
        h.office, h.caller, m.ticket_id, "INTEGRATION" if other else "REFACTORING", r
    ),
    "CancelTask": lambda h, m, r, other: cancel_task(h.office, h.caller, m.task_id, f"why {other}", r),
    "CompleteTask": lambda h, m, r, other: complete_task(h.office, h.caller, m.task_id, "", f"why {other}", r),
    "CreateBranch": lambda h, m, r, other: create_branch(
        h.office, h.caller, m.spec_id if not other else m.other_spec_id, r
    ),
}


class Made:
    """A quick draft and a second one."""

    def __init__(self, first: Any, second: Any) -> None:
        self.spec_id, self.ticket_id, self.task_id = first.spec_id, first.ticket_id, first.task_id
        self.other_spec_id = second.spec_id


async def picture(house: House, repository: Path) -> dict[str, Any]:
    """How many rows there are, every spec's state and events, every branch."""
    counted = ("specs", "tickets", "tasks", "jobs", "projects", "spec_events")
    async with house.office.db.read() as conn:
        rows = {name: await conn.scalar(select(func.count()).select_from(getattr(tables, name))) for name in counted}
        columns = tables.specs.c
        states = (
            await conn.execute(select(columns.spec_id, columns.status, columns.labels, columns.last_sequence))
        ).all()
    return {**rows, "states": sorted(map(str, states)), "refs": git(repository, "for-each-ref")}


@pytest.mark.parametrize("rpc", CALLS)
async def test_a_request_twice_is_one(house: House, repository: Path, rpc: str) -> None:
    call = CALLS[rpc]
    drafts = [await create_ticket(house.office, house.caller, _launch(house, title, "")) for title in ("one", "two")]
    made = Made(*drafts)
    first = await call(house, made, "id-1", False)
    seen = await picture(house, repository)
    second = await call(house, made, "id-1", False)
    assert await picture(house, repository) == seen
    for name in ("spec_id", "ticket_id", "task_id"):
        assert getattr(first, name, None) == getattr(second, name, None)
    with pytest.raises(AlreadyExists) as refused:
        await call(house, made, "id-1", True)
    assert (refused.value.reason, refused.value.metadata) == ("REQUEST_ID_REUSED", {"request_id": "id-1"})
    assert await picture(house, repository) == seen, "refused before anything was done"
    with pytest.raises(InvalidArgument) as too_long:
        await call(house, made, "x" * 129, False)
    assert too_long.value.violations[0][0] == "request_id"
    assert await picture(house, repository) == seen


@pytest.mark.parametrize("rpc", ["LaunchSpec", "CreateTicket", "CreateProject", "CreateBranch"])
async def test_a_repetition_needs_no_repository(house: House, repository: Path, rpc: str) -> None:
    """The answer was lost, and by now the origin is away: what was made is still what was made."""
    drafts = [await create_ticket(house.office, house.caller, _launch(house, title, "")) for title in ("one", "two")]
    made = Made(*drafts)
    first = await CALLS[rpc](house, made, "id-1", False)
    repository.rename(repository.with_name("away"))
    second = await CALLS[rpc](house, made, "id-1", False)
    repository.with_name("away").rename(repository)
    ids = [answer[0] if isinstance(answer, tuple) else answer.spec_id for answer in (first, second)]
    assert ids[0] == ids[1]


async def test_an_id_belongs_to_one_person_and_one_call(house: House) -> None:
    first = await launch_spec(house.office, house.caller, _launch(house, "one", "id-1"))
    other = Caller("usr-ann", "Ann", is_admin=True)
    second = await launch_spec(house.office, other, _launch(house, "two", "id-1"))
    assert second.spec_id != first.spec_id
    await create_ticket(house.office, house.caller, _launch(house, "three", "id-1"))


async def test_a_cancel_that_found_nothing_to_do_does_nothing_later(house: House) -> None:
    made = await create_ticket(house.office, house.caller, _launch(house, "one", ""))
    await cancel_spec(house.office, house.caller, made.spec_id, "", "")
    await cancel_spec(house.office, house.caller, made.spec_id, "", "id-1")
    await execute_spec(house.office, house.caller, made.spec_id, "", "")
    await cancel_spec(house.office, house.caller, made.spec_id, "", "id-1")
    assert (await house.spec(made.spec_id)).status == "COMPLETED"


async def test_reviews_retries_and_pull_requests_twice(house: House, stage: Stage, repository: Path) -> None:
    office, caller = house.office, house.caller
    stage.step("TSK-001", fail="not today")
    spec_id = await house.launch(gates=["REQUIREMENTS"])
    await house.start()
    await house.settled(spec_id)
    output = (await house.outputs(spec_id))["REQUIREMENTS"]
    for answer in ("is approved", "was recorded before"):
        assert answer in await review_phase(
            office, caller, spec_id, "REQUIREMENTS", output.digest, "APPROVE", "", "review-1"
        )
    with pytest.raises(AlreadyExists):
        await review_phase(office, caller, spec_id, "REQUIREMENTS", output.digest, "REJECT", "no", "review-1")
    await house.settled(spec_id)
    rows = await house.tasks(spec_id)
    assert len(rows) == 1, [(r.key, r.title, r.status) for r in rows]
    row = rows[0]
    stage.step("TSK-001", hold=True)
    for _ in range(2):
        await retry_task(office, caller, row.task_id, "retry-1")
    await stage.begun("TSK-001", 2)
    stage.release("TSK-001")
    await house.settled(spec_id)
    await retry_task(office, caller, row.task_id, "retry-1")
    assert bool((await house.spec(spec_id)).settled)
    opened = [await create_pull_request(office, caller, spec_id, False, False, "pr-1") for _ in range(2)]
    assert opened[0][0] == opened[1][0]
    second = await create_ticket(office, caller, LaunchCommand("two", "", house.project_id))
    await house.settled(second.spec_id)
    with pytest.raises(AlreadyExists):
        await create_pull_request(office, caller, second.spec_id, False, False, "pr-1")
    assert len(list((office.home / "pull-requests").rglob("*.md"))) == 1, "refused before anything was done"
    assert (await house.types(spec_id)).count("pull_request.created") == 1


async def test_a_repository_whose_path_has_more_than_one_space(house: House, tmp_path: Path) -> None:
    """An address is taken letter by letter: folded, it would name another folder."""
    path = tmp_path / "two  spaces"
    git(tmp_path, "clone", "-q", str(house.office.home.parent / "shop"), str(path))
    project_id, _ = await create_project(house.office, house.caller, ProjectCommand("two", str(path)))
    async with house.office.db.read() as conn:
        assert (await projects.project(conn, project_id)).repo_url == str(path)
    for wrong in ("/srv/a\x9bb", " /srv/shop", ""):
        with pytest.raises((InvalidArgument, RepositoryError)):
            await create_project(house.office, house.caller, ProjectCommand("wrong", wrong))
