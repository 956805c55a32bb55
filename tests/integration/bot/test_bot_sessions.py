"""Agent sessions (manifest-agent.json): Slack's own state beside the thread, and its stop button."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from omoi_bot.follow import sessions
from omoi_bot.follow.follower import Follower
from omoi_bot.posting import Sender
from omoi_bot.store import workspaces
from omoi_bot.store.workspaces import Workspace
from omoi_server.store.database import Database as ServerDatabase
from tests.integration.bot.following_stage import Stage, running, stage_on
from tests.integration.bot.scenes import launched, until_told
from tests.integration.bot.stage import MANIFEST, bot_stage
from tests.peers.slack import SlackPeer

AGENT = json.loads(MANIFEST.with_name("manifest-agent.json").read_text())


@pytest.fixture
async def told(sqlite_url: str, tmp_path: Path) -> AsyncIterator[Stage]:
    server = await ServerDatabase.open(sqlite_url)
    try:
        async with SlackPeer(manifest=AGENT) as peer, stage_on(server, tmp_path, peer) as made:
            yield made
    finally:
        await server.close()


def shown(slack: SlackPeer) -> list[str]:
    """Every status that was set, in order."""
    return [one.text for one in slack.record if one.kind == "status"]


async def test_a_session_follows_the_spec_and_is_set_only_when_it_changes(told: Stage) -> None:
    async with told.room() as room, told.omoi() as omoi:
        await room.db.write(lambda tx: workspaces.put(tx, Workspace(told.slack.team.id, agent=True)))
        sender = Sender(room.slack, room.db, "bot-1", room.clock)
        async with running(Follower(replace(room, wake_sender=sender.poke))), running(sender):
            plan = await told.launch(room.db)
            await told.slack.until(lambda: shown(told.slack) == ["processing"])
            await plan.work(5)
            await plan.phase("TASKS")
            await told.slack.until(lambda: shown(told.slack)[-1] == "suspended")
            await omoi.review_phase(plan.spec_id, "TASKS", "TASKS-1", "APPROVE")
            await told.slack.until(lambda: shown(told.slack)[-1] == "processing")
            await omoi.cancel_spec(plan.spec_id, "enough", "stop-1")
            await told.slack.until(lambda: shown(told.slack)[-1] == "closed")
        assert shown(told.slack) == ["processing", "suspended", "processing", "closed"]
        assert [one.title for one in told.slack.state.sessions.values()] == ["Lock an account"]


async def test_a_plain_app_sets_no_session(told: Stage) -> None:
    async with told.room() as room, told.omoi() as omoi:
        await room.db.write(lambda tx: workspaces.put(tx, Workspace(told.slack.team.id, agent=False)))
        async with running(Follower(room)):
            plan = await told.launch(room.db)
            await plan.phase("TASKS")
            await told.slack.until(lambda: any(one.kind == "reaction" for one in told.slack.record))
            await omoi.cancel_spec(plan.spec_id, "enough", "stop-1")
        assert shown(told.slack) == []


async def test_the_stop_button_stops_by_the_role_of_who_pressed_it(tmp_path: Path) -> None:
    async with bot_stage(tmp_path, work=False, manifest=AGENT) as stage:
        kim = stage.slack.add_person("kim")
        await stage.jon.invites(stage.channel, kim)
        ts, known = await launched(stage)
        place = (stage.channel.id, ts)

        def status() -> Any:
            found = stage.slack.state.sessions.get(place)
            return found.status if found else None

        await stage.slack.until(lambda: status() == "processing")
        await kim.stops_session(stage.channel, ts)
        refused = await until_told(stage, kim, "mara")
        assert "contributor" in refused.text
        assert shown(stage.slack) == ["processing", "processing"], "the status went back to processing"
        assert not (await stage.omoi.get_spec(known.spec_id)).settled

        await stage.mara.stops_session(stage.channel, ts)
        await stage.slack.until(lambda: status() == "closed")
        assert (await stage.omoi.get_spec(known.spec_id)).reason == "Stopped by mara in Slack."


async def test_a_budget_that_is_used_up_delays_a_session_and_nothing_else(told: Stage) -> None:
    async with told.room() as room:
        await room.db.write(lambda tx: workspaces.put(tx, Workspace(told.slack.team.id, agent=True)))
        window = room.slack.caller.window(told.slack.team.id, sessions.METHOD)
        window.remember([30.0] * sessions.A_MINUTE)
        sender = Sender(room.slack, room.db, "bot-1", room.clock)
        async with running(Follower(replace(room, wake_sender=sender.poke))), running(sender):
            plan = await told.launch(room.db)
            await plan.phase("TASKS")
            await told.slack.until(lambda: len(told.slack.record.of("post")) >= 2)
        assert shown(told.slack) == []


async def test_what_slack_refuses_is_not_asked_again(told: Stage) -> None:
    """An app that is no agent any more, although the bot thinks so."""
    told.slack.manifest = replace(told.slack.manifest, is_agent=False)
    async with told.room() as room, told.omoi() as omoi:
        await room.db.write(lambda tx: workspaces.put(tx, Workspace(told.slack.team.id, agent=True)))
        async with running(Follower(room)):
            plan = await told.launch(room.db)
            await told.slack.until(lambda: told.slack.record.refused("not_allowed"))
            await plan.work(20)
            await plan.phase("TASKS")
            await told.slack.until(lambda: len(told.slack.record.refused("not_allowed")) == 2)
            await omoi.cancel_spec(plan.spec_id, "enough", "stop-1")
            await told.slack.until(lambda: len(told.slack.record.refused("not_allowed")) == 3)
