"""Rows that store tests need to exist: the least that the tables ask for."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert, select, update

from omoi_server.domain.events import EventDraft
from omoi_server.store import tables as t
from omoi_server.store.database import Database
from omoi_server.store.events import read_events
from omoi_server.store.transaction import Transaction


async def add_project(tx: Transaction, project_id: str = "prj-1") -> None:
    """A project by that id and name."""
    values = {"name": project_id, "name_key": project_id, "created_by": "local"}
    await tx.conn.execute(
        insert(t.projects).values(project_id=project_id, created_at=tx.now, updated_at=tx.now, **values)
    )


async def add_spec(tx: Transaction, spec_id: str, status: str = "EXECUTING", project_id: str = "prj-1") -> None:
    """A spec without events."""
    values = {"kind": "FULL", "idea_hash": "0", "user_id": "local", "current_phase": "EXPLORE", "engine": "outline"}
    await tx.conn.execute(
        insert(t.specs).values(
            spec_id=spec_id, project_id=project_id, status=status, created_at=tx.now, updated_at=tx.now, **values
        )
    )
    tx.touch(spec_id)


async def add_job(tx: Transaction, job_id: str, spec_id: str, status: str = "RUNNING") -> None:
    """A planning job of the project prj-1."""
    values = {"kind": "PLAN", "project_id": "prj-1", "work_key": job_id, "status": status}
    await tx.conn.execute(insert(t.jobs).values(job_id=job_id, spec_id=spec_id, created_at=tx.now, **values))
    tx.touch(spec_id)


async def set_job(tx: Transaction, job_id: str, spec_id: str, status: str) -> None:
    """Move a job to another status."""
    await tx.conn.execute(update(t.jobs).where(t.jobs.c.job_id == job_id).values(status=status))
    tx.touch(spec_id)


async def prepare(database: Database, *spec_ids: str, status: str = "EXECUTING") -> None:
    """A project with these specs."""

    async def work(tx: Transaction) -> None:
        await add_project(tx)
        for spec_id in spec_ids:
            await add_spec(tx, spec_id, status)

    await database.write(work)


async def say(database: Database, spec_id: str, message: str, *, group: bool = True) -> None:
    """Write one event."""

    async def work(tx: Transaction) -> None:
        tx.emit(EventDraft(spec_id, "test.said", message))

    await database.write(work, group=group)


async def log_of(database: Database, spec_id: str) -> list[tuple[int, str]]:
    """(number, message) of every event of a spec."""
    async with database.read() as conn:
        rows = await read_events(conn, spec_id, 0, 100_000)
    return [(row["sequence"], row["message"]) for row in rows]


async def spec_row(database: Database, spec_id: str) -> Any:
    """The row of a spec."""
    async with database.read() as conn:
        return (await conn.execute(select(t.specs).where(t.specs.c.spec_id == spec_id))).one()
