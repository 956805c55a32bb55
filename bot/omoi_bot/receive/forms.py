"""Forms open at once, from what the click carries; a submission whose effect takes longer shows that it is under way.

A trigger_id lives three seconds and works once (https://docs.slack.dev/interactivity/handling-user-interaction), so the
receiving process opens the form itself, before anything else is asked; its listener fills it.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable, Mapping
from typing import Any

import structlog

from omoi_bot.blocks.text import plain
from omoi_bot.desk import Answer, Desk
from omoi_bot.listeners import payloads
from omoi_bot.posting import Post, put
from omoi_bot.receive.sorting import Json, Sorted
from omoi_bot.slack_api import SlackApi, SlackAway, SlackRefused
from omoi_bot.store.envelopes import Claimed

OPEN_SECONDS = 2.0
"""For opening a form; the trigger is dead soon after."""
_SECTION = 3000
_TITLE = 24

log = structlog.get_logger()

Opener = Callable[[Json], Mapping[str, Any] | None]


class Forms:
    """`openers` by action id, callback id, or "/omoi <word>": the first form from the payload alone, or None for none."""

    def __init__(self, slack: SlackApi, openers: Mapping[str, Opener]) -> None:
        self._slack = slack
        self._openers = openers

    async def open(self, sorted_: Sorted, payload: Json) -> Json | None:
        """Open the form that this click, shortcut or command asks for: {"view_id", "hash"}, or {"error"} when Slack
        refused it; None when it asks for none."""
        opener = next((self._openers[name] for name in names_of(sorted_, payload) if name in self._openers), None)
        try:
            view = opener(payload) if opener is not None else None
        except Exception as error:
            # What was clicked is stored and answered all the same: only its form could not be opened at once.
            log.error("form.no_first_view", kind=sorted_.kind, exc_info=error)
            return None
        if view is None:
            return None
        trigger = str(payload.get("trigger_id") or "")
        # In an open form a click replaces nothing: the new one lies above it.
        open_view = self._slack.push_view if payload.get("view") and _in_form(payload) else self._slack.open_view
        try:
            async with asyncio.timeout(OPEN_SECONDS):
                shown = await open_view(sorted_.team, trigger, dict(view))
        except (SlackRefused, SlackAway, TimeoutError) as error:
            log.warning("form.not_opened", kind=sorted_.kind, error=str(error) or "timeout")
            return {"error": getattr(error, "error", "") or "timeout"}
        return {"view_id": str(shown.get("id") or ""), "hash": str(shown.get("hash") or "")}


def names_of(sorted_: Sorted, payload: Json) -> list[str]:
    """Under which names an opener may be registered for this payload, the most exact one first."""
    if sorted_.kind == "block_actions":
        return [payloads.action_name(payload), str(payloads.action(payload).get("action_id") or "")]
    if sorted_.kind == "shortcut":
        return [str(payload.get("callback_id") or "")]
    if sorted_.kind == "slash_command":
        command = str(payload.get("command") or "")
        words = str(payload.get("text") or "").split()
        # Only a subcommand that stands alone can mean a form: "/omoi new login page" is an idea.
        return [f"{command} {words[0].lower()}"] if len(words) == 1 else ([command] if not words else [])
    return []


def working(payload: Json) -> Json:
    """The form while its effect is under way."""
    return _view(payload, [_section("Working on it. This form goes on by itself; what you typed is kept.")])


async def show_late(envelope: Claimed, desk: Desk, answer: Answer | None, trouble: str) -> None:
    """Show the answer of a submission whose acknowledgement did not wait for it; `trouble` is why there is none.

    When the form is closed by then, errors and what was typed go to the person's DM. Raises SlackAway.
    """
    payload = envelope.payload
    sentences = list((answer.errors if answer is not None else {}).values()) or ([trouble] if trouble else [])
    if sentences:
        view = _view(payload, [_section(text) for text in [*sentences, *_typed_lines(payload)]][:100])
    elif answer is not None and answer.view is not None:
        view = dict(answer.view)
    else:
        view = _view(payload, [_section("Done. You can close this form.")])
    view_id = str((payload.get("view") or {}).get("id") or "")
    try:
        await desk.slack.update_view(envelope.team, view_id, view)
    except SlackRefused as refusal:
        log.info("form.closed", error=refusal.error)
        if sentences:
            await _to_dm(envelope, desk, "\n".join([*sentences, *_typed_lines(payload)]))


async def _to_dm(envelope: Claimed, desk: Desk, text: str) -> None:
    user = str((envelope.payload.get("user") or {}).get("id") or "")
    channel = await desk.slack.open_dm(envelope.team, user)
    digest = hashlib.sha256(envelope.key.encode()).hexdigest()[:24]
    post = Post(
        post_id=f"say:{digest}:typed", team=envelope.team, channel=channel, thread_ts="", kind="say",
        text=plain(text)[:3000], blocks=[], urgency=0, depends_on_live=False,
    )  # fmt: skip
    await desk.db.write(lambda tx: put(tx, post))
    desk.poke()


def _typed_lines(payload: Json) -> list[str]:
    """What the person typed, so that they can copy it."""
    view = payload.get("view") or {}
    values = (view.get("state") or {}).get("values") or {}
    typed = [str(one.get("value")) for block in values.values() for one in block.values() if one.get("value")]
    return ["You typed:", *typed] if typed else []


def _in_form(payload: Json) -> bool:
    return (payload.get("view") or {}).get("type") == "modal"


def _view(payload: Json, blocks: list[Json]) -> Json:
    """A form with the title of the one that was submitted."""
    shown = payload.get("view") or {}
    title = str((shown.get("title") or {}).get("text") or "Omoi")
    return {
        "type": "modal",
        "callback_id": "working",
        "title": {"type": "plain_text", "text": title[:_TITLE]},
        "close": {"type": "plain_text", "text": "Close"},
        "private_metadata": str(shown.get("private_metadata") or ""),
        "blocks": blocks,
    }


def _section(text: str) -> Json:
    return {"type": "section", "text": {"type": "plain_text", "text": text[:_SECTION] or " ", "emoji": False}}
