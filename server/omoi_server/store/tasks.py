"""Rows of tickets, tasks, requirements, criteria and SpecTasks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from omoi_server.domain.states import TaskStatus
from omoi_server.errors import Aborted
from omoi_server.store import missing
from omoi_server.store import tables as t
from omoi_server.store.transaction import Transaction


async def task(conn: AsyncConnection, task_id: str) -> Row[Any]:
    """The task. NotFound if there is none."""
    row = (await conn.execute(select(t.tasks).where(t.tasks.c.task_id == task_id))).one_or_none()
    if row is None:
        raise missing.task(task_id)
    return row


async def active_tasks(conn: AsyncConnection, spec_id: str) -> list[Row[Any]]:
    """The tasks of the current plan, in its order."""
    query = select(t.tasks).where(t.tasks.c.spec_id == spec_id, t.tasks.c.active.is_(True)).order_by(t.tasks.c.position)
    return list((await conn.execute(query)).all())


async def all_tasks(conn: AsyncConnection, spec_id: str) -> list[Row[Any]]:
    """The tasks of every plan the spec ever had."""
    query = select(t.tasks).where(t.tasks.c.spec_id == spec_id).order_by(t.tasks.c.position)
    return list((await conn.execute(query)).all())


async def insert_task(tx: Transaction, values: dict[str, Any]) -> None:
    await tx.conn.execute(insert(t.tasks).values(created_at=tx.now, updated_at=tx.now, **values))
    tx.touch(values["spec_id"])


async def update_task(tx: Transaction, spec_id: str, task_id: str, **values: Any) -> None:
    await tx.conn.execute(update(t.tasks).where(t.tasks.c.task_id == task_id).values(updated_at=tx.now, **values))
    tx.touch(spec_id)


async def change_task(
    tx: Transaction, row: Row[Any], expected: Sequence[TaskStatus], status: TaskStatus, **values: Any
) -> None:
    """A guarded transition: the task must be in one of `expected`, else Aborted (STATE_CHANGED)."""
    result = await tx.conn.execute(
        update(t.tasks)
        .where(t.tasks.c.task_id == row.task_id, t.tasks.c.status.in_(expected))
        .values(status=status, updated_at=tx.now, **values)
    )
    if result.rowcount != 1:
        raise Aborted("STATE_CHANGED", f"{row.task_id} changed meanwhile. Look at it again.", {"task_id": row.task_id})
    tx.touch(row.spec_id)


async def ticket(conn: AsyncConnection, ticket_id: str) -> Row[Any]:
    """The ticket. NotFound if there is none."""
    row = (await conn.execute(select(t.tickets).where(t.tickets.c.ticket_id == ticket_id))).one_or_none()
    if row is None:
        raise missing.ticket(ticket_id)
    return row


async def ticket_of(conn: AsyncConnection, spec_id: str) -> Row[Any] | None:
    return (await conn.execute(select(t.tickets).where(t.tickets.c.spec_id == spec_id))).one_or_none()


async def insert_ticket(tx: Transaction, values: dict[str, Any]) -> None:
    await tx.conn.execute(insert(t.tickets).values(created_at=tx.now, updated_at=tx.now, **values))
    tx.touch(values["spec_id"])


async def update_ticket(tx: Transaction, row: Row[Any], **values: Any) -> None:
    await tx.conn.execute(
        update(t.tickets).where(t.tickets.c.ticket_id == row.ticket_id).values(updated_at=tx.now, **values)
    )
    tx.touch(row.spec_id)


async def replace_requirements(tx: Transaction, spec_id: str, requirements: Sequence[dict[str, Any]]) -> None:
    """Make these the current requirements. Rows of earlier ones stay, inactive: numbers are never reused."""
    await tx.conn.execute(update(t.requirements).where(t.requirements.c.spec_id == spec_id).values(active=False))
    await tx.conn.execute(
        update(t.acceptance_criteria).where(t.acceptance_criteria.c.spec_id == spec_id).values(active=False)
    )
    for position, requirement in enumerate(requirements, 1):
        await _put(
            tx,
            t.requirements,
            {"spec_id": spec_id, "requirement_id": requirement["id"]},
            {
                "position": position,
                "title": requirement["title"],
                "statement": requirement["statement"],
                "user_story": requirement["user_story"],
                "active": True,
            },
        )
        for number, criterion in enumerate(requirement["criteria"], 1):
            await _put(
                tx,
                t.acceptance_criteria,
                {"spec_id": spec_id, "criterion_id": criterion["id"]},
                {"requirement_id": requirement["id"], "position": number, "text": criterion["text"], "active": True},
            )


async def replace_spec_tasks(tx: Transaction, spec_id: str, rows: Sequence[dict[str, Any]]) -> None:
    """Make these the current SpecTasks: key, position, title, content, task_id."""
    await tx.conn.execute(update(t.spec_tasks).where(t.spec_tasks.c.spec_id == spec_id).values(active=False))
    for row in rows:
        values = {name: value for name, value in row.items() if name != "key"}
        await _put(tx, t.spec_tasks, {"spec_id": spec_id, "key": row["key"]}, {**values, "active": True})


async def _put(tx: Transaction, table: Any, key: dict[str, Any], values: dict[str, Any]) -> None:
    where = [table.c[name] == value for name, value in key.items()]
    result = await tx.conn.execute(update(table).where(*where).values(**values))
    if result.rowcount == 0:
        await tx.conn.execute(insert(table).values(**key, **values))


async def recorded_results(conn: AsyncConnection, spec_id: str, status: str) -> list[Any]:
    """What the integrated attempts of a spec reported, in the order of their integration."""
    query = select(t.intents.c.task_id, t.intents.c.result).where(
        t.intents.c.spec_id == spec_id, t.intents.c.status == status, t.intents.c.task_id != ""
    )
    return list((await conn.execute(query.order_by(t.intents.c.created_at))).all())
