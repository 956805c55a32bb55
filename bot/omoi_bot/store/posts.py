"""Messages that the bot wants to be seen, and how far Slack shows them: the rows of the outbox."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select, update

from omoi_bot.store import records
from omoi_bot.store.database import Tx
from omoi_bot.store.tables import posts

FIRST, PHASE, PROGRESS = 0, 1, 2
"""Classes of urgency: what a person must see or must not click; a phase change; progress."""


@dataclass(frozen=True)
class Kept:
    """A row of the outbox. `state`: WANTED (not there yet), SENDING (nobody knows), SENT, GONE (cannot be there)."""

    post_id: str
    team: str
    channel: str
    thread_ts: str
    under: str
    line: str
    ordinal: int
    spec_id: str
    kind: str
    urgency: int
    wanted: dict[str, Any]
    wanted_version: int
    shown_version: int
    state: str
    ts: str
    depends_on_live: bool
    intent_at: datetime | None
    intent_version: int
    intent_fence: int
    attempts: int
    not_before: datetime | None
    dirty_since: datetime | None
    sent_at: datetime | None
    error: str


async def get(tx: Tx, post_id: str) -> Kept | None:
    """The outbox's row of this post."""
    return await records.one(tx, Kept, posts, post_id=post_id)


async def lock(tx: Tx, post_id: str) -> Kept | None:
    """The same, held until the commit: nobody else changes it meanwhile."""
    query = select(posts).where(posts.c.post_id == post_id).with_for_update()
    return next(iter(await records.every(tx, Kept, query)), None)


async def of_message(tx: Tx, team: str, channel: str, ts: str) -> Kept | None:
    """The post that this message of ours shows."""
    return await records.one(tx, Kept, posts, team=team, channel=channel, ts=ts)


async def of_spec(tx: Tx, spec_id: str, *kinds: str) -> list[Kept]:
    """The spec's posts (of these kinds), in the order in which they were put."""
    query = select(posts).where(posts.c.spec_id == spec_id).order_by(posts.c.created_at, posts.c.ordinal)
    return await records.every(tx, Kept, query.where(posts.c.kind.in_(kinds)) if kinds else query)


async def add(tx: Tx, row: Mapping[str, Any]) -> None:
    """A new post, the last of its line. Two writers of one line meet the unique ordinal, and one of them runs again."""
    query = select(func.max(posts.c.ordinal)).where(posts.c.line == row["line"])
    last = (await tx.conn.execute(query)).scalar_one()
    new = {**row, "ordinal": (last or 0) + 1, "dirty_since": tx.now, "created_at": tx.now}
    await tx.conn.execute(posts.insert().values(**new))


async def want(tx: Tx, known: Kept, wanted: dict[str, Any], urgency: int) -> None:
    """It should look otherwise from now on. `known` is locked."""
    new = {
        "wanted": wanted,
        "wanted_version": known.wanted_version + 1,
        "urgency": urgency,
        "open": True,
        "dirty_since": known.dirty_since or tx.now,
    }
    await records.change(tx, posts, {"post_id": known.post_id}, new)


async def never(tx: Tx, known: Kept, error: str) -> None:
    """It was not sent, and will not be. `known` is locked."""
    new = {"state": "GONE", "open": False, "error": error, "told": True}
    await records.change(tx, posts, {"post_id": known.post_id}, new)


async def untold(tx: Tx, limit: int = 100) -> list[Kept]:
    """Posts that Slack will not show (any more), of which nobody said `told` yet."""
    query = select(posts).where(posts.c.state == "GONE", posts.c.told.is_(False)).order_by(posts.c.created_at)
    return await records.every(tx, Kept, query.limit(limit))


async def told(tx: Tx, post_id: str) -> bool:
    """Its owner knows; in the transaction that puts what is said instead. False when somebody else was first."""
    guarded = update(posts).where(posts.c.post_id == post_id, posts.c.state == "GONE", posts.c.told.is_(False))
    return (await tx.conn.execute(guarded.values(told=True))).rowcount == 1
