"""Rows for the tests of the rpc room, written as the orchestrator writes them: through the store's transactions."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import insert, update

from omoi_server.domain.events import EventDraft
from omoi_server.store import tables as t
from omoi_server.store.database import Database
from omoi_server.store.transaction import Transaction

PROJECT = "prj-00000000-0000-4000-8000-000000000001"
_numbers = itertools.count(1)


def new_id(prefix: str) -> str:
    return f"{prefix}-00000000-0000-4000-8000-{next(_numbers):012d}"


async def add(database: Database, table: str, **values: Any) -> None:
    """One row; `created_at` is now unless given, and so is `updated_at` where there is one."""

    async def work(tx: Transaction) -> None:
        target = t.metadata.tables[table]
        times = {name: tx.now for name in ("created_at", "updated_at") if name in target.c}
        await tx.conn.execute(insert(target).values(**{**times, **values}))

    await database.write(work)


async def change(database: Database, spec_id: str, **values: Any) -> None:
    """Change columns of a spec; `settled` follows from the rest, and the bell rings."""

    async def work(tx: Transaction) -> None:
        if values:
            await tx.conn.execute(update(t.specs).where(t.specs.c.spec_id == spec_id).values(**values))
        tx.touch(spec_id)

    await database.write(work)


async def add_project(database: Database, project_id: str = PROJECT, name: str = "shop", **values: Any) -> str:
    row = {"repo_url": "/srv/shop", "default_branch": "main", "created_by": "local", **values}
    await add(database, "projects", project_id=project_id, name=name, name_key=name.lower(), **row)
    return project_id


async def add_spec(database: Database, *, age: float = 0.0, **values: Any) -> str:
    """A FULL spec of PROJECT that is `age` seconds old; its id."""
    spec_id: str = values.pop("spec_id", None) or new_id("spec")
    row = {
        "project_id": PROJECT,
        "kind": "FULL",
        "title": "Lock an account",
        "description": "",
        "idea_hash": "0" * 64,
        "user_id": "local",
        "status": "EXECUTING",
        "current_phase": "EXPLORE",
        "engine": "outline",
        **values,
    }

    async def work(tx: Transaction) -> None:
        moment = tx.now - timedelta(seconds=age)
        await tx.conn.execute(insert(t.specs).values(spec_id=spec_id, created_at=moment, updated_at=moment, **row))
        tx.touch(spec_id)

    await database.write(work)
    return spec_id


async def add_ticket(database: Database, spec_id: str, **values: Any) -> str:
    ticket_id = new_id("tkt")
    row = {"project_id": PROJECT, "title": "[Spec] Lock", "phase": "INITIAL", **values}
    await add(database, "tickets", ticket_id=ticket_id, spec_id=spec_id, **row)
    return ticket_id


async def add_task(database: Database, spec_id: str, ticket_id: str, number: int, **values: Any) -> str:
    task_id = new_id("tsk")
    row = {
        "key": f"TSK-{number:03d}",
        "position": number,
        "title": f"Task {number}",
        "status": "QUEUED",
        "content_hash": str(number),
        **values,
    }
    await add(database, "tasks", task_id=task_id, ticket_id=ticket_id, spec_id=spec_id, **row)
    return task_id


async def add_job(database: Database, spec_id: str, status: str = "QUEUED", **values: Any) -> str:
    job_id = new_id("job")
    row = {"kind": "PLAN", "project_id": PROJECT, "work_key": job_id, **values}
    await add(database, "jobs", job_id=job_id, spec_id=spec_id, status=status, **row)
    return job_id


async def add_sandbox(database: Database, spec_id: str, job_id: str, **values: Any) -> str:
    sandbox_id: str = values.pop("sandbox_id", None) or new_id("sbx")
    row = {"state": "RUNNING", "location": "host", **values}
    await add(database, "sandboxes", sandbox_id=sandbox_id, job_id=job_id, spec_id=spec_id, **row)
    return sandbox_id


async def add_output(database: Database, spec_id: str, phase: str, version: int = 1, **values: Any) -> None:
    row = {"data": {}, "digest": f"{phase}-{version}", "input_digest": "", "score": 0.9, **values}
    await add(database, "phase_outputs", spec_id=spec_id, phase=phase, version=version, **row)


async def say(
    database: Database, spec_id: str, *messages: str, payload: Mapping[str, Any] | None = None, group: bool = True
) -> None:
    """One event per message, in one transaction."""

    async def work(tx: Transaction) -> None:
        for message in messages:
            tx.emit(EventDraft(spec_id, "spec.note", message, "server", "EXPLORE", payload or {}))

    await database.write(work, group=group)


async def until(condition: Any, seconds: float = 30.0) -> None:
    """Wait until `condition()` is true; fails after `seconds`."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.005)
