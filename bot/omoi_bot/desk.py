"""What a listener works with: one object, built in app, given to every listener."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from omoi_bot.backend import Backend
from omoi_bot.people import People
from omoi_bot.settings import Settings
from omoi_bot.slack_api import SlackApi
from omoi_bot.store.database import Database

OPENED = "omoi_opened"
"""Key that intake adds to the payload of a click, shortcut or command that opened a form at once: {"view_id", "hash"},
or {"error"} when Slack refused to open it."""

CAUGHT_UP = "omoi_caught_up"
"""Key that catch_up adds (true) to the payload of a message that it found in a conversation's history."""


@dataclass(frozen=True)
class Answer:
    """What a form shows after its submission: `errors` by block_id, or `view` in its place; neither: it closes.

    A listener of the kind "view_submission" returns one, or None to close the form. When the answer comes too late for
    the acknowledgement it is shown by views.update; when the form is closed by then, errors and typed text go to the
    person's DM.
    """

    errors: Mapping[str, str] = field(default_factory=dict)
    view: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Desk:
    """The bot's parts. `poke` wakes the posting and working loops of this process after something was written."""

    db: Database
    people: People
    backend: Backend
    slack: SlackApi
    settings: Settings
    poke: Callable[[], None]
