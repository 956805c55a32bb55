"""What Slack sent, stored before it is acknowledged and worked off in order (slack-rules 2)."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, delete, exists, func, or_, select, update

from omoi_bot.store import records
from omoi_bot.store.database import Tx
from omoi_bot.store.errors import LostClaim
from omoi_bot.store.tables import envelopes

CLAIM_SECONDS = 30.0
MOST_ATTEMPTS = 5
MOST_CLAIMS = 12
"""Claims that ended in nothing, not even an error: an envelope that kills the process must not do it for ever."""

BACK_OFF_SECONDS = (1.0, 5.0, 15.0, 60.0)
PATIENCE = timedelta(hours=24)
"""How long something waits for a server, or a Slack, that does not answer: as long as a wish is kept."""

AWAY_BACK_OFF_SECONDS = (1.0, 5.0, 15.0)


_AWAY = "away: "
"""Before the error of an envelope that waits for somebody who does not answer."""


@dataclass(frozen=True)
class Envelope:
    """`conversation` is what is worked off in order, `urgency` 0 goes before everything else of it."""

    key: str
    kind: str
    team: str
    conversation: str
    payload: dict[str, Any] = field(default_factory=dict)
    urgency: int = 1


@dataclass(frozen=True)
class Claimed(Envelope):
    """An envelope that this process works on; `claims` is the fence of the claim."""

    number: int = 0
    received_at: datetime | None = None
    claimed_by: str = ""
    claims: int = 0
    attempts: int = 0
    state: str = "NEW"
    error: str = ""


async def keep(tx: Tx, envelope: Envelope) -> bool:
    """Store it unless its key is known; whether it was new."""
    return await records.add(tx, envelopes, {**records.values(envelope), "received_at": tx.now})


async def get(tx: Tx, key: str) -> Claimed | None:
    """The envelope with this key, in whatever state."""
    return await records.one(tx, Claimed, envelopes, key=key)


async def claim(
    tx: Tx, owner: str, limit: int = 16, seconds: float = CLAIM_SECONDS, *, urgent_only: bool = False
) -> list[Claimed]:
    """Take envelopes to work on, the urgent ones first: of each conversation only its first unfinished one.

    A claim that ran out is taken again. What fails waits for its back-off and holds up its conversation meanwhile,
    except for urgent ones.
    """
    other = envelopes.alias()
    c = envelopes.c
    before = or_(other.c.urgency < c.urgency, and_(other.c.urgency == c.urgency, other.c.number < c.number))
    blocked = exists().where(other.c.conversation == c.conversation, other.c.state == "NEW", before)
    free = or_(c.claimed_until.is_(None), c.claimed_until <= tx.now)
    ready = or_(c.not_before.is_(None), c.not_before <= tx.now)
    query = select(c.number).where(c.state == "NEW", free, ready, ~blocked)
    if urgent_only:
        query = query.where(c.urgency == 0)
    query = query.order_by(c.urgency, c.number).limit(limit)
    numbers = (await tx.conn.execute(query.with_for_update(skip_locked=True))).scalars().all()
    if not numbers:
        return []
    taken = update(envelopes).where(c.number.in_(numbers), c.state == "NEW", free)
    new = {"claimed_by": owner, "claimed_until": tx.now + timedelta(seconds=seconds), "claims": c.claims + 1}
    await tx.conn.execute(taken.values(**new))
    mine = select(envelopes).where(c.number.in_(numbers), c.claimed_by == owner).order_by(c.urgency, c.number)
    return await records.every(tx, Claimed, mine)


async def renew(tx: Tx, claimed: Claimed, seconds: float = CLAIM_SECONDS) -> None:
    """Hold it longer. LostClaim when it was taken over."""
    await _mine(tx, claimed, claimed_until=tx.now + timedelta(seconds=seconds))


async def done(tx: Tx, claimed: Claimed) -> None:
    """Its effects are stored with it, in this transaction. LostClaim when it was taken over: they are undone."""
    await _mine(tx, claimed, state="DONE", error="", claimed_until=None)


async def failed(tx: Tx, claimed: Claimed, error: str, *, passing: bool = False) -> bool:
    """Working on it raised. True when it is given up (the person must be told), False when it is tried again.

    `passing`: somebody did not answer, which is no fault of the envelope's. It waits for a day, in short steps; a fault
    after that has all its attempts.
    """
    new: dict[str, Any] = {"attempts": claimed.attempts + 1, "error": error, "claimed_until": None}
    waits: tuple[float, ...]
    if passing:
        over = claimed.received_at is not None and claimed.received_at + PATIENCE <= tx.now
        waits = AWAY_BACK_OFF_SECONDS
    else:
        if claimed.error.startswith(_AWAY):
            new["attempts"] = 1
        over = new["attempts"] >= MOST_ATTEMPTS or is_poison(claimed)
        waits = BACK_OFF_SECONDS
    if over:
        await _mine(tx, claimed, state="FAILED", **new)
        return True
    wait = waits[min(new["attempts"], len(waits)) - 1]
    new["error"] = f"{_AWAY}{error}" if passing else error
    await _mine(tx, claimed, not_before=tx.now + timedelta(seconds=wait), **new)
    return False


def is_poison(claimed: Claimed) -> bool:
    """It was claimed again and again, and not one claim ended, not even in an error: it kills the process."""
    return claimed.claims >= MOST_CLAIMS and not claimed.attempts


async def unfinished(tx: Tx) -> int:
    """How many wait to be worked off."""
    return int((await tx.conn.execute(select(func.count()).where(envelopes.c.state == "NEW"))).scalar_one())


async def sweep(tx: Tx, before: datetime) -> int:
    """Forget what was done, or given up, before then: Slack repeats nothing that old."""
    c = envelopes.c
    return (await tx.conn.execute(delete(envelopes).where(c.state != "NEW", c.received_at < before))).rowcount


async def _mine(tx: Tx, claimed: Claimed, **new: Any) -> None:
    c = envelopes.c
    guarded = update(envelopes).where(
        c.key == claimed.key, c.state == "NEW", c.claimed_by == claimed.claimed_by, c.claims == claimed.claims
    )
    if (await tx.conn.execute(guarded.values(**new))).rowcount != 1:
        raise LostClaim(f"envelope {claimed.key} was taken over")
