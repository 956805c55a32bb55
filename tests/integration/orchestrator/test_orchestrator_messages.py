"""People's words: into the inbox of a running worker, or into what the next attempt is started with; each once."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from omoi_server.domain.caller import Caller
from omoi_server.errors import AlreadyExists, InvalidArgument, NotFound
from omoi_server.orchestrator import mail
from omoi_server.orchestrator.cancel import cancel_spec
from omoi_server.orchestrator.execute import execute_spec
from omoi_server.orchestrator.journal import Line
from omoi_server.orchestrator.messages import MAX_TEXT, send_message
from omoi_server.store import comments, jobs, sandboxes
from omoi_server.store import tables as t
from omoi_server.store.database import Database
from omoi_server.store.transaction import Transaction
from tests.integration.orchestrator.stage import Stage
from tests.offices import House, check_sequences


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path / "stage")


@pytest.fixture
async def played(
    database: Database, tmp_path: Path, stage: Stage, repository: Path, caller: Caller
) -> AsyncIterator[House]:
    """An office whose workers play the stage's script."""
    made = House(database, tmp_path / "home", stage.archive, caller)
    await made.add_project(repository)
    yield made
    await made.stop()
    made.no_sandbox_is_left()


async def say(
    house: House, spec_id: str, text: str, delivery: str = "", task_id: str = "", request_id: str = ""
) -> Any:
    return await send_message(house.office, house.caller, spec_id, text, delivery, task_id, "", request_id)


async def said(house: House, spec_id: str) -> list[Any]:
    async with house.office.db.read() as conn:
        return list(await comments.list_comments(conn, spec_id, 1_000, 0))


async def heard(stage: Stage, count: int) -> list[str]:
    deadline = asyncio.get_running_loop().time() + 20
    while True:
        found = [name for kind, name in stage.log() if kind == "heard"]
        if len(found) >= count:
            return found
        assert asyncio.get_running_loop().time() < deadline, stage.log()
        await asyncio.sleep(0.02)


async def test_a_running_worker_hears_what_is_said(played: House, stage: Stage) -> None:
    stage.step("REQUIREMENTS", hold=True, listens=True)
    spec_id = await played.launch()
    await played.start()
    await stage.begun("REQUIREMENTS")
    _, told = await say(played, spec_id, "think of the admins too")
    assert told == "The running worker reads it at its next step."
    await say(played, spec_id, "not for the inbox", "COMMENT")
    assert await heard(stage, 1) == ["REQUIREMENTS message local: think of the admins too"]
    stage.release("REQUIREMENTS")
    await played.settled(spec_id)
    rows = await said(played, spec_id)
    assert next((row.position, row.state, row.author) for row in rows) == (1, "TAKEN", "local")
    types = await played.types(spec_id)
    assert types.count("comment.added") == 2
    assert types.index("comment.added") < types.index("comment.taken")
    check_sequences(await played.events(spec_id))


async def test_an_interrupt_stops_the_step_and_it_begins_anew(played: House, stage: Stage) -> None:
    stage.step("TSK-001", hold=True, listens=True)
    spec_id = await played.launch()
    await played.start()
    await stage.begun("TSK-001")
    (task, *_) = await played.tasks(spec_id)
    _, told = await say(played, spec_id, "use the other table", "INTERRUPT", task.task_id)
    assert told.startswith("The worker of TSK-001") and "stops what it does" in told
    assert await heard(stage, 1) == ["TSK-001 interrupt local: use the other table"]
    await stage.begun("TSK-001", times=2)
    stage.release("TSK-001")
    await played.settled(spec_id)
    assert {row.status for row in await played.tasks(spec_id)} == {"SUCCEEDED"}


async def test_what_waits_is_read_by_the_next_attempt(played: House, stage: Stage) -> None:
    spec_id = await played.launch(auto_execute=False)
    _, told = await say(played, spec_id, "mind the mobile app")
    assert told == "Nothing is running that could read it now; the next attempt does."
    _, told = await say(played, spec_id, "nice", "COMMENT")
    assert told == "Kept as a comment; the next attempt reads it."
    await execute_spec(played.office, played.caller, spec_id, "", "")
    await played.start()
    await played.settled(spec_id)
    briefed = [name for kind, name in stage.log() if kind == "briefed" and name.startswith("EXPLORE")]
    assert briefed == ["EXPLORE local: mind the mobile app", "EXPLORE local: nice"]
    assert {row.state for row in await said(played, spec_id)} == {"TAKEN"}
    assert (await played.types(spec_id)).count("comment.taken") == 2


