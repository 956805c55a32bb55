"""Fills a form that was opened at once, and turns its pages. When the server does not answer, the form says so itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import structlog

from omoi_bot.blocks import actions
from omoi_bot.blocks.actions import Target
from omoi_bot.blocks.documents import view_title
from omoi_bot.blocks.forms import waiting
from omoi_bot.blocks.text import shown as as_read
from omoi_bot.desk import OPENED
from omoi_bot.listeners import failures, opening
from omoi_bot.listeners.turn import Told, Turn
from omoi_bot.slack_api import SlackAway, SlackRefused
from omoi_client.errors import OmoiError

PATIENCE_SECONDS = 10.0
"""How long a form says "Loading…" (rule 14)."""

Json = dict[str, Any]
Fill = Callable[[Turn, Target], Awaitable[Json]]

_EXPIRED = "Slack did not let me open the form in time (it gives three seconds). Click again."
_SILENT = "Omoi's server did not answer within ten seconds. Nothing was changed."

log = structlog.get_logger()


async def fill(turn: Turn, name: str, target: Target, content: Fill) -> None:
    """Show what `content` makes in the form that this turn opened; raises Told when there is no form to fill."""
    view_id, version = await _opened(turn, name, target)
    view = await made(turn, name, target, content)
    try:
        await turn.desk.slack.update_view(turn.origin.team, view_id, view, hash=version)
    except SlackRefused as refusal:
        # Closed, or changed by a newer click: what this one wanted to show has no place any more.
        log.info("form.not_filled", name=name, error=refusal.error)


async def made(turn: Turn, name: str, target: Target, content: Fill) -> Json:
    """The form's content, or in its place what went wrong, with [Try again] where that may help."""
    title = (
        view_title(target.phase, target.version) if name == actions.VIEW_OUTPUT else opening.TITLES.get(name, "Omoi")
    )
    again = replace(target, action=name)
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await content(turn, target)
    except TimeoutError:
        return waiting.trouble(title, _SILENT, again)
    except Told as told:
        return waiting.trouble(title, as_read(told.message.text), again, again=False)
    except OmoiError as error:
        said = _SILENT if failures.passing(error) else as_read(failures.sentence(error))
        return waiting.trouble(title, said, again, again=failures.passing(error))


async def _opened(turn: Turn, name: str, target: Target) -> tuple[str, str]:
    """Id and version of the form to fill: the one the click is in, the one the receiver opened, or one opened now."""
    if opening.in_form(turn.payload):
        view = turn.payload["view"]
        return str(view.get("id") or ""), str(view.get("hash") or "")
    opened = turn.payload.get(OPENED)
    if isinstance(opened, dict) and opened.get("view_id"):
        return str(opened["view_id"]), str(opened.get("hash") or "")
    if isinstance(opened, dict):
        raise Told(_EXPIRED)
    try:
        view = await turn.desk.slack.open_view(
            turn.origin.team, turn.origin.trigger, waiting.loading(opening.TITLES.get(name, "Omoi"), target)
        )
    except (SlackRefused, SlackAway) as error:
        log.info("form.not_opened", name=name, error=str(error))
        raise Told(_EXPIRED) from error
    return str(view.get("id") or ""), str(view.get("hash") or "")
