"""Who does what only one process may do. Compared with the database's clock; the fence grows with each new holder."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import and_, case, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from omoi_bot.store.database import Tx
from omoi_bot.store.errors import LostClaim
from omoi_bot.store.tables import leases


async def take(tx: Tx, name: str, owner: str, seconds: float) -> int | None:
    """Take or renew the lease: its fence, or None while another one holds it."""
    insert = (sqlite.insert if tx.dialect == "sqlite" else postgresql.insert)(leases)
    row = {"name": name, "owner": owner, "until": tx.now + timedelta(seconds=seconds), "fence": 1}
    held = and_(leases.c.owner == owner, leases.c.until > tx.now)
    statement = insert.values(**row).on_conflict_do_update(
        index_elements=["name"],
        set_={**row, "fence": case((held, leases.c.fence), else_=leases.c.fence + 1)},
        where=or_(leases.c.owner == owner, leases.c.until <= tx.now),
    )
    fence = (await tx.conn.execute(statement.returning(leases.c.fence))).scalar_one_or_none()
    return None if fence is None else int(fence)


async def check(tx: Tx, name: str, owner: str, fence: int, *, left: float = 0.0) -> None:
    """Hold the lease's row until the commit. LostClaim unless it is ours for at least `left` seconds more."""
    c = leases.c
    wanted = (c.name == name, c.owner == owner, c.fence == fence, c.until > tx.now + timedelta(seconds=left))
    query = select(c.fence).where(*wanted).with_for_update(read=True)
    if (await tx.conn.execute(query)).scalar_one_or_none() is None:
        raise LostClaim(f"the lease {name} is not ours any more")


async def release(tx: Tx, name: str, owner: str) -> None:
    """Give it back: the next one need not wait until it runs out."""
    await tx.conn.execute(update(leases).where(leases.c.name == name, leases.c.owner == owner).values(until=tx.now))
