"""Which project a thing belongs to, and what is said of one that the caller may not know of."""

from __future__ import annotations

from enum import Enum
from typing import Any

from sqlalchemy import Select, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from omoi_server.domain.access import Role
from omoi_server.domain.caller import Caller
from omoi_server.errors import NotFound
from omoi_server.store import missing
from omoi_server.store import tables as t
from omoi_server.store.projects import NAMED
from omoi_server.store.roles import as_caller, visible


class Kind(Enum):
    """What a request names by an id."""

    PROJECT = "project"
    PROJECT_OR_NAME = "project, by id or by name"
    SPEC = "spec"
    TICKET = "ticket"
    TASK = "task"


def _query(kind: Kind, thing: str) -> Select[Any]:
    projects, specs, tickets, tasks = t.projects.c, t.specs.c, t.tickets.c, t.tasks.c
    if kind is Kind.SPEC:
        return select(specs.project_id).where(specs.spec_id == thing)
    if kind is Kind.TICKET:
        return select(tickets.project_id).where(tickets.ticket_id == thing)
    if kind is Kind.TASK:
        return select(specs.project_id).join(t.tasks, tasks.spec_id == specs.spec_id).where(tasks.task_id == thing)
    if kind is Kind.PROJECT_OR_NAME:
        either = or_(projects.project_id == thing, projects.name_key == thing.lower())
        # A name may look like an id; the id is meant then, as in views_projects.
        return select(projects.project_id).where(either).order_by((projects.project_id == thing).desc())
    return select(projects.project_id).where(projects.project_id == thing)


async def project_and_role(
    conn: AsyncConnection, caller: Caller, kind: Kind, thing: str
) -> tuple[str | None, Role | None]:
    """The id of the project that it belongs to, None if there is no such thing; and the caller's role there.

    One question, and the same one whether there is such a thing or not: how long an answer takes tells nothing.
    """
    owner = _query(kind, thing).limit(1).subquery()
    mine = and_(t.roles.c.project_id == owner.c.project_id, t.roles.c.user_id == caller.user_id)
    query = select(owner.c.project_id, t.roles.c.role).select_from(owner.outerjoin(t.roles, mine))
    row = (await conn.execute(query)).one_or_none()
    if row is None:
        return None, None
    return row.project_id, as_caller(caller, row.project_id, Role(row.role) if row.role else None)


async def missing_thing(conn: AsyncConnection, caller: Caller, kind: Kind, thing: str) -> NotFound:
    """What is said of a thing that does not exist for this caller; other projects are named only if they see them."""
    if kind is Kind.SPEC:
        return missing.spec(thing)
    if kind is Kind.TICKET:
        return missing.ticket(thing)
    if kind is Kind.TASK:
        return missing.task(thing)
    known = select(t.projects.c.name).where(*visible(caller, t.projects.c.project_id)).order_by(t.projects.c.name)
    return missing.project(thing, list(await conn.scalars(known.limit(NAMED))))