async def test_an_adopted_worker_hears_each_message_once(played: House, stage: Stage) -> None:
    stage.step("EXPLORE", hold=True, listens=True)
    spec_id = await played.launch()
    await played.start()
    await stage.begun("EXPLORE")
    await say(played, spec_id, "before the stop")
    await heard(stage, 1)
    await played.stop()
    await say(played, spec_id, "while no server was there")
    await played.start()
    assert await heard(stage, 2) == [
        "EXPLORE message local: before the stop",
        "EXPLORE message local: while no server was there",
    ]
    stage.release("EXPLORE")
    await played.settled(spec_id)
    assert len(await heard(stage, 2)) == 2
    assert (await played.types(spec_id)).count("comment.taken") == 2


async def test_a_message_for_one_task_reaches_no_other(played: House, stage: Stage) -> None:
    stage.step("TSK-001", hold=True, listens=True)
    spec_id = await played.launch()
    await played.start()
    await stage.begun("TSK-001")
    _first, second = await played.tasks(spec_id)
    _, told = await say(played, spec_id, "only for the second", "", second.task_id)
    assert told.startswith("Nothing is running")
    await say(played, spec_id, "for whoever runs")
    assert await heard(stage, 1) == ["TSK-001 message local: for whoever runs"]
    stage.release("TSK-001")
    await played.settled(spec_id)
    briefed = [name for kind, name in stage.log() if kind == "briefed" and name.startswith("TSK-002")]
    assert "TSK-002 local: only for the second" in briefed


async def test_a_clock_does_not_come_between_brief_and_inbox(house: House) -> None:
    """A transaction takes its time, waits for the spec's lock, and may be younger in the discussion than a sandbox that
    is recorded with a later time."""
    spec_id = await house.launch()
    await say(house, spec_id, "before")

    async def record(tx: Transaction) -> str:
        (job,) = await jobs.open_jobs(tx.conn, spec_id)
        return await sandboxes.insert_sandbox(tx, job, 1, "here")

    name = await house.office.db.write(record)
    await say(house, spec_id, "after")

    async def wait_long(tx: Transaction) -> None:
        old = update(t.comments).where(t.comments.c.text == "after")
        await tx.conn.execute(old.values(created_at=tx.now - timedelta(minutes=1)))

    await house.office.db.write(wait_long)
    async with house.office.db.read() as conn:
        box = await sandboxes.find(conn, name)
        assert box is not None
        assert [row.text for row in await comments.for_brief(conn, box)] == ["before"]
        assert [row.text for row in await comments.for_inbox(conn, box, 0)] == ["after"]


async def test_what_no_attempt_could_take_along_waits_for_the_next(played: House, stage: Stage) -> None:
    spec_id = await played.launch(auto_execute=False)
    for number in range(comments.BRIEFED + 5):
        await say(played, spec_id, f"word {number}", "COMMENT")
    await execute_spec(played.office, played.caller, spec_id, "", "")
    await played.start()
    await played.settled(spec_id)

    def briefed(step: str) -> list[str]:
        start = f"{step} local: "
        return [name.removeprefix(start) for kind, name in stage.log() if kind == "briefed" and name.startswith(start)]

    assert briefed("EXPLORE") == [f"word {number}" for number in range(5, comments.BRIEFED + 5)]
    assert briefed("TSK-001")[:5] == [f"word {number}" for number in range(5)]
    rows = await said(played, spec_id)
    assert {row.state for row in rows} == {"TAKEN"}
    first = {row.sandbox_id for row in rows[5:]}
    assert len(first) == 1 and not first & {row.sandbox_id for row in rows[:5]}
    assert (await played.types(spec_id)).count("comment.taken") == len(rows)


