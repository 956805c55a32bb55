"""The people that the bot met, by their identity."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select

from omoi_bot.store import records
from omoi_bot.store.database import Tx
from omoi_bot.store.tables import people


@dataclass(frozen=True)
class KnownPerson:
    """`refused` is the word for why this person may do nothing, empty for one who may; `tz` an IANA name."""

    identity: str
    team: str = ""
    slack_user: str = ""
    user_id: str = ""
    name: str = ""
    tz: str = ""
    dm_channel: str = ""
    refused: str = ""
    checked_at: datetime | None = None
    home_opened_at: datetime | None = None
    settings: dict[str, Any] = field(default_factory=dict)


async def put(tx: Tx, person: KnownPerson) -> None:
    """Keep the person as given; what another version said is replaced."""
    await records.put(tx, people, records.values(person))


async def get(tx: Tx, identity: str) -> KnownPerson | None:
    """The person with this identity."""
    return await records.one(tx, KnownPerson, people, identity=identity)


async def of_user(tx: Tx, team: str, slack_user: str) -> KnownPerson | None:
    """The person behind a Slack user of this workspace."""
    return await records.one(tx, KnownPerson, people, team=team, slack_user=slack_user)


async def of_user_ids(tx: Tx, user_ids: list[str]) -> list[KnownPerson]:
    """The people behind these users of the server."""
    query = select(people).where(people.c.user_id.in_(user_ids)).order_by(people.c.identity)
    return await records.every(tx, KnownPerson, query)


async def change(tx: Tx, identity: str, **new: Any) -> bool:
    """Set columns; whether the person is known."""
    return await records.change(tx, people, {"identity": identity}, new)


async def with_open_home(tx: Tx, since: datetime) -> list[KnownPerson]:
    """Who opened the Home tab since then."""
    query = select(people).where(people.c.home_opened_at >= since).order_by(people.c.identity)
    return await records.every(tx, KnownPerson, query)
