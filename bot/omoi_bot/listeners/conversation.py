"""What is said in the thread of a spec: words that act, messages to the agent, comments (rules 9 and 10)."""

from __future__ import annotations

import structlog

from omoi_bot.blocks import answers
from omoi_bot.blocks import requests as shown
from omoi_bot.blocks.model import Message, SpecView, Who
from omoi_bot.listeners import asking, decisions, gathering, running, wishes
from omoi_bot.listeners.turn import Told, Turn
from omoi_bot.listeners.words import Saying, Word
from omoi_bot.people import Person, Refusal
from omoi_bot.posting import Kept, of_spec, put
from omoi_bot.slack_api import SlackRefused
from omoi_bot.store import channels, requests
from omoi_bot.store.conversations import Conversation
from omoi_bot.store.database import Tx
from omoi_bot.store.requests import Request
from omoi_client.errors import OmoiError

QUEUED, INTERRUPT, COMMENT = "QUEUED", "INTERRUPT", "COMMENT"
"""MessageDelivery of the contract."""

MARKS = {QUEUED: "incoming_envelope", INTERRUPT: "zap", COMMENT: "speech_balloon"}
"""The reaction that says what became of a message; 💬 is a comment, which no running agent reads."""

log = structlog.get_logger()


async def steer(turn: Turn, saying: Saying, live: Conversation) -> None:
    """Somebody says something in the thread of a live spec."""
    addressed = turn.origin.dm or saying.to_omoi or saying.now
    if saying.word is not None:
        await act(turn, saying.word, live)
        return
    person = await somebody(turn, silent=not addressed)
    if person is None:
        return
    if not saying.text:
        if addressed:
            raise Told(answers.help_text(answers.RUNNING))
        return
    if saying.now:
        await _send(turn, saying, live, person, INTERRUPT)
    elif addressed or await _listens(turn, live, person):
        await _send(turn, saying, live, person, QUEUED)
    else:
        await comment(turn, saying, live)


async def somebody(turn: Turn, *, silent: bool) -> Person | None:
    """Who speaks; None for somebody who may not, when they were not speaking to Omoi. Else raises Told."""
    if not silent:
        return await turn.person()
    found = await turn.desk.people.resolve(turn.origin.team, turn.origin.user)
    return None if isinstance(found, Refusal) else found


async def act(turn: Turn, word: Word, of: Conversation) -> None:
    """A word that was the whole message. What it changes shows in the live message; what it could not do is said here."""
    if word is Word.HELP:
        await turn.person()
        listening = await _listening(turn, of)
        await turn.say(answers.help_text(answers.RUNNING, listening=listening))
    elif word is Word.STATUS:
        omoi = await turn.omoi()
        try:
            await omoi.get_spec(of.spec_id)
        except OmoiError as error:
            raise await running.told(turn, error, of.spec_id) from error
        await turn.say(answers.status(await turn.desk.backend.snapshot(of.spec_id), await _live_link(turn, of)))
    elif word is Word.STOP:
        await running.cancel(turn, of.spec_id)
    elif word is Word.RETRY:
        await turn.say(answers.sentence(await running.again(turn, of.spec_id)))
    else:
        await _approve(turn, of)


async def comment(turn: Turn, saying: Saying, of: Conversation) -> None:
    """Keep a reply as a comment, which the next attempt reads as context. Who may not comment is left alone: they were not
    talking to Omoi."""
    person = await somebody(turn, silent=True)
    if person is None or not saying.text:
        return
    try:
        await _send(turn, saying, of, person, COMMENT)
    except Told as told:
        log.info("comment.refused", spec=of.spec_id, reason=told.message.text[:80])


async def offer_new_spec(turn: Turn, request: Request, ended: Conversation) -> None:
    """[New spec] [Just a comment], in the thread of a spec that is over."""
    view = await turn.desk.backend.snapshot(ended.spec_id)
    message = shown.after_the_end(wishes.view(request), view)
    await ask(turn, request, message)


