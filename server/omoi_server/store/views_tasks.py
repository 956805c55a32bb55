"""Tickets and tasks as the contract shows them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import RowMapping, and_, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from omoi_server.domain.caller import Caller
from omoi_server.domain.states import TaskStatus
from omoi_server.store import tables as t
from omoi_server.store.roles import visible
from omoi_server.store.tasks import task as find_task
from omoi_server.store.tasks import ticket as find_ticket
from omoi_server.store.views_counts import TaskLine, task_lines
from omoi_server.store.views_waiting import queue, task_waits_for


@dataclass(frozen=True)
class TicketView:
    """A ticket. `row` holds the columns of `tables.tickets`; its tasks of the current plan are counted."""

    row: RowMapping
    tasks_total: int
    tasks_done: int


@dataclass(frozen=True)
class TaskView:
    """A task. `row` holds the columns of `tables.tasks`."""

    row: RowMapping
    waiting_for: str


@dataclass(frozen=True)
class TicketKey:
    """Where a page of tickets ended: newest first."""

    created_at: datetime
    ticket_id: str


@dataclass(frozen=True)
class TaskKey:
    """Where a page of tasks ended: in the order of the plan."""

    position: int
    task_id: str


async def get_ticket(conn: AsyncConnection, ticket_id: str) -> TicketView:
    """One ticket. NotFound if there is none."""
    row = await find_ticket(conn, ticket_id)
    return (await _ticket_views(conn, [row._mapping]))[0]


async def list_tickets(
    conn: AsyncConnection,
    caller: Caller,
    project_id: str,
    spec_id: str,
    phase: str,
    limit: int,
    after: TicketKey | None,
) -> list[TicketView]:
    """At most `limit` tickets that the caller may see after this place, newest first. An empty filter matches all."""
    columns = t.tickets.c
    query = select(t.tickets).order_by(columns.created_at.desc(), columns.ticket_id.desc()).limit(limit)
    query = query.where(*visible(caller, columns.project_id))
    for column, wanted in ((columns.project_id, project_id), (columns.spec_id, spec_id), (columns.phase, phase)):
        if wanted:
            query = query.where(column == wanted)
    if after is not None:
        query = query.where(
            or_(
                columns.created_at < after.created_at,
                and_(columns.created_at == after.created_at, columns.ticket_id < after.ticket_id),
            )
        )
    return await _ticket_views(conn, (await conn.execute(query)).mappings().all())


async def _ticket_views(conn: AsyncConnection, rows: Sequence[RowMapping]) -> list[TicketView]:
    columns = t.tasks.c
    succeeded = func.sum(case((columns.status == TaskStatus.SUCCEEDED, 1), else_=0))
    query = (
        select(columns.ticket_id, func.count(), succeeded)
        .where(columns.ticket_id.in_([row["ticket_id"] for row in rows]), columns.active.is_(True))
        .group_by(columns.ticket_id)
    )
    counts = {ticket_id: (total, int(done)) for ticket_id, total, done in await conn.execute(query)}
    return [TicketView(row, *counts.get(row["ticket_id"], (0, 0))) for row in rows]


async def get_task(conn: AsyncConnection, task_id: str, default_limit: int) -> TaskView:
    """One task, of an earlier plan too. NotFound if there is none."""
    row = await find_task(conn, task_id)
    return (await _task_views(conn, [row._mapping], default_limit))[0]


async def list_tasks(
    conn: AsyncConnection,
    spec_id: str,
    ticket_id: str,
    statuses: Sequence[str],
    limit: int,
    after: TaskKey | None,
    default_limit: int,
) -> list[TaskView]:
    """At most `limit` tasks of the current plan after this place, in its order. An empty filter matches everything."""
    columns = t.tasks.c
    query = select(t.tasks).where(columns.active.is_(True)).order_by(columns.position, columns.task_id).limit(limit)
    if spec_id:
        query = query.where(columns.spec_id == spec_id)
    if ticket_id:
        query = query.where(columns.ticket_id == ticket_id)
    if statuses:
        query = query.where(columns.status.in_(statuses))
    if after is not None:
        query = query.where(
            or_(
                columns.position > after.position,
                and_(columns.position == after.position, columns.task_id > after.task_id),
            )
        )
    return await _task_views(conn, (await conn.execute(query)).mappings().all(), default_limit)


async def _task_views(conn: AsyncConnection, rows: Sequence[RowMapping], default_limit: int) -> list[TaskView]:
    spec_ids = sorted({row["spec_id"] for row in rows if row["status"] == TaskStatus.QUEUED})
    if not spec_ids:
        return [TaskView(row, "") for row in rows]
    plans = await task_lines(conn, spec_ids)
    query = select(t.specs.c.spec_id, t.specs.c.project_id).where(t.specs.c.spec_id.in_(spec_ids))
    project_of = {row.spec_id: row.project_id for row in await conn.execute(query)}
    known = await queue(conn, spec_ids, sorted(set(project_of.values())), default_limit)
    views = []
    for row in rows:
        plan: Sequence[TaskLine] = plans.get(row["spec_id"], ())
        mine = next((task for task in plan if task.task_id == row["task_id"]), None)
        limit = known.full.get(project_of.get(row["spec_id"], ""))
        views.append(TaskView(row, task_waits_for(mine, plan, limit) if mine else ""))
    return views
