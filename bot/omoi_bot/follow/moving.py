"""When the report cannot stay where it is: it goes on in the requester's DM, with one line that says why.

The bot was removed, the channel was archived or deleted, or the live message was deleted. The spec itself goes on.
"""

from __future__ import annotations

import structlog

from omoi_bot.blocks.kit import section
from omoi_bot.blocks.model import Message
from omoi_bot.blocks.text import escape
from omoi_bot.follow.places import in_dm
from omoi_bot.follow.room import Room
from omoi_bot.follow.scene import Scene, moves_of
from omoi_bot.follow.story import live_id
from omoi_bot.posting import Kept, put
from omoi_bot.slack_api import SlackRefused
from omoi_bot.store import conversations
from omoi_bot.store.conversations import Conversation
from omoi_bot.store.database import Tx

MOST_MOVES = 3
"""A DM that refuses as well is not tried for ever."""

_WHY = {
    "message_not_found": "its live message was deleted",
    "thread_not_found": "its thread was deleted",
    "is_archived": "the channel is archived",
    "channel_not_found": "the channel is gone or Omoi was removed from it",
    "not_in_channel": "Omoi was removed from the channel",
    "channel_deleted": "the channel was deleted",
    "cant_update_message": "its live message can no longer be changed",
    "restricted_action": "the channel does not let Omoi post",
}

_OF_A_PLACE = frozenset(_WHY) - {"message_not_found", "cant_update_message"}
"""They hit every message of the place; the others only the message itself."""

log = structlog.get_logger()


def moves_report(post: Kept, error: str) -> bool:
    """Whether a post that Slack will never show takes the whole report with it."""
    return bool(post.spec_id) and (post.kind == "live" or error in _OF_A_PLACE) and error in _WHY


async def move_to_dm(room: Room, spec_id: str, error: str, *, lost: str = "") -> bool:
    """Report to the requester's DM from now on; whether it moved. `lost` is the post that was refused.

    Repeating it changes nothing: only the loss of the present place moves the report. Raises SlackAway: try again.
    """
    async with room.db.read() as tx:
        now = await conversations.of_spec(tx, spec_id)
    if now is None or not _is_present(now, lost) or moves_of(now) >= MOST_MOVES:
        return False
    slack_user = now.requester.rpartition("/")[2]
    try:
        channel = await room.slack.open_dm(now.team, slack_user)
    except SlackRefused as refusal:
        log.warning("report.lost", spec_id=spec_id, error=error, dm_error=refusal.error)
        return False

    async def work(tx: Tx) -> bool:
        here = await conversations.of_spec(tx, spec_id)
        if here is None or here.live_post_id != now.live_post_id:
            return False
        moves = moves_of(here) + 1
        new = {"channel": channel, "thread_ts": "", "live_post_id": live_id(spec_id, moves), "moved_reason": error}
        await conversations.change(tx, spec_id, **new)
        there = Scene(Conversation(**{**here.__dict__, **new}))
        await put(tx, in_dm(there, channel, f"moved:{spec_id}:{moves}", "moved", _line(here, error), 0))
        return True

    moved = await room.db.write(work)
    if moved:
        log.info("report.moved", spec_id=spec_id, error=error)
        room.wake_sender()
    return moved


def _is_present(conversation: Conversation, lost: str) -> bool:
    """The lost post belongs to where the report is now, not to where it was before."""
    moves = moves_of(conversation)
    tail = lost.rpartition(":")[2]
    of_move = int(tail[1:]) if tail.startswith("m") and tail[1:].isdigit() else 0
    return not lost or of_move == moves


def _line(conversation: Conversation, error: str) -> Message:
    place = f"<#{conversation.channel}>" if conversation.channel.startswith(("C", "G")) else "our conversation"
    why = _WHY.get(error) or f"Slack refuses messages there ({escape(error, 60)})"
    return Message(
        f"The report moved here, because {why}.",
        [section(f"The report from {place} goes on here, because {why}. The work itself was not touched.")],
    )
