"""The Slack workspaces that installed Omoi."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from omoi_bot.store import records
from omoi_bot.store.database import Tx
from omoi_bot.store.tables import workspaces


@dataclass(frozen=True)
class Workspace:
    """`token` is sealed (store/sealing.py), or empty when the only workspace's token is in the environment."""

    team: str
    enterprise: str = ""
    name: str = ""
    bot_user: str = ""
    bot_id: str = ""
    token: str = ""
    scopes: str = ""
    plan_refused_until: datetime | None = None
    agent: bool = False
    installed_at: datetime | None = None
    removed_at: datetime | None = None


async def put(tx: Tx, workspace: Workspace) -> None:
    """Keep it as it is given; what another version of it said is replaced."""
    await records.put(tx, workspaces, records.values(workspace))


async def get(tx: Tx, team: str) -> Workspace | None:
    """The workspace, also one that removed Omoi."""
    return await records.one(tx, Workspace, workspaces, team=team)


async def change(tx: Tx, team: str, **new: Any) -> bool:
    """Set columns; whether the workspace is known."""
    return await records.change(tx, workspaces, {"team": team}, new)


async def installed(tx: Tx) -> list[Workspace]:
    """All that have Omoi now."""
    query = select(workspaces).where(workspaces.c.removed_at.is_(None)).order_by(workspaces.c.team)
    return await records.every(tx, Workspace, query)


async def remove(tx: Tx, team: str) -> bool:
    """It took Omoi away: forget its token."""
    return await change(tx, team, removed_at=tx.now, token="")
