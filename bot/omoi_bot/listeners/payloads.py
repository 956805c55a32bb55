"""Where a payload of Slack comes from, and what it carries. Nothing here asks anybody; nothing here trusts what it reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from omoi_bot.blocks.actions import MENU, Target
from omoi_bot.blocks.actions import read as read_target

Json = dict[str, Any]


def read_object(raw: object) -> Json:
    """A JSON object from text; empty for whatever is none."""
    try:
        found = json.loads(raw) if isinstance(raw, str) and raw else {}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


@dataclass(frozen=True)
class Origin:
    """Who did something, and where. Fields that a payload does not have are empty.

    `team` is the workspace, `ts` the message that was written or clicked, `thread_ts` the thread it is in ("" for a message
    that starts none), `response_url` answers privately (5 times in 30 minutes), `trigger` opens a form (3 seconds, once).
    """

    team: str
    user: str
    channel: str = ""
    ts: str = ""
    thread_ts: str = ""
    response_url: str = ""
    trigger: str = ""
    dm: bool = False

    @property
    def thread(self) -> str:
        """The thread that an answer belongs to: the one it is in, or the one that its message starts."""
        return self.thread_ts or self.ts


def origin(payload: Mapping[str, Any]) -> Origin:
    """The origin of any payload: an event callback, an interaction or a slash command."""
    if payload.get("type") == "event_callback":
        return _of_event(payload)
    if "command" in payload:
        return _of_command(payload)
    return _of_interaction(payload)


def event(payload: Mapping[str, Any]) -> Json:
    """The inner event of an event callback; empty for other payloads."""
    inner = payload.get("event")
    return inner if isinstance(inner, dict) else {}


def action(payload: Mapping[str, Any]) -> Json:
    """The one action of block_actions (Slack sends exactly one for a click); empty when there is none."""
    actions = payload.get("actions")
    first = actions[0] if isinstance(actions, list) and actions else {}
    return first if isinstance(first, dict) else {}


def target(payload: Mapping[str, Any]) -> Target:
    """What a click or a submitted form is about: the clicked button's or entry's value, else the view's private_metadata.

    Raises ValueError for what we never wrote.
    """
    clicked = action(payload)
    option = clicked.get("selected_option")
    raw = option.get("value") if isinstance(option, dict) else clicked.get("value")
    if raw is None:
        view = payload.get("view")
        raw = view.get("private_metadata") if isinstance(view, dict) else ""
    return read_target(str(raw or ""))


def action_name(payload: Mapping[str, Any]) -> str:
    """What was clicked. An entry of the overflow menu says it in its value, everything else by its action id, of which the
    part after a colon only tells equal buttons of one message apart."""
    name = str(action(payload).get("action_id") or "").partition(":")[0]
    if name != MENU:
        return name
    try:
        return target(payload).action
    except ValueError:
        return name


def typed(payload: Mapping[str, Any]) -> dict[str, Any]:
    """What the inputs of a form hold, by block id, which names the field: text, a chosen value, or a list of values."""
    view = payload.get("view")
    state = view.get("state") if isinstance(view, dict) else None
    blocks = state.get("values") if isinstance(state, dict) else None
    return {
        str(block_id): _held(element)
        for block_id, held in (blocks or {}).items()
        for element in list(held.values())[:1]
    }


def _held(element: Mapping[str, Any]) -> Any:
    if "selected_options" in element:
        return [str(one.get("value", "")) for one in element["selected_options"] or ()]
    for key in ("selected_users", "selected_conversations", "selected_channels"):
        if key in element:
            return list(element[key] or ())
    if isinstance(element.get("selected_option"), dict):
        return str(element["selected_option"].get("value", ""))
    for key in ("value", "selected_user", "selected_conversation", "selected_channel", "selected_date"):
        if element.get(key) is not None:
            return str(element[key])
    return ""


def _of_event(payload: Mapping[str, Any]) -> Origin:
    inner = event(payload)
    message = inner.get("message") or inner.get("previous_message") or inner
    channel = inner.get("channel") or (inner.get("item") or {}).get("channel") or ""
    if isinstance(channel, dict):
        channel = channel.get("id", "")
    # A message of an app of another workspace, or of a Slack Connect partner, carries the team it was written in; the
    # workspace that we act in is the outer one.
    return Origin(
        team=str(payload.get("team_id") or inner.get("team") or ""),
        user=str(message.get("user") or inner.get("user") or ""),
        channel=str(channel),
        ts=str(message.get("ts") or ""),
        thread_ts=str(message.get("thread_ts") or ""),
        dm=inner.get("channel_type") == "im" or str(channel).startswith("D"),
    )


def _of_command(payload: Mapping[str, Any]) -> Origin:
    channel = str(payload.get("channel_id") or "")
    return Origin(
        team=str(payload.get("team_id") or ""),
        user=str(payload.get("user_id") or ""),
        channel=channel,
        response_url=str(payload.get("response_url") or ""),
        trigger=str(payload.get("trigger_id") or ""),
        dm=channel.startswith("D"),
    )


def _of_interaction(payload: Mapping[str, Any]) -> Origin:
    user = payload.get("user") or {}
    container = payload.get("container") or {}
    message = payload.get("message") or {}
    kept = _metadata(payload)
    channel = str((payload.get("channel") or {}).get("id") or container.get("channel_id") or kept.channel)
    return Origin(
        team=str((payload.get("team") or {}).get("id") or user.get("team_id") or ""),
        user=str(user.get("id") or ""),
        channel=channel,
        ts=str(container.get("message_ts") or payload.get("message_ts") or message.get("ts") or ""),
        thread_ts=str(container.get("thread_ts") or message.get("thread_ts") or kept.thread_ts),
        response_url=str(payload.get("response_url") or ""),
        trigger=str(payload.get("trigger_id") or ""),
        dm=channel.startswith("D"),
    )


def _metadata(payload: Mapping[str, Any]) -> Target:
    view = payload.get("view")
    try:
        return read_target(str(view.get("private_metadata") or "")) if isinstance(view, dict) else Target()
    except ValueError:
        return Target()
