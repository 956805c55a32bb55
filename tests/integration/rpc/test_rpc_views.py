"""The read views on both databases: everything that a Spec shows beside its own columns."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import event, insert, update
from sqlalchemy.engine import Engine

from omoi_server.domain.caller import Caller
from omoi_server.domain.states import Outcome, SpecStatus, TaskStatus
from omoi_server.errors import NotFound
from omoi_server.store import tables as t
from omoi_server.store import views_outputs, views_specs, views_tasks
from omoi_server.store.database import Database
from omoi_server.store.transaction import Transaction
from omoi_server.store.views_counts import TaskLine, execution
from omoi_server.store.views_outputs import Reading
from omoi_server.store.views_specs import SpecFilter, SpecKey, SpecView
from tests.integration.rpc import rpc_rows as rows

LIMIT = 2
ADMIN = Caller("local", "local", is_admin=True)


@pytest.fixture
async def db(database: Database) -> Database:
    await rows.add_project(database)
    return database


async def look(db: Database, spec_id: str) -> SpecView:
    async with db.read() as conn:
        return await views_specs.get_spec(conn, spec_id, LIMIT)


async def listed(db: Database, limit: int = 50, after: SpecKey | None = None, **filters: Any) -> list[SpecView]:
    async with db.read() as conn:
        return await views_specs.list_specs(conn, ADMIN, SpecFilter(**filters), limit, after, LIMIT)


async def titles(db: Database, **filters: Any) -> list[str]:
    return [view.row["title"] for view in await listed(db, **filters)]


async def test_a_new_spec_has_no_parts(db: Database) -> None:
    view = await look(db, await rows.add_spec(db))
    assert (view.ticket_id, view.queue_position, view.waiting_for, view.sandbox.sandbox_id) == ("", 0, "", "")
    assert [(line.phase, line.version, line.finished) for line in view.phases] == [
        (phase, 0, False) for phase in ("EXPLORE", "REQUIREMENTS", "DESIGN", "TASKS")
    ]
    assert (view.phases_done, view.phases_total, view.criteria.total) == (0, 6, 0)
    assert view.execution.outcome == Outcome.UNSPECIFIED


async def test_an_unknown_spec_is_not_found(db: Database) -> None:
    with pytest.raises(NotFound, match="does not exist"):
        await look(db, "spec-none")


async def test_a_quick_spec_has_no_phases(db: Database) -> None:
    view = await look(db, await rows.add_spec(db, kind="QUICK", status="COMPLETED", current_phase="COMPLETE"))
    assert (view.phases, view.phases_done, view.phases_total) == ((), 0, 0)


async def test_the_newest_version_is_shown_and_a_gate_needs_its_approval(db: Database) -> None:
    spec_id = await rows.add_spec(db, status="AWAITING_REVIEW", current_phase="REQUIREMENTS", gates=["REQUIREMENTS"])
    await rows.add_output(db, spec_id, "EXPLORE", facts=["34 files"])
    await rows.add_output(db, spec_id, "REQUIREMENTS", 1, decision="APPROVE", valid=False)
    data: dict[str, Any] = {"requirements": [{"criteria": [{}, {}]}, {"criteria": [{}]}]}
    await rows.add_output(db, spec_id, "REQUIREMENTS", 2, data=data, score=0.96)
    view = await look(db, spec_id)
    explore, requirements, design, _ = view.phases
    assert (explore.finished, explore.facts, explore.gated) == (True, ("34 files",), False)
    assert (requirements.version, requirements.score, requirements.gated, requirements.finished) == (
        2,
        0.96,
        True,
        False,
    )
    assert (design.version, design.valid) == (0, False)
    assert view.waiting_for == "approval of REQUIREMENTS v2"
    assert view.phases_done == 1
    assert (view.criteria.done, view.criteria.total) == (0, 3)


async def test_what_the_orchestrator_says_it_waits_for_comes_first(db: Database) -> None:
    spec_id = await rows.add_spec(db, status="PAUSED", waiting_for="a baseline that runs")
    assert (await look(db, spec_id)).waiting_for == "a baseline that runs"


async def planned(db: Database, *tasks: dict[str, Any], **spec: Any) -> tuple[str, str, list[str]]:
    """A COMPLETED spec with these tasks and three criteria: two of REQ-001, one of REQ-002."""
    values = {"status": "COMPLETED", "current_phase": "COMPLETE", **spec}
    spec_id = await rows.add_spec(db, **values)
    ticket_id = await rows.add_ticket(db, spec_id)
    for criterion, requirement in (("REQ-001.1", "REQ-001"), ("REQ-001.2", "REQ-001"), ("REQ-002.1", "REQ-002")):
        await rows.add(db, "acceptance_criteria", spec_id=spec_id, criterion_id=criterion, requirement_id=requirement)
    ids = [await rows.add_task(db, spec_id, ticket_id, number, **values) for number, values in enumerate(tasks, 1)]
    return spec_id, ticket_id, ids


async def test_tasks_and_criteria_are_counted(db: Database) -> None:
    spec_id, ticket_id, _ = await planned(
        db,
        {"status": "SUCCEEDED", "requirements": ["REQ-001"]},
        {"status": "SUCCEEDED", "requirements": ["REQ-001.2", "REQ-002"]},
        {"status": "RUNNING", "requirements": ["REQ-002.1"]},
        {"status": "SUCCEEDED", "requirements": ["REQ-002"], "active": False},
    )
    view = await look(db, spec_id)
    assert (view.execution.total, view.execution.by_status) == (3, {"SUCCEEDED": 2, "RUNNING": 1})
    assert not view.execution.is_complete
    assert view.execution.outcome == Outcome.OPEN
    assert (view.criteria.done, view.criteria.total) == (2, 3)
    assert (view.ticket_id, view.phases_done) == (ticket_id, 6)
    async with db.read() as conn:
        ticket = await views_tasks.get_ticket(conn, ticket_id)
    assert (ticket.tasks_total, ticket.tasks_done) == (3, 2)


@pytest.mark.parametrize(
    ("status", "tasks", "outcome"),
    [
        ("COMPLETED", [], "UNSPECIFIED"),
        ("COMPLETED", ["SUCCEEDED", "SUCCEEDED"], "SUCCEEDED"),
        ("COMPLETED", ["SUCCEEDED", "QUEUED"], "OPEN"),
        ("COMPLETED", ["FAILED", "RUNNING"], "OPEN"),
        ("COMPLETED", ["FAILED", "PAUSED"], "OPEN"),
        ("COMPLETED", ["FAILED", "BLOCKED"], "FAILED"),
        ("COMPLETED", ["SUCCEEDED", "FAILED"], "FAILED"),
        ("COMPLETED", ["SUCCEEDED", "CANCELLED", "BLOCKED"], "CANCELLED"),
        ("CANCELLED", ["SUCCEEDED", "CANCELLED"], "CANCELLED"),
        ("CANCELLED", ["SUCCEEDED"], "SUCCEEDED"),
        ("DRAFT", ["DRAFT"], "OPEN"),
    ],
)
def test_the_outcome_is_one_word(status: SpecStatus, tasks: list[TaskStatus], outcome: str) -> None:
    lines = [TaskLine("s", str(n), "", "", task, "", (), (), ()) for n, task in enumerate(tasks)]
    assert execution(status, lines).outcome == outcome


async def test_the_queue_counts_what_comes_before_in_the_project(db: Database) -> None:
    await rows.add_project(db, "prj-other", "other")
    first = await rows.add_spec(db)
    second = await rows.add_spec(db)
    urgent = await rows.add_spec(db)
    elsewhere = await rows.add_spec(db, project_id="prj-other")
    await rows.add_job(db, first)
    await rows.add_job(db, second)
    await rows.add_job(db, second)
    await rows.add_job(db, urgent, priority=1)
    await rows.add_job(db, elsewhere, project_id="prj-other")
    await rows.add_job(db, first, kind="SYNC", priority=1)
    positions = {view.row["spec_id"]: view.queue_position for view in await listed(db)}
    assert positions == {urgent: 0, first: 1, second: 2, elsewhere: 0}


async def test_a_spec_waits_for_a_free_slot_until_one_of_its_jobs_is_held(db: Database) -> None:
    waiting, busy = await rows.add_spec(db), await rows.add_spec(db)
    await rows.add_job(db, busy, "RUNNING")
    await rows.add_job(db, waiting)
    assert (await look(db, waiting)).waiting_for == ""
    await rows.add_job(db, busy, "CLAIMED")
    assert (await look(db, waiting)).waiting_for == "a free slot (limit 2)"
    assert (await look(db, busy)).waiting_for == ""
    await rows.add_job(db, waiting, "CLAIMED")
    assert (await look(db, waiting)).waiting_for == ""


async def test_tasks_wait_for_dependencies_files_and_slots(db: Database) -> None:
    spec_id, ticket_id, (running, same_file, after, free) = await planned(
        db,
        {"status": "RUNNING", "files": ["shop/auth.py"]},
        {"files": ["shop/auth.py", "x"]},
        {"files": []},
        {"files": ["y"]},
    )
    await rows.add_task(db, spec_id, ticket_id, 5, depends_on=[running, after])
    await rows.add_job(db, spec_id, "RUNNING", kind="TASK", task_id=running)

    async def reasons() -> list[str]:
        async with db.read() as conn:
            views = await views_tasks.list_tasks(conn, spec_id, "", (), 10, None, LIMIT)
        return [view.waiting_for for view in views]

    assert await reasons() == ["", "another task on shop/auth.py", "", "", "TSK-001, TSK-003"]
    await rows.add_job(db, await rows.add_spec(db), "RUNNING")
    full = "a free slot (limit 2)"
    assert await reasons() == ["", "another task on shop/auth.py", full, full, "TSK-001, TSK-003"]
    async with db.read() as conn:
        assert (await views_tasks.get_task(conn, free, LIMIT)).waiting_for == full
        assert (await views_tasks.get_task(conn, same_file, LIMIT)).waiting_for.startswith("another task")


async def test_a_spec_whose_first_job_is_a_task_waits_for_what_that_task_waits_for(db: Database) -> None:
    spec_id, _, (first, second) = await planned(db, {"status": "PAUSED", "code": "CHECKED_OUT"}, {})
    assert (await look(db, spec_id)).waiting_for == "somebody to look at TSK-001 (CHECKED_OUT)"
    await rows.add_job(db, spec_id, kind="TASK", task_id=second)
    assert (await look(db, spec_id)).waiting_for == ""
    third = await rows.add_task(db, spec_id, (await look(db, spec_id)).ticket_id, 3, depends_on=[first])
    await rows.add_job(db, spec_id, kind="TASK", task_id=third, priority=1)
    assert (await look(db, spec_id)).waiting_for == "TSK-001"


async def test_the_newest_working_sandbox_gives_the_signs_of_life(db: Database) -> None:
    spec_id = await rows.add_spec(db)
    job_id = await rows.add_job(db, spec_id, "RUNNING")
    beat = datetime(2026, 11, 2, 10, 4, 5)
    await rows.add_sandbox(db, spec_id, job_id, last_heartbeat=datetime(2026, 1, 1))
    newest = await rows.add_sandbox(
        db, spec_id, job_id, last_heartbeat=beat, open_command="pytest -q", open_command_at=beat
    )
    await rows.add_sandbox(db, spec_id, job_id, state="STOPPING")
    await rows.add_sandbox(db, spec_id, job_id, state="REMOVED")
    sandbox = (await look(db, spec_id)).sandbox
    assert (sandbox.sandbox_id, sandbox.last_heartbeat) == (newest, beat)
    assert (sandbox.open_command, sandbox.open_command_at) == ("pytest -q", beat)


async def test_filters(db: Database) -> None:
    await rows.add_project(db, "prj-other", "other")
    await rows.add_spec(db, title="one", age=5, status="DRAFT", labels=["a", "b"])
    await rows.add_spec(db, title="two", age=4, user_id="jon", labels=["a"])
    await rows.add_spec(db, title="three", age=3, project_id="prj-other", labels=['q"uote', "a_b"])
    await rows.add_spec(db, title="four", age=2, archived=True)
    assert await titles(db) == ["three", "two", "one"]
    assert await titles(db, include_archived=True) == ["four", "three", "two", "one"]
    assert await titles(db, project_id="prj-other") == ["three"]
    assert await titles(db, user_id="jon") == ["two"]
    assert await titles(db, statuses=["DRAFT", "FAILED"]) == ["one"]
    assert await titles(db, labels=["a"]) == ["two", "one"]
    assert await titles(db, labels=["a", "b"]) == ["one"]
    assert await titles(db, labels=['q"uote']) == ["three"]
    assert await titles(db, labels=["a%b"]) == []
    assert await titles(db, labels=["A"]) == []


USE = "Use [a-z]*? \\d+ (x|y) ^$ {2}"
OEKO = "Ärger über 100%_Ökostrom"
SEARCHES = (
    ("lock", "Lock an account"),
    ("ACCOUNT lock", "Lock an account"),
    ("lock missing", None),
    ("five", "Lock an account"),
    ("ärger", OEKO),
    ("ÖKO ÜBER", OEKO),
    ("100%_", OEKO),
    ("100_", None),
    ("%", OEKO),
    ("*", USE),
    ("[a-z]*?", USE),
    ("\\D+ (X|Y) ^$ {2}", USE),
    ("]", USE),
    (".*", None),
    ("straße", "Straße"),
    ("ΣΊΣΥΦΟΣ", "Σίσυφοσ"),
)


async def test_text_search_finds_each_word_whatever_the_case(db: Database) -> None:
    await rows.add_spec(db, title="Lock an account", description="after FIVE failed logins")
    for title in (OEKO, USE, "Straße", "Σίσυφοσ"):
        await rows.add_spec(db, title=title)
    for query, found in SEARCHES:
        assert await titles(db, query=query) == ([found] if found else []), query


async def test_pages_follow_one_another_even_at_one_moment(db: Database) -> None:
    made = [await rows.add_spec(db, spec_id=f"spec-{number}") for number in range(7)]

    async def level(tx: Transaction) -> None:
        await tx.conn.execute(update(t.specs).where(t.specs.c.spec_id > "spec-3").values(created_at=tx.now))

    await db.write(level)
    seen: list[str] = []
    after: SpecKey | None = None
    while page := await listed(db, 3, after):
        seen += [view.row["spec_id"] for view in page]
        after = SpecKey(page[-1].row["created_at"], page[-1].row["spec_id"])
    assert seen == [*reversed(made)]


async def test_a_page_costs_as_many_queries_as_one_spec(db: Database) -> None:
    for _ in range(12):
        spec_id, _, (task_id,) = await planned(db, {})
        await rows.add_output(db, spec_id, "EXPLORE")
        await rows.add_job(db, spec_id, kind="TASK", task_id=task_id)
    statements: list[str] = []

    def count(_conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
        statements.append(statement)

    event.listen(Engine, "before_cursor_execute", count)
    try:
        await look(db, spec_id)
        for_one = len(statements)
        assert len(await listed(db)) == 12
        for_many = len(statements) - for_one
    finally:
        event.remove(Engine, "before_cursor_execute", count)
    assert for_many <= for_one


async def test_outputs_name_the_versions_there_are(db: Database) -> None:
    spec_id = await rows.add_spec(db)
    async with db.read() as conn:
        with pytest.raises(NotFound, match="no output yet"):
            await views_outputs.get_output(conn, spec_id, "DESIGN", 0)
    await rows.add_output(db, spec_id, "DESIGN", 1)
    await rows.add_output(db, spec_id, "DESIGN", 2)
    async with db.read() as conn:
        assert (await views_outputs.get_output(conn, spec_id, "DESIGN", 0)).row["version"] == 2
        first = await views_outputs.get_output(conn, spec_id, "DESIGN", 1)
        assert (first.row["version"], first.newest_version) == (1, 2)
        with pytest.raises(NotFound, match="versions are 1 to 2"):
            await views_outputs.get_output(conn, spec_id, "DESIGN", 3)


async def test_a_transcript_loses_nothing_of_sandboxes_side_by_side(db: Database) -> None:
    spec_id = await rows.add_spec(db)
    job_id = await rows.add_job(db, spec_id)
    boxes = [await rows.add_sandbox(db, spec_id, job_id, task_id=f"t{n}") for n in range(3)]
    written: list[tuple[str, int]] = []
    seen: list[tuple[str, int]] = []
    reading = Reading()

    async def write(box: int, *lines: int) -> None:
        async def work(tx: Transaction) -> None:
            for line in lines:
                await tx.conn.execute(insert(t.journal_lines).values(sandbox_id=boxes[box], line=line, type="note"))
            await tx.conn.execute(
                update(t.sandboxes).where(t.sandboxes.c.sandbox_id == boxes[box]).values(line=lines[-1])
            )

        await db.write(work)
        written.extend((boxes[box], line) for line in lines)

    async def read(limit: int, task_id: str = "") -> int:
        nonlocal reading
        async with db.read() as conn:
            lines, reading = await views_outputs.read_transcript(conn, spec_id, task_id, reading, limit)
        seen.extend((line["sandbox_id"], line["line"]) for line in lines)
        return len(lines)

    assert await read(10) == 0
    await write(0, 1, 2, 4)
    await write(1, 1, 2)
    assert [await read(2), await read(2), await read(2), await read(2)] == [2, 2, 1, 0]
    assert seen == written
    await write(2, 1)
    await write(0, 5)
    assert [await read(9), await read(9)] == [2, 0]
    assert sorted(seen) == sorted(written)
    assert reading.done == 0

    async def gone(tx: Transaction) -> None:
        await tx.conn.execute(
            update(t.sandboxes).where(t.sandboxes.c.sandbox_id.in_(boxes[:2])).values(state="REMOVED")
        )

    await db.write(gone)
    assert await read(9) == 0
    assert (reading.done, set(reading.lines or {})) == (2, {boxes[2]})
    await write(2, 2, 3)
    assert await read(9) == 2
    reading = Reading()
    seen.clear()
    await read(100, "t1")
    assert seen == [(boxes[1], 1), (boxes[1], 2)]
