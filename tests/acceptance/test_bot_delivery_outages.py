"""Slack away for an hour, several processes of the bot, many specs at once, and how talkative a channel is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from omoi_bot.follow.follower import Follower
from omoi_bot.follow.room import Pace
from omoi_bot.store.clock import Clock
from tests.acceptance.bot_following import end, orders_for, start
from tests.acceptance.delivered import (
    RATE,
    all_shown,
    bot,
    buttons,
    check,
    named,
    post_id,
    shown,
    slack_and_server,
    steps,
)
from tests.integration.bot.following_stage import Plan, Stage, posts, running, until

HOUR = 3600.0


@pytest.fixture
async def stage(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    async with slack_and_server(sqlite_url, tmp_path) as made:
        yield made


async def test_an_hour_without_slack_is_caught_up_in_order_without_flooding(stage: Stage) -> None:
    """An hour of events: hundreds of lines of progress, two versions, a gate that opens and closes meanwhile."""
    rate = 600.0
    stage.slack.clock.rate = rate
    async with bot(stage, rate=rate) as db, stage.omoi() as omoi:
        plan = await stage.launch(db)
        await until(lambda: _shown(stage, plan, 1), what="the live message")
        began = time.monotonic()
        await stage.slack.faults.down(600)
        before = len(stage.slack.record.of("post", "update"))
        for step in steps(plan, omoi):
            await step()
            await plan.work(15)
        await asyncio.sleep(max(0.0, HOUR / rate - (time.monotonic() - began)))
        assert len(stage.slack.record.of("post", "update")) == before, "Slack was away"
        await stage.slack.faults.up()
        await all_shown(stage, db, plan)
        check(stage, plan)
        updates = stage.slack.record.of("update")
        assert len(updates) <= 12, f"{len(updates)} edits for an hour that was missed"
        first = next(message for message in shown(stage, plan) if "TASKS:v1" in post_id(message))
        assert not first.edits, "a gate that was decided while Slack was away is never shown open"


async def _shown(stage: Stage, plan: Plan, count: int) -> bool:
    return len(shown(stage, plan)) >= count


@pytest.mark.full
async def test_two_processes_tell_a_story_once(stage: Stage) -> None:
    async with stage.room("test", clock=Clock(RATE)) as room, stage.omoi() as omoi:
        plans = [await stage.launch(room.db) for _ in range(3)]
        processes = [start(orders_for(stage, RATE)) for _ in range(2)]
        try:
            for plan in plans:
                for step in steps(plan, omoi):
                    await step()
            for plan in plans:
                await all_shown(stage, room.db, plan, 40)
        finally:
            for process in processes:
                end(process)
        for plan in plans:
            check(stage, plan)


async def test_a_decision_on_the_command_line_closes_every_copy_within_five_seconds(
    sqlite_url: str, tmp_path: Path
) -> None:
    """In real time and within Slack's real rates."""
    async with slack_and_server(sqlite_url, tmp_path, 1.0) as stage, bot(stage, rate=1.0) as db, stage.omoi() as omoi:
        await stage.approvers(await stage.member(stage.jon), "local")
        plan = await stage.launch(db)
        await plan.phase("TASKS")
        dm = stage.slack.dm(stage.jon)

        def asking() -> list[str]:
            own = [
                m
                for channel in (stage.channel, dm)
                for m in stage.slack.messages(channel)
                if m.user == stage.slack.bot.id
            ]
            return [post_id(message).partition(":")[0] for message in own if "approve" in buttons(message)]

        async def all_ask() -> bool:
            return sorted(asking()) == ["gate", "gatedm", "live"]

        await until(all_ask, 20, "live message, gate and DM ask")
        decided = time.monotonic()
        await omoi.review_phase(plan.spec_id, "TASKS", "TASKS-1", "APPROVE")

        async def none_asks() -> bool:
            return not asking()

        await until(none_asks, 5, "every copy is closed")
        assert time.monotonic() - decided < 5
        told = [m for m in stage.slack.messages(dm) if "Approved" in str(m.blocks)]
        assert len(told) == 1


@pytest.mark.parametrize(
    ("verbosity", "kinds"),
    [
        ("quiet", {"live", "gate", "fail", "pr"}),
        ("normal", {"live", "phase", "gate", "changes", "fail", "pr"}),
        ("everything", {"live", "phase", "gate", "changes", "fail", "pr"}),
    ],
)
async def test_verbosity(stage: Stage, verbosity: str, kinds: set[str]) -> None:
    async with bot(stage) as db, stage.omoi() as omoi:
        await stage.set_channel(db, verbosity=verbosity)
        plan = await stage.launch(db)
        for step in steps(plan, omoi):
            await step()
        await all_shown(stage, db, plan)
        assert {name.partition(":")[0] for name in named(stage, plan)} == kinds
        assert ("phase:s:EXPLORE:v1" in named(stage, plan)) == (verbosity == "everything")
        assert stage.slack.record.repeated() == []


async def test_the_report_goes_on_in_the_dm_when_the_channel_is_archived(stage: Stage) -> None:
    async with bot(stage) as db:
        plan = await stage.launch(db)
        await until(lambda: _shown(stage, plan, 1), what="the live message")
        await stage.mara.archives(stage.channel)
        await plan.phase("TASKS")
        dm = stage.slack.dm(stage.mara)

        async def asked_there() -> bool:
            return any("approve" in buttons(message) and "gate" in post_id(message) for message in dm.messages)

        await until(asked_there, 20, "the gate stands in the DM")
        ids = [post_id(message).replace(plan.spec_id, "s") for message in stage.slack.messages(dm)]
        assert ids == ["moved:s:1", "live:s:m1", "gate:s:TASKS:v1:m1"]
        gate = dm.messages[-1]
        assert gate.thread_ts == dm.messages[1].ts


async def test_reactions_follow_the_spec(stage: Stage) -> None:
    async with bot(stage) as db:
        plan = await stage.launch(db, gates=())

        def reactions() -> set[str]:
            asked = shown(stage, plan)[0].thread_ts if shown(stage, plan) else ""
            message = stage.channel.find(asked)
            return set(message.reactions) if message is not None else set()

        async def eyes() -> bool:
            return reactions() == {"eyes"}

        async def cross() -> bool:
            return reactions() == {"x"}

        await until(eyes, what="taken")
        await plan.fails()
        await until(cross, what="failed")
        await plan.tell(("spec.execution_started", "DESIGN", {"spec": {}}), status="EXECUTING", reason="")
        await until(eyes, what="taken up again")


@pytest.mark.full
async def test_two_hundred_specs_are_watched_at_once(stage: Stage) -> None:
    async with stage.room(pace=Pace()) as room, running(follower := Follower(room)):
        plans = [await stage.launch(room.db) for _ in range(200)]
        for plan in plans:
            await plan.phase("TASKS")

        async def every_gate() -> bool:
            found: list[Any] = [await posts(room.db, plan.spec_id) for plan in plans]
            return all("gate:s:TASKS:v1" in one for one in found)

        await until(every_gate, 90, "two hundred gates in the outbox")
        assert len(follower.following) == 200
