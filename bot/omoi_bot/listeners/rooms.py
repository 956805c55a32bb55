"""Whether the bot can post where it is to report, before anything is launched (rule 11)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from omoi_bot.listeners.turn import Told, Turn
from omoi_bot.people import Refusal
from omoi_bot.slack_api import SlackRefused


class Door(StrEnum):
    """How a channel stands to the bot."""

    OPEN = "open"
    CLOSED = "closed"
    """Private, or a DM between others: somebody has to invite the bot, which cannot join by itself."""


@dataclass(frozen=True)
class Room:
    """A channel as the bot finds it. `name` is empty for everything that is not public: it goes into no label."""

    channel: str
    door: Door
    name: str = ""
    private: bool = True


async def enter(turn: Turn, channel: str) -> Room:
    """Make sure that the bot can post into `channel`; joins a public one.

    Raises Told for an archived channel, and for one shared with another organisation that no maintainer has allowed.
    """
    team, slack = turn.origin.team, turn.desk.slack
    try:
        facts = await slack.conversation_info(team, channel)
    except SlackRefused as refusal:
        if refusal.error in ("channel_not_found", "missing_scope", "not_in_channel"):
            return Room(channel, Door.CLOSED)
        raise
    if facts.get("is_archived"):
        raise Told("This channel is archived, so I could not report in it. Ask me in another one.")
    if facts.get("is_im"):
        # conversations.info shows only DMs that the bot is in.
        return Room(channel, Door.OPEN)
    private = bool(facts.get("is_private") or facts.get("is_mpim") or facts.get("is_group"))
    name = "" if private else str(facts.get("name") or "")
    if not facts.get("is_member"):
        if private or not await _joined(turn, channel):
            return Room(channel, Door.CLOSED, name, private)
        turn.desk.people.forget_channel(team, channel)
    closed = await turn.desk.people.channel_open(team, channel)
    if isinstance(closed, Refusal):
        raise Told(closed.sentence)
    return Room(channel, Door.OPEN, name, private)


async def _joined(turn: Turn, channel: str) -> bool:
    """Joining can be forbidden by the workspace; then somebody has to invite, as in a private channel."""
    try:
        await turn.desk.slack.join(turn.origin.team, channel)
    except SlackRefused as refusal:
        if refusal.error == "is_archived":
            raise Told("This channel is archived, so I could not report in it. Ask me in another one.") from None
        return False
    return True
