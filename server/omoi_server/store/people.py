"""Rows of users and of who they are in other systems."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import uuid4

from sqlalchemy import Insert, Table, delete, exists, insert, select, update
from sqlalchemy.dialects.postgresql import insert as postgresql_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from omoi_server.domain.access import is_identity
from omoi_server.store import missing
from omoi_server.store import tables as t
from omoi_server.store.transaction import Transaction


@dataclass(frozen=True)
class UserView:
    """A user. `identities` in alphabetical order."""

    user_id: str
    name: str
    is_admin: bool
    email: str
    identities: tuple[str, ...]


async def users(conn: AsyncConnection, user_ids: Iterable[str]) -> dict[str, UserView]:
    """Those of these users that exist, by id."""
    wanted = sorted(set(user_ids))
    query = select(t.identities.c.user_id, t.identities.c.identity).where(t.identities.c.user_id.in_(wanted))
    known: dict[str, list[str]] = {}
    for user_id, identity in await conn.execute(query.order_by(t.identities.c.identity)):
        known.setdefault(user_id, []).append(identity)
    found = await conn.execute(select(t.users).where(t.users.c.user_id.in_(wanted)))
    return {
        row.user_id: UserView(row.user_id, row.name, row.is_admin, row.email, tuple(known.get(row.user_id, ())))
        for row in found
    }


async def user(conn: AsyncConnection, user_id: str) -> UserView:
    """The user. NotFound if there is none."""
    found = (await users(conn, [user_id])).get(user_id)
    if found is None:
        raise missing.user(user_id)
    return found


async def find_user_id(conn: AsyncConnection, id_or_identity: str) -> str | None:
    """The id of the user of this id, or of this identity."""
    if is_identity(id_or_identity):
        query = select(t.identities.c.user_id).where(t.identities.c.identity == id_or_identity)
    else:
        query = select(t.users.c.user_id).where(t.users.c.user_id == id_or_identity)
    return (await conn.execute(query)).scalar_one_or_none()


async def find_service(conn: AsyncConnection, name: str) -> str | None:
    """The id of the service user of this name: one that is nobody elsewhere, and no admin.

    A person may call themselves anything, so a name alone never finds a person.
    """
    nobody_elsewhere = ~exists().where(t.identities.c.user_id == t.users.c.user_id)
    query = select(t.users.c.user_id).where(t.users.c.name == name, t.users.c.is_admin.is_(False), nobody_elsewhere)
    return (await conn.execute(query.order_by(t.users.c.created_at).limit(1))).scalar_one_or_none()


async def insert_user(tx: Transaction, name: str, email: str = "") -> str:
    """A new user without rights; its id."""
    user_id = f"usr-{uuid4()}"
    await tx.conn.execute(insert(t.users).values(user_id=user_id, name=name, email=email, created_at=tx.now))
    return user_id


async def ensure_admin(tx: Transaction, user_id: str) -> None:
    """Make an admin of this id exist, named like it."""
    values = {"user_id": user_id, "name": user_id, "is_admin": True, "created_at": tx.now}
    await tx.conn.execute(_insert_if_absent(t.users, tx.dialect).values(**values))


async def provision(tx: Transaction, identity: str, system: str, name: str, email: str) -> tuple[str, bool]:
    """The user of this identity, made or refreshed; (user id, whether it existed). However many ask at once: one user."""
    found = await find_user_id(tx.conn, identity)
    if found is None:
        made = await insert_user(tx, name, email)
        values = {"identity": identity, "system": system, "user_id": made, "created_at": tx.now}
        done = await tx.conn.execute(_insert_if_absent(t.identities, tx.dialect).values(**values))
        if done.rowcount:
            return made, False
        # Another server was faster and has committed: its row was waited for.
        await tx.conn.execute(delete(t.users).where(t.users.c.user_id == made))
        found = await find_user_id(tx.conn, identity)
        assert found is not None, "the identity that stood in the way is there"
    changed = update(t.users).where(t.users.c.user_id == found)
    await tx.conn.execute(changed.values(name=name, **({"email": email} if email else {})))
    return found, True


def _insert_if_absent(table: Table, dialect: str) -> Insert:
    if dialect == "postgresql":
        return postgresql_insert(table).on_conflict_do_nothing()
    return sqlite_insert(table).on_conflict_do_nothing()


async def make_admin(tx: Transaction, user_id: str) -> None:
    await tx.conn.execute(update(t.users).where(t.users.c.user_id == user_id).values(is_admin=True))


async def systems_with_admin(conn: AsyncConnection) -> set[str]:
    """The systems that at least one admin comes from."""
    query = (
        select(t.identities.c.system)
        .join(t.users, t.users.c.user_id == t.identities.c.user_id)
        .where(t.users.c.is_admin.is_(True))
        .distinct()
    )
    return set(await conn.scalars(query))


async def admins(conn: AsyncConnection, user_ids: Sequence[str]) -> set[str]:
    """Those of these users that are admins."""
    query = select(t.users.c.user_id).where(t.users.c.user_id.in_(list(user_ids)), t.users.c.is_admin.is_(True))
    return set(await conn.scalars(query))
