"""The message shortcut "Turn into a spec": the launch form with the message's words and its thread."""

from __future__ import annotations

from omoi_bot.blocks.actions import Target
from omoi_bot.listeners import filling, opening, writing_views
from omoi_bot.listeners.turn import Told, Turn


async def used(turn: Turn) -> None:
    """A shortcut was used on a message. Raises Told for one that this bot does not have."""
    name = str(turn.payload.get("callback_id") or "")
    if name != opening.TURN_INTO:
        raise Told("I do not know this shortcut. It may be of another version of Omoi.")
    target = Target(channel=turn.origin.channel, thread_ts=turn.origin.thread_ts, key=turn.origin.ts)
    await filling.fill(turn, opening.TURN_INTO, target, writing_views.turn_into)
