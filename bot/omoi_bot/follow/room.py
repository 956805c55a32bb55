"""What every follow of this process works with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from omoi_bot.backend import Backend
from omoi_bot.people import People
from omoi_bot.settings import WorkingHours
from omoi_bot.slack_api import SlackApi
from omoi_bot.store.clock import Clock
from omoi_bot.store.database import Database, Tx

Also = Callable[[Tx], Awaitable[None]]
"""What is written together with a changed memory."""


async def nothing(_tx: Tx) -> None:
    """For a memory that changes alone."""


async def no_home(_identities: Sequence[str]) -> None:
    """For a bot that shows no Home."""


@dataclass(frozen=True)
class Pace:
    """How often things are looked at, in seconds of the bot's clock."""

    claim: float = 1.0
    """Between two looks for follows that nobody holds; a poke is quicker."""
    renew: float = 10.0
    """Between two renewals of the leases, which last 30 s."""
    progress: float = 3.0
    """At least between two rounds for progress alone."""
    queue: float = 15.0
    """Between two looks at a spec that waits for a slot: its place changes without an event of its own."""
    tick: float = 30.0
    """Between two looks at a spec in which nothing happens: silence, a moved conversation, what could not be done before."""
    rest: float = 600.0
    """Between two looks at an ended spec; whatever happens to it comes as an event."""
    seek: float = 10.0
    """Between two tries to reach approvers who are not in the channel, and to get the live message's link."""
    home: timedelta = timedelta(minutes=10)
    """How long after it was opened a Home is kept current."""
    kept: timedelta = timedelta(days=14)
    """How long an ended spec is followed: for its pull request, and for being taken up again."""


@dataclass(frozen=True)
class Room:
    """The bot's parts, and the settings of following.

    `wake_sender` is called after posts were stored. `refresh_home` gets the identities of people whose open Home may have
    changed, and returns at once. `owner` names this process among those that share the database.
    """

    db: Database
    backend: Backend
    slack: SlackApi
    people: People
    owner: str
    clock: Clock = field(default_factory=Clock)
    silence: timedelta = timedelta(minutes=5)
    week: WorkingHours = field(default_factory=lambda: WorkingHours.parse("Mon-Fri 9-17"))
    remind_hours: float = 3.0
    pace: Pace = Pace()
    wake_sender: Callable[[], None] = lambda: None
    refresh_home: Callable[[Sequence[str]], Awaitable[None]] = no_home
