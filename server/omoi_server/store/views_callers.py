"""Users and their tokens. Only the SHA-256 of a token is ever here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from omoi_server.domain.caller import Caller
from omoi_server.store import tables as t
from omoi_server.store.transaction import Transaction


@dataclass(frozen=True)
class TokenView:
    """A stored token with its owner. Times are naive UTC; None: never."""

    token_hash: str
    caller: Caller
    expires_at: datetime | None
    revoked_at: datetime | None


async def find_token(conn: AsyncConnection, token_hash: str) -> TokenView | None:
    """The token with this SHA-256 (hex), valid or not."""
    query = (
        select(t.tokens, t.users.c.name.label("user_name"), t.users.c.is_admin)
        .join(t.users, t.users.c.user_id == t.tokens.c.user_id)
        .where(t.tokens.c.token_hash == token_hash)
    )
    row = (await conn.execute(query)).mappings().one_or_none()
    if row is None:
        return None
    caller = Caller(row["user_id"], row["user_name"], row["is_admin"], frozenset(row["scopes"]))
    return TokenView(row["token_hash"], caller, row["expires_at"], row["revoked_at"])


async def put_token(tx: Transaction, caller: Caller, token_hash: str, name: str, scopes: Sequence[str]) -> None:
    """Make the user and the token exist as given; a token that was revoked or had expired counts again."""
    values = {"name": caller.name, "is_admin": caller.is_admin}
    found = await tx.conn.execute(update(t.users).where(t.users.c.user_id == caller.user_id).values(**values))
    if found.rowcount == 0:
        await tx.conn.execute(insert(t.users).values(user_id=caller.user_id, created_at=tx.now, **values))
    token = {"user_id": caller.user_id, "name": name, "scopes": list(scopes), "expires_at": None, "revoked_at": None}
    found = await tx.conn.execute(update(t.tokens).where(t.tokens.c.token_hash == token_hash).values(**token))
    if found.rowcount == 0:
        await tx.conn.execute(insert(t.tokens).values(token_hash=token_hash, created_at=tx.now, **token))
