"""The reaction on the person's own message: taken, done, failed. Only where there is one."""

from __future__ import annotations

from dataclasses import replace

import structlog

from omoi_bot.blocks.model import SpecView
from omoi_bot.follow.memory import Memory
from omoi_bot.follow.room import Also, Room, nothing
from omoi_bot.follow.scene import Scene
from omoi_bot.slack_api import LIMITED, SlackAway, SlackRefused

log = structlog.get_logger()

TAKEN, DONE, FAILED, STOPPED = "eyes", "white_check_mark", "x", "none"


def wanted(memory: Memory) -> str:
    """The reaction that fits. A stop leaves none: nothing is done, and nothing failed."""
    if memory.end is not None:
        return {"SUCCEEDED": DONE, "FAILED": FAILED}.get(memory.end.outcome, STOPPED)
    return FAILED if any(not failure.task_id and not failure.paused for failure in memory.failures) else TAKEN


async def react(room: Room, scene: Scene, _view: SpecView, memory: Memory) -> tuple[Memory, Also] | None:
    """Put the reaction that fits and take the other one away. Repeating it does no harm, so it may be lost and done again."""
    conversation, name = scene.conversation, wanted(memory)
    if not conversation.message_ts or scene.moves or name == memory.reaction:
        return None
    place = (conversation.team, conversation.channel, conversation.message_ts)
    old = memory.reaction if memory.reaction != STOPPED else ""
    try:
        if name != STOPPED:
            await room.slack.reactions_add(*place, name)
        if old:
            await room.slack.reactions_remove(*place, old)
    except SlackAway:
        return None
    except SlackRefused as refusal:
        if refusal.error == LIMITED:
            return None
        # A deleted message or a channel that was left: there is nothing to react to any more.
        log.info("reaction.refused", spec_id=conversation.spec_id, error=refusal.error)
    return replace(memory, reaction=name), nothing
