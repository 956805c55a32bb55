"""From a real server's log to the outbox: what is put, what is changed, what is closed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from omoi_bot.follow.follower import Follower
from omoi_bot.posting import Sender
from omoi_bot.store import conversations, follows
from omoi_server.store.database import Database as ServerDatabase
from tests.integration.bot.following_stage import Stage, buttons, posts, running, stage_on, until, words
from tests.integration.rpc import rpc_rows as rows
from tests.peers.slack import SlackPeer

AGAIN = {"retry", "resume"}


@pytest.fixture
async def stage(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    server = await ServerDatabase.open(sqlite_url)
    try:
        async with SlackPeer() as peer, stage_on(server, tmp_path, peer) as made:
            yield made
    finally:
        await server.close()


async def has(db: Any, spec_id: str, post_id: str) -> Any:
    """The post once it is there."""

    async def there() -> Any:
        return (await posts(db, spec_id)).get(post_id)

    return await until(there, what=post_id)


async def test_from_the_launch_to_the_gate_and_its_decision_on_the_command_line(stage: Stage) -> None:
    async with stage.room() as room, running(follower := Follower(room)), stage.omoi() as omoi:
        plan = await stage.launch(room.db)
        follower.poke()
        await plan.planned()
        gate = await has(room.db, plan.spec_id, "gate:s:TASKS:v1")
        assert {"approve", "changes", "view_output"} <= buttons(gate) and gate.urgency == 0
        found = await posts(room.db, plan.spec_id)
        assert list(found) == ["live:s", "phase:s:REQUIREMENTS:v1", "phase:s:DESIGN:v1", "gate:s:TASKS:v1"]
        assert all(post.thread_ts == found["live:s"].thread_ts for post in found.values())
        assert "approve" in buttons(found["live:s"])

        await omoi.review_phase(plan.spec_id, "TASKS", "TASKS-1", "APPROVE")

        async def closed() -> bool:
            now = await posts(room.db, plan.spec_id)
            return all("approve" not in buttons(now[name]) for name in ("gate:s:TASKS:v1", "live:s"))

        await until(closed, 5, "every copy lost its buttons")
        now = await posts(room.db, plan.spec_id)
        assert "Approved by" in words(now["gate:s:TASKS:v1"]) and len(now) == 4


async def test_an_approver_outside_the_channel_gets_a_dm_that_closes_too(stage: Stage) -> None:
    async with stage.room() as room, running(Follower(room)), stage.omoi() as omoi:
        jon = stage.identity(stage.jon)
        made = await omoi.provision_user(jon, name="jon", email="")
        await stage.meet(room.db, stage.jon, made.user.user_id)
        await omoi.set_role(rows.PROJECT, made.user.user_id, "CONTRIBUTOR")
        await stage.approvers(made.user.user_id)
        plan = await stage.launch(room.db)
        await plan.planned()
        dm = stage.slack.dm(stage.jon)
        copy = await has(room.db, plan.spec_id, f"gatedm:s:TASKS:v1:{dm.id}")
        assert copy.channel == dm.id and "approve" in buttons(copy)
        assert f"<@{stage.jon.id}>" in words(await has(room.db, plan.spec_id, "gate:s:TASKS:v1"))
        await omoi.review_phase(plan.spec_id, "TASKS", "TASKS-1", "REQUEST_CHANGES", comment="smaller")

        async def closed() -> bool:
            now = await posts(room.db, plan.spec_id)
            return "approve" not in buttons(now[f"gatedm:s:TASKS:v1:{dm.id}"])

        await until(closed, 5, "the copy is closed")
        asked = [name for name in await posts(room.db, plan.spec_id) if name.startswith("changes:")]
        assert len(asked) == 1


async def test_progress_edits_the_live_message_only(stage: Stage) -> None:
    async with stage.room() as room, running(Follower(room)):
        plan = await stage.launch(room.db)
        await has(room.db, plan.spec_id, "live:s")
        await plan.work(200)

        async def caught_up() -> bool:
            async with room.db.read() as tx:
                follow = await follows.get(tx, plan.spec_id)
            return follow is not None and follow.cursor == 201

        await until(caught_up)
        found = await posts(room.db, plan.spec_id)
        assert list(found) == ["live:s"]
        assert found["live:s"].wanted_version < 60, "200 events are not 200 edits"


async def test_silence_is_told_once_and_ends_with_work(stage: Stage) -> None:
    async with stage.room(silence=timedelta(seconds=0.4)) as room, running(Follower(room)):
        plan = await stage.launch(room.db)
        await rows.change(stage.database, plan.spec_id, status="EXECUTING")

        async def working(text: str) -> None:
            from sqlalchemy import update

            from omoi_server.store import tables as t

            async def work(tx: Any) -> None:
                values = {"last_work": text, "last_work_at": tx.now}
                await tx.conn.execute(update(t.specs).where(t.specs.c.spec_id == plan.spec_id).values(**values))
                tx.touch(plan.spec_id)

            await stage.database.write(work)
            await plan.work(1)

        await working("read auth.py")
        live = await has(room.db, plan.spec_id, "live:s")

        async def silent() -> bool:
            return "No sign of work since" in words((await posts(room.db, plan.spec_id))["live:s"])

        await until(silent, 5, "silence is said")
        version = (await posts(room.db, plan.spec_id))["live:s"].wanted_version
        assert version > live.wanted_version

        async def again() -> bool:
            return not await silent()

        await working("read mail.py")
        await until(again, 5, "work ends the silence")


async def test_the_server_away_for_a_while(stage: Stage) -> None:
    async with stage.room() as room, running(Follower(room)):
        plan = await stage.launch(room.db)
        await has(room.db, plan.spec_id, "live:s")
        await stage.server_down()
        await plan.planned()
        await stage.server_up()
        await has(room.db, plan.spec_id, "gate:s:TASKS:v1")
        assert list(await posts(room.db, plan.spec_id)) == [
            "live:s", "phase:s:REQUIREMENTS:v1", "phase:s:DESIGN:v1", "gate:s:TASKS:v1",
        ]  # fmt: skip


async def test_two_processes_share_the_specs_and_one_takes_over(stage: Stage) -> None:
    async with stage.room("bot-1") as first, stage.room("bot-2") as second:
        plans = [await stage.launch(first.db) for _ in range(6)]
        one, two = Follower(first), Follower(second)
        async with running(two):
            async with running(one):
                for plan in plans:
                    await plan.planned()
                for plan in plans:
                    await has(first.db, plan.spec_id, "gate:s:TASKS:v1")
                assert not one.following & two.following
                assert one.following | two.following == {plan.spec_id for plan in plans}

            async def taken_over() -> bool:
                return two.following == {plan.spec_id for plan in plans}

            await until(taken_over, 5, "what the first gave back")
            for plan in plans:
                await plan.fails()
                await until(lambda plan=plan: _has_failure(second.db, plan.spec_id), 5, "the failure")  # type: ignore[misc]


async def _has_failure(db: Any, spec_id: str) -> bool:
    return any(name.startswith("fail:s:") for name in await posts(db, spec_id))


async def test_a_spec_that_is_gone_ends_its_follow(stage: Stage) -> None:
    async with stage.room() as room, running(follower := Follower(room)):

        async def work(tx: Any) -> None:
            await follows.start(tx, "spec-00000000-0000-4000-8000-00000000dead", as_identity="", project_id="")

        await room.db.write(work)

        async def ended() -> bool:
            async with room.db.read() as tx:
                follow = await follows.get(tx, "spec-00000000-0000-4000-8000-00000000dead")
            return follow is not None and follow.ended_at is not None

        await until(ended, 5, "the follow ended")

        async def idle() -> bool:
            return not follower.following

        await until(idle, 2)


async def test_the_report_moves_to_the_dm_when_its_channel_is_gone(stage: Stage) -> None:
    async with stage.room() as room, running(follower := Follower(room)):
        plan = await stage.launch(room.db)
        await plan.planned()
        live = await has(room.db, plan.spec_id, "live:s")
        await has(room.db, plan.spec_id, "gate:s:TASKS:v1")
        for _ in range(2):
            await follower.gone(live, "is_archived")
        gate = await has(room.db, plan.spec_id, "gate:s:TASKS:v1:m1")
        dm = stage.slack.dm(stage.mara)
        found = await posts(room.db, plan.spec_id)
        moved = {name: post for name, post in found.items() if post.channel == dm.id}
        assert list(moved) == ["moved:s:1", "live:s:m1", "gate:s:TASKS:v1:m1"]
        assert "archived" in words(moved["moved:s:1"]) and "approve" in buttons(gate)
        assert moved["gate:s:TASKS:v1:m1"].under == f"live:{plan.spec_id}:m1"


async def test_verbosity_is_read_anew_each_round(stage: Stage) -> None:
    async with stage.room() as room, running(Follower(room)):
        await stage.set_channel(room.db, verbosity="quiet")
        plan = await stage.launch(room.db, gates=())
        await plan.phase("EXPLORE")
        await plan.phase("REQUIREMENTS")
        await has(room.db, plan.spec_id, "live:s")
        await plan.fails()
        await until(lambda: _has_failure(room.db, plan.spec_id), 5)
        found = await posts(room.db, plan.spec_id)
        assert [name.partition(":")[0] for name in found] == ["live", "fail"]
        async with room.db.read() as tx:
            conversation = await conversations.of_spec(tx, plan.spec_id)
        assert conversation is not None and conversation.live, "a failed spec can be retried in its thread"


@pytest.fixture
async def on_postgres(sqlite_url: str, empty_postgres_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    server = await ServerDatabase.open(sqlite_url)
    try:
        async with SlackPeer() as peer, stage_on(server, tmp_path, peer, empty_postgres_url) as made:
            yield made
    finally:
        await server.close()


async def test_the_bots_database_may_be_postgresql(on_postgres: Stage) -> None:
    stage = on_postgres
    async with AsyncExitStack() as stack:
        first = await stack.enter_async_context(stage.room("bot-1"))
        second = await stack.enter_async_context(stage.room("bot-2"))
        for room in (first, second):
            await stack.enter_async_context(running(Follower(room)))
        omoi = await stack.enter_async_context(stage.omoi())
        plans = [await stage.launch(first.db) for _ in range(4)]
        for plan in plans:
            await plan.planned()
        for plan in plans:
            await has(first.db, plan.spec_id, "gate:s:TASKS:v1")
            await omoi.review_phase(plan.spec_id, "TASKS", "TASKS-1", "APPROVE")

        async def closed() -> bool:
            found = [(await posts(first.db, plan.spec_id))["gate:s:TASKS:v1"] for plan in plans]
            return not any("approve" in buttons(post) for post in found)

        await until(closed, 10, "every gate is closed")


@pytest.mark.parametrize(("between", "far"), [(3, False), (21, True)])
async def test_a_gate_far_below_the_live_message_is_a_full_card(stage: Stage, between: int, far: bool) -> None:
    async with stage.room() as room:
        sender = Sender(room.slack, room.db, "bot-1", room.clock)
        async with running(Follower(replace(room, wake_sender=sender.poke))), running(sender):
            plan = await stage.launch(room.db)
            thread = (await has(room.db, plan.spec_id, "live:s")).thread_ts

            async def shown() -> bool:
                return bool((await posts(room.db, plan.spec_id))["live:s"].ts)

            await until(shown)
            for number in range(between):
                await stage.mara.says(stage.channel, f"and {number}", thread=thread)
            await plan.phase("TASKS")
            said = words(await has(room.db, plan.spec_id, "gate:s:TASKS:v1"))
            assert ("Explore" in said) is far and ("asked:" in said) is far


async def test_a_retry_takes_the_button_from_every_copy(stage: Stage) -> None:
    async with stage.room() as room, running(Follower(room)):
        plan = await stage.launch(room.db)
        await plan.fails()

        async def offered() -> list[str]:
            return [name for name, post in (await posts(room.db, plan.spec_id)).items() if buttons(post) & AGAIN]

        await until(offered)
        copies = await offered()
        assert "live:s" in copies and any(name.startswith("fail:") for name in copies)
        await plan.tell(
            ("spec.execution_started", "", {"spec": {"status": "SPEC_STATUS_EXECUTING"}}), status="EXECUTING"
        )

        async def gone() -> bool:
            return not await offered()

        await until(gone, 5, "every copy lost its button")


@pytest.mark.parametrize("wanted", [True, False])
async def test_only_the_pull_request_is_shown_in_the_channel_and_only_if_it_wants_that(
    stage: Stage, wanted: bool
) -> None:
    async with stage.room() as room, running(Follower(room)):
        await stage.set_channel(room.db, broadcast=wanted)
        plan = await stage.launch(room.db, gates=())
        await plan.planned()
        await plan.published()
        made = await has(room.db, plan.spec_id, "pr:s")
        assert bool(made.wanted.get("reply_broadcast")) is wanted
        others = [post for name, post in (await posts(room.db, plan.spec_id)).items() if name != "pr:s"]
        assert len(others) > 2 and not any(post.wanted.get("reply_broadcast") for post in others)
