"""The sender against Slack as it is: lost answers, limits, being away, refusals. Each message exactly once, in order."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from omoi_bot.posting import Kept, Post, put, told, untold, withdraw
from omoi_bot.store import conversations, workspaces
from omoi_bot.store.conversations import Conversation
from omoi_bot.store.database import Tx
from tests.integration.bot import posting_bases
from tests.integration.bot.posting_rig import id_of, rig_on, scaled, section

bot_file, bot_postgres, bot_url = posting_bases.bot_file, posting_bases.bot_postgres, posting_bases.bot_url
migrated_bot_file, migrated_bot_template = posting_bases.migrated_bot_file, posting_bases.migrated_bot_template

PLAN = {
    "type": "plan",
    "block_id": "plan-1",
    "title": "Tasks",
    "tasks": [{"type": "task_card", "task_id": "t1", "title": "One", "status": "pending"}],
}


async def test_a_thread_is_told_in_order_below_its_live_message(bot_url: str) -> None:
    async with rig_on(bot_url) as rig, rig.sending():
        live = rig.post("live:s1", "Planning", spec_id="s1")
        await rig.db.write(lambda tx: conversations.start(tx, Conversation("s1", rig.team, rig.channel.id)))
        words = [rig.post(f"say:{n}", f"word {n}", spec_id="s1", under="live:s1") for n in range(4)]
        await rig.put(live, *words)
        await rig.all_sent()
        root = rig.shown("live:s1")
        thread = [m.text for m in rig.peer.thread(rig.channel, root) if m.ts != root.ts]
        assert thread == [f"word {n}" for n in range(4)]
        posted = [entry.detail for entry in rig.peer.record.of("post")]
        assert posted and not any(one["unfurl_links"] or one["unfurl_media"] for one in posted), "slack-rules 21"
        async with rig.db.read() as tx:
            conversation = await conversations.of_spec(tx, "s1")
        assert conversation is not None and conversation.thread_ts == root.ts
        # Later posts that name the thread by its ts stand in the same line.
        await rig.put(rig.post("say:9", "word 9", thread_ts=root.ts))
        await rig.all_sent()
        assert (await rig.kept("say:9")).line == (await rig.kept("say:0")).line
        assert (await rig.kept("say:9")).ordinal > (await rig.kept("say:3")).ordinal


async def test_what_changes_quickly_is_shown_once_as_it_is_at_the_end(bot_file: str) -> None:
    async with rig_on(bot_file) as rig:
        await rig.put(rig.post("live:s1", "0"))
        async with rig.sending():
            await rig.all_sent()
        for n in range(1, 41):
            await rig.put(rig.post("live:s1", f"state {n}", urgency=2))
        assert not await rig.db.write(lambda tx: put(tx, rig.post("live:s1", "state 40", urgency=2)))
        rig.pace = type(rig.pace)(progress_seconds=0.1)
        async with rig.sending():
            await rig.all_sent()
        assert [entry.text for entry in rig.peer.record.of("update")] == ["state 40"]


async def test_a_lost_answer_posts_nothing_twice(bot_url: str) -> None:
    async with rig_on(bot_url) as rig:
        rig.peer.faults.lose_answers(1, "chat.postMessage")
        await rig.put(rig.post("live:s1", "one"), rig.post("say:1", "two", under="live:s1"))
        async with rig.sending():
            await rig.all_sent()
            rig.peer.faults.lose_answers(2, "chat.postMessage")
            rig.peer.faults.lose_answers(1, "conversations.replies")
            await rig.put(rig.post("say:2", "three", under="live:s1"), rig.post("say:3", "four", under="live:s1"))
            rig.peer.faults.lose_answers(1, "chat.update")
            await rig.put(rig.post("live:s1", "one, later"))
            await rig.all_sent()
        assert rig.counts() == {"live:s1": 1, "say:1": 1, "say:2": 1, "say:3": 1}
        assert [m.text for m in rig.peer.thread(rig.channel, rig.shown("live:s1"))] == [
            "one, later",
            "two",
            "three",
            "four",
        ]


async def test_errors_without_an_answer_are_looked_up_and_sent_again(bot_file: str) -> None:
    async with rig_on(bot_file) as rig, rig.sending():
        rig.peer.faults.fail(500, 2, "chat.postMessage")
        rig.peer.faults.fail(503, 1, "conversations.history")
        await rig.put(rig.post("say:1", "hello"))
        await rig.all_sent()
        assert rig.counts() == {"say:1": 1}


async def test_a_limit_is_waited_out(bot_file: str) -> None:
    async with rig_on(bot_file) as rig, rig.sending():
        rig.peer.faults.limit(0.5, "chat.postMessage")
        await rig.put(rig.post("say:1", "hello"), rig.post("say:2", "there", under="say:1"))
        await rig.all_sent()
        rig.peer.faults.limit(0.5, "chat.update")
        await rig.put(rig.post("say:1", "hello again", urgency=0))
        await rig.all_sent()
        assert rig.counts() == {"say:1": 1, "say:2": 1}
        assert rig.shown("say:1").text == "hello again"
        # One call met each limit; nobody ran against it again before its time.
        assert [entry.method for entry in rig.peer.record.of("limited")] == ["chat.postMessage", "chat.update"]


async def test_an_hour_without_slack_is_caught_up_in_order_and_coalesced(bot_file: str) -> None:
    async with rig_on(bot_file, rate=60.0, pace=scaled(60.0)) as rig, rig.sending():
        await rig.put(*(rig.post(f"live:s{n}", "start", spec_id=f"s{n}") for n in range(3)))
        await rig.all_sent()
        await rig.peer.faults.down(3600)
        for minute in range(30):
            for n in range(3):
                await rig.put(rig.post(f"live:s{n}", f"minute {minute}", spec_id=f"s{n}", urgency=2))
                if minute % 10 == 0:
                    await rig.put(rig.post(f"say:{n}:{minute}", f"at {minute}", under=f"live:s{n}", spec_id=f"s{n}"))
        await asyncio.sleep(0.5)
        calls = len(rig.peer.record)
        await rig.peer.faults.up()
        await rig.all_sent(40)
        for n in range(3):
            told = [m.text for m in rig.peer.thread(rig.channel, rig.shown(f"live:s{n}"))]
            assert told == ["minute 29", "at 0", "at 10", "at 20"]
        assert all(count == 1 for count in rig.counts().values())
        assert len(rig.peer.record.of("update")) == 3, "the hour of progress is one edit of each live message"
        assert len(rig.peer.record) - calls < 30
        assert not rig.peer.record.of("limited")


async def test_a_refused_plan_goes_at_once_without_it_and_is_remembered(bot_file: str) -> None:
    async with rig_on(bot_file) as rig, rig.sending():
        rig.peer.team.takes_plan_blocks = False
        text = {"type": "section", "text": {"type": "mrkdwn", "text": "the rail"}}
        await rig.put(rig.post("live:s1", "Planning", blocks=[text, PLAN]))
        await rig.all_sent()
        assert [block["type"] for block in rig.shown("live:s1").blocks] == ["section"]
        async with rig.db.read() as tx:
            workspace = await workspaces.get(tx, rig.team)
            assert workspace is not None and workspace.plan_refused_until is not None
            assert (workspace.plan_refused_until - tx.now).total_seconds() > 86_000
        refused = len(rig.peer.record.refused("invalid_blocks"))
        await rig.put(rig.post("live:s1", "Planning on", blocks=[text, {**PLAN, "block_id": "plan-2"}]))
        await rig.all_sent()
        assert rig.shown("live:s1").text == "Planning on"
        assert len(rig.peer.record.refused("invalid_blocks")) == refused == 1


async def test_what_slack_will_never_show_is_given_up_once_and_its_owner_told(bot_url: str) -> None:
    async with rig_on(bot_url) as rig:
        dm = rig.peer.add_channel("elsewhere", members=[rig.peer.bot])

        async def moved(tx: Tx, post: Kept) -> None:
            await put(tx, Post(f"moved:{post.post_id}", rig.team, dm.id, f"Moved here: {post.error}"))

        async with rig.sending(on_gone=moved):
            await rig.put(rig.post("live:s1", "Planning"))
            await rig.all_sent()
            message = rig.shown("live:s1")
            rig.peer.workspace.remove(rig.channel, message, rig.peer.bot.id)
            await rig.put(rig.post("live:s1", "Planning more"), rig.post("say:1", "below", under="live:s1"))
            await rig.all_sent()
            gone = await rig.kept("live:s1")
            assert (gone.state, gone.error) == ("GONE", "message_not_found")
            assert rig.shown("moved:live:s1").text == "Moved here: message_not_found"
            assert (await rig.kept("say:1")).state == "GONE"
            rig.channel.is_archived = True
            await rig.put(rig.post("say:2", "hello"))
            await rig.all_sent()
            assert rig.shown("moved:say:2").text == "Moved here: is_archived"
            async with rig.db.read() as tx:
                assert [post.post_id for post in await untold(tx)] == ["live:s1", "say:1", "say:2"]
            assert await rig.db.write(lambda tx: told(tx, "say:2"))
            assert not await rig.db.write(lambda tx: told(tx, "say:2"))
            # It stays given up, whatever is wanted of it.
            assert not await rig.db.write(lambda tx: put(tx, rig.post("say:2", "hello again")))


async def test_a_message_is_taken_away(bot_file: str) -> None:
    async with rig_on(bot_file) as rig:
        await rig.put(rig.post("say:1", "choose a project"))
        async with rig.sending():
            await rig.all_sent()
            assert await rig.db.write(lambda tx: withdraw(tx, "say:1"))
            rig.senders[0].poke()
            await rig.all_sent()
        assert [entry.ts for entry in rig.peer.record.of("delete")] == [rig.shown("say:1").ts]
        await rig.put(rig.post("say:2", "never mind"))
        assert await rig.db.write(lambda tx: withdraw(tx, "say:2"))
        assert await rig.open() == [] and "say:2" not in rig.counts()


async def test_a_token_that_does_not_work_loses_nothing(bot_file: str) -> None:
    async with rig_on(bot_file) as rig:
        rig.pace = replace(rig.pace, locked_out_seconds=0.2)
        token = {"now": "xoxb-wrong"}
        rig.slack.caller.token_for = lambda _team: token["now"]
        await rig.put(rig.post("say:1", "hello"))
        async with rig.sending():
            await rig.peer.until(lambda: rig.peer.record.refused("invalid_auth"), what="the refusal")
            token["now"] = rig.peer.bot_token
            await rig.all_sent()
        assert rig.counts() == {"say:1": 1}


async def test_two_processes_send_each_message_once(bot_url: str) -> None:
    async with rig_on(bot_url) as rig:
        async with rig.sending("bot-1"), rig.sending("bot-2"):
            for n in range(7):
                await rig.put(rig.post(f"say:{n}", f"word {n}", under="say:0" if n else ""))
            await rig.put(rig.post("say:0", "changed", urgency=0))
            await rig.all_sent(30)
        told = [id_of(entry) for entry in rig.peer.record.of("post")]
        assert told == [f"say:{n}" for n in range(7)]
        assert rig.shown("say:0").text == "changed"


async def test_a_post_that_may_not_be_looked_up_waits_and_is_given_up_in_the_end(bot_file: str) -> None:
    async with rig_on(bot_file) as rig:
        rig.pace = replace(rig.pace, look_up_seconds=1.0, locked_out_seconds=0.3)
        rig.peer.faults.lose_answers(1, "chat.postMessage")
        await rig.put(rig.post("say:1", "hello"))
        async with rig.sending():
            await rig.peer.until(lambda: rig.counts()["say:1"], what="the post whose answer is lost")
            rig.channel.members.remove(rig.peer.bot.id)
            rig.channel.kind = "private"
            await rig.all_sent()
        assert (await rig.kept("say:1")).state == "GONE"
        assert rig.counts() == {"say:1": 1}, "it is never sent blind"


async def test_a_post_has_a_text_and_is_valid_before_it_is_kept(bot_file: str) -> None:
    async with rig_on(bot_file) as rig, rig.sending():
        with pytest.raises(ValueError, match="say:1 has no text; say in one sentence"):
            await rig.put(rig.post("say:1", " "))
        await rig.put(rig.post("say:2", "the plan", blocks=section("x" * 3001)))
        await rig.all_sent()
        assert (rig.shown("say:2").text, rig.shown("say:2").blocks) == ("the plan", [])
        assert not rig.peer.record.refused()


async def test_a_private_word_is_never_repeated(bot_file: str) -> None:
    async with rig_on(bot_file) as rig, rig.sending():
        mara = next(user for user in rig.channel.members if user != rig.peer.bot.id)
        rig.peer.faults.lose_answers(1, "chat.postEphemeral")
        await rig.put(rig.post("say:1", "for you alone", ephemeral_to=mara))
        await rig.all_sent()
        assert [entry.user for entry in rig.peer.record.of("ephemeral")] == [mara]