async def test_what_lay_unread_in_an_inbox_waits_again(played: House, stage: Stage) -> None:
    stage.step("EXPLORE", hold=True)
    spec_id = await played.launch()
    await played.start()
    await stage.begun("EXPLORE")
    await say(played, spec_id, "you never heard this")
    async with asyncio.timeout(20):
        while [row.state for row in await said(played, spec_id)] != ["DELIVERED"]:
            await asyncio.sleep(0.02)
    await cancel_spec(played.office, played.caller, spec_id, "", "")
    async with asyncio.timeout(20):
        while [(row.state, row.sandbox_id) for row in await said(played, spec_id)] != [("WAITING", "")]:
            await asyncio.sleep(0.02)
    stage.release("EXPLORE")
    await execute_spec(played.office, played.caller, spec_id, "", "")
    await played.settled(spec_id)
    assert ("briefed", "EXPLORE local: you never heard this") in stage.log()
    assert [row.state for row in await said(played, spec_id)] == ["TAKEN"]
    assert (await played.types(spec_id)).count("comment.taken") == 1


async def test_a_worker_that_never_stops_writing_hears_people(played: House, stage: Stage) -> None:
    stage.step("EXPLORE", hold=True, listens=True, chatters=True, pause=0.0)
    spec_id = await played.launch()
    await played.start()
    await stage.begun("EXPLORE")
    await say(played, spec_id, "enough", "INTERRUPT")
    async with asyncio.timeout(8):
        while not any(kind == "heard" for kind, _ in stage.log()):
            await asyncio.sleep(0.05)
    stage.release("EXPLORE")
    await played.settled(spec_id)


async def test_words_for_a_sandbox_that_vanished_are_for_the_next_attempt(played: House, stage: Stage) -> None:
    stage.step("EXPLORE", hold=True, listens=True)
    spec_id = await played.launch()
    await played.start()
    worker = await stage.begun("EXPLORE")
    (folder,) = (played.office.home / "sandboxes").glob("sbx-*")
    os.killpg(os.getpgid(worker), signal.SIGKILL)
    shutil.rmtree(folder)
    await say(played, spec_id, "are you there")
    await stage.begun("EXPLORE", times=2)
    stage.release("EXPLORE")
    await played.settled(spec_id)
    assert (await played.spec(spec_id)).status == "COMPLETED"
    assert ("briefed", "EXPLORE local: are you there") in stage.log()


@pytest.mark.parametrize("name", ["\x00", "\ud800", "x" * 100_000])
async def test_a_worker_may_journal_any_id(house: House, name: str) -> None:
    spec_id = await house.launch()
    await say(house, spec_id, "hello")
    line = Line(2, "inbox", None, {"id": name, "kind": "message"}, 9)
    await house.office.db.write(lambda tx: mail.taken(tx, spec_id, "", "sbx-1", line))
    assert [row.state for row in await said(house, spec_id)] == ["WAITING"]


async def test_words_are_taken_in_every_state_and_once_per_request(house: House) -> None:
    spec_id = await house.launch()
    first, _ = await say(house, spec_id, "one", request_id="r-1")
    await cancel_spec(house.office, house.caller, spec_id, "", "")
    again, _ = await say(house, spec_id, "one", request_id="r-1")
    assert first == again
    with pytest.raises(AlreadyExists, match="r-1"):
        await say(house, spec_id, "two", request_id="r-1")
    await say(house, spec_id, "after the cancel")
    assert [row.text for row in await said(house, spec_id)] == ["one", "after the cancel"]


@pytest.mark.parametrize(
    ("text", "delivery", "task_id", "wrong"),
    [
        ("", "", "", "text"),
        (" \n", "", "", "text"),
        ("x" * (MAX_TEXT + 1), "", "", "10,000"),
        ("a\x1b[2Jb", "", "", "control characters"),
        ("well", "", "tsk-none", "tsk-none"),
    ],
)
async def test_bad_words_are_refused_and_nothing_is_kept(
    house: House, text: str, delivery: str, task_id: str, wrong: str
) -> None:
    spec_id = await house.launch()
    with pytest.raises((InvalidArgument, NotFound), match=wrong):
        await say(house, spec_id, text, delivery, task_id)
    assert await said(house, spec_id) == []
    assert "comment.added" not in await house.types(spec_id)


async def test_a_link_must_be_one(house: House) -> None:
    spec_id = await house.launch()
    with pytest.raises(InvalidArgument, match="no web address"):
        await send_message(house.office, house.caller, spec_id, "look", "", "", "javascript:alert(1)", "")


async def test_words_about_no_spec(house: House) -> None:
    with pytest.raises(NotFound):
        await say(house, "spec-none", "hello")
