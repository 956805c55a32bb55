"""`settled` follows what is under way, in the transaction that changes it."""

from __future__ import annotations

import asyncio

from sqlalchemy import insert, text

from omoi_server.domain.events import EventDraft
from omoi_server.store import tables as t
from omoi_server.store.database import Database
from omoi_server.store.transaction import Transaction
from tests.rows import add_job, prepare, say, set_job, spec_row


async def _settled(database: Database) -> bool:
    return bool((await spec_row(database, "spec-1")).settled)


async def _set(database: Database, statement: str) -> None:
    async def work(tx: Transaction) -> None:
        await tx.conn.execute(text(statement))
        tx.touch("spec-1")

    await database.write(work)


async def test_jobs_intents_sandboxes_and_tasks_hold_it_open(database: Database) -> None:
    await prepare(database, "spec-1", status="COMPLETED")
    assert await _settled(database)

    async def start(tx: Transaction) -> None:
        await add_job(tx, "job-1", "spec-1", "QUEUED")
        await tx.conn.execute(
            insert(t.sandboxes).values(
                sandbox_id="sbx-1", job_id="job-1", spec_id="spec-1", state="CREATING", created_at=tx.now
            )
        )
        await tx.conn.execute(
            insert(t.intents).values(
                job_id="job-1", fence=1, attempt=1, spec_id="spec-1", new_sha="0", status="OPEN", created_at=tx.now
            )
        )
        await tx.conn.execute(
            insert(t.tickets).values(
                ticket_id="tic-1", project_id="prj-1", spec_id="spec-1", phase="INITIAL",
                created_at=tx.now, updated_at=tx.now,
            )
        )  # fmt: skip
        await tx.conn.execute(
            insert(t.tasks).values(
                task_id="tsk-1", ticket_id="tic-1", spec_id="spec-1", status="QUEUED", content_hash="0",
                created_at=tx.now, updated_at=tx.now,
            )
        )  # fmt: skip

    await database.write(start)
    for statement in (
        "UPDATE jobs SET status = 'CLAIMED'",
        "UPDATE jobs SET status = 'RUNNING'",
        "UPDATE jobs SET status = 'SUCCEEDED'",
        "UPDATE sandboxes SET state = 'STOPPING'",
        "UPDATE sandboxes SET state = 'REMOVED'",
        "UPDATE intents SET status = 'RECORDED'",
        "UPDATE tasks SET status = 'RUNNING'",
    ):
        await _set(database, statement)
        assert not await _settled(database), statement
    await _set(database, "UPDATE tasks SET status = 'PAUSED'")
    assert await _settled(database)
    await _set(database, "UPDATE tasks SET status = 'QUEUED'")
    assert not await _settled(database)
    await _set(database, "UPDATE tasks SET active = false")
    assert await _settled(database)


async def test_the_end_of_the_last_two_jobs_at_once_settles(database: Database) -> None:
    """Each sees the other's job still open unless they wait for each other: tried often, on both databases."""
    await prepare(database, "spec-1", status="AWAITING_REVIEW")
    for attempt in range(10):
        names = [f"job-{attempt}-{n}" for n in range(4)]

        async def start(tx: Transaction, names: list[str] = names) -> None:
            for name in names:
                await add_job(tx, name, "spec-1")

        await database.write(start)
        assert not await _settled(database)

        async def end(name: str, group: bool) -> None:
            async def work(tx: Transaction) -> None:
                await set_job(tx, name, "spec-1", "SUCCEEDED")
                tx.emit(EventDraft("spec-1", "test.ended", name))

            await database.write(work, group=group)

        await asyncio.gather(*(end(name, group=n == 0) for n, name in enumerate(names)))
        assert await _settled(database)


async def test_touching_moves_updated_at(database: Database) -> None:
    await prepare(database, "spec-1")
    before = await spec_row(database, "spec-1")
    while (await spec_row(database, "spec-1")).updated_at == before.updated_at:
        await say(database, "spec-1", "later")
    assert (await spec_row(database, "spec-1")).created_at == before.created_at
