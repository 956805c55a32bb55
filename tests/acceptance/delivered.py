"""A whole story to be told, the bot's loops that tell it, and what Slack's record must say afterwards."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from omoi_bot.follow.follower import Follower
from omoi_bot.posting import Pace as SenderPace
from omoi_bot.posting import Sender
from omoi_bot.store.clock import Clock
from omoi_bot.store.database import Database
from omoi_client import OmoiClient
from omoi_server.store.database import Database as ServerDatabase
from tests.integration.bot.following_stage import Plan, Stage, posts, running, stage_on, until
from tests.peers.slack import Message, SlackPeer

RATE = 30.0
"""Seconds of Slack's and the bot's time in one of ours."""

NORMAL = [
    "live:s",
    "phase:s:REQUIREMENTS:v1",
    "phase:s:DESIGN:v1",
    "gate:s:TASKS:v1",
    "changes:s:N",
    "phase:s:REQUIREMENTS:v2",
    "phase:s:DESIGN:v2",
    "gate:s:TASKS:v2",
    "fail:s:N",
    "pr:s",
]


@asynccontextmanager
async def slack_and_server(server_url: str, folder: Path, rate: float = RATE) -> AsyncIterator[Stage]:
    """A stage on this server database, with a strict Slack whose time runs `rate` times as fast."""
    server = await ServerDatabase.open(server_url)
    try:
        async with SlackPeer(clock_rate=rate, text_required=True) as peer, stage_on(server, folder, peer) as stage:
            yield stage
    finally:
        await server.close()


def unhurried(rate: float) -> SenderPace:
    """The sender's pace, with the time that it gives its own process stretched to what a fast clock leaves of it."""
    pace = SenderPace()
    stretch = max(1.0, rate / 20)
    return replace(
        pace,
        lease_seconds=pace.lease_seconds * stretch,
        lease_left=pace.lease_left * stretch,
        start_seconds=pace.start_seconds * stretch,
        poll_seconds=pace.poll_seconds * stretch,
    )


@asynccontextmanager
async def bot(stage: Stage, owner: str = "bot-1", rate: float = RATE) -> AsyncIterator[Database]:
    """Following and sending in this process."""
    async with AsyncExitStack() as stack:
        clock = Clock(rate)
        room = await stack.enter_async_context(stage.room(owner, clock=clock))
        sender = Sender(room.slack, room.db, owner, clock, pace=unhurried(rate))
        await stack.enter_async_context(running(Follower(replace(room, wake_sender=sender.poke))))
        await stack.enter_async_context(running(sender))
        yield room.db


def steps(plan: Plan, omoi: OmoiClient) -> list[Callable[[], Awaitable[Any]]]:
    """A whole story, to be told step by step."""

    async def decide(decision: str, phase: str, digest: str, comment: str = "") -> None:
        await omoi.review_phase(plan.spec_id, phase, digest, decision, comment=comment)

    return [
        lambda: plan.phase("EXPLORE"),
        lambda: plan.phase("REQUIREMENTS"),
        lambda: plan.work(5),
        lambda: plan.phase("DESIGN"),
        lambda: plan.phase("TASKS"),
        lambda: decide("REQUEST_CHANGES", "REQUIREMENTS", "REQUIREMENTS-1", "lock per IP as well"),
        lambda: plan.phase("REQUIREMENTS", 2, changes=["REQ-002 changed"]),
        lambda: plan.phase("DESIGN", 2),
        lambda: plan.work(5),
        lambda: plan.phase("TASKS", 2),
        lambda: decide("APPROVE", "TASKS", "TASKS-2"),
        lambda: plan.fails(),
        lambda: plan.published(),
    ]


def shown(stage: Stage, plan: Plan) -> list[Message]:
    """The bot's messages in the spec's thread, as people see them."""
    own = (m for m in stage.slack.messages(stage.channel) if m.user == stage.slack.bot.id)
    return [message for message in own if plan.spec_id in post_id(message)]


def post_id(message: Message) -> str:
    return str(((message.metadata or {}).get("event_payload") or {}).get("id", ""))


def named(stage: Stage, plan: Plan) -> list[str]:
    """Their post ids, with N for a sequence."""
    names = (post_id(message).replace(plan.spec_id, "s") for message in shown(stage, plan))
    return [f"{name.rpartition(':')[0]}:N" if name.startswith(("changes", "fail", "end")) else name for name in names]


def buttons(message: Message) -> set[str]:
    rows = (block for block in message.blocks if block["type"] == "actions")
    return {element["action_id"] for row in rows for element in row["elements"]}


async def all_shown(stage: Stage, db: Database, plan: Plan, seconds: float = 20) -> None:
    """Until Slack shows what the outbox wants, and the last event's posts are among it."""

    async def done() -> bool:
        found = await posts(db, plan.spec_id)
        settled = all(post.state == "SENT" and post.shown_version == post.wanted_version for post in found.values())
        return settled and "pr:s" in found

    await until(done, seconds, "everything is shown")


def check(stage: Stage, plan: Plan) -> None:
    """Each message once, in order, no gate's button left, nothing refused."""
    assert named(stage, plan) == NORMAL
    assert stage.slack.record.repeated() == []
    # A reaction may be put twice: that it is there is all that matters.
    assert {each.error for each in stage.slack.record.refused()} <= {"already_reacted", "no_reaction"}
    for message in shown(stage, plan):
        assert "approve" not in buttons(message), f"{post_id(message)} still asks"
        if ":fail" in post_id(message):
            assert "retry" not in buttons(message)
