"""When the report cannot stay where it is: it goes on in the requester's DM, with one line that says why.

The bot was removed, the channel was archived or deleted, or the live message was deleted. The spec itself goes on.
"""

from __future__ import annotations

from dataclasses import replace

import structlog

from omoi_bot.blocks.kit import section
from omoi_bot.blocks.model import Message
from omoi_bot.blocks.text import escape
from omoi_bot.follow import urgency
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

SHARED = "shared"
"""Why a report leaves a channel in which it may not be shown any more (slack-rules 1); a word of ours."""

_WHY = {
    "message_not_found": "its live message was deleted",
    "thread_not_found": "its thread was deleted",
    "is_archived": "the channel is archived",
    "channel_not_found": "the channel is gone or Omoi was removed from it",
    "not_in_channel": "Omoi was removed from the channel",
    "channel_deleted": "the channel was deleted",
    "cant_update_message": "its live message can no longer be changed",
    "restricted_action": "the channel does not let Omoi post",
    SHARED: "another organisation can read the channel now; a maintainer allows that by `/omoi settings` there",
}

_OF_A_PLACE = frozenset(_WHY) - {"message_not_found", "cant_update_message"}
"""They hit every message of the place; the others only the message itself."""

LOST = "lost:"
"""Stands before the reason in a conversation whose report has yet to move."""

NOWHERE = "nowhere:"
"""Stands before the reason when the DM refused as well: nobody is left to report to."""

log = structlog.get_logger()


async def note_loss(tx: Tx, post: Kept) -> bool:
    """Remember that the report must move when this post, which Slack will never show, took its place with it."""
    takes_all = post.kind == "live" or post.error in _OF_A_PLACE
    if not post.spec_id or not takes_all or post.error not in _WHY:
        return False
    conversation = await conversations.of_spec(tx, post.spec_id)
    if conversation is None or not _is_present(conversation, post.post_id) or moves_of(conversation) >= MOST_MOVES:
        return False
    return await conversations.change(tx, post.spec_id, moved_reason=f"{LOST}{post.error}")


def lost_place(scene: Scene) -> str:
    """Slack's word for why the report cannot stay, or empty. A live message that is gone says it by itself."""
    conversation = scene.conversation
    if conversation.moved_reason.startswith(LOST):
        return conversation.moved_reason.removeprefix(LOST)
    known = scene.live_error if scene.live_error in _WHY and moves_of(conversation) < MOST_MOVES else ""
    return known if conversation.moved_reason != f"{NOWHERE}{known}" else ""


async def became_shared(room: Room, scene: Scene) -> bool:
    """Whether another organisation reads the channel, and nobody allowed that. Raises SlackAway: nobody knows now."""
    here = scene.conversation
    if here.channel.startswith("D") or moves_of(here) >= MOST_MOVES:
        return False
    closed = await room.people.channel_open(here.team, here.channel)
    return closed is not None and closed.why == SHARED


async def move_to_dm(room: Room, conversation: Conversation, error: str) -> bool:
    """Report to the requester's DM from now on; whether it moved. Raises SlackAway: try again.

    When the DM refuses as well nobody is left to report to; the spec goes on and the log says so.
    """
    spec_id = conversation.spec_id
    try:
        channel = await room.slack.open_dm(conversation.team, conversation.requester.rpartition("/")[2])
    except SlackRefused as refusal:
        log.error("report.lost", spec_id=spec_id, error=error, dm_error=refusal.error)
        await room.db.write(lambda tx: conversations.change(tx, spec_id, moved_reason=f"{NOWHERE}{error}"))
        return False
    moves = moves_of(conversation) + 1
    new = {"channel": channel, "thread_ts": "", "live_post_id": live_id(spec_id, moves), "moved_reason": error}
    there = Scene(replace(conversation, channel=channel, thread_ts="", live_post_id=new["live_post_id"]))

    async def work(tx: Tx) -> bool:
        here = await conversations.of_spec(tx, spec_id)
        if here is None or here.live_post_id != conversation.live_post_id:
            return False
        await conversations.change(tx, spec_id, **new)
        await put(tx, in_dm(there, channel, f"moved:{spec_id}:{moves}", "moved", _line(here, error), urgency.NOW))
        return True

    moved = await room.db.write(work)
    if moved:
        log.info("report.moved", spec_id=spec_id, error=error)
    return moved


def _is_present(conversation: Conversation, lost: str) -> bool:
    """The lost post belongs to where the report is now, not to where it was before."""
    moves = moves_of(conversation)
    tail = lost.rpartition(":")[2]
    of_move = int(tail[1:]) if tail.startswith("m") and tail[1:].isdigit() else 0
    return of_move == moves


def _line(conversation: Conversation, error: str) -> Message:
    place = f"<#{conversation.channel}>" if conversation.channel.startswith(("C", "G")) else "our conversation"
    why = _WHY.get(error) or f"Slack refuses messages there ({escape(error, 60)})"
    return Message(
        f"The report moved here, because {why}.",
        [section(f"The report from {place} goes on here, because {why}. The work itself was not touched.")],
    )
