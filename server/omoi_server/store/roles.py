"""Who has which role in which project, and what of the store a caller may see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, RowMapping, and_, case, delete, insert, literal, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from omoi_server.domain.access import Role, higher, holds
from omoi_server.domain.caller import Caller
from omoi_server.errors import PermissionDenied
from omoi_server.store import tables as t
from omoi_server.store.transaction import Transaction

NAMED = 5
"""People that a refusal names."""

_RANK = case({role.value: role.rank for role in Role}, value=t.roles.c.role)


async def role_of(conn: AsyncConnection, caller: Caller, project_id: str) -> Role | None:
    """The caller's role in the project: their own, what is vouched for, or maintainer for an admin. None: no role."""
    if caller.is_admin:
        return Role.MAINTAINER
    query = select(t.roles.c.role).where(t.roles.c.project_id == project_id, t.roles.c.user_id == caller.user_id)
    own = (await conn.execute(query)).scalar_one_or_none()
    return as_caller(caller, project_id, Role(own) if own else None)


def as_caller(caller: Caller, project_id: str, own: Role | None) -> Role | None:
    """The role that a user with this stored role has in this call."""
    if caller.is_admin:
        return Role.MAINTAINER
    looks = Role.VIEWER if caller.reads_all or project_id in caller.viewer_of else None
    return higher(own, looks)


async def of_project(conn: AsyncConnection, project_id: str) -> dict[str, Role]:
    """Every stored role in the project, by user."""
    query = select(t.roles.c.user_id, t.roles.c.role).where(t.roles.c.project_id == project_id)
    return {user_id: Role(role) for user_id, role in await conn.execute(query)}


def visible(caller: Caller, project: ColumnElement[str]) -> list[ColumnElement[bool]]:
    """Conditions under which the caller sees a row of this project; empty when they see everything."""
    if caller.every_project:
        return []
    own = select(t.roles.c.project_id).where(t.roles.c.user_id == caller.user_id)
    if not caller.viewer_of:
        return [project.in_(own)]
    return [or_(project.in_(own), project.in_(sorted(caller.viewer_of)))]


async def require(conn: AsyncConnection, caller: Caller, project_id: str, needed: Role, what: str = "this") -> None:
    """PermissionDenied (ROLE_NEEDED) unless the caller has this role; `what` needs it. Says who can give it."""
    role = await role_of(conn, caller, project_id)
    if not holds(role, needed):
        raise await refusal(conn, project_id, role, needed, what)


async def refusal(
    conn: AsyncConnection, project_id: str, role: Role | None, needed: Role, what: str = "this"
) -> PermissionDenied:
    """Names the needed role, one's own, and at most NAMED people who can give it."""
    query = (
        select(t.users.c.user_id, t.users.c.name)
        .join(t.roles, t.roles.c.user_id == t.users.c.user_id)
        .where(t.roles.c.project_id == project_id, t.roles.c.role == Role.MAINTAINER)
        .order_by(t.users.c.name, t.users.c.user_id)
        .limit(NAMED)
    )
    givers = (await conn.execute(query)).all()
    who = " or ".join(filter(None, (", ".join(row.name or row.user_id for row in givers), "an admin")))
    name = (await conn.execute(select(t.projects.c.name).where(t.projects.c.project_id == project_id))).scalar_one()
    own = role.lower() if role else "no role"
    return PermissionDenied(
        "ROLE_NEEDED",
        f"{what} needs {needed.lower()} in {name}; you have {own}. Who can give it: {who}.",
        {
            "needed": needed.value,
            "role": role.value if role else "",
            "project_id": project_id,
            "givers": ",".join(row.user_id for row in givers),
        },
    )


@dataclass(frozen=True)
class Grant:
    """A role of a user in a project. `granted_at` None: it is vouched for and stored nowhere."""

    project_id: str
    user_id: str
    role: Role
    granted_by: str = ""
    granted_at: datetime | None = None


def _grant(row: RowMapping) -> Grant:
    return Grant(row["project_id"], row["user_id"], Role(row["role"]), row["granted_by"], row["granted_at"])


async def set_role(tx: Transaction, project_id: str, user_id: str, role: Role | None, granted_by: str) -> None:
    """Give the role, or take whatever there is away. The project must be locked."""
    mine = and_(t.roles.c.project_id == project_id, t.roles.c.user_id == user_id)
    if role is None:
        await tx.conn.execute(delete(t.roles).where(mine))
        return
    values = {"role": role.value, "granted_by": granted_by, "granted_at": tx.now}
    found = await tx.conn.execute(update(t.roles).where(mine).values(**values))
    if found.rowcount == 0:
        await tx.conn.execute(insert(t.roles).values(project_id=project_id, user_id=user_id, **values))


async def find_grant(conn: AsyncConnection, project_id: str, user_id: str) -> Grant | None:
    query = select(t.roles).where(t.roles.c.project_id == project_id, t.roles.c.user_id == user_id)
    row = (await conn.execute(query)).mappings().one_or_none()
    return _grant(row) if row else None


async def grants_of(conn: AsyncConnection, caller: Caller) -> list[Grant]:
    """The caller's own roles, by project, with those vouched for in projects that exist."""
    query = select(t.roles).where(t.roles.c.user_id == caller.user_id).order_by(t.roles.c.project_id)
    grants = {row["project_id"]: _grant(row) for row in (await conn.execute(query)).mappings()}
    if vouched := sorted(caller.viewer_of - grants.keys()):
        real = select(t.projects.c.project_id).where(t.projects.c.project_id.in_(vouched))
        for project_id in await conn.scalars(real):
            grants[project_id] = Grant(project_id, caller.user_id, Role.VIEWER, caller.via)
    return [grants[project_id] for project_id in sorted(grants)]


@dataclass(frozen=True)
class GrantKey:
    """Where a page of grants ended: highest role first, then by name."""

    rank: int
    name: str
    user_id: str


async def list_grants(
    conn: AsyncConnection, project_id: str, limit: int, after: GrantKey | None
) -> list[tuple[GrantKey, Grant]]:
    """At most `limit` grants of the project after this place, each with its own place."""
    users = t.users.c
    query: Any = (
        select(t.roles, users.name.label("user_name"), _RANK.label("rank"))
        .join(t.users, users.user_id == t.roles.c.user_id)
        .where(t.roles.c.project_id == project_id)
        .order_by(_RANK.desc(), users.name, users.user_id)
        .limit(limit)
    )
    if after is not None:
        rank = literal(after.rank)
        query = query.where(
            or_(
                rank > _RANK,
                and_(rank == _RANK, users.name > after.name),
                and_(rank == _RANK, users.name == after.name, users.user_id > after.user_id),
            )
        )
    rows: Sequence[RowMapping] = (await conn.execute(query)).mappings().all()
    return [(GrantKey(row["rank"], row["user_name"], row["user_id"]), _grant(row)) for row in rows]


async def holders(conn: AsyncConnection, project_id: str, needed: Role) -> list[Any]:
    """Users (user_id, name) whose stored role in the project is at least this, and all admins; by name."""
    enough = [role.value for role in Role if role.rank >= needed.rank]
    with_role = select(t.roles.c.user_id).where(t.roles.c.project_id == project_id, t.roles.c.role.in_(enough))
    query = (
        select(t.users.c.user_id, t.users.c.name)
        .where(or_(t.users.c.is_admin.is_(True), t.users.c.user_id.in_(with_role)))
        .order_by(t.users.c.name, t.users.c.user_id)
    )
    return list((await conn.execute(query)).all())
