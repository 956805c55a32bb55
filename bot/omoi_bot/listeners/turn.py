"""One thing that a person did in Slack, with what is needed to act on it and to answer it.

What a turn does can be repeated: a call to the server carries a request_id made from the envelope's key, a post has an id
made from it, and an answer in private may come twice without harm.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from hashlib import sha256

import structlog

from omoi_bot.blocks.model import Message
from omoi_bot.desk import Desk
from omoi_bot.listeners import payloads
from omoi_bot.listeners.payloads import Json, Origin
from omoi_bot.people import Person, Refusal
from omoi_bot.posting import FIRST, Post, put
from omoi_bot.slack_api import LIMITED, SlackRefused
from omoi_bot.store import workspaces
from omoi_bot.store.database import Tx
from omoi_bot.store.envelopes import Claimed
from omoi_client import OmoiClient

log = structlog.get_logger()
Work = Callable[[Tx], Awaitable[object]]


class Told(Exception):
    """Ends a turn with something to say to the person, and nothing else done."""

    def __init__(self, message: Message | str) -> None:
        self.message = message if isinstance(message, Message) else Message(message)
        super().__init__(self.message.text)


@dataclass(frozen=True)
class Turn:
    """See the module. `key` is the envelope's; `attempt` counts the tries before this one."""

    desk: Desk
    key: str
    payload: Json
    origin: Origin
    attempt: int = 0

    @classmethod
    def of(cls, envelope: Claimed, desk: Desk) -> Turn:
        """The turn that an envelope tells of. Its team is the workspace that we act in, whatever the payload's inside says."""
        origin = replace(payloads.origin(envelope.payload), team=envelope.team)
        return cls(desk, envelope.key, envelope.payload, origin, max(0, envelope.claims - 1))

    def request_id(self, step: str) -> str:
        """For a call to the server: the same for every repetition of this turn's `step`."""
        return f"slack-{sha256(f'{self.key}/{step}'.encode()).hexdigest()[:32]}"

    def post_id(self, step: str) -> str:
        """For something said in this turn."""
        return f"say:{sha256(self.key.encode()).hexdigest()[:24]}:{step}"

    async def person(self) -> Person:
        """Who it is. Raises Told for somebody who may not talk to Omoi."""
        found = await self.desk.people.resolve(self.origin.team, self.origin.user)
        if isinstance(found, Refusal):
            raise Told(found.sentence)
        return found

    async def omoi(self) -> OmoiClient:
        """The server as this person sees it. Raises Told as `person` does."""
        return await self.desk.people.acting(await self.person())

    async def bot_user(self) -> str:
        """The bot's own user id in this workspace."""
        async with self.desk.db.read() as tx:
            workspace = await workspaces.get(tx, self.origin.team)
        known = workspace.bot_user if workspace else ""
        return known or await self.desk.slack.bot_user(self.origin.team)

    async def say(self, message: Message, step: str = "1", *, thread: str | None = None, channel: str = "") -> None:
        """Say it where everybody reads it: in the thread of what was done (or `thread`; "" is the channel itself)."""
        where = self.origin.thread if thread is None else thread
        await self.write(lambda tx: put(tx, self.post(message, step, thread=where, channel=channel)))

    def post(
        self,
        message: Message,
        step: str = "1",
        *,
        thread: str | None = None,
        channel: str = "",
        spec_id: str = "",
    ) -> Post:
        """What `say` posts, for a transaction of one's own."""
        where = self.origin.thread if thread is None else thread
        return Post(
            post_id=self.post_id(step),
            team=self.origin.team,
            channel=channel or self.origin.channel,
            thread_ts=where,
            kind="say",
            text=message.text,
            blocks=message.blocks,
            urgency=FIRST,
            spec_id=spec_id,
            depends_on_live=False,
        )

    async def tell(self, message: Message | str, step: str = "told") -> None:
        """Say it to this person alone: by the click's or command's response_url, else so that only they see it in the channel;
        where Slack takes neither, in their DM, as a post that is not lost."""
        said = message if isinstance(message, Message) else Message(message)
        try:
            if self.origin.response_url:
                thread = {"thread_ts": self.origin.thread_ts} if self.origin.thread_ts else {}
                await self.desk.slack.respond(
                    self.origin.response_url, said.text, said.blocks, replace_original=False, **thread
                )
                return
            if self.origin.channel and not self.origin.dm:
                where = self.origin.thread_ts
                await self.desk.slack.post_ephemeral(
                    self.origin.team, self.origin.channel, self.origin.user, said.text, said.blocks, thread_ts=where
                )
                return
        except SlackRefused as refusal:
            log.info("answer.refused", method=refusal.method, error=refusal.error)
        await self.tell_in_dm(said, step)

    async def tell_in_dm(self, message: Message, step: str = "dm") -> None:
        """Say it in the person's DM with Omoi; in the thread they wrote in when they wrote there."""
        if self.origin.dm:
            await self.say(message, step)
            return
        try:
            channel = await self.dm()
        except SlackRefused as refusal:
            if refusal.error == LIMITED:
                raise
            # A stranger, a bot, somebody who left: there is no way to tell them, and trying again finds none.
            log.info("answer.nobody_to_tell", error=refusal.error)
            return
        await self.say(message, step, thread="", channel=channel)

    async def dm(self) -> str:
        """The person's DM with Omoi."""
        return await self.desk.slack.open_dm(self.origin.team, self.origin.user)

    async def write(self, work: Work) -> None:
        """One transaction in the bot's database; then what waits to be posted is posted."""
        await self.desk.db.write(work)
        self.desk.poke()
