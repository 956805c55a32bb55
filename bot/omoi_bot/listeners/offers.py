"""Clicks on what was offered about a kept wish or a comment: project, start, drop, room, choice, change request."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace

from omoi_bot.blocks import actions, text, words
from omoi_bot.blocks.actions import Target
from omoi_bot.blocks.model import Message
from omoi_bot.listeners import asking, decisions, launching, running, wishes
from omoi_bot.listeners.turn import Told, Turn
from omoi_bot.posting import Post, of_message, put
from omoi_bot.store import conversations, requests
from omoi_bot.store.database import Tx
from omoi_bot.store.requests import Request
from omoi_client.errors import OmoiError

Click = Callable[[Turn, Target], Awaitable[None]]


async def pick_project(turn: Turn, target: Target) -> None:
    """The requester chose a project."""
    request = await _mine(turn, target)
    if not target.project_id:
        raise Told("Choose a project from the list first.")
    await launching.go_on(turn, wishes.with_options(request, project_id=target.project_id))


async def start(turn: Turn, target: Target) -> None:
    """Start what was asked while the bot was away."""
    await launching.go_on(turn, wishes.with_options(await _mine(turn, target), confirm=False))


async def drop(turn: Turn, target: Target) -> None:
    """Forget the wish."""
    await launching.drop(turn, await _mine(turn, target), "Dropped.")


async def invited(turn: Turn, target: Target) -> None:
    """Somebody invited the bot; look again."""
    request = await _mine(turn, target)
    turn.desk.people.forget_channel(request.team, request.channel)
    await launching.go_on(turn, request)


async def run_in_dm(turn: Turn, target: Target) -> None:
    """Report in the requester's DM instead of where it was asked."""
    request = await _mine(turn, target)
    channel = await turn.dm()
    await launching.go_on(turn, replace(request, channel=channel, thread_ts="", message_ts=""))


async def new_spec(turn: Turn, target: Target) -> None:
    """A spec of its own: in this thread when nothing runs there any more, else in a thread of its own."""
    request = await _mine(turn, target)
    async with turn.desk.db.read() as tx:
        live = await conversations.live_in_thread(tx, request.team, request.channel, request.thread_ts)
    if live is not None and live.spec_id != request.spec_id:
        request = replace(request, thread_ts="")
    await launching.go_on(turn, request)


async def add_to_spec(turn: Turn, target: Target) -> None:
    """Give the words to the spec that runs in the thread."""
    request = await _mine(turn, target)
    said = await _send(turn, request, target.spec_id, "QUEUED")
    await launching.drop(turn, request, said)


async def just_comment(turn: Turn, target: Target) -> None:
    """Only a comment: kept for the next attempt, and the offer loses its buttons."""
    if not target.request_id:
        await _close_offer(turn, "Kept as a comment; the next attempt reads it.")
        return
    request = await _mine(turn, target)
    await _send(turn, request, target.spec_id, "COMMENT")
    await launching.drop(turn, request, "Kept as a comment; the next attempt reads it.")


async def use_as_change(turn: Turn, target: Target) -> None:
    """The comment becomes the change request to the version that was shown."""
    async with turn.desk.db.read() as tx:
        kept = await requests.get(tx, target.key) if target.key else None
    if kept is None:
        raise Told("I do not have the words of this comment any more. Use *Request changes* instead.")
    comment = f"{kept.title}: {kept.text}"
    await decisions.decide(
        turn, target.spec_id, target.phase, target.version, target.digest, "REQUEST_CHANGES", comment
    )
    person = await turn.person()
    await _close_offer(turn, f"Used as change request by {words.who(decisions.mention(person))}.")


async def restart_edited(turn: Turn, target: Target) -> None:
    """Stop what runs and start anew with the edited words, in the same thread."""
    request = await _mine(turn, target)
    await running.cancel(turn, target.spec_id, "Restarted with the edited message.")
    await turn.desk.db.write(lambda tx: conversations.end(tx, target.spec_id))
    await launching.go_on(turn, request)


CLICKS: dict[str, Click] = {
    actions.PICK_PROJECT: pick_project,
    actions.START_REQUEST: start,
    actions.DROP_REQUEST: drop,
    actions.INVITED: invited,
    actions.RUN_IN_DM: run_in_dm,
    actions.NEW_SPEC: new_spec,
    actions.ADD_TO_SPEC: add_to_spec,
    actions.JUST_COMMENT: just_comment,
    actions.USE_AS_CHANGE: use_as_change,
    actions.RESTART_EDITED: restart_edited,
}


async def _mine(turn: Turn, target: Target) -> Request:
    """The wish that was clicked about. Only its requester may answer; raises Told otherwise, and when it is over."""
    person = await turn.person()
    async with turn.desk.db.read() as tx:
        request = await requests.get(tx, target.request_id)
        now = tx.now
    if request is None:
        raise Told("I do not know this request any more. Ask again, and I take it from there.")
    if request.identity != person.identity:
        raise Told(f"Only <@{wishes.slack_user(request)}> can answer this: it is their request.")
    if request.state in requests.WAITING and request.expires_at and request.expires_at <= now:
        await turn.write(lambda tx: _expire(tx, request))
        raise Told(asking.GONE)
    return request


async def _expire(tx: Tx, request: Request) -> None:
    if await requests.advance(tx, request.request_id, requests.WAITING, "EXPIRED"):
        await asking.settle(tx, request, Message(asking.GONE))


async def _send(turn: Turn, request: Request, spec_id: str, delivery: str) -> str:
    omoi = await turn.omoi()
    step = f"offer/{request.request_id}"
    try:
        sent = await omoi.send_message(spec_id, request.text, delivery=delivery, request_id=turn.request_id(step))
    except OmoiError as error:
        raise await running.told(turn, error, spec_id) from error
    return text.paragraphs(sent.message, 1000) or "Kept."


async def _close_offer(turn: Turn, said: str) -> None:
    """The clicked message says what became of it, and has no buttons any more."""

    async def work(tx: Tx) -> None:
        offer = await of_message(tx, turn.origin.team, turn.origin.channel, turn.origin.ts)
        if offer is not None:
            await put(
                tx,
                Post(
                    post_id=offer.post_id, team=offer.team, channel=offer.channel, text=said, kind=offer.kind, urgency=0,
                    thread_ts=offer.thread_ts, spec_id=offer.spec_id, depends_on_live=False,
                ),
            )  # fmt: skip

    await turn.write(work)
