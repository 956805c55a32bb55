"""The app's manifest, and why it asks for each scope and each event.

The sentences are what breaks without it; docs/slack.md holds the same table for people.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import omoi_bot

SCOPES = {
    "app_mentions:read": "a mention starts work in a channel",
    "channels:history": "replies in threads of public channels, and reading them after the bot was away",
    "channels:join": "reporting in a public channel that the bot was not invited to",
    "channels:read": "whether a channel is shared with another organisation, who is in it, and that the bot was added",
    "chat:write": "every message, its updates and its buttons",
    "commands": "/omoi and the shortcut on messages",
    "files:read": "images and text files that come with an idea",
    "files:write": "a document that is too long for a form is put into the thread",
    "groups:history": "replies in threads of private channels, and reading them after the bot was away",
    "groups:read": "the same as channels:read, for private channels",
    "im:history": "ideas and words in the DM with Omoi",
    "im:read": "finding the DMs to read after the bot was away",
    "im:write": "opening a DM: approvers who are not in the channel, reports whose channel is gone",
    "mpim:history": "mentions and replies in DMs of several people",
    "mpim:read": "who is in a DM of several people",
    "reactions:write": "taken, done and failed as reactions on the request",
    "users:read": "whether somebody is a member, a guest, a stranger or a bot; names and time zones",
    "users:read.email": "optional: names who asked as co-author of the commits",
    "assistant:write": "agent sessions with a stop button of Slack's own (manifest-agent.json only)",
}
"""Scope: what it is for."""

EVENTS = {
    "app_home_opened": "the Home tab",
    "app_mention": "a mention starts work in a channel",
    "app_uninstalled": "forgetting the token of a workspace that removed Omoi",
    "channel_archive": "moving the report when its public channel is archived",
    "channel_deleted": "moving the report when its channel is deleted",
    "group_archive": "moving the report when its private channel is archived",
    "member_joined_channel": "noticing that the bot was invited, and that who may look has changed",
    "message.channels": "replies and words in threads of public channels",
    "message.groups": "replies and words in threads of private channels",
    "message.im": "everything said in the DM with Omoi",
    "message.mpim": "replies and words in DMs of several people",
    "tokens_revoked": "forgetting a token that no longer works",
    "agent_session_stopped": "Slack's own stop button (manifest-agent.json only)",
}
"""Event: what it is for."""

OPTIONAL = frozenset({"users:read.email"})


@dataclass(frozen=True)
class Wanted:
    """What a manifest asks for."""

    scopes: frozenset[str]
    events: frozenset[str]
    socket_mode: bool


def path(name: str = "manifest.json") -> Path:
    """The manifest in the installed package, or in the checkout. FileNotFoundError when neither has it."""
    package = Path(omoi_bot.__file__).parent
    for found in (package / name, package.parent / name):
        if found.is_file():
            return found
    raise FileNotFoundError(f"{name} is missing beside {package}; install omoi again")


def read(file: Path) -> Wanted:
    """What `file` asks for. ValueError when it is no manifest."""
    try:
        raw: Any = json.loads(file.read_text(encoding="utf-8"))
        settings = raw["settings"]
        return Wanted(
            frozenset(raw["oauth_config"]["scopes"]["bot"]),
            frozenset(settings["event_subscriptions"]["bot_events"]),
            bool(settings.get("socket_mode_enabled")),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{file} is no app manifest ({type(error).__name__}: {error})") from error
