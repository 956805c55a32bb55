"""What each person's Home tab shows now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from omoi_bot.store import records
from omoi_bot.store.database import Tx
from omoi_bot.store.tables import home_views


@dataclass(frozen=True)
class HomeView:
    """`hash` is of the view that was published last: the same one is not published again."""

    identity: str
    team: str = ""
    view_id: str = ""
    page: str = ""
    hash: str = ""
    opened_at: datetime | None = None


async def put(tx: Tx, view: HomeView) -> None:
    """Keep it as given."""
    await records.put(tx, home_views, records.values(view))


async def get(tx: Tx, identity: str) -> HomeView | None:
    """The person's Home."""
    return await records.one(tx, HomeView, home_views, identity=identity)


async def opened_since(tx: Tx, moment: datetime) -> list[HomeView]:
    """The Homes that are worth being kept current."""
    query = select(home_views).where(home_views.c.opened_at >= moment).order_by(home_views.c.identity)
    return await records.every(tx, HomeView, query)
