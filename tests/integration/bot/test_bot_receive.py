"""From Slack to the store: what is kept, under which key, when it is acknowledged, and what is dropped."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from pathlib import Path
from typing import Any

from sqlalchemy import select

from omoi_bot.desk import OPENED, Answer
from omoi_bot.store import channels, conversations
from omoi_bot.store.clock import Clock
from omoi_bot.store.conversations import Conversation
from omoi_bot.store.envelopes import Claimed
from omoi_bot.store.tables import envelopes as table
from tests.integration.bot.counting import Heard
from tests.integration.bot.stage import Stage, bot_stage

FORM = {
    "type": "modal", "callback_id": "changes_form", "title": {"type": "plain_text", "text": "Request changes"},
    "submit": {"type": "plain_text", "text": "Send"},
    "blocks": [
        {
            "type": "input", "block_id": "comment", "label": {"type": "plain_text", "text": "What should change?"},
            "element": {"type": "plain_text_input", "action_id": "value"},
        }
    ],
}  # fmt: skip
LOADING = {
    "type": "modal", "title": {"type": "plain_text", "text": "Loading"},
    "blocks": [{"type": "section", "text": {"type": "plain_text", "text": "Loading…"}}],
}  # fmt: skip


async def kept(stage: Stage) -> list[str]:
    """Keys in the store, in the order of arrival."""
    async with stage.bot.db.read() as tx:
        return list((await tx.conn.execute(select(table.c.key).order_by(table.c.number))).scalars())


async def open_form(stage: Stage) -> Any:
    """A form of the bot in front of @mara."""
    await stage.mara.runs("/omoi", "form", stage.channel)
    await stage.slack.until(lambda: stage.mara.open_view)
    return stage.mara.open_view


async def test_a_mention_and_its_message_are_one_envelope(tmp_path: Path) -> None:
    heard = Heard()
    async with bot_stage(tmp_path, heard=heard.rooms(), work=False) as stage:
        ts = await stage.mara.mentions(stage.channel, "lock an account")
        await stage.slack.settled()
        await stage.slack.until(lambda: heard.envelopes)
        assert await kept(stage) == [f"msg:{stage.slack.team.id}:{stage.channel.id}:{ts}"]
        assert len(heard.envelopes) == 1
        assert "token" not in heard.envelopes[0].payload


async def test_talk_among_people_is_acknowledged_and_not_stored(tmp_path: Path) -> None:
    heard = Heard()
    async with bot_stage(tmp_path, heard=heard.rooms(), work=False) as stage:
        root = await stage.mara.says(stage.channel, "lunch?")
        await stage.jon.says(stage.channel, "yes", thread=root)
        await stage.mara.edits(stage.channel, root, "lunch at one?")
        await stage.mara.deletes(stage.channel, root)
        await stage.slack.settled()
        assert await kept(stage) == []
        async with stage.bot.db.read() as tx:
            channel = await channels.get(tx, stage.slack.team.id, stage.channel.id)
        assert channel is not None
        assert channel.last_seen_ts == ""


async def test_replies_in_our_threads_and_words_in_the_dm_are_kept(tmp_path: Path) -> None:
    heard = Heard()
    async with bot_stage(tmp_path, heard=heard.rooms(), work=False) as stage:
        root = await stage.mara.says(stage.channel, "an old thread")
        place = (stage.slack.team.id, stage.channel.id, root)
        await stage.bot.db.write(lambda tx: conversations.start(tx, Conversation("spec-1", *place)))
        await stage.jon.says(stage.channel, "I would use Redis", thread=root)
        dm = stage.slack.dm(stage.mara)
        said = await stage.mara.says(dm, "help")
        await stage.mara.edits(dm, said, "status")
        await stage.mara.deletes(dm, said)
        await stage.slack.settled()
        await stage.slack.until(lambda: len(heard.envelopes) == 4)
        assert sorted(one.kind for one in heard.envelopes) == [
            "message", "message", "message_changed", "message_deleted"
        ]  # fmt: skip


async def test_three_deliveries_out_of_order_are_one_effect_each(tmp_path: Path) -> None:
    heard = Heard()
    async with bot_stage(tmp_path, heard=heard.rooms(), work=False) as stage:
        stage.slack.faults.disorder(4)
        await stage.mara.mentions(stage.channel, "first")
        await stage.mara.mentions(stage.channel, "second")
        stage.slack.faults.repeat_last_event(3)
        await stage.slack.settled()
        await stage.slack.until(lambda: len(heard.envelopes) == 2)
        assert sorted(heard.texts) == sorted(
            [f"<@{stage.slack.bot.id}> first", f"<@{stage.slack.bot.id}> second"]
        )  # fmt: skip
        assert len(await kept(stage)) == 2


async def test_stop_in_a_live_thread_goes_before_everything_else(tmp_path: Path) -> None:
    heard = Heard()
    async with bot_stage(tmp_path, heard=heard.rooms(), work=False) as stage:
        stage.bot.work.hold()
        root = await stage.mara.says(stage.channel, "a thread")
        place = (stage.slack.team.id, stage.channel.id, root)
        await stage.bot.db.write(lambda tx: conversations.start(tx, Conversation("spec-1", *place)))
        for text in ("also for admins", "stop using Redis", "Stop."):
            await stage.mara.says(stage.channel, text, thread=root)
        await stage.slack.settled()
        stage.bot.work.go_on()
        await stage.slack.until(lambda: len(heard.envelopes) == 3)
        assert heard.texts[0] == "Stop."
        assert [text for text in heard.texts if text != "Stop."] == ["also for admins", "stop using Redis"]


async def test_stop_right_after_the_mention_waits_for_it(tmp_path: Path) -> None:
    heard = Heard()
    async with bot_stage(tmp_path, heard=heard.rooms(), work=False) as stage:
        stage.bot.work.hold()
        root = await stage.mara.mentions(stage.channel, "an idea")
        await stage.mara.says(stage.channel, "stop", thread=root)
        await stage.slack.settled()
        stage.bot.work.go_on()
        await stage.slack.until(lambda: len(heard.envelopes) == 2)
        assert heard.texts[1] == "stop"


async def test_what_cannot_be_stored_is_not_acknowledged_and_comes_again(tmp_path: Path) -> None:
    heard = Heard()
    async with bot_stage(tmp_path, heard=heard.rooms(), work=False, ack_seconds=0.5) as stage:
        database = stage.settings.database_url.removeprefix("sqlite:///")
        # Another program holds the database's write lock for longer than the bot waits for it.
        blocker = sqlite3.connect(database, isolation_level=None, check_same_thread=False)
        # In a thread: the bot may be within a transaction, which it ends in this one.
        await asyncio.to_thread(blocker.execute, "BEGIN IMMEDIATE")
        await stage.mara.mentions(stage.channel, "an idea")
        await asyncio.sleep(0.8)
        assert await kept(stage) == []
        blocker.execute("ROLLBACK")
        blocker.close()
        await stage.slack.until(lambda: heard.envelopes)
        await stage.slack.settled()
        assert len(await kept(stage)) == 1


async def test_acknowledged_within_a_second_while_listeners_are_slow(tmp_path: Path) -> None:
    heard = Heard(delay=5.0)
    async with bot_stage(tmp_path, heard=heard.rooms(), work=False) as stage:
        took = []
        for number in range(40):
            began = time.monotonic()
            await stage.mara.runs("/omoi", f"idea {number}", stage.channel)
            took.append(time.monotonic() - began)
        assert sorted(took)[int(len(took) * 0.99) - 1] < 1.0
        assert len(await kept(stage)) == 40
        heard.delay = 0.0


async def test_a_form_opens_from_the_click_alone(tmp_path: Path) -> None:
    heard = Heard()
    rooms = heard.rooms(openers={"/omoi form": lambda _: LOADING})
    async with bot_stage(tmp_path, heard=rooms, work=False) as stage:
        view = await open_form(stage)
        await stage.slack.until(lambda: heard.envelopes)
        opened = heard.envelopes[0].payload[OPENED]
        assert opened["view_id"] == view.id
        assert opened["hash"] == view.hash


async def test_an_expired_trigger_is_told_to_the_listener(tmp_path: Path) -> None:
    heard = Heard()

    async with bot_stage(tmp_path, heard=heard.rooms(openers={"/omoi form": lambda _: LOADING}), work=False) as stage:
        stage.slack.faults.fail(500, 1, "views.open")
        await stage.mara.runs("/omoi", "form", stage.channel)
        await stage.slack.until(lambda: heard.envelopes)
        assert heard.envelopes[0].payload[OPENED]["error"]
        assert stage.mara.open_view is None


async def test_a_submission_with_a_fault_is_answered_and_not_stored(tmp_path: Path) -> None:
    heard = Heard()
    rooms = heard.rooms(
        openers={"/omoi form": lambda _: FORM},
        validators={"changes_form": lambda _: {"comment": "Say what should change."}},
    )
    async with bot_stage(tmp_path, heard=rooms, work=False) as stage:
        view = await open_form(stage)
        await stage.mara.submits(view, {"comment/value": "x"})
        assert view.errors == {"comment": "Say what should change."}
        assert not [key for key in await kept(stage) if key.startswith("view_submission")]


async def test_a_quick_effect_closes_the_form_and_its_refusal_keeps_it(tmp_path: Path) -> None:
    heard = Heard()

    def answer(envelope: Claimed) -> Answer | None:
        typed = str(envelope.payload.get("view", {}).get("state"))
        return Answer(errors={"comment": "v2 came meanwhile."}) if "late" in typed else None

    heard.answer = answer
    async with bot_stage(tmp_path, heard=heard.rooms(openers={"/omoi form": lambda _: FORM}), work=False) as stage:
        view = await open_form(stage)
        await stage.mara.submits(view, {"comment/value": "too late"})
        assert view.errors == {"comment": "v2 came meanwhile."}
        await stage.mara.submits(view, {"comment/value": "lock per IP"})
        assert stage.mara.open_view is None


async def test_a_slow_effect_is_shown_in_the_form_and_no_word_is_lost(tmp_path: Path) -> None:
    heard = Heard()
    heard.answer = lambda envelope: (
        Answer(errors={"comment": "The server refused it."}) if envelope.kind == "view_submission" else None
    )
    async with bot_stage(tmp_path, heard=heard.rooms(openers={"/omoi form": lambda _: FORM}), work=False) as stage:
        view = await open_form(stage)
        await stage.slack.until(lambda: heard.envelopes)
        heard.delay = 1.0
        began = time.monotonic()
        await stage.mara.submits(view, {"comment/value": "lock per IP as well"})
        assert time.monotonic() - began < 1.0
        shown = stage.mara.open_view
        assert shown is not None
        assert "Working on it" in str(shown.blocks)
        await stage.slack.until(lambda: "The server refused it." in str(stage.mara.open_view))
        assert "lock per IP as well" in str(stage.mara.open_view)
        heard.delay = 0.0


async def test_words_of_a_closed_form_come_back_in_the_dm(tmp_path: Path) -> None:
    heard = Heard()
    heard.answer = lambda envelope: (
        Answer(errors={"comment": "The server refused it."}) if envelope.kind == "view_submission" else None
    )
    async with bot_stage(tmp_path, heard=heard.rooms(openers={"/omoi form": lambda _: FORM}), work=False) as stage:
        view = await open_form(stage)
        await stage.slack.until(lambda: heard.envelopes)
        heard.delay = 1.0
        await stage.mara.submits(view, {"comment/value": "lock per IP as well"})
        await stage.mara.closes(stage.mara.open_view)
        dm = stage.slack.dm(stage.mara)
        await stage.slack.until(lambda: stage.slack.messages(dm))
        assert "lock per IP as well" in stage.slack.messages(dm)[0].text
        heard.delay = 0.0


async def test_what_keeps_failing_is_told_with_an_id(tmp_path: Path) -> None:
    heard = Heard(faults=[RuntimeError("a secret of ours") for _ in range(5)])
    async with bot_stage(tmp_path, heard=heard.rooms(), work=False, clock=Clock(rate=20.0)) as stage:
        root = await stage.mara.mentions(stage.channel, "an idea")
        await stage.slack.until(lambda: len(stage.slack.thread(stage.channel, root)) == 2, timeout=20)
        said = stage.slack.thread(stage.channel, root)[1].text
        assert "again and again" in said
        assert "secret" not in said
        assert not heard.envelopes


async def test_two_processes_share_the_work(tmp_path: Path) -> None:
    one, two = Heard(), Heard()
    async with bot_stage(tmp_path, heard=one.rooms(), work=False) as stage:
        await stage.start_bot(two.rooms())
        for number in range(30):
            await stage.mara.mentions(stage.channel, f"idea {number}")
        await stage.slack.settled()
        await stage.slack.until(lambda: len(one.envelopes) + len(two.envelopes) >= 30)
        keys = [*one.keys, *two.keys]
        assert len(keys) == len(set(keys)) == 30


async def test_after_a_lost_socket_and_a_refresh_events_arrive_again(tmp_path: Path) -> None:
    heard = Heard()
    async with bot_stage(tmp_path, heard=heard.rooms(), work=False) as stage:
        ever = stage.slack.sockets.ever
        await stage.slack.faults.refresh_sockets()
        await stage.slack.until(lambda: stage.slack.sockets.ever > ever, timeout=15)
        await stage.mara.mentions(stage.channel, "after the refresh")
        await stage.slack.until(lambda: len(heard.envelopes) == 1)
        await stage.slack.faults.kill_sockets()
        await stage.mara.mentions(stage.channel, "while nobody listened")
        await stage.slack.until(lambda: len(heard.envelopes) == 2, timeout=30)
        assert heard.texts[1].endswith("while nobody listened")
