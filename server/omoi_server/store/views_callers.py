"""Who a token or an identity belongs to. Only the SHA-256 of a token is ever here."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from omoi_server.domain.caller import Caller
from omoi_server.store import tables as t


@dataclass(frozen=True)
class TokenView:
    """A stored token with its owner. Times are naive UTC; None: never."""

    token_hash: str
    token_id: str
    caller: Caller
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


@dataclass(frozen=True)
class PersonView:
    """Somebody of another system, as a user here."""

    user_id: str
    name: str
    is_admin: bool


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
    return TokenView(
        row["token_hash"], row["token_id"], caller, row["expires_at"], row["revoked_at"], row["last_used_at"]
    )


async def find_person(conn: AsyncConnection, identity: str) -> PersonView | None:
    """The user of this identity, or None if nobody was provisioned."""
    query = (
        select(t.users.c.user_id, t.users.c.name, t.users.c.is_admin)
        .join(t.identities, t.identities.c.user_id == t.users.c.user_id)
        .where(t.identities.c.identity == identity)
    )
    row = (await conn.execute(query)).one_or_none()
    return PersonView(row.user_id, row.name, row.is_admin) if row else None
