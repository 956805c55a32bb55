"""Calls a minute that Slack allows per method and workspace. https://docs.slack.dev/apis/web-api/rate-limits

The published figures are "at least"; we keep to them as if they were exact.
"""

from __future__ import annotations

TIER = {1: 1, 2: 20, 3: 50, 4: 100}
SPECIAL = 100
"""Methods with rules of their own, or none: auth.test "hundreds per minute", chat.getPermalink none."""

METHODS = {
    "agents.sessions.setStatus": TIER[3],
    "auth.test": SPECIAL,
    "chat.delete": TIER[3],
    "chat.getPermalink": SPECIAL,
    "chat.postEphemeral": TIER[4],
    "chat.update": TIER[3],
    "conversations.history": TIER[3],
    "conversations.info": TIER[3],
    "conversations.join": TIER[3],
    "conversations.list": TIER[2],
    "conversations.members": TIER[4],
    "conversations.open": TIER[3],
    "conversations.replies": TIER[3],
    "files.info": TIER[4],
    "files.getUploadURLExternal": TIER[4],
    "reactions.add": TIER[3],
    "reactions.remove": TIER[2],
    "usergroups.users.list": TIER[2],
    "users.conversations": TIER[3],
    "users.info": TIER[4],
    "views.open": TIER[4],
    "views.publish": TIER[4],
    "views.push": TIER[4],
    "views.update": TIER[4],
    "team.info": TIER[3],
}

UPDATES_A_MINUTE = METHODS["chat.update"]
"""chat.update is tier 3."""

POSTS_A_SECOND = 1.0
POST_BURST = 3.0
"""chat.postMessage: one a second and channel, "short bursts" above it allowed without a figure; we keep to three."""
