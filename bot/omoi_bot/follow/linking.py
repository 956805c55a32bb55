"""Links within a thread: from each later post to the live message, and from the live message to the gate that waits."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from omoi_bot.blocks.model import SpecView
from omoi_bot.follow import urgency
from omoi_bot.follow.asking import is_open
from omoi_bot.follow.cards import Gate, Live, Telling
from omoi_bot.follow.memory import Memory
from omoi_bot.follow.room import Also, Room, nothing
from omoi_bot.follow.scene import Scene
from omoi_bot.follow.showing import post_of
from omoi_bot.posting import get, put
from omoi_bot.slack_api import SlackAway, SlackRefused
from omoi_bot.store.database import Tx

FAR = 20
"""Messages below the live message, beyond which a gate says again what the live message says."""


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


async def point_at_gate(room: Room, scene: Scene, view: SpecView, memory: Memory) -> tuple[Memory, Also] | None:
    """Once the gate's message is there the live message leads to it.

    The gate is a reply, and so mostly is the live message: their links then differ in the ts alone
    (…/archives/<channel>/p<ts>?thread_ts=<ts>&cid=<channel>).
    """
    gate = memory.gate
    if gate is None or gate.link or not memory.live_link or not is_open(view, gate):
        return None
    async with room.db.read() as tx:
        live, asked = await get(tx, scene.conversation.live_post_id), await get(tx, gate.post_id)
    if live is None or asked is None or not asked.ts:
        return None
    link = memory.live_link.replace(_written(live.ts), _written(asked.ts))
    if not live.thread_ts:
        link = f"{link}?thread_ts={live.ts}&cid={live.channel}"
    changed = replace(memory, gate=replace(gate, link=link))
    telling = Telling(scene.conversation.live_post_id, "live", urgency.CHANGE, Live())
    post = post_of(telling, scene, view, changed)

    async def point(tx: Tx) -> None:
        if post is not None:
            await put(tx, post)

    return changed, point


async def with_distance(room: Room, scene: Scene, told: Sequence[Telling]) -> Scene:
    """The scene with how far up the live message lies, when one of these tellings opens a gate. What Slack does not tell now
    counts as near: the gate carries the link all the same."""
    if not any(isinstance(telling.card, Gate) for telling in told):
        return scene
    async with room.db.read() as tx:
        live = await get(tx, scene.conversation.live_post_id)
    if live is None or not live.ts:
        return scene
    try:
        below = await room.slack.replies(
            live.team, live.channel, live.thread_ts or live.ts, oldest=live.ts, limit=FAR + 5, most=FAR + 5
        )
    except (SlackAway, SlackRefused):
        return scene
    return replace(scene, far=sum(str(one.get("ts") or "") > live.ts for one in below) > FAR)


def _written(ts: str) -> str:
    """A ts as it stands in a link."""
    return f"/p{ts.replace('.', '')}"
