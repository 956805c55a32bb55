"""What the bot knows of a channel, and how it should behave there."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select

from omoi_bot.store import records
from omoi_bot.store.database import Tx
from omoi_bot.store.tables import channels


@dataclass(frozen=True)
class Channel:
    """`shared` None = not known, which counts as shared; `gates` None = the project's."""

    team: str
    channel: str
    name: str = ""
    kind: str = ""
    project_id: str = ""
    linked_by: str = ""
    linked_at: datetime | None = None
    shared: bool | None = None
    shared_allowed_by: str = ""
    listening: str = "requester"
    verbosity: str = "normal"
    broadcast: bool = False
    gates: list[str] | None = None
    usergroup: str = ""
    member: bool = False
    bots_allowed: list[str] = field(default_factory=list)
    last_seen_ts: str = ""
    checked_at: datetime | None = None


async def get(tx: Tx, team: str, channel: str) -> Channel | None:
    """The channel, if the bot ever kept something about it."""
    return await records.one(tx, Channel, channels, team=team, channel=channel)


async def put(tx: Tx, channel: Channel) -> None:
    """Keep it as given; what another version said is replaced."""
    await records.put(tx, channels, records.values(channel))


async def change(tx: Tx, team: str, channel: str, **new: Any) -> None:
    """Set columns of the channel, which becomes known by it."""
    await records.add(tx, channels, records.values(Channel(team, channel)))
    await records.change(tx, channels, {"team": team, "channel": channel}, new)


async def linked_to(tx: Tx, project_id: str) -> list[Channel]:
    """Every channel that is linked to the project."""
    query = select(channels).where(channels.c.project_id == project_id).order_by(channels.c.team, channels.c.channel)
    return await records.every(tx, Channel, query)


async def linked(tx: Tx, team: str) -> list[Channel]:
    """Every channel of the workspace that is linked to some project."""
    query = select(channels).where(channels.c.team == team, channels.c.project_id != "").order_by(channels.c.channel)
    return await records.every(tx, Channel, query)


async def joined(tx: Tx, team: str) -> list[Channel]:
    """Every channel that the bot is in: where catching up looks."""
    query = select(channels).where(channels.c.team == team, channels.c.member).order_by(channels.c.channel)
    return await records.every(tx, Channel, query)


async def seen(tx: Tx, team: str, channel: str, ts: str) -> None:
    """Remember the newest message that was taken; an older one changes nothing."""
    known = await get(tx, team, channel)
    if known is None or order_of(known.last_seen_ts) < order_of(ts):
        await change(tx, team, channel, last_seen_ts=ts)


def order_of(ts: str) -> tuple[int, int]:
    """A Slack timestamp as something that can be compared; empty is before all."""
    seconds, _, rest = ts.partition(".")
    return int(seconds or 0), int(rest or 0)
