"""What was said while the bot was away is read back: once, in order, a stop first."""

from __future__ import annotations

import time
from pathlib import Path

from omoi_bot.desk import CAUGHT_UP
from omoi_bot.store import conversations, marks
from omoi_bot.store.conversations import Conversation
from tests.integration.bot.counting import Heard
from tests.integration.bot.stage import Stage, bot_stage

HOUR = 3600.0


async def away_since(stage: Stage, seconds: float) -> None:
    """As if the bot was last connected so long ago."""
    bot = await stage.start_bot(Heard().rooms())
    team = stage.slack.team.id
    await bot.db.write(lambda tx: marks.put(tx, f"connected:{team}", f"{time.time() - seconds:.6f}"))
    await stage.stop_bot()
    database = stage.settings.database_url
    from omoi_bot.store.database import Database

    opened = await Database.open(database)
    await opened.write(lambda tx: marks.put(tx, f"connected:{team}", f"{time.time() - seconds:.6f}"))
    await opened.close()


async def test_an_hour_of_words_is_read_once_and_the_stop_goes_first(tmp_path: Path) -> None:
    async with bot_stage(tmp_path, start=False, work=False, rate_limits=False) as stage:
        now = time.time()
        root = await stage.mara.says(stage.channel, "<@BOT> an old idea", at=now - 3 * HOUR)
        await stage.start_bot(Heard().rooms())
        place = (stage.slack.team.id, stage.channel.id, root)
        await stage.bot.db.write(lambda tx: conversations.start(tx, Conversation("spec-1", *place)))
        await stage.stop_bot()
        await away_since(stage, HOUR)
        await stage.jon.says(stage.channel, "nice", thread=root, at=now - 2000)
        await stage.mara.says(stage.channel, "lunch?", at=now - 1900)
        await stage.mara.says(stage.channel, "<@BOT> another idea", at=now - 1800)
        await stage.mara.says(stage.channel, "stop", thread=root, at=now - 1000)
        dm = stage.slack.dm(stage.mara)
        await stage.mara.says(dm, "help", at=now - 900)
        fresh = await stage.mara.says(stage.channel, "<@BOT> third", at=now - 800)
        await stage.mara.says(stage.channel, "also for admins", thread=fresh, at=now - 700)
        heard = Heard()
        await stage.start_bot(heard.rooms())
        await stage.slack.until(lambda: len(heard.envelopes) == 6)
        bare = [text.replace(f"<@{stage.slack.bot.id}> ", "") for text in heard.texts]
        assert bare[0] == "stop"
        assert sorted(bare) == sorted(["stop", "nice", "another idea", "help", "third", "also for admins"])
        assert bare.index("third") < bare.index("also for admins")
        assert all(one.payload[CAUGHT_UP] for one in heard.envelopes)
        await stage.stop_bot()
        again = Heard()
        await stage.start_bot(again.rooms())
        assert again.envelopes == []


async def test_a_first_start_reads_no_history(tmp_path: Path) -> None:
    async with bot_stage(tmp_path, start=False, work=False) as stage:
        await stage.mara.says(stage.channel, "<@BOT> before there was a bot", at=time.time() - 60)
        heard = Heard()
        await stage.start_bot(heard.rooms())
        assert heard.envelopes == []


async def test_what_was_delivered_is_not_taken_again(tmp_path: Path) -> None:
    heard = Heard()
    async with bot_stage(tmp_path, heard=heard.rooms(), work=False) as stage:
        await stage.mara.mentions(stage.channel, "an idea")
        await stage.slack.until(lambda: heard.envelopes)
        await stage.slack.settled()
        since = {stage.slack.team.id: f"{time.time() - 60:.6f}"}
        assert await stage.bot.catch_up.places(since) == 0
        assert len(heard.envelopes) == 1


async def test_a_slack_that_is_away_is_asked_again_from_the_same_moment(tmp_path: Path) -> None:
    async with bot_stage(tmp_path, start=False, work=False, rate_limits=False) as stage:
        await away_since(stage, HOUR)
        await stage.mara.says(stage.channel, "<@BOT> an idea", at=time.time() - 600)
        stage.slack.faults.fail(503, 4, "conversations.history", "users.conversations")
        heard = Heard()
        await stage.start_bot(heard.rooms())
        await stage.slack.until(lambda: heard.envelopes, timeout=20)
        assert len(heard.envelopes) == 1
