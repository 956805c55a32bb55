"""What somebody asks for, however they asked; kept before anything else is done about it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from hashlib import sha256
from typing import Any

from omoi_bot.blocks.model import RequestView, Who
from omoi_bot.listeners.payloads import Json
from omoi_bot.listeners.turn import Turn
from omoi_bot.people import Person
from omoi_bot.store import requests
from omoi_bot.store.requests import Request


@dataclass(frozen=True)
class Wish:
    """`thread_ts` is where the report goes ("" begins a thread of its own), `message_ts` the message that gets 👀 (or ""),
    `discussion` the thread whose words go along ("" for none). `gates` None: what channel and project say.
    `origin` is mention, dm, command, shortcut, form, home or thread."""

    text: str
    origin: str
    channel: str
    thread_ts: str = ""
    message_ts: str = ""
    discussion: str = ""
    title: str = ""
    quick: bool = False
    project_id: str = ""
    base_branch: str = ""
    gates: tuple[str, ...] | None = None
    include_discussion: bool = False
    files: Sequence[Json] = ()
    confirm: bool = False
    """It is old (the bot was away); ask before it starts."""


async def keep(turn: Turn, wish: Wish, person: Person, step: str = "wish") -> Request:
    """Keep the wish for a day; the same turn keeps it once. Returns it as it is kept now."""
    request_id = f"req-{sha256(f'{turn.key}/{step}'.encode()).hexdigest()[:32]}"
    options: dict[str, Any] = {
        "origin": wish.origin,
        "quick": wish.quick,
        "project_id": wish.project_id,
        "base_branch": wish.base_branch,
        "gates": None if wish.gates is None else list(wish.gates),
        "discussion": wish.discussion,
        "include_discussion": wish.include_discussion,
        "confirm": wish.confirm,
        "user_id": person.user_id,
    }
    request = Request(
        request_id,
        turn.origin.team,
        wish.channel,
        wish.thread_ts,
        wish.message_ts,
        person.identity,
        wish.title,
        wish.text,
        options,
        list(wish.files),
        state="WAITING_CHOICE",
    )
    await turn.desk.db.write(lambda tx: requests.keep(tx, request))
    return await load(turn, request_id)


async def load(turn: Turn, request_id: str) -> Request:
    """The request as it is kept now. KeyError when it is not known."""
    async with turn.desk.db.read() as tx:
        found = await requests.get(tx, request_id)
    if found is None:
        raise KeyError(request_id)
    return found


def slack_user(request: Request) -> str:
    """The Slack id of whose wish it is."""
    return request.identity.rpartition("/")[2]


def view(request: Request, as_of: datetime | None = None) -> RequestView:
    """The request as it is shown."""
    return RequestView(
        request.request_id,
        request.text,
        request.title,
        Who(slack_user=slack_user(request)),
        request.created_at,
        as_of,
        request.channel,
        quick=bool(request.options.get("quick")),
    )


def with_options(request: Request, **new: Any) -> Request:
    """The request with options changed; `go_on` stores them."""
    return replace(request, options={**request.options, **new})


def with_text(request: Request, text: str) -> Request:
    """The request with other words."""
    return replace(request, text=text)
