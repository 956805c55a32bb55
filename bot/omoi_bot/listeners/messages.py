"""Messages: who is spoken to, and about what. A mention or a DM begins work; in a thread of ours words steer it."""

from __future__ import annotations

import time

from omoi_bot.blocks import answers
from omoi_bot.blocks.model import Message
from omoi_bot.listeners import (
    apps,
    conversation,
    gathering,
    ideas,
    launching,
    lists,
    payloads,
    projects,
    subcommands,
    wishes,
    words,
)
from omoi_bot.listeners.payloads import Json
from omoi_bot.listeners.turn import Told, Turn
from omoi_bot.listeners.words import Saying, Word
from omoi_bot.store import channels, conversations, requests
from omoi_bot.store.conversations import Conversation
from omoi_bot.store.requests import Request

OLD_SECONDS = 3600.0
"""A request that is begun so late, because the bot or the server was away, is confirmed before it starts (rule 3)."""


async def said(turn: Turn) -> None:
    """A message in a channel, a thread or a DM, as Slack told of it or as it was found later."""
    event = payloads.event(turn.payload)
    bot = await turn.bot_user()
    app = bool(event.get("bot_id"))
    if turn.origin.user in (bot, "USLACKBOT") or (not app and not turn.origin.user):
        return
    text = str(event.get("text") or "")
    saying = words.read(text, bot, await gathering.names_in(turn, text))
    async with turn.desk.db.read() as tx:
        known = await conversations.of_thread(tx, turn.origin.team, turn.origin.channel, turn.origin.thread)
        kept = await requests.of_thread(tx, turn.origin.team, turn.origin.channel, turn.origin.thread)
    live = next((one for one in known if one.live), None)
    if await _shut(turn, saying, asked=not app and (saying.to_omoi or (bool(known) and saying.word is not None))):
        return
    if app:
        if known:
            await apps.comment(turn, event, saying, live or known[0])
        return
    if live and not _launches_anew(saying):
        await conversation.steer(turn, saying, live)
    elif not live and known:
        await _after_the_end(turn, saying, known[0], event)
    elif not await _answered(turn, saying, _waiting_here(kept)) and (turn.origin.dm or saying.to_omoi):
        await _spoken_to(turn, saying, event, in_live_thread=live is not None)


async def _shut(turn: Turn, saying: Saying, *, asked: bool) -> bool:
    """Whether nothing is done here: another organisation reads the channel and no maintainer allowed that (rule 1). Who
    spoke to Omoi is told so; a `stop` works always. The state may have changed since a spec began to report here."""
    if turn.origin.dm or saying.word is Word.STOP:
        return False
    closed = await turn.desk.people.channel_open(turn.origin.team, turn.origin.channel)
    if closed is None:
        return False
    if asked:
        await turn.person()
        raise Told(closed.sentence)
    return True


def _launches_anew(saying: Saying) -> bool:
    """A mention that names its kind ("quick: …", "new: …") asks for work of its own, even in the thread of a live spec."""
    return saying.to_omoi and saying.text.casefold().startswith(("quick:", "quick task:", "new:", "new spec:"))


async def _spoken_to(turn: Turn, saying: Saying, event: Json, *, in_live_thread: bool) -> None:
    await turn.person()
    if saying.word is not None:
        await _word(turn, saying.word)
        return
    bare = ideas.read(_without_new(saying.text)).text
    if bare and not ideas.says_enough(bare):
        meant = tuple(f"@Omoi {one}" for one in subcommands.near(bare, tuple(Word)))
        await turn.say(answers.no_idea(saying.text, meant))
        return
    await launching.begin(turn, _wish(turn, _without_new(saying.text), event, in_live_thread=in_live_thread))


def _without_new(text: str) -> str:
    head, colon, rest = text.partition(":")
    return rest.strip() if colon and head.strip().casefold() in ("new", "new spec") else text


def _wish(turn: Turn, text: str, event: Json, *, in_live_thread: bool = False) -> wishes.Wish:
    in_thread = bool(turn.origin.thread_ts) and turn.origin.thread_ts != turn.origin.ts
    old = time.time() - _seconds(turn.origin.ts) > OLD_SECONDS
    return wishes.Wish(
        text,
        origin="dm" if turn.origin.dm else "thread" if in_thread else "mention",
        channel=turn.origin.channel,
        thread_ts=turn.origin.thread,
        message_ts=turn.origin.ts,
        discussion=turn.origin.thread_ts if in_thread and not in_live_thread else "",
        files=[one for one in event.get("files") or () if isinstance(one, dict)],
        confirm=old,
    )


def _seconds(ts: str) -> float:
    try:
        return float(ts)
    except ValueError:
        return time.time()


def _waiting_here(kept: list[Request]) -> Request | None:
    return next((one for one in kept if one.state in requests.WAITING), None)


async def _answered(turn: Turn, saying: Saying, waiting: Request | None) -> bool:
    """Whether it answers what was asked about the wish of this thread: its requester's `stop`, or a project's name."""
    if waiting is None or wishes.slack_user(waiting) != turn.origin.user:
        return False
    if saying.word is Word.STOP:
        await launching.drop(turn, waiting, "Dropped.")
        return True
    if waiting.state != "WAITING_PROJECT" or len(saying.text.split()) != 1:
        return False
    chosen = await projects.named(await turn.omoi(), saying.text.strip("`.!"))
    if chosen is None:
        return False
    await launching.go_on(turn, wishes.with_options(waiting, project_id=chosen.project_id))
    return True


async def _word(turn: Turn, word: Word) -> None:
    """A word where no spec is reported on: help, or what runs in this channel, for nothing is stopped by guessing."""
    if word is Word.HELP:
        async with turn.desk.db.read() as tx:
            channel = await channels.get(tx, turn.origin.team, turn.origin.channel)
        listening = channel.listening if channel else "requester"
        await turn.say(answers.help_text(listening=listening))
        return
    await turn.say(await lists.running_here(turn, word.value))


async def _after_the_end(turn: Turn, saying: Saying, ended: Conversation, event: Json) -> None:
    """A reply in the thread of a spec that is over: its requester is offered a new spec, others' replies are comments."""
    addressed = turn.origin.dm or saying.to_omoi
    if saying.word in (Word.STOP, Word.APPROVE):
        raise Told("Nothing runs in this thread any more, and nothing waits for a decision.")
    if saying.word is not None:
        await conversation.act(turn, saying.word, ended)
        return
    person = await conversation.somebody(turn, silent=not addressed)
    if person is None:
        return
    if not addressed and person.identity != ended.requester:
        await conversation.comment(turn, saying, ended)
        return
    if not saying.text and not event.get("files"):
        raise Told(Message("Say what should change, and I offer a new spec for it."))
    request = await wishes.keep(turn, _wish(turn, saying.text, event), person)
    await conversation.offer_new_spec(turn, request, ended)
