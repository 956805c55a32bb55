"""The whole way with nothing written by hand: server, sandboxes, approval on the command line, and what Slack shows."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from omoi_bot.backend import Backend
from omoi_bot.follow.follower import Follower
from omoi_bot.follow.room import Room
from omoi_bot.people import People
from omoi_bot.posting import Sender
from omoi_bot.slack_api import SlackApi
from omoi_bot.store import conversations, follows
from omoi_bot.store.clock import Clock
from omoi_bot.store.conversations import Conversation
from omoi_bot.store.database import Database, Tx
from omoi_bot.store.migrate import migrate
from omoi_client import OmoiClient
from tests.acceptance.delivered import buttons, post_id, unhurried
from tests.acceptance.servers import Server
from tests.integration.bot.following_stage import posts, quick, running, until
from tests.offices import IDEA
from tests.peers.slack import Channel, Message, Person, SlackPeer

RATE = 10.0
"""Seconds of Slack's and the bot's time in one of ours; sandboxes work beside it on the same machine."""


class Playground:
    """Slack with a channel and mara, and a bot on a real server."""

    def __init__(self, slack: SlackPeer, db: Database, omoi: OmoiClient, mara: Person, channel: Channel) -> None:
        self.slack = slack
        self.db = db
        self.omoi = omoi
        self.mara = mara
        self.channel = channel

    async def launch(self, project_id: str, **more: Any) -> str:
        """As the launching listener does it."""
        ts = await self.mara.says(self.channel, "<@BOT> " + IDEA)
        spec_id = (await self.omoi.launch_spec(project_id, description=IDEA, **more)).spec_id
        await self.tell_about(spec_id, project_id, ts)
        return spec_id

    async def tell_about(self, spec_id: str, project_id: str, ts: str) -> None:
        requester = f"slack:{self.slack.team.id}/{self.mara.id}"
        conversation = Conversation(
            spec_id, self.slack.team.id, self.channel.id, ts, ts, "", requester, "local", project_id, "mention"
        )

        async def work(tx: Tx) -> None:
            await conversations.start(tx, conversation)
            await follows.start(tx, spec_id, as_identity=requester, project_id=project_id)

        await self.db.write(work)

    def thread(self, spec_id: str) -> list[Message]:
        own = [message for message in self.slack.messages(self.channel) if message.user == self.slack.bot.id]
        return [message for message in own if spec_id in post_id(message)]

    def kinds(self, spec_id: str) -> list[str]:
        return [post_id(message).partition(":")[0] for message in self.thread(spec_id)]

    async def until_kind(self, spec_id: str, kind: str, seconds: float = 60) -> Message:
        async def there() -> Message | None:
            found = (message for message in self.thread(spec_id) if post_id(message).startswith(kind))
            return next(found, None)

        found: Message = await until(there, seconds, f"a message of the kind {kind} among {self.kinds(spec_id)}")
        return found


@asynccontextmanager
async def bot_on(server: Server, folder: Path) -> AsyncIterator[Playground]:
    async with AsyncExitStack() as stack:
        slack = await stack.enter_async_context(SlackPeer(clock_rate=RATE, text_required=True))
        mara = slack.add_person("mara")
        channel = slack.add_channel("shop", [mara, slack.bot])
        url = f"sqlite:///{folder / 'bot.db'}"
        await asyncio.to_thread(migrate, url)
        clock = Clock(RATE)
        db = await Database.open(url, clock=clock)
        stack.push_async_callback(db.close)
        backend = Backend(server.address, (server.home / "token").read_text().strip())
        stack.push_async_callback(backend.close)
        api = SlackApi(lambda _team: slack.bot_token, slack.api_url, clock)
        stack.push_async_callback(api.close)
        sender = Sender(api, db, "bot-1", clock, pace=unhurried(RATE))
        people = People(api, backend, db)
        room = Room(db, backend, api, people, "bot-1", clock=clock, pace=quick(clock.rate), wake_sender=sender.poke)
        await stack.enter_async_context(running(sender))
        await stack.enter_async_context(running(Follower(room)))
        omoi = await stack.enter_async_context(server.client())
        yield Playground(slack, db, omoi, mara, channel)


async def quiet(room: Playground, spec_id: str) -> None:
    """Until Slack shows everything as the outbox wants it."""

    async def shown() -> bool:
        found = await posts(room.db, spec_id)
        return all(post.state == "SENT" and post.shown_version == post.wanted_version for post in found.values())

    await until(shown, 20, "everything is shown")


async def test_from_an_idea_to_the_pull_request(server: Server, repository: Path, tmp_path: Path) -> None:
    await server.start()
    async with bot_on(server, tmp_path) as room:
        project = (await room.omoi.create_project(str(repository))).project
        spec_id = await room.launch(project.project_id, gates=["TASKS"])
        gate = await room.until_kind(spec_id, "gate")
        assert room.kinds(spec_id) == ["live", "phase", "phase", "gate"]
        assert {"approve", "changes", "view_output"} <= buttons(gate)

        async def points() -> bool:
            return "in this thread" in str(room.thread(spec_id)[0].blocks)

        await until(points, 20, "the live message points to the gate")
        digest = (await room.omoi.get_phase_output(spec_id, "TASKS")).digest
        await room.omoi.review_phase(spec_id, "TASKS", digest, "APPROVE")
        ended = await room.until_kind(spec_id, "end")
        await quiet(room, spec_id)
        assert "create_pr" in buttons(ended) and "approve" not in buttons(gate)
        await room.omoi.create_pull_request(spec_id)
        assert "REQ-001" in (await room.omoi.get_pull_request(spec_id)).body
        await room.until_kind(spec_id, "pr")

        await quiet(room, spec_id)
        assert room.kinds(spec_id) == ["live", "phase", "phase", "gate", "end", "pr"]
        assert "create_pr" not in buttons(ended), "the pull request is there"
        live = room.thread(spec_id)[0]
        assert "in this thread" not in str(live.blocks)
        assert "Pull request" in live.text and "approve" not in buttons(live)
        assert room.slack.record.repeated() == []
        assert room.slack.record.refused() == []
        asked = room.channel.find(live.thread_ts)
        assert asked is not None and set(asked.reactions) == {"white_check_mark"}


@pytest.mark.full
async def test_stopped_at_the_gate_and_resumed(server: Server, repository: Path, tmp_path: Path) -> None:
    await server.start()
    async with bot_on(server, tmp_path) as room:
        project = (await room.omoi.create_project(str(repository))).project
        spec_id = await room.launch(project.project_id, gates=["REQUIREMENTS"])
        gate = await room.until_kind(spec_id, "gate")
        await room.omoi.cancel_spec(spec_id, "wrong idea")
        ended = await room.until_kind(spec_id, "end")
        await quiet(room, spec_id)
        assert "resume" in buttons(ended) and "Stopped" in str(ended.blocks)
        assert "approve" not in buttons(gate)
        await room.omoi.execute_spec(spec_id)

        async def asked_again() -> bool:
            return room.kinds(spec_id) == ["live", "gate", "end", "gate"] and "resume" not in buttons(ended)

        await until(asked_again, 30, "the gate is a new message")
        assert {"approve"} <= buttons(room.thread(spec_id)[-1]) and "approve" not in buttons(gate)
        assert room.slack.record.repeated() == []
