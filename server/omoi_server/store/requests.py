"""request_id: what was asked under it, and what it made. Kept for 7 days (the contract says so)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Row, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from omoi_server.errors import AlreadyExists, InvalidArgument
from omoi_server.store import clock
from omoi_server.store import tables as t
from omoi_server.store.transaction import Transaction

KEEP = timedelta(days=7)
MAX_LENGTH = 128


@dataclass(frozen=True)
class Request:
    """One call that may be repeated. `content` is everything that the caller asked for, as JSON-serialisable values."""

    user_id: str
    rpc: str
    request_id: str
    content: Mapping[str, Any]

    def check(self) -> None:
        """InvalidArgument when the id is too long."""
        if len(self.request_id) > MAX_LENGTH:
            raise InvalidArgument(
                "request_id", f"has {len(self.request_id)} characters; at most {MAX_LENGTH} are allowed."
            )

    @property
    def content_hash(self) -> str:
        return hashlib.sha256(json.dumps(self.content, sort_keys=True, default=str).encode()).hexdigest()


async def find_earlier(tx: Transaction, request: Request) -> str | None:
    """The id of the resource that this request made before, or None if it is new.

    Raises AlreadyExists (REQUEST_ID_REUSED) when the id was used for other content.
    """
    row = await _find(tx.conn, request)
    if row is not None and row.created_at < tx.now - KEEP:
        await tx.conn.execute(delete(t.requests).where(_is(request)))
        return None
    return _checked(row, request)


async def was_made(conn: AsyncConnection, request: Request) -> str | None:
    """As find_earlier, to be asked before looking at or changing anything outside: a repetition needs neither, and a
    reused id must not get that far."""
    row = await _find(conn, request)
    if row is not None and row.created_at < await clock.now(conn, conn.dialect.name) - KEEP:
        return None
    return _checked(row, request)


def _is(request: Request) -> Any:
    return (
        (t.requests.c.user_id == request.user_id)
        & (t.requests.c.rpc == request.rpc)
        & (t.requests.c.request_id == request.request_id)
    )


async def _find(conn: AsyncConnection, request: Request) -> Row[Any] | None:
    if not request.request_id:
        return None
    return (await conn.execute(select(t.requests).where(_is(request)))).one_or_none()


def _checked(row: Row[Any] | None, request: Request) -> str | None:
    if row is None:
        return None
    if row.content_hash != request.content_hash:
        raise AlreadyExists(
            "REQUEST_ID_REUSED",
            f"request_id {request.request_id!r} was used for another {request.rpc} request. Use a new one.",
            {"request_id": request.request_id},
        )
    return str(row.resource_id)


async def remember(tx: Transaction, request: Request, resource_id: str) -> None:
    """Store what the request made, in the transaction that makes it; drop what is older than 7 days."""
    if not request.request_id:
        return
    await tx.conn.execute(delete(t.requests).where(t.requests.c.created_at < tx.now - KEEP))
    await tx.conn.execute(
        insert(t.requests).values(
            user_id=request.user_id,
            rpc=request.rpc,
            request_id=request.request_id,
            content_hash=request.content_hash,
            resource_id=resource_id,
            created_at=tx.now,
        )
    )


async def remember_once(tx: Transaction, request: Request, resource_id: str) -> None:
    """Remember it unless it is remembered already: for calls whose effect outside is itself safe to repeat."""
    if await find_earlier(tx, request) is None:
        await remember(tx, request, resource_id)
