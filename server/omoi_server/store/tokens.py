"""Rows of tokens. Their secrets are never here, only SHA-256 sums of them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import RowMapping, and_, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from omoi_server.domain.caller import Caller
from omoi_server.store import missing
from omoi_server.store import tables as t
from omoi_server.store.transaction import Transaction

_SHOWN = tuple(column for column in t.tokens.c if column.name != "token_hash")


async def insert_token(
    tx: Transaction, user_id: str, token_hash: str, name: str, scopes: Sequence[str], expires_at: datetime | None
) -> str:
    """Store a new token; its id."""
    token_id = f"tok-{uuid4()}"
    await tx.conn.execute(
        insert(t.tokens).values(
            token_id=token_id,
            token_hash=token_hash,
            user_id=user_id,
            name=name,
            scopes=list(scopes),
            expires_at=expires_at,
            created_at=tx.now,
        )
    )
    return token_id


async def put_token(tx: Transaction, caller: Caller, token_hash: str, name: str, scopes: Sequence[str]) -> None:
    """Make the user and the token exist as given. A token that was revoked stays revoked."""
    values = {"name": caller.name, "is_admin": caller.is_admin}
    found = await tx.conn.execute(update(t.users).where(t.users.c.user_id == caller.user_id).values(**values))
    if found.rowcount == 0:
        await tx.conn.execute(insert(t.users).values(user_id=caller.user_id, created_at=tx.now, **values))
    token = {"user_id": caller.user_id, "name": name, "scopes": list(scopes), "expires_at": None}
    found = await tx.conn.execute(update(t.tokens).where(t.tokens.c.token_hash == token_hash).values(**token))
    if found.rowcount == 0:
        await insert_token(tx, caller.user_id, token_hash, name, scopes, None)


async def token(conn: AsyncConnection, token_id: str) -> RowMapping:
    """The token without its hash. NotFound if there is none."""
    row = (await conn.execute(select(*_SHOWN).where(t.tokens.c.token_id == token_id))).mappings().one_or_none()
    if row is None:
        raise missing.token(token_id)
    return row


async def list_tokens(
    conn: AsyncConnection,
    owner: str | None,
    now: datetime | None,
    limit: int,
    after: tuple[datetime, str] | None,
) -> Sequence[RowMapping]:
    """At most `limit` tokens after this place, newest first. `owner` None: everybody's. `now` None: ended ones too."""
    columns = t.tokens.c
    query = select(*_SHOWN).order_by(columns.created_at.desc(), columns.token_id.desc()).limit(limit)
    if owner is not None:
        query = query.where(columns.user_id == owner)
    if now is not None:
        query = query.where(columns.revoked_at.is_(None), or_(columns.expires_at.is_(None), columns.expires_at > now))
    if after is not None:
        moment, token_id = after
        query = query.where(
            or_(columns.created_at < moment, and_(columns.created_at == moment, columns.token_id < token_id))
        )
    return (await conn.execute(query)).mappings().all()


async def revoke_token(tx: Transaction, token_id: str) -> None:
    """Revoke it; one that is revoked already keeps its time."""
    await tx.conn.execute(
        update(t.tokens)
        .where(t.tokens.c.token_id == token_id, t.tokens.c.revoked_at.is_(None))
        .values(revoked_at=tx.now)
    )


async def note_use(tx: Transaction, token_id: str) -> None:
    """The token is in use now."""
    await tx.conn.execute(update(t.tokens).where(t.tokens.c.token_id == token_id).values(last_used_at=tx.now))


async def live_scopes(conn: AsyncConnection, now: datetime) -> set[str]:
    """Every scope that a token which is neither revoked nor expired has."""
    columns = t.tokens.c
    query = select(columns.scopes).where(
        columns.revoked_at.is_(None), or_(columns.expires_at.is_(None), columns.expires_at > now)
    )
    found: set[str] = set()
    scopes: Any
    for (scopes,) in await conn.execute(query):
        found.update(scopes)
    return found
