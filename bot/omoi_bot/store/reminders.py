"""When an unanswered gate is mentioned again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select, update

from omoi_bot.store import records
from omoi_bot.store.database import Tx
from omoi_bot.store.tables import reminders


@dataclass(frozen=True)
class Reminder:
    """`count` reminders were sent; the next one is due at `due_at`, never when that is None."""

    spec_id: str
    phase: str
    version: int
    due_at: datetime | None
    count: int = 0


async def keep(tx: Tx, reminder: Reminder) -> bool:
    """Begin to remind, unless this gate has a reminder already; whether it was new."""
    return await records.add(tx, reminders, records.values(reminder))


async def due(tx: Tx, limit: int = 100) -> list[Reminder]:
    """What is due now, the longest due first."""
    c = reminders.c
    return await records.every(
        tx, Reminder, select(reminders).where(c.due_at <= tx.now).order_by(c.due_at).limit(limit)
    )


async def sent(tx: Tx, reminder: Reminder, next_at: datetime | None) -> bool:
    """Count it and name the next time. False when another process did: then nothing may be posted."""
    c = reminders.c
    key = (c.spec_id == reminder.spec_id, c.phase == reminder.phase, c.version == reminder.version)
    guarded = update(reminders).where(*key, c.count == reminder.count, c.due_at.is_not(None))
    return (await tx.conn.execute(guarded.values(due_at=next_at, count=reminder.count + 1))).rowcount == 1


async def drop(tx: Tx, spec_id: str) -> None:
    """The gate was decided, or the spec is over."""
    await tx.conn.execute(delete(reminders).where(reminders.c.spec_id == spec_id))
