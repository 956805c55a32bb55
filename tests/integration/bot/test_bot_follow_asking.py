"""Reminders: after working hours, daily, three at most; nobody is asked twice about what was decided."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from omoi_bot.follow.follower import Follower
from omoi_bot.follow.memory import dump, load
from omoi_bot.follow.room import Room
from omoi_bot.settings import WorkingHours
from omoi_bot.store import follows, home_views
from omoi_bot.store import people as known_people
from omoi_bot.store.database import Database
from omoi_bot.store.home_views import HomeView
from omoi_server.store.database import Database as ServerDatabase
from tests.integration.bot.following_stage import Plan, Stage, buttons, posts, running, stage_on, until, words
from tests.peers.slack import SlackPeer

ALWAYS = WorkingHours.parse("Mon-Sun 0-24")


@pytest.fixture
async def stage(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    server = await ServerDatabase.open(sqlite_url)
    try:
        async with SlackPeer(rate_limits=False) as peer, stage_on(server, tmp_path, peer) as made:
            yield made
    finally:
        await server.close()


async def reminders(db: Database, plan: Plan) -> list[str]:
    return [name for name in await posts(db, plan.spec_id) if name.startswith("remind")]


async def open_gate(stage: Stage, room: Room) -> Plan:
    """A gate for which mara is asked: it is her spec, and she may approve."""
    user_id = await stage.member(stage.mara)
    await stage.meet(room.db, stage.mara, user_id)
    plan = await stage.launch(room.db, requester_user_id=user_id)
    await plan.phase("TASKS")
    return plan


async def memory_of(db: Database, plan: Plan) -> Any:
    async with db.read() as tx:
        follow = await follows.get(tx, plan.spec_id)
    assert follow is not None
    return load(follow.snapshot)


async def a_day_passes(room: Room, plan: Plan) -> None:
    """What was to be said tomorrow is due. Nobody follows meanwhile."""

    async def work(tx: Any) -> None:
        follow = await follows.get(tx, plan.spec_id)
        assert follow is not None
        memory = load(follow.snapshot)
        assert memory.gate is not None and memory.gate.remind_at > (room.clock.now() + timedelta(hours=12)).isoformat()
        due = replace(memory, gate=replace(memory.gate, remind_at=room.clock.now().isoformat()))
        await follows.advance(tx, follow, follow.cursor, dump(due))

    await room.db.write(work)


async def test_three_reminders_at_most_and_each_is_closed_by_the_decision(stage: Stage) -> None:
    async with stage.room(week=ALWAYS, remind_hours=0.0001) as room, stage.omoi() as omoi:
        plan = await open_gate(stage, room)
        for number in (1, 2, 3):
            async with running(Follower(room)):

                async def said(number: int = number) -> bool:
                    return len(await reminders(room.db, plan)) == number

                await until(said, 10, f"reminder {number}")
            if number < 3:
                await a_day_passes(room, plan)
        memory = await memory_of(room.db, plan)
        assert memory.gate.remind_at == "" and memory.gate.reminded == 3, "nothing more will be said"
        found = await posts(room.db, plan.spec_id)
        assert all("approve" in buttons(found[f"remind:s:TASKS:v1:{number}"]) for number in (1, 2, 3))
        async with running(Follower(room)):
            await omoi.review_phase(plan.spec_id, "TASKS", "TASKS-1", "APPROVE")

            async def closed() -> bool:
                return not any("approve" in buttons(post) for post in (await posts(room.db, plan.spec_id)).values())

            await until(closed, 10, "every reminder lost its buttons")


async def test_who_wants_no_reminders_gets_none(stage: Stage) -> None:
    async with stage.room(week=ALWAYS, remind_hours=0.0001) as room:
        identity = stage.identity(stage.mara)
        user_id = await stage.member(stage.mara)
        await stage.meet(room.db, stage.mara, user_id)
        await room.db.write(lambda tx: known_people.change(tx, identity, settings={"reminders": False}))
        await stage.approvers(user_id)
        plan = await stage.launch(room.db)
        await plan.phase("TASKS")
        async with running(Follower(room)):

            async def counted() -> bool:
                memory = await memory_of(room.db, plan)
                return memory.gate is not None and memory.gate.reminded >= 1

            await until(counted, 20)
            assert await reminders(room.db, plan) == []


async def test_no_reminder_outside_working_hours(stage: Stage) -> None:
    tomorrow = (datetime.now() + timedelta(days=2)).strftime("%a")
    async with stage.room(week=WorkingHours.parse(f"{tomorrow} 9-17"), remind_hours=0.001) as room:
        plan = await open_gate(stage, room)
        async with running(Follower(room)):

            async def asked() -> bool:
                memory = await memory_of(room.db, plan)
                return memory.gate is not None and memory.gate.sought

            await until(asked, 10)
            memory = await memory_of(room.db, plan)
            assert datetime.fromisoformat(memory.gate.remind_at) > room.clock.now() + timedelta(hours=6)
            assert await reminders(room.db, plan) == []


async def test_a_group_is_called_instead_of_many(stage: Stage) -> None:
    async with stage.room() as room, running(Follower(room)):
        group = stage.slack.add_group("reviewers", [stage.mara, stage.jon])
        await stage.set_channel(room.db, usergroup=group.id)
        ids = []
        for name in ("ana", "bo", "cy", "di"):
            person = stage.slack.add_person(name)
            await stage.mara.invites(stage.channel, person)
            ids.append(await stage.member(person))
        await stage.approvers(*ids)
        plan = await stage.launch(room.db)
        await plan.phase("TASKS")

        async def gate() -> Any:
            return (await posts(room.db, plan.spec_id)).get("gate:s:TASKS:v1")

        said = words(await until(gate))
        assert f"<!subteam^{group.id}>" in said


async def test_open_homes_are_poked_and_others_are_not(stage: Stage) -> None:
    poked: list[str] = []

    async def refresh(identities: Any) -> None:
        poked.extend(identities)

    async with stage.room(refresh_home=refresh) as room, running(Follower(room)):
        team = stage.slack.team.id

        async def homes(tx: Any) -> None:
            await home_views.put(tx, HomeView("slack:T/NOW", team, opened_at=tx.now))
            await home_views.put(tx, HomeView("slack:T/OLD", team, opened_at=tx.now - timedelta(minutes=11)))
            await home_views.put(tx, HomeView("slack:X/ELSE", "T-other", opened_at=tx.now))

        await room.db.write(homes)
        await open_gate(stage, room)

        async def told() -> bool:
            return bool(poked)

        await until(told)
        assert set(poked) == {"slack:T/NOW"}


async def gate_of(room: Room, plan: Plan) -> str:
    """What the gate's message says, once it is there."""

    async def there() -> Any:
        return (await posts(room.db, plan.spec_id)).get("gate:s:TASKS:v1")

    return words(await until(there))


