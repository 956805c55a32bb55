"""What happens to channels, and Slack's own stop button."""

from __future__ import annotations

from omoi_bot.listeners import payloads, running
from omoi_bot.listeners.turn import Told, Turn
from omoi_bot.slack_api import SlackRefused
from omoi_bot.store import channels, conversations
from omoi_bot.store.database import Tx
from omoi_client.errors import OmoiError

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
    """Slack's own stop button in an agent session: the word `stop`, by the role of who pressed it. Who may not is told, and
    the session shows again that work goes on."""
    event = payloads.event(turn.payload)
    thread = str(event.get("thread_ts") or turn.origin.thread)
    async with turn.desk.db.read() as tx:
        live = await conversations.live_in_thread(tx, turn.origin.team, turn.origin.channel, thread)
    if live is None:
        return
    try:
        await running.cancel(turn, live.spec_id)
    except (Told, OmoiError):
        await _processing(turn, thread)
        raise


async def _processing(turn: Turn, thread: str) -> None:
    try:
        await turn.desk.slack.set_status(turn.origin.team, turn.origin.channel, thread, "is working")
    except SlackRefused:
        return  # the session ended meanwhile: there is nothing to show
