"""Small things to remember, by name: how far catching up got, what was said once."""

from __future__ import annotations

from sqlalchemy import select

from omoi_bot.store import records
from omoi_bot.store.database import Tx
from omoi_bot.store.tables import marks


async def get(tx: Tx, name: str) -> str:
    """What the mark says; empty when there is none."""
    return (await tx.conn.execute(select(marks.c.value).where(marks.c.name == name))).scalar_one_or_none() or ""


async def put(tx: Tx, name: str, value: str) -> None:
    """Set the mark."""
    await records.put(tx, marks, {"name": name, "value": value})


async def once(tx: Tx, name: str, value: str = "") -> bool:
    """True for the first one who comes with this name, False for all later ones."""
    return await records.add(tx, marks, {"name": name, "value": value})
