"""kill -9 at every point of posting: each message stands exactly once, in its order, as it was wanted last."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest

from tests.integration.bot import posting_bases
from tests.integration.bot.posting_child import POINTS
from tests.integration.bot.posting_deaths import dying, mortals, now, scene, told
from tests.integration.bot.posting_rig import rig_on

bot_file, bot_postgres, bot_url = posting_bases.bot_file, posting_bases.bot_postgres, posting_bases.bot_url
migrated_bot_file, migrated_bot_template = posting_bases.migrated_bot_file, posting_bases.migrated_bot_template

DEATHS = 50

ALWAYS = ("post.called", "update.called", "look_up.asked")
"""Points of the short run; the random deaths meet the others in it, and the long run takes each by itself."""


@pytest.mark.parametrize(
    "kill_at", [point if point in ALWAYS else pytest.param(point, marks=pytest.mark.full) for point in POINTS]
)
async def test_a_death_at_each_point(bot_file: str, kill_at: str) -> None:
    async with rig_on(bot_file, limits=False) as rig, mortals(rig, bot_file) as senders:
        await rig.put(*scene(rig, "a"))
        if kill_at.startswith("look_up"):
            # There is something to look up only after another death.
            assert await senders.send("post.called", 1) == "killed"
        if kill_at.startswith("update"):
            assert await senders.send(None, 0) == "done"
            await rig.put(now(rig, "a", "end"))
        await senders.until_done(kill_at, [1, 1])
        await rig.put(now(rig, "a", "end"))
        await senders.until_done(kill_at, [])
        await told(rig, ["a"])
        assert senders.deaths >= 1


async def test_random_deaths(bot_file: str) -> None:
    await dying(bot_file, DEATHS, random.Random(20261121))


@pytest.mark.full
async def test_random_deaths_on_postgresql(bot_postgres: str) -> None:
    await dying(bot_postgres, 8, random.Random(7))


@pytest.mark.full
async def test_many_random_deaths(bot_url: str) -> None:
    await dying(bot_url, 100, random.Random(1))


async def test_another_process_takes_over_when_the_lease_ran_out(bot_file: str) -> None:
    async with rig_on(bot_file, limits=False) as rig, mortals(rig, bot_file) as senders:
        await rig.put(*scene(rig, "a"))
        assert await senders.send("post.called", 2) == "killed"
        async with rig.db.read() as tx:
            lease = (await tx.conn.exec_driver_sql("SELECT owner, until FROM leases")).one()
        assert lease[0] == "bot"
        before = len(rig.peer.record)
        async with rig.sending("other"):
            await asyncio.sleep(0.5)
            assert len(rig.peer.record) == before, "the dead one's lease still counts"

            async def run_out(tx: Any) -> None:
                await tx.conn.exec_driver_sql("UPDATE leases SET until = '2026-01-01 00:00:00.000000'")

            await rig.db.write(run_out)
            await rig.all_sent()
        await rig.put(now(rig, "a", "end"))
        assert await senders.send(None, 0, "third") == "done"
        await told(rig, ["a"])
