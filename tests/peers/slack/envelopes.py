"""The payloads that Slack sends to an app: events, commands, interactions. Shapes: docs.slack.dev/reference."""

from __future__ import annotations

import time

from tests.peers.slack.model import Channel, Installation, Message, State, Team, User, View
from tests.peers.slack.refusal import Json
from tests.peers.slack.rendering import APP_ID, message_json, view_json

VERIFICATION = "peer-verification-token"
CHANNEL_TYPES = {"public": "channel", "private": "group", "im": "im", "mpim": "mpim"}
MESSAGE_EVENTS = {
    "public": "message.channels", "private": "message.groups", "im": "message.im", "mpim": "message.mpim",
}  # fmt: skip


def event_callback(state: State, team: Team, installation: Installation, event: Json, channel: Channel | None) -> Json:
    """The outer body of an event."""
    body: Json = {
        "token": VERIFICATION,
        "team_id": team.id,
        "context_team_id": team.id,
        "api_app_id": APP_ID,
        "event": event,
        "type": "event_callback",
        "event_id": state.new_id("Ev"),
        "event_time": int(time.time()),
        "authorizations": [
            {
                "enterprise_id": team.enterprise_id or None,
                "team_id": team.id,
                "user_id": installation.bot.id,
                "is_bot": True,
                "is_enterprise_install": False,
            }
        ],
        "is_ext_shared_channel": bool(channel and channel.is_ext_shared),
    }
    if team.enterprise_id:
        body["context_enterprise_id"] = team.enterprise_id
        body["enterprise_id"] = team.enterprise_id
    return body


def message_event(state: State, channel: Channel, message: Message, base: str) -> Json:
    """`message` as posted; also the inside of `app_mention`."""
    event = message_json(state, message, base=base)
    for key in ("reply_count", "latest_reply", "reply_users"):
        event.pop(key, None)
    event |= {"channel": channel.id, "channel_type": CHANNEL_TYPES[channel.kind], "event_ts": message.ts}
    if message.broadcast:
        event |= {"subtype": "thread_broadcast"}
    if not message.bot_id:
        event["client_msg_id"] = f"00000000-0000-4000-8000-{int(message.ts.replace('.', '')) % 10**12:012d}"
    return event


def app_mention(event: Json) -> Json:
    found = {key: value for key, value in event.items() if key not in ("channel_type", "parent_user_id", "subtype")}
    return found | {"type": "app_mention"}


def changed_event(state: State, channel: Channel, subtype: str, now: Json | None, before: Json, ts: str) -> Json:
    """`message_changed` (with the new content `now`) or `message_deleted`."""
    event: Json = {
        "type": "message",
        "subtype": subtype,
        "hidden": True,
        "channel": channel.id,
        "channel_type": CHANNEL_TYPES[channel.kind],
        "previous_message": before,
        "ts": ts,
        "event_ts": ts,
    }
    if now is None:
        event["deleted_ts"] = before["ts"]
    else:
        event["message"] = now
    return event


def _who(team: Team, user: User) -> Json:
    """The head of an interaction: who did it, in which workspace."""
    enterprise = {"id": team.enterprise_id, "name": team.name} if team.enterprise_id else None
    return {
        "team": {"id": team.id, "domain": team.domain},
        "enterprise": enterprise,
        "is_enterprise_install": False,
        "user": {
            "id": user.id, "username": user.name, "name": user.name, "team_id": user.team_id,
        },
        "api_app_id": APP_ID,
        "token": VERIFICATION,
    }  # fmt: skip


def block_actions(
    state: State, team: Team, user: User, actions: list[Json], trigger: str, place: Message | View, values: Json,
    response_url: str, bot_id: str, base: str,
) -> Json:  # fmt: skip
    """A click on an element of a message or view; `values` is the state of the inputs beside it."""
    body: Json = _who(team, user) | {"type": "block_actions", "trigger_id": trigger, "actions": actions}
    if isinstance(place, View):
        view = view_json(place, bot_id) | {"state": {"values": values}}
        return body | {"container": {"type": "view", "view_id": place.id}, "view": view}
    channel = state.channels[place.channel]
    body["container"] = {
        "type": "message", "message_ts": place.ts, "channel_id": channel.id, "is_ephemeral": bool(place.ephemeral_to),
    }  # fmt: skip
    if place.thread_ts:
        body["container"]["thread_ts"] = place.thread_ts
    body["channel"] = {"id": channel.id, "name": "directmessage" if channel.kind == "im" else channel.name}
    if not place.ephemeral_to:
        body["message"] = message_json(state, place, base=base)
    return body | {"state": {"values": values}, "response_url": response_url}


def view_interaction(kind: str, team: Team, user: User, view: View, trigger: str, values: Json, bot_id: str) -> Json:
    """`view_submission` or `view_closed`."""
    shown = view_json(view, bot_id) | {"state": {"values": values}}
    body: Json = _who(team, user) | {"type": kind, "view": shown}
    if kind == "view_submission":
        return body | {"trigger_id": trigger, "response_urls": []}
    return body | {"is_cleared": False}


def shortcut(
    team: Team, user: User, callback_id: str, trigger: str, message: Json | None, channel: Channel | None,
    response_url: str,
) -> Json:  # fmt: skip
    """A shortcut: on a message (`message_action`) or anywhere (`shortcut`)."""
    body: Json = _who(team, user) | {
        "callback_id": callback_id, "trigger_id": trigger, "action_ts": f"{time.time():.6f}",
    }  # fmt: skip
    if message is None or channel is None:
        return body | {"type": "shortcut"}
    return body | {
        "type": "message_action",
        "message_ts": message["ts"],
        "message": message,
        "channel": {"id": channel.id, "name": "directmessage" if channel.kind == "im" else channel.name},
        "response_url": response_url,
    }


def slash_command(
    team: Team, user: User, command: str, text: str, channel: Channel, trigger: str, response_url: str
) -> Json:
    """A slash command; its name for a channel that the app is not in is the real one, as Slack sends it."""
    names = {"im": "directmessage", "private": "privategroup"}
    body: Json = {
        "token": VERIFICATION,
        "team_id": team.id,
        "team_domain": team.domain,
        "channel_id": channel.id,
        "channel_name": names.get(channel.kind, channel.name),
        "user_id": user.id,
        "user_name": user.name,
        "command": command,
        "text": text,
        "api_app_id": APP_ID,
        "is_enterprise_install": "false",
        "response_url": response_url,
        "trigger_id": trigger,
    }
    if team.enterprise_id:
        body |= {"enterprise_id": team.enterprise_id, "enterprise_name": team.name}
    return body
