"""What people see in Slack, whatever dies: each message once, in order, and no button of the past.

A real server's log, the bot's real database and sender, and the record of a strict Slack.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from omoi_bot.store.clock import Clock
from tests.acceptance.bot_following import end, let_leases_run_out, orders_for, start
from tests.acceptance.delivered import RATE, all_shown, bot, check, post_id, shown, slack_and_server, steps
from tests.integration.bot.following_stage import Stage


@pytest.fixture
async def stage(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    async with slack_and_server(sqlite_url, tmp_path) as made:
        yield made


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
                    await asyncio.to_thread(process.join, 0.6)
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
