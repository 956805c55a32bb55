"""What a payload from Slack is: its kind, the key that makes a repetition the same thing, and the conversation it is in.

Pure: nothing here asks anybody. Kinds are `message`, `message_changed`, `message_deleted`, `block_actions`,
`view_submission`, `shortcut` (on a message or anywhere), `slash_command`, and for every other event its own type.
Shapes: https://docs.slack.dev/reference/events and https://docs.slack.dev/reference/interaction-payloads
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from omoi_bot.listeners.words import Word, read

Json = dict[str, Any]

SAID = frozenset({"", "file_share", "thread_broadcast", "me_message", "bot_message"})
"""Subtypes of messages in which somebody says something; the others (joins, topics, pins …) are remarks of Slack."""

INTERACTIONS = {
    "block_actions": "block_actions",
    "view_submission": "view_submission",
    "message_action": "shortcut",
    "shortcut": "shortcut",
}

EVENTS = frozenset(
    {
        "app_home_opened", "member_joined_channel", "channel_archive", "channel_deleted", "group_archive",
        "group_deleted", "app_uninstalled", "tokens_revoked", "agent_session_stopped", "channel_left", "group_left",
    }
)  # fmt: skip
"""Events besides messages that mean something to Omoi; others are acknowledged and dropped."""


@dataclass(frozen=True)
class Sorted:
    """A payload, read. `conversation` is what is worked off in order; `thread_ts` the thread a message is (or would start)."""

    kind: str
    key: str
    team: str
    conversation: str
    user: str = ""
    channel: str = ""
    ts: str = ""
    thread_ts: str = ""
    text: str = ""
    bot_id: str = ""
    dm: bool = False
    mention: bool = False
    """It came as app_mention. A message event of the same words has to be looked at for the mention."""

    @property
    def is_message(self) -> bool:
        return self.kind in ("message", "message_changed", "message_deleted")

    def mentions(self, bot_user: str) -> bool:
        return self.mention or mentions(self.text, bot_user)

    def stops(self, bot_user: str) -> bool:
        """The whole message is the word `stop`, or the native stop button was pressed."""
        if self.kind == "agent_session_stopped":
            return True
        return self.kind == "message" and read(self.text, bot_user).word is Word.STOP


def mentions(text: str, user: str) -> bool:
    """Whether the text, as Slack writes it, mentions this user: `<@U1>` or `<@U1|name>`, and not somebody of a longer id."""
    return bool(user) and (f"<@{user}>" in text or f"<@{user}|" in text)


def sort(payload: Mapping[str, Any]) -> Sorted | None:
    """The payload, read; None for what is never looked at. Payloads are taken as they come: odd ones are None, too."""
    kind = str(payload.get("type") or "")
    if kind == "event_callback":
        event = payload.get("event")
        return _event(payload, event) if isinstance(event, dict) else None
    if kind in INTERACTIONS:
        return _interaction(INTERACTIONS[kind], payload)
    return _command(payload) if payload.get("command") else None


def team_of(payload: Mapping[str, Any]) -> str:
    """The workspace that the app acts in. In a shared channel an event's own team may be the other organisation's."""
    installed = payload.get("authorizations")
    for one in installed if isinstance(installed, list) else ():
        if found := _object(one).get("team_id"):
            return str(found)
    team, user = _object(payload.get("team")), _object(payload.get("user"))
    return str(payload.get("team_id") or team.get("id") or user.get("team_id") or "")


def _event(payload: Mapping[str, Any], event: Json) -> Sorted | None:
    kind = str(event.get("type") or "")
    team = team_of(payload)
    if kind in ("message", "app_mention"):
        return _message(team, event, mention=kind == "app_mention")
    if kind not in EVENTS:
        return None
    channel = _channel(event)
    user = event.get("user")
    user = str(user.get("id") if isinstance(user, dict) else user or "")
    thread = str(event.get("thread_ts") or "")
    place = f"{channel}:{thread}" if thread else channel or f"user:{user}"
    key = f"ev:{team}:{payload.get('event_id') or _digest(event)}"
    return Sorted(kind, key, team, f"{team}:{place}", user, channel, thread_ts=thread)


def _message(team: str, event: Json, *, mention: bool) -> Sorted | None:
    subtype = str(event.get("subtype") or "")
    channel = _channel(event)
    dm = event.get("channel_type") == "im" or channel.startswith("D")
    if subtype in ("message_changed", "message_deleted"):
        return _rewritten(team, event, subtype, channel, dm=dm)
    ts = str(event.get("ts") or "")
    if subtype not in SAID or not channel or not ts:
        return None
    thread = str(event.get("thread_ts") or ts)
    return Sorted(
        "message", f"msg:{team}:{channel}:{ts}", team, f"{team}:{channel}:{thread}",
        str(event.get("user") or ""), channel, ts, thread, str(event.get("text") or ""),
        str(event.get("bot_id") or ""), dm, mention,
    )  # fmt: skip


def _rewritten(team: str, event: Json, subtype: str, channel: str, *, dm: bool) -> Sorted | None:
    before = _object(event.get("previous_message"))
    now = _object(event.get("message"))
    ts = str(now.get("ts") or before.get("ts") or event.get("deleted_ts") or "")
    if not channel or not ts:
        return None
    if subtype == "message_changed" and now.get("text") == before.get("text"):
        return None  # Slack unfurled a link, or counted a reply
    edited = str(_object(now.get("edited")).get("ts") or event.get("ts") or "")
    key = f"edit:{team}:{channel}:{ts}:{edited}" if subtype == "message_changed" else f"del:{team}:{channel}:{ts}"
    said = now or before
    thread = str(said.get("thread_ts") or ts)
    return Sorted(
        subtype, key, team, f"{team}:{channel}:{thread}", str(said.get("user") or ""), channel, ts, thread,
        str(said.get("text") or ""), str(said.get("bot_id") or ""), dm,
    )  # fmt: skip


def _interaction(kind: str, payload: Mapping[str, Any]) -> Sorted | None:
    team = team_of(payload)
    who = str(_object(payload.get("user")).get("id") or "")
    container = _object(payload.get("container"))
    message = _object(payload.get("message"))
    view = _object(payload.get("view"))
    channel = str(_object(payload.get("channel")).get("id") or container.get("channel_id") or "")
    ts = str(container.get("message_ts") or payload.get("message_ts") or message.get("ts") or "")
    thread = str(container.get("thread_ts") or message.get("thread_ts") or ts)
    if view:
        place = f"view:{view.get('root_view_id') or view.get('id')}"
    else:
        place = f"{channel}:{thread}" if thread else f"user:{who}"
    if not team or not who:
        return None
    key = f"{kind}:{team}:{payload.get('trigger_id') or _digest(payload)}"
    return Sorted(kind, key, team, f"{team}:{place}", who, channel, ts, thread, dm=channel.startswith("D"))


def _command(payload: Mapping[str, Any]) -> Sorted | None:
    team = team_of(payload)
    user = str(payload.get("user_id") or "")
    channel = str(payload.get("channel_id") or "")
    if not team or not user:
        return None
    key = f"slash_command:{team}:{payload.get('trigger_id') or _digest(payload)}"
    text = str(payload.get("text") or "")
    place = f"{team}:{channel}:command:{user}"
    return Sorted("slash_command", key, team, place, user, channel, text=text, dm=channel.startswith("D"))


def _channel(event: Json) -> str:
    channel = event.get("channel") or _object(event.get("item")).get("channel") or ""
    return str(channel.get("id") or "") if isinstance(channel, dict) else str(channel)


def _object(value: object) -> Json:
    return value if isinstance(value, dict) else {}


def _digest(payload: Mapping[str, Any]) -> str:
    """For a payload without an id of its own: equal ones are the same thing."""
    return hashlib.sha256(json.dumps(payload, sort_keys=True, default=str, skipkeys=True).encode()).hexdigest()[:32]
