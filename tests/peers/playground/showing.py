"""The peer's state as the page gets it: JSON of users, channels, messages, forms and Homes."""

from __future__ import annotations

from typing import Any

from tests.peers.slack import Channel, Message, SlackPeer, View

Json = dict[str, Any]


def user(slack: SlackPeer, user_id: str) -> Json:
    found = slack.state.users[user_id]
    return {"id": found.id, "name": found.name, "real_name": found.real_name, "bot": found.is_bot}


def channel(slack: SlackPeer, found: Channel) -> Json:
    """`statuses` are the lines under threads, such as “is thinking…”, by thread_ts."""
    statuses = {thread: text for (place, thread), text in slack.state.statuses.items() if place == found.id and text}
    for (place, thread), session in slack.state.sessions.items():
        if place == found.id and session.status == "processing":
            statuses.setdefault(thread, "is working…")
    return {
        "id": found.id,
        "name": found.name,
        "kind": found.kind,
        "members": found.members,
        "archived": found.is_archived or found.deleted,
        "statuses": statuses,
    }


def message(found: Message) -> Json:
    """A message as it is now; a deleted one says only that."""
    if found.deleted:
        return {"channel": found.channel, "ts": found.ts, "deleted": True}
    return {
        "channel": found.channel,
        "ts": found.ts,
        "thread_ts": found.thread_ts if found.is_reply else "",
        "user": found.user,
        "text": found.text,
        "blocks": found.blocks,
        "edited": bool(found.edits) and not found.blocks,
        "only": found.ephemeral_to,
        "broadcast": found.broadcast,
        "reactions": {name: users for name, users in found.reactions.items() if users},
        "notified": sorted(found.notified),
        "files": [
            {"id": file.id, "name": file.name, "type": file.mimetype, "size": len(file.content)} for file in found.files
        ],
    }


def view(found: View | None) -> Json | None:
    if found is None:
        return None
    return {"id": found.id, "hash": found.hash, "errors": found.errors, **found.payload}


def forms(slack: SlackPeer, user_id: str) -> Json:
    """The form on top, and how many lie below it."""
    stack = slack.state.stacks.get(user_id) or []
    top = slack.state.views[stack[-1]] if stack else None
    return {"user": user_id, "top": view(top), "below": max(0, len(stack) - 1)}


def home(slack: SlackPeer, user_id: str) -> Json:
    return {"user": user_id, "home": view(slack.state.homes.get((slack.team.id, user_id)))}


def everything(slack: SlackPeer) -> Json:
    """All of it, for a page that was just opened."""
    state = slack.state
    return {
        "team": slack.team.name,
        "bot": slack.bot.id,
        "users": [user(slack, each) for each in state.users],
        "channels": [channel(slack, each) for each in state.channels.values()],
        "messages": [message(each) for held in state.channels.values() for each in held.messages],
    }
