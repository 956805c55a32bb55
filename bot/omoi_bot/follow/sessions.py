"""The agent session of a spec's thread: what Slack itself shows while work goes on, and whether it offers its stop button.

Only in workspaces where the app is declared an agent (manifest-agent.json). https://docs.slack.dev/ai/agent-sessions
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import structlog

from omoi_bot.blocks import session
from omoi_bot.blocks.model import SpecView
from omoi_bot.follow.memory import Memory
from omoi_bot.follow.room import Also, Room, nothing
from omoi_bot.follow.scene import Scene
from omoi_bot.follow.silence import last_sign
from omoi_bot.slack_api import LIMITED, SlackAway, SlackRefused
from omoi_bot.store.clock import real_now

METHOD = "agents.sessions.setStatus"
A_MINUTE = 50
"""Calls per workspace: the method is tier 3."""

RESERVE = 25
"""Of them kept for sessions that begin, wait or end; a refresh comes when these are not needed."""

REFRESH = timedelta(seconds=90)
"""How old a status is before work refreshes it; the status of older assistant threads fades after two minutes."""

log = structlog.get_logger()


def due(scene: Scene, view: SpecView, memory: Memory) -> bool:
    """Slack shows another status than it should."""
    return scene.agent and bool(scene.conversation.thread_ts) and session.status(view) != memory.session


def worked_on(view: SpecView, memory: Memory, now: datetime) -> bool:
    """Work was done since the status was set, and that is a while ago. Without work the status is left to fade."""
    sign = last_sign(view)
    if memory.session != session.PROCESSING or not memory.session_at or sign is None:
        return False
    set_at = datetime.fromisoformat(memory.session_at)
    return now - set_at >= REFRESH and sign > set_at


async def keep_session(room: Room, scene: Scene, view: SpecView, memory: Memory) -> tuple[Memory, Also] | None:
    """Show the session as the spec is. Repeating it does no harm; what the budget does not take now is tried again soon."""
    changed, now = due(scene, view, memory), real_now()
    if not changed and not (scene.agent and worked_on(view, memory, now)):
        return None
    status, conversation = session.status(view), scene.conversation
    if not memory.session and status == session.CLOSED:
        return replace(memory, session=status), nothing  # over before it was ever shown: no session is begun for it
    window = room.slack.caller.window(conversation.team, METHOD)
    if window.wait(keep=window.limit - A_MINUTE + (0 if changed else RESERVE)):
        return None
    try:
        await room.slack.caller.call(
            conversation.team, METHOD, patience=0.0, repeat=False, channel_id=conversation.channel,
            thread_ts=conversation.thread_ts, status=status, title=session.title(view),
        )  # fmt: skip
    except SlackAway:
        return None
    except SlackRefused as refusal:
        if refusal.error == LIMITED:
            return None
        # The thread or the app's rights are gone; the report in the thread does not depend on it.
        log.info("session.refused", spec_id=conversation.spec_id, status=status, error=refusal.error)
    return replace(memory, session=status, session_at=now.isoformat()), nothing
