"""A peer with channels, the bot's database, and senders between them: what the tests of posting share."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from omoi_bot.posting import Kept, OnGone, Pace, Post, Sender, get, put
from omoi_bot.slack_api import SlackApi
from omoi_bot.store import outbox, workspaces
from omoi_bot.store.clock import Clock
from omoi_bot.store.database import Database, Tx
from omoi_bot.store.workspaces import Workspace
from tests.peers.slack.model import Channel, Message
from tests.peers.slack.peer import SlackPeer
from tests.peers.slack.record import Entry

QUICK = Pace(settle_seconds=0.1, poll_seconds=0.1, away_seconds=(0.05, 0.1, 0.2))


def scaled(rate: float) -> Pace:
    """The real pace for a fast clock: what depends on how fast this machine works keeps its real length."""
    pace = Pace()
    return replace(
        pace, lease_seconds=pace.lease_seconds * rate, lease_left=pace.lease_left * rate,
        start_seconds=pace.start_seconds * rate, poll_seconds=0.1 * rate,
    )  # fmt: skip


@dataclass
class Rig:
    peer: SlackPeer
    db: Database
    slack: SlackApi
    clock: Clock
    channel: Channel
    pace: Pace
    senders: list[Sender] = field(default_factory=list)

    @property
    def team(self) -> str:
        return self.peer.team.id

    def post(self, post_id: str, text: str, **more: Any) -> Post:
        given: dict[str, Any] = {"channel": self.channel.id, "blocks": section(text), **more}
        return Post(post_id, self.team, text=text, **given)

    async def put(self, *posts: Post) -> None:
        async def work(tx: Tx) -> None:
            for post in posts:
                await put(tx, post)

        await self.db.write(work)
        for sender in self.senders:
            sender.poke()

    async def kept(self, post_id: str) -> Kept:
        async with self.db.read() as tx:
            found = await get(tx, post_id)
        assert found is not None, f"{post_id} is not in the outbox"
        return found

    @asynccontextmanager
    async def sending(
        self, owner: str = "bot-1", on_gone: OnGone | None = None, reached: Callable[[str], None] | None = None
    ) -> AsyncIterator[Sender]:
        sender = Sender(
            self.slack, self.db, owner, self.clock, pace=self.pace,
            on_gone=on_gone or _ignored, reached=reached or (lambda _point: None),
        )  # fmt: skip
        self.senders.append(sender)
        task = asyncio.create_task(sender.run())
        try:
            yield sender
        finally:
            self.senders.remove(sender)
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def open(self) -> list[str]:
        """The posts with something left to send."""

        async with self.db.read() as tx:
            return sorted(row.post_id for row in await outbox.open_posts(tx, self.team))

    async def all_sent(self, timeout: float = 20.0) -> None:
        deadline = asyncio.get_running_loop().time() + timeout
        while left := await self.open():
            assert asyncio.get_running_loop().time() < deadline, f"not sent within {timeout} s: {left[:10]}"
            await asyncio.sleep(0.02)

    def shown(self, post_id: str) -> Message:
        """The one message that shows this post; fails when there is none, or more than one."""
        found = [entry.message for entry in self.peer.record.of("post") if id_of(entry) == post_id]
        assert len(found) == 1, f"{post_id} stands {len(found)} times"
        assert found[0] is not None
        return found[0]

    def counts(self) -> Counter[str]:
        """How often each post stands in Slack."""
        return Counter(id_of(entry) for entry in self.peer.record.of("post"))


def id_of(entry: Entry) -> str:
    """The post's id in the metadata of what was posted."""
    metadata = entry.message.metadata if entry.message is not None else None
    return str((metadata or {}).get("event_payload", {}).get("id", ""))


def section(text: str) -> list[dict[str, object]]:
    return [{"type": "section", "text": {"type": "mrkdwn", "text": text}}]


async def _ignored(_tx: Tx, _post: Kept) -> None:
    return None


@asynccontextmanager
async def rig_on(url: str, *, rate: float = 1.0, pace: Pace = QUICK, limits: bool = True) -> AsyncIterator[Rig]:
    """A rig on this (migrated) database; everything is closed at the end."""
    clock = Clock(rate)
    async with SlackPeer(clock_rate=rate, rate_limits=limits, text_required=True) as peer:
        mara = peer.add_person("mara")
        channel = peer.add_channel("payments", members=[mara, peer.bot])
        db = await Database.open(url, clock=clock)
        slack = SlackApi(lambda _team: peer.bot_token, peer.api_url, clock)
        rig = Rig(peer, db, slack, clock, channel, pace)
        await db.write(lambda tx: workspaces.put(tx, Workspace(peer.team.id, bot_user=peer.bot.id)))
        try:
            yield rig
        finally:
            await slack.close()
            await db.close()
