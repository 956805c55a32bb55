"""The projects that somebody may see."""

from __future__ import annotations

from omoi_bot.listeners.choosing import Project
from omoi_client import OmoiClient


async def visible(omoi: OmoiClient) -> list[Project]:
    """All of them, by name, as this caller sees them."""
    return [Project(one.project_id, one.name) async for one in omoi.list_projects()]


async def named(omoi: OmoiClient, name: str) -> Project | None:
    """The visible project of this name (whatever the case) or id; None when there is none."""
    wanted = name.strip().casefold()
    return next((one for one in await visible(omoi) if wanted in (one.name.casefold(), one.project_id)), None)
