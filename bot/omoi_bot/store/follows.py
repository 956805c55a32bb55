"""Which specs are followed, how far, and by which process."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import or_, select, update

from omoi_bot.store import records
from omoi_bot.store.database import Tx
from omoi_bot.store.errors import LostClaim
from omoi_bot.store.tables import follows

FOLLOW_SECONDS = 30.0


@dataclass(frozen=True)
class Follow:
    """`cursor` is the last event whose posts are stored; `snapshot` what the follower remembers of the spec then."""

    spec_id: str
    cursor: int = 0
    as_identity: str = ""
    project_id: str = ""
    owner: str = ""
    until: datetime | None = None
    fence: int = 0
    ended_at: datetime | None = None
    snapshot: dict[str, Any] | None = None


async def start(tx: Tx, spec_id: str, *, as_identity: str, project_id: str) -> bool:
    """Follow the spec from its first event on; whether that is new. Any process may take it."""
    follow = Follow(spec_id, as_identity=as_identity, project_id=project_id)
    return await records.add(tx, follows, records.values(follow))


async def get(tx: Tx, spec_id: str) -> Follow | None:
    """The follow of this spec."""
    return await records.one(tx, Follow, follows, spec_id=spec_id)


async def take(tx: Tx, owner: str, limit: int = 64, seconds: float = FOLLOW_SECONDS) -> list[Follow]:
    """Take follows that nobody holds."""
    c = follows.c
    free = or_(c.until.is_(None), c.until <= tx.now)
    query = select(c.spec_id).where(c.ended_at.is_(None), free).order_by(c.spec_id).limit(limit)
    specs = (await tx.conn.execute(query.with_for_update(skip_locked=True))).scalars().all()
    if not specs:
        return []
    new = {"owner": owner, "until": tx.now + timedelta(seconds=seconds), "fence": c.fence + 1}
    await tx.conn.execute(update(follows).where(c.spec_id.in_(specs), free).values(**new))
    mine = select(follows).where(c.spec_id.in_(specs), c.owner == owner).order_by(c.spec_id)
    return await records.every(tx, Follow, mine)


async def renew(tx: Tx, owner: str, seconds: float = FOLLOW_SECONDS) -> set[str]:
    """Hold all of this owner's follows longer; the specs that are still its own."""
    c = follows.c
    held = (c.owner == owner, c.until > tx.now, c.ended_at.is_(None))
    await tx.conn.execute(update(follows).where(*held).values(until=tx.now + timedelta(seconds=seconds)))
    return set((await tx.conn.execute(select(c.spec_id).where(*held))).scalars())


async def advance(tx: Tx, follow: Follow, cursor: int, snapshot: dict[str, Any] | None) -> Follow:
    """Store how far the posts of this transaction go. LostClaim when another process follows: they are undone."""
    return await _mine(tx, follow, cursor=cursor, snapshot=snapshot)


async def end(tx: Tx, follow: Follow) -> None:
    """Nothing more will be told. LostClaim when another process follows."""
    await _mine(tx, follow, ended_at=tx.now, until=None)


async def release(tx: Tx, owner: str) -> None:
    """Give all back: the next process need not wait until they run out."""
    await tx.conn.execute(update(follows).where(follows.c.owner == owner).values(until=None))


async def _mine(tx: Tx, follow: Follow, **new: Any) -> Follow:
    c = follows.c
    key = (c.spec_id == follow.spec_id, c.owner == follow.owner, c.fence == follow.fence, c.cursor == follow.cursor)
    if (await tx.conn.execute(update(follows).where(*key, c.ended_at.is_(None)).values(**new))).rowcount != 1:
        raise LostClaim(f"{follow.spec_id} is followed by another process")
    return Follow(**{**records.values(follow), **new})
