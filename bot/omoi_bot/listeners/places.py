"""What happens to channels, and Slack's own stop button."""

from __future__ import annotations

import structlog

from omoi_bot.blocks import session
from omoi_bot.listeners import payloads, running
from omoi_bot.listeners.turn import Told, Turn
from omoi_bot.slack_api import SlackRefused
from omoi_bot.store import channels, conversations
from omoi_bot.store.database import Tx
from omoi_client.errors import OmoiError

log = structlog.get_logger()

LOST = "lost:"
"""Before Slack's word in `moved_reason`: the follower moves the report to the requester's DM."""

_REASONS = {
    "channel_archive": "is_archived",
    "group_archive": "is_archived",
    "channel_deleted": "channel_deleted",
    "group_deleted": "channel_deleted",
    "channel_left": "not_in_channel",
    "group_left": "not_in_channel",
}


async def closed(turn: Turn) -> None:
    """The channel is archived or deleted, or the bot was removed: what runs goes on and is reported in DMs."""
    kind = str(payloads.event(turn.payload).get("type") or "")
    reason = _REASONS[kind]

    async def work(tx: Tx) -> None:
        await channels.change(tx, turn.origin.team, turn.origin.channel, member=False)
        for one in await conversations.running_in_channel(tx, turn.origin.team, turn.origin.channel):
            if not one.moved_reason.startswith(LOST):
                await conversations.change(tx, one.spec_id, moved_reason=f"{LOST}{reason}")

    await turn.write(work)


async def joined(turn: Turn) -> None:
    """Somebody joined a channel. When it is the bot, it knows the channel from now on."""
    team, channel = turn.origin.team, turn.origin.channel
    turn.desk.people.forget_channel(team, channel)
    if turn.origin.user != await turn.bot_user():
        return
    facts = await turn.desk.slack.conversation_info(team, channel)
    private = bool(facts.get("is_private") or facts.get("is_mpim") or facts.get("is_group"))
    shared = bool(facts.get("is_ext_shared") or facts.get("is_pending_ext_shared"))
    name = str(facts.get("name") or "")
    kind = "mpim" if facts.get("is_mpim") else "private" if private else "public"
    await turn.write(lambda tx: channels.change(tx, team, channel, member=True, name=name, kind=kind, shared=shared))


async def stopped(turn: Turn) -> None:
    """Slack's own stop button in an agent session: the word `stop`, by the role of who pressed it.

    A stop that takes ends the session by the report. Who may not is told, and the session shows again what goes on.
    """
    event = payloads.event(turn.payload)
    thread = str(event.get("thread_ts") or turn.origin.thread)
    async with turn.desk.db.read() as tx:
        live = await conversations.live_in_thread(tx, turn.origin.team, turn.origin.channel, thread)
    if live is None:
        return
    try:
        await running.cancel(turn, live.spec_id)
    except (Told, OmoiError):
        await _goes_on(turn, thread, live.spec_id)
        raise


async def _goes_on(turn: Turn, thread: str, spec_id: str) -> None:
    """Put the session back: the click alone changes no status, but Slack shows it as stopping."""
    try:
        view = await turn.desk.backend.snapshot(spec_id)
        await turn.desk.slack.caller.call(
            turn.origin.team, "agents.sessions.setStatus", channel_id=turn.origin.channel, thread_ts=thread,
            status=session.status(view),
        )  # fmt: skip
    except (OmoiError, SlackRefused) as error:
        # What was refused is told to the person whether or not the session can be put back.
        log.info("session.not_restored", spec_id=spec_id, error=str(error))