async def ask(turn: Turn, request: Request, message: Message) -> None:
    """Ask something about a kept wish in its thread, with buttons that stay a day."""
    where = asking.place(request, turn.origin.channel, turn.origin.thread)
    options = {**request.options, "asked": [where]}

    async def work(tx: Tx) -> None:
        if await requests.advance(tx, request.request_id, requests.WAITING, "WAITING_CHOICE", options=options):
            await asking.ask(tx, request, where, message)

    await turn.write(work)


async def _send(turn: Turn, saying: Saying, of: Conversation, person: Person, delivery: str) -> None:
    omoi = await turn.desk.people.acting(person)
    link = "" if of.private and not of.include_discussion else await _permalink(turn)
    try:
        sent = await omoi.send_message(
            of.spec_id, saying.text, delivery=delivery, permalink=link, request_id=turn.request_id(f"say/{of.spec_id}")
        )
    except OmoiError as error:
        raise await running.told(turn, error, of.spec_id) from error
    await _mark(turn, MARKS[delivery])
    view = await turn.desk.backend.snapshot(of.spec_id)
    if view.gate is not None:
        await _offer_change(turn, view, person, saying.text, sent.comment.comment_id)


async def _offer_change(turn: Turn, view: SpecView, person: Person, text: str, comment_id: str) -> None:
    author = Who(slack_user=person.slack_user, name=person.name)
    message = shown.use_as_change(view, author, text, comment_id)
    offer = turn.post(message, "use-as-change", spec_id=view.spec_id)
    kept = Request(
        comment_id, turn.origin.team, turn.origin.channel, turn.origin.thread, turn.origin.ts, person.identity,
        person.name, text, state="DROPPED", reason=COMMENT,
    )  # fmt: skip

    async def work(tx: Tx) -> None:
        # The words are kept by the comment's id: the button carries no text.
        await requests.keep(tx, kept)
        await put(tx, offer)

    await turn.write(work)


async def _mark(turn: Turn, name: str) -> None:
    try:
        await turn.desk.slack.reactions_add(turn.origin.team, turn.origin.channel, turn.origin.ts, name)
    except SlackRefused as refusal:
        log.info("reaction.refused", error=refusal.error)


async def _permalink(turn: Turn) -> str:
    return await gathering.permalink(turn, turn.origin.channel, turn.origin.ts)


async def _listening(turn: Turn, of: Conversation) -> str:
    async with turn.desk.db.read() as tx:
        channel = await channels.get(tx, of.team, of.channel)
    return channel.listening if channel else "requester"


async def _listens(turn: Turn, live: Conversation, person: Person) -> bool:
    listening = await _listening(turn, live)
    return listening == "all" or (listening == "requester" and person.identity == live.requester)


async def _live_link(turn: Turn, of: Conversation) -> str:
    async with turn.desk.db.read() as tx:
        posts = await of_spec(tx, of.spec_id, "live")
    sent = [one for one in posts if one.ts]
    return await gathering.permalink(turn, sent[-1].channel, sent[-1].ts) if sent else ""


async def _approve(turn: Turn, of: Conversation) -> None:
    """`approve` stands for the version of the newest gate message that was in the thread before it."""
    async with turn.desk.db.read() as tx:
        gates = await of_spec(tx, of.spec_id, "gate")
    seen = [one for one in gates if one.ts and one.channel == turn.origin.channel and one.ts < turn.origin.ts]
    view = await turn.desk.backend.snapshot(of.spec_id)
    if not seen:
        if view.gate is None:
            raise Told("Nothing waits for a decision here.")
        raise Told(decisions.first_look(view))
    phase, version = _version(max(seen, key=lambda one: one.ts))
    if view.gate is not None and (view.gate.phase, view.gate.version) != (phase, version):
        raise Told(decisions.stale(view, phase, version))
    await decisions.decide(turn, of.spec_id, phase, version, view.gate.digest if view.gate else "", "APPROVE")


def _version(post: Kept) -> tuple[str, int]:
    """Phase and version in a gate post's id, "gate:<spec>:<PHASE>:v<N>"."""
    parts = post.post_id.removeprefix(f"gate:{post.spec_id}:").split(":")
    return parts[0], int(parts[1].removeprefix("v"))
