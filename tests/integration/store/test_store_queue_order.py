"""The place in the queue that people see is the order in which jobs are claimed."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select, update

from omoi_server.store import jobs
from omoi_server.store import tables as t
from omoi_server.store.database import Database
from omoi_server.store.transaction import Transaction
from omoi_server.store.views_waiting import queue
from tests.integration.rpc import rpc_rows as rows

LEASE = timedelta(seconds=30)


async def at_one_age(database: Database) -> None:
    """As in one transaction: every job has the same time."""

    async def work(tx: Transaction) -> None:
        await tx.conn.execute(update(t.jobs).values(created_at=tx.now))

    await database.write(work)


async def claimed_in_turn(database: Database, count: int) -> list[str]:
    found = []
    for _ in range(count):
        row = await database.write(lambda tx: jobs.claim(tx, rows.PROJECT, 100, "srv", "host", LEASE))
        assert row is not None
        found.append(str(row.job_id))
    return found


async def places(database: Database) -> list[str]:
    """Job ids by the place that their spec sees."""
    async with database.read() as conn:
        spec_ids = list(await conn.scalars(select(t.specs.c.spec_id)))
        seen = (await queue(conn, spec_ids, [rows.PROJECT], 100)).places
        of = {row.spec_id: row.job_id for row in (await conn.execute(select(t.jobs))).all()}
    return [of[spec_id] for spec_id, place in sorted(seen.items(), key=lambda item: item[1].ahead)]


async def test_jobs_of_one_age_are_claimed_in_the_order_that_is_shown(database: Database) -> None:
    """Tasks by their position in the plan (here against their ids), a planning job before them."""
    await rows.add_project(database)
    ids = []
    for position in (3, 1, 2):
        spec_id = await rows.add_spec(database, status="COMPLETED")
        ticket_id = await rows.add_ticket(database, spec_id)
        task_id = await rows.add_task(database, spec_id, ticket_id, position)
        ids.append(await rows.add_job(database, spec_id, kind="TASK", task_id=task_id))
    ids.append(await rows.add_job(database, await rows.add_spec(database)))
    await at_one_age(database)
    shown = await places(database)
    assert shown == [ids[3], ids[1], ids[2], ids[0]]
    assert await claimed_in_turn(database, 4) == shown
