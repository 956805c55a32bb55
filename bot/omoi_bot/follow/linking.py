"""The link from each later post of a thread to its live message."""

from __future__ import annotations

from dataclasses import replace

from omoi_bot.blocks.model import SpecView
from omoi_bot.follow.memory import Memory
from omoi_bot.follow.room import Also, Room, nothing
from omoi_bot.follow.scene import Scene
from omoi_bot.posting import get
from omoi_bot.slack_api import SlackAway, SlackRefused


async def keep_link(room: Room, scene: Scene, _view: SpecView, memory: Memory) -> tuple[Memory, Also] | None:
    """Ask Slack for the link once the live message is there. Without it posts are sent without a link."""
    if memory.live_link:
        return None
    async with room.db.read() as tx:
        live = await get(tx, scene.conversation.live_post_id)
    if live is None or live.state != "SENT" or not live.ts:
        return None
    try:
        link = await room.slack.permalink(live.team, live.channel, live.ts)
    except (SlackAway, SlackRefused):
        return None
    return replace(memory, live_link=link), nothing
