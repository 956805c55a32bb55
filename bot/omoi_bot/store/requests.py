"""Ideas on their way to a launch: some wait for a project, an administrator, a role, a word or a room."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import select, update

from omoi_bot.store import records
from omoi_bot.store.database import Tx
from omoi_bot.store.tables import requests

State = Literal[
    "WAITING_PROJECT",
    "WAITING_ADMIN",
    "WAITING_ROLE",
    "WAITING_CONFIRM",
    "WAITING_ROOM",
    "WAITING_CHOICE",
    "LAUNCHING",
    "LAUNCHED",
    "DROPPED",
    "EXPIRED",
]
WAITING: tuple[State, ...] = (
    "WAITING_PROJECT",
    "WAITING_ADMIN",
    "WAITING_ROLE",
    "WAITING_CONFIRM",
    "WAITING_ROOM",
    "WAITING_CHOICE",
)
KEPT = timedelta(hours=24)
"""A request that waits for a person is kept for a day (slack-rules 13)."""


@dataclass(frozen=True)
class Request:
    """`options`: kind, mode, base_branch, gates, project …; `files` and `context` as the launch will send them."""

    request_id: str
    team: str
    channel: str
    thread_ts: str = ""
    message_ts: str = ""
    identity: str = ""
    title: str = ""
    text: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    files: list[Any] = field(default_factory=list)
    context: list[Any] = field(default_factory=list)
    state: State = "LAUNCHING"
    reason: str = ""
    spec_id: str = ""
    created_at: datetime | None = None
    expires_at: datetime | None = None


async def keep(tx: Tx, request: Request) -> bool:
    """Store it unless its id is known; whether it was new. It expires after a day unless it says otherwise."""
    row = records.values(request)
    row["created_at"] = request.created_at or tx.now
    row["expires_at"] = request.expires_at or tx.now + KEPT
    return await records.add(tx, requests, row)


async def get(tx: Tx, request_id: str) -> Request | None:
    """The request with this id."""
    return await records.one(tx, Request, requests, request_id=request_id)


async def advance(tx: Tx, request_id: str, before: Collection[State], state: State, **new: Any) -> bool:
    """Move it from one of the states `before` to `state` and set columns; False when it was in none of them."""
    c = requests.c
    guarded = update(requests).where(c.request_id == request_id, c.state.in_(list(before)))
    return (await tx.conn.execute(guarded.values(state=state, **new))).rowcount == 1


async def waiting(tx: Tx, *states: State, team: str = "", identity: str = "") -> list[Request]:
    """What waits in these states (none named: in any), the oldest first."""
    query = select(requests).where(requests.c.state.in_(list(states or WAITING)))
    if team:
        query = query.where(requests.c.team == team)
    if identity:
        query = query.where(requests.c.identity == identity)
    return await records.every(tx, Request, query.order_by(requests.c.created_at, requests.c.request_id))


async def of_thread(tx: Tx, team: str, channel: str, thread_ts: str) -> list[Request]:
    """The requests of a thread, the newest first."""
    c = requests.c
    query = select(requests).where(c.team == team, c.channel == channel, c.thread_ts == thread_ts)
    return await records.every(tx, Request, query.order_by(c.created_at.desc()))


async def expire(tx: Tx) -> list[Request]:
    """End what waited for a day; each one is returned once, to whoever ended it."""
    due = select(requests).where(requests.c.state.in_(list(WAITING)), requests.c.expires_at <= tx.now)
    return [
        request
        for request in await records.every(tx, Request, due)
        if await advance(tx, request.request_id, (request.state,), "EXPIRED")
    ]
