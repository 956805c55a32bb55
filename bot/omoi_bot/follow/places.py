"""Posts in their places: the live message, the thread below it, a person's DM."""

from __future__ import annotations

from omoi_bot.blocks.model import Message
from omoi_bot.follow.scene import Scene
from omoi_bot.posting import Post


def live(scene: Scene, post_id: str, message: Message, urgency: int) -> Post:
    """The live message: a reply where there is a thread, else the message that begins one."""
    conversation = scene.conversation
    return Post(
        post_id,
        conversation.team,
        conversation.channel,
        message.text,
        message.blocks,
        kind="live",
        urgency=urgency,
        thread_ts=conversation.thread_ts,
        spec_id=conversation.spec_id,
        depends_on_live=False,
    )


def in_thread(
    scene: Scene, post_id: str, kind: str, message: Message, urgency: int, *, broadcast: bool = False
) -> Post:
    """A message below the live message, whose ts need not be known yet. After a move its id is another one."""
    conversation = scene.conversation
    return Post(
        post_id,
        conversation.team,
        conversation.channel,
        message.text,
        message.blocks,
        kind=kind,
        urgency=urgency,
        thread_ts=conversation.thread_ts,
        under="" if conversation.thread_ts else conversation.live_post_id,
        spec_id=conversation.spec_id,
        reply_broadcast=broadcast,
        depends_on_live=scene.moves == 0,
    )


def in_dm(scene: Scene, channel: str, post_id: str, kind: str, message: Message, urgency: int) -> Post:
    """A message of its own in somebody's DM."""
    conversation = scene.conversation
    return Post(
        post_id,
        conversation.team,
        channel,
        message.text,
        message.blocks,
        kind=kind,
        urgency=urgency,
        spec_id=conversation.spec_id,
        depends_on_live=False,
    )
