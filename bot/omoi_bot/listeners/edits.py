"""Edits and deletions of the message that asked for something (rule 21). Other messages keep the meaning they had."""

from __future__ import annotations

from omoi_bot.blocks import requests as shown
from omoi_bot.blocks.model import Message, SpecView
from omoi_bot.listeners import conversation, gathering, ideas, launching, payloads, wishes, words
from omoi_bot.listeners.turn import Turn
from omoi_bot.listeners.words import Saying
from omoi_bot.store import conversations, requests
from omoi_bot.store.conversations import Conversation
from omoi_bot.store.database import Tx
from omoi_bot.store.requests import Request

TOMBSTONE = "tombstone"
"""Subtype of what is left of a deleted message while there are replies below it. Slack does not document it; recorded events
are in https://github.com/slack-edge/slack-edge/pull/10 and https://github.com/openclaw/openclaw/pull/22035"""


async def changed(turn: Turn) -> None:
    """Somebody edited their message. What waits takes the new words; what runs and was not reviewed yet offers a restart;
    later the new words are a comment.

    The deletion of a message that has a thread comes as such a change, too: a tombstone by USLACKBOT stands in its place.
    """
    event = payloads.event(turn.payload)
    now = event.get("message") or {}
    if now.get("subtype") == TOMBSTONE:
        await deleted(turn)
        return
    text = str(now.get("text") or "")
    request, live = await _asked_by(turn)
    if (request is None and live is None) or turn.origin.user == await turn.bot_user():
        return
    saying = words.read(text, await turn.bot_user(), await gathering.names_in(turn, text))
    if ideas.fault(ideas.Idea(saying.text)):
        return
    if request is not None and request.identity == (await turn.person()).identity:
        await _rewrite(turn, request, saying)
    elif live is not None and live.requester == (await turn.person()).identity:
        await _offer_restart(turn, saying, live)


async def deleted(turn: Turn) -> None:
    """The message is gone. What waited for an answer is dropped; what runs goes on, and the thread says so."""
    before = payloads.event(turn.payload).get("previous_message") or {}
    if before.get("subtype") == TOMBSTONE:
        return  # the last reply below it went as well; that the message is gone was said
    request, live = await _asked_by(turn)
    if request is not None:
        await launching.drop(turn, request, "Dropped: the message that asked for it was deleted.")
    elif live is not None:
        view = await turn.desk.backend.snapshot(live.spec_id)
        note = f"The message that started {view.short_id} was deleted. It goes on; `stop` in this thread stops it."
        await turn.say(Message(note), "deleted", thread=live.thread_ts)


async def _asked_by(turn: Turn) -> tuple[Request | None, Conversation | None]:
    """The waiting wish and the live spec that the message asked for."""
    origin = turn.origin
    async with turn.desk.db.read() as tx:
        kept = await requests.of_thread(tx, origin.team, origin.channel, origin.thread)
        live = await conversations.live_in_thread(tx, origin.team, origin.channel, origin.thread)
    waiting = [one for one in kept if one.message_ts == origin.ts and one.state in requests.WAITING]
    return (waiting[0] if waiting else None), (live if live and live.message_ts == origin.ts else None)


async def _rewrite(turn: Turn, request: Request, saying: Saying) -> None:
    new = wishes.with_text(request, saying.text)

    async def work(tx: Tx) -> None:
        await requests.advance(tx, request.request_id, requests.WAITING, request.state, text=new.text)

    await turn.desk.db.write(work)
    await launching.go_on(turn, new)


async def _offer_restart(turn: Turn, saying: Saying, live: Conversation) -> None:
    view = await turn.desk.backend.snapshot(live.spec_id)
    if not before_first_gate(view):
        await conversation.comment(turn, Saying(f"Edited the request to: {saying.text}"), live)
        return
    wish = wishes.Wish(
        saying.text,
        origin=live.origin,
        channel=live.channel,
        thread_ts=live.thread_ts,
        message_ts=live.message_ts,
        project_id=live.project_id,
        include_discussion=live.include_discussion,
    )
    request = await wishes.keep(turn, wish, await turn.person())
    await conversation.ask(turn, request, shown.edited(wishes.view(request), view))


def before_first_gate(view: SpecView) -> bool:
    """No version was shown for a decision yet, and no task began."""
    decided = any(one.decision for one in view.phases)
    return view.status in ("DRAFT", "EXECUTING") and view.gate is None and not decided
