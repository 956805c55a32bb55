"""What people see in Slack, whatever dies: each message once, in order, and no button of the past.

A real server's log, the bot's real database and sender, and the record of a strict Slack.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from omoi_bot.follow.follower import Follower
from omoi_bot.posting import Sender
from omoi_bot.store.clock import Clock
from omoi_bot.store.database import Database
from omoi_client import OmoiClient
from omoi_server.store.database import Database as ServerDatabase
from tests.acceptance.bot_following import end, let_leases_run_out, orders_for, start
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


@pytest.fixture
async def stage(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    server = await ServerDatabase.open(sqlite_url)
    try:
        async with SlackPeer(clock_rate=RATE, text_required=True) as peer, stage_on(server, tmp_path, peer) as made:
            yield made
    finally:
        await server.close()


@asynccontextmanager
async def bot(stage: Stage, owner: str = "bot-1") -> AsyncIterator[Database]:
    """Following and sending in this process."""
    async with AsyncExitStack() as stack:
        clock = Clock(RATE)
        room = await stack.enter_async_context(stage.room(owner, clock=clock))
        sender = Sender(room.slack, room.db, owner, clock)
        object.__setattr__(room, "wake_sender", sender.poke)
        await stack.enter_async_context(running(Follower(room)))
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


async def test_a_story_is_told_once_and_in_order(stage: Stage) -> None:
    async with bot(stage) as db, stage.omoi() as omoi:
        plan = await stage.launch(db)
        for step in steps(plan, omoi):
            await step()
        await all_shown(stage, db, plan)
        check(stage, plan)
        gate = next(message for message in shown(stage, plan) if "TASKS:v2" in post_id(message))
        assert "Approved by" in str(gate.blocks)
        asked = stage.slack.state.channels[stage.channel.id].find(gate.thread_ts)
        assert asked is not None and "eyes" in asked.reactions | {"eyes": []}


async def die_again_and_again(stage: Stage, seed: int, deaths: int) -> int:
    """Tell stories while the bot's process is killed at random points, until it died `deaths` times in the middle of a step;
    how often it was killed in all, with the times when it had nothing more to do."""
    chance = random.Random(seed)
    died = killed = 0
    async with stage.room("test", clock=Clock(RATE)) as room, stage.omoi() as omoi:
        while died < deaths:
            plan = await stage.launch(room.db)
            todo = steps(plan, omoi)
            while todo:
                for _ in range(chance.randint(1, 2)):
                    if todo:
                        await todo.pop(0)()
                process = start(orders_for(stage, RATE, chance.randint(1, 24)))
                try:
                    await asyncio.to_thread(process.join, 1.0)
                    died += process.exitcode is not None
                finally:
                    end(process)
                killed += 1
                await let_leases_run_out(room.db)
            process = start(orders_for(stage, RATE))
            try:
                await all_shown(stage, room.db, plan, 30)
            finally:
                end(process)
            await let_leases_run_out(room.db)
            check(stage, plan)
    return killed


async def test_killed_at_fifty_points_nothing_is_repeated_or_missing(stage: Stage) -> None:
    assert await die_again_and_again(stage, 1, 50) >= 50


@pytest.mark.full
@pytest.mark.parametrize("seed", range(2, 6))
async def test_killed_at_hundreds_of_points(stage: Stage, seed: int) -> None:
    assert await die_again_and_again(stage, seed, 60) >= 60
