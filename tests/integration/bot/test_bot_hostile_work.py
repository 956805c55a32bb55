"""Working off at its worst: the server away for long, sixteen slow answers before a stop, handlers that hang, processes that
die of one envelope, and posts that are lost while the bot dies."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

from sqlalchemy import update

from omoi_bot.desk import Answer, Desk
from omoi_bot.posting import Post, put
from omoi_bot.slack_api import LIMITED, SlackAway, SlackRefused
from omoi_bot.store import conversations, envelopes
from omoi_bot.store.conversations import Conversation
from omoi_bot.store.database import Tx
from omoi_bot.store.envelopes import Claimed
from omoi_bot.store.tables import envelopes as table
from omoi_bot.store.tables import posts as post_table
from omoi_bot.work import AT_ONCE, Work
from omoi_client.errors import Unavailable
from tests.integration.bot.counting import Heard
from tests.integration.bot.scenes import eventually, launched, words
from tests.integration.bot.stage import Stage, bot_stage


async def hurry(stage: Stage, key: str) -> Claimed:
    """End the back-off of the one envelope; how it stands."""
    await stage.bot.db.write(lambda tx: _due(tx, key))
    stage.bot.work.poke()
    async with stage.bot.db.read() as tx:
        found = await envelopes.get(tx, key)
    assert found is not None
    return found


async def _due(tx: Tx, key: str) -> None:
    await tx.conn.execute(update(table).where(table.c.key == key).values(not_before=None))


async def test_what_was_kept_outlives_a_long_outage_and_a_fault_after_it(tmp_path: Path) -> None:
    """“I have kept this and do it as soon as it answers” holds for more than five tries."""
    heard = Heard()
    away: list[Exception] = [
        Unavailable("the server is away") if number % 2 else SlackRefused(LIMITED, "users.info", retry_after=1.0)
        for number in range(9)
    ]
    heard.faults = [*away, SlackAway("users.info", "TimeoutError"), ValueError("a fault of ours")]
    async with bot_stage(tmp_path, heard=heard.rooms(), work=False) as stage:
        ts = await stage.mara.mentions(stage.channel, "lock an account")
        key = f"msg:{stage.slack.team.id}:{stage.channel.id}:{ts}"

        async def done() -> bool:
            return (await hurry(stage, key)).state != "NEW"

        await stage.slack.until(lambda: len(heard.faults) < 11)
        await eventually(stage, done)
        assert (await hurry(stage, key)).state == "DONE"
        assert heard.keys == [key]
        assert [one for one in stage.slack.messages(stage.channel) if one.user == stage.slack.bot.id] == []


async def test_after_a_day_of_waiting_it_is_given_up_and_told(tmp_path: Path) -> None:
    heard = Heard(faults=[Unavailable("the server is away") for _ in range(50)])
    async with bot_stage(tmp_path, heard=heard.rooms(), work=False) as stage:
        ts = await stage.mara.mentions(stage.channel, "lock an account")
        key = f"msg:{stage.slack.team.id}:{stage.channel.id}:{ts}"
        await stage.slack.until(lambda: len(heard.faults) < 50)

        async def a_day_later(tx: Tx) -> None:
            new = {"received_at": tx.now - timedelta(hours=25), "not_before": None}
            await tx.conn.execute(update(table).where(table.c.key == key).values(**new))

        await stage.bot.db.write(a_day_later)
        stage.bot.work.poke()
        await stage.slack.until(
            lambda: "again and again" in str([words(m) for m in stage.slack.thread(stage.channel, ts)])
        )


async def test_a_stop_overtakes_sixteen_slow_answers(tmp_path: Path) -> None:
    release, stopped = asyncio.Event(), asyncio.Event()
    slow = 0

    async def handle(envelope: Claimed, _desk: Desk) -> Answer | None:
        nonlocal slow
        if envelope.urgency == 0:
            stopped.set()
            return None
        slow += 1
        await release.wait()
        return None

    heard = Heard()
    rooms = heard.rooms()
    async with bot_stage(tmp_path, heard=type(rooms)(dict.fromkeys(rooms.handlers, handle)), work=False) as stage:
        root = await stage.mara.says(stage.channel, "a thread")
        place = (stage.slack.team.id, stage.channel.id, root)
        await stage.bot.db.write(lambda tx: conversations.start(tx, Conversation("spec-1", *place)))
        for number in range(AT_ONCE + 2):
            await stage.mara.mentions(stage.channel, f"idea {number}")
        await stage.slack.until(lambda: slow == AT_ONCE)
        await stage.mara.says(stage.channel, "stop", thread=root)
        async with asyncio.timeout(5.0):
            await stopped.wait()
        assert slow == AT_ONCE
        release.set()


async def test_a_handler_that_hangs_frees_its_conversation(tmp_path: Path) -> None:
    heard = Heard()

    async def hang(envelope: Claimed, _desk: Desk) -> Answer | None:
        heard.envelopes.append(envelope)
        await asyncio.Event().wait()
        return None

    async with bot_stage(tmp_path, heard=Heard().rooms(), work=False) as stage:
        desk = stage.bot.desk
        work = Work(desk, {"message": hang}, _never_late, owner="other", handle_seconds=0.1)
        stage.bot.work.hold()
        ts = await stage.mara.mentions(stage.channel, "an idea")
        await stage.slack.settled()
        task = asyncio.create_task(work.run())
        key = f"msg:{stage.slack.team.id}:{stage.channel.id}:{ts}"

        async def failed() -> bool:
            return (await hurry(stage, key)).attempts >= 1

        await eventually(stage, failed)
        await work.drain(1.0)
        await task


async def _never_late(_envelope: Claimed, _desk: Desk, _answer: Answer | None, _trouble: str) -> None:
    """No form is submitted here."""


async def test_an_envelope_that_kills_every_process_is_given_up(tmp_path: Path) -> None:
    heard = Heard()
    async with bot_stage(tmp_path, heard=heard.rooms(), start=False, work=False) as stage:
        await stage.start_bot(heard.rooms())
        stage.bot.work.hold()
        ts = await stage.mara.mentions(stage.channel, "a poisonous idea")
        await stage.slack.settled()
        key = f"msg:{stage.slack.team.id}:{stage.channel.id}:{ts}"

        async def died(tx: Tx) -> None:
            await tx.conn.execute(update(table).where(table.c.key == key).values(claims=envelopes.MOST_CLAIMS))

        await stage.bot.db.write(died)
        stage.bot.work.go_on()

        async def given_up() -> bool:
            return (await hurry(stage, key)).state == "FAILED"

        await eventually(stage, given_up)
        assert heard.envelopes == []
        await stage.slack.until(lambda: len(stage.slack.thread(stage.channel, ts)) == 2)


async def test_a_report_whose_loss_was_not_told_before_the_death_moves_after_it(tmp_path: Path) -> None:
    async with bot_stage(tmp_path / "stage", work=False) as stage:
        ts, known = await launched(stage)
        await stage.slack.until(lambda: len(stage.slack.thread(stage.channel, ts)) > 1)
        await stage.slack.settled()
        database = stage.bot.db
        await stage.stop_bot()
        from omoi_bot.store.database import Database

        database = await Database.open(stage.settings.database_url)
        lost = Post(
            f"phase:{known.spec_id}:lost", stage.slack.team.id, stage.channel.id, "lost", thread_ts=ts,
            spec_id=known.spec_id, kind="phase",
        )  # fmt: skip

        async def lose(tx: Tx) -> None:
            await put(tx, lost)
            gone = {"state": "GONE", "open": False, "error": "not_in_channel"}
            await tx.conn.execute(update(post_table).where(post_table.c.post_id == lost.post_id).values(**gone))

        await database.write(lose)
        await database.close()
        await stage.start_bot()
        dm = stage.slack.dm(stage.mara)
        await stage.slack.until(lambda: any("report moved here" in words(one) for one in stage.slack.messages(dm)))


async def test_slack_refuses_sockets_while_the_bot_starts(tmp_path: Path) -> None:
    heard = Heard()
    async with bot_stage(tmp_path, heard=heard.rooms(), start=False, work=False) as stage:
        stage.slack.faults.fail(503, 2, "apps.connections.open")
        await stage.start_bot(heard.rooms())
        await stage.mara.mentions(stage.channel, "an idea")
        await stage.slack.until(lambda: heard.envelopes)


async def test_a_click_whose_form_has_no_first_view_is_answered_all_the_same(tmp_path: Path) -> None:
    heard = Heard()

    def broken(_payload: object) -> dict[str, object]:
        raise KeyError("an odd payload")

    async with bot_stage(tmp_path, heard=heard.rooms(openers={"/omoi new": broken}), work=False) as stage:
        await stage.mara.runs("/omoi", "new", stage.channel)
        await stage.slack.until(lambda: heard.envelopes)
        assert heard.envelopes[0].kind == "slash_command"


async def test_what_was_given_up_is_forgotten_like_what_was_done(tmp_path: Path) -> None:
    """Words of people are not kept for ever; what still waits is, however old."""
    async with bot_stage(tmp_path, heard=Heard().rooms(), work=False) as stage:
        stage.bot.work.hold()

        async def old(tx: Tx) -> int:
            for state in ("NEW", "DONE", "FAILED"):
                await envelopes.keep(tx, envelopes.Envelope(state, "odd", "T1", state))
                new = {"state": state, "received_at": tx.now - timedelta(days=8)}
                await tx.conn.execute(update(table).where(table.c.key == state).values(**new))
            return await envelopes.sweep(tx, tx.now - timedelta(days=7))

        assert await stage.bot.db.write(old) == 2
        async with stage.bot.db.read() as tx:
            assert await envelopes.get(tx, "NEW") is not None