async def opened(stage: Stage, room: Room, requester_user_id: str = "") -> Plan:
    plan = await stage.launch(room.db, requester_user_id=requester_user_id)
    await plan.phase("TASKS")
    return plan


async def test_the_requester_is_called_only_when_the_rule_lets_them_approve(stage: Stage) -> None:
    ana, bo, kim = (stage.slack.add_person(name) for name in ("ana", "bo", "kim"))
    for person in (ana, bo, kim):
        await stage.mara.invites(stage.channel, person)
    mara = await stage.member(stage.mara)
    await stage.member(ana, "MAINTAINER")
    await stage.member(bo, "CONTRIBUTOR")
    await stage.member(kim, "VIEWER")
    async with stage.room() as room, running(Follower(room)):
        said = await gate_of(room, await opened(stage, room, mara))
        assert stage.mara.id in said and ana.id not in said, "who asked may approve, so nobody else is disturbed"
        await stage.approvers(min_role="MAINTAINER")
        said = await gate_of(room, await opened(stage, room, mara))
        assert f"<@{ana.id}>" in said and not any(f"<@{one.id}>" in said for one in (stage.mara, bo, kim))
        await stage.approvers(requester_excluded=True)
        said = await gate_of(room, await opened(stage, room, mara))
        assert f"<@{ana.id}> <@{bo.id}>" in said and f"<@{stage.mara.id}>" not in said and kim.id not in said


async def test_named_people_who_may_not_approve_are_neither_called_nor_shown(stage: Stage) -> None:
    ana, bo, guest = stage.slack.add_person("ana"), stage.slack.add_person("bo"), stage.slack.add_person("guy")
    for person in (ana, bo, guest):
        await stage.mara.invites(stage.channel, person)
    mara, viewer = await stage.member(stage.mara), await stage.member(bo, "VIEWER")
    gone = await stage.member(guest)
    guest.user.deleted = True
    await stage.approvers(mara, viewer, gone, await stage.member(ana), requester_excluded=True)
    async with stage.room() as room, running(Follower(room)):
        said = await gate_of(room, await opened(stage, room, mara))
        assert f"<@{ana.id}>" in said
        assert not any(f"<@{one.id}>" in said for one in (bo, guest)) and "who decides: <@" in said
        decides = said.partition("who decides: ")[2].partition('"')[0].partition("'")[0]
        assert stage.mara.id not in decides and bo.id not in decides


async def test_where_nobody_in_the_channel_may_approve_somebody_is_asked_in_a_dm(stage: Stage) -> None:
    mara = await stage.member(stage.mara)
    await stage.member(stage.jon, "MAINTAINER")
    await stage.approvers(requester_excluded=True)
    async with stage.room() as room, running(Follower(room)):
        plan = await opened(stage, room, mara)
        copy = f"gatedm:s:TASKS:v1:{stage.slack.dm(stage.jon).id}"

        async def asked() -> bool:
            return copy in await posts(room.db, plan.spec_id)

        await until(asked, 10, "jon is asked in a DM")
        assert "<@" not in (await gate_of(room, plan)).partition("ready for review")[0]
