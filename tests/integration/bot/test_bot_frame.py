"""The process itself: what it refuses to run on, its two ways to hear Slack, and its deaths."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import aiohttp
import pytest
from sqlalchemy import select

from omoi_bot.app import Bot, CannotStart
from omoi_bot.store.clock import Clock
from omoi_bot.store.database import Database
from omoi_bot.store.tables import envelopes, marks
from omoi_bot.store.workspaces import get
from tests.integration.bot.counting import Heard
from tests.integration.bot.stage import ROOT, Stage, bot_stage


async def rows(stage: Stage) -> tuple[list[tuple[str, str]], list[str]]:
    """(key, state) of every envelope, and the effects that happened."""
    database = await Database.open(stage.settings.database_url)
    try:
        async with database.read() as tx:
            kept = (await tx.conn.execute(select(envelopes.c.key, envelopes.c.state))).all()
            names = (await tx.conn.execute(select(marks.c.name).where(marks.c.name.like("effect:%")))).scalars()
            return [(row.key, row.state) for row in kept], list(names)
    finally:
        await database.close()


@pytest.mark.parametrize("point", ["commit.before", "envelope.stored", "effect.done", "envelope.done"])
async def test_killed_between_write_acknowledgement_and_effect_there_is_one_effect(tmp_path: Path, point: str) -> None:
    async with bot_stage(tmp_path, start=False, work=False, clock_rate=60.0, clock=Clock(rate=20.0)) as stage:
        await stage.start_bot(Heard().rooms())  # makes the workspace known, so that the count below is of the mention
        await stage.stop_bot()
        child = await stage.start_child(point, count=1 if point != "commit.before" else 4, listener="count")
        await stage.mara.mentions(stage.channel, "an idea")
        await stage.fell(child)
        await stage.start_bot(Heard().rooms())
        deadline = asyncio.get_running_loop().time() + 45
        while True:
            kept, effects = await rows(stage)
            if effects and all(state == "DONE" for _, state in kept):
                break
            assert asyncio.get_running_loop().time() < deadline, (kept, effects, stage.told())
            await asyncio.sleep(0.1)
        assert len(kept) == len(effects) == 1


async def test_an_admin_token_is_taken_on_loopback_only(tmp_path: Path) -> None:
    async with bot_stage(tmp_path, start=False, work=False, scopes=["*"]) as stage:
        await stage.start_bot(Heard().rooms())
        facts = await stage.bot.backend.check_token(())
        assert facts.scopes == ("*",)


async def test_a_token_of_another_system_stops_the_start(tmp_path: Path) -> None:
    async with bot_stage(tmp_path, start=False, work=False, scopes=["act-as:slack:T0ELSE", "read-all"]) as stage:
        with pytest.raises(CannotStart, match="token create --bot slack:T"):
            await stage.start_bot(Heard().rooms())


async def test_a_refused_slack_token_stops_the_start(tmp_path: Path) -> None:
    async with bot_stage(tmp_path, start=False, work=False) as stage:
        stage.environment["SLACK_BOT_TOKEN"] = "xoxb-wrong"
        with pytest.raises(CannotStart, match="invalid_auth"):
            await stage.start_bot(Heard().rooms())


async def test_the_server_may_come_later(tmp_path: Path) -> None:
    heard = Heard()
    async with bot_stage(tmp_path, start=False, work=False) as stage:
        right = stage.address
        stage.environment["OMOI_ADDRESS"] = "127.0.0.1:1"
        bot = Bot(stage.settings, heard.rooms(), announce=lambda _: None)
        stop = asyncio.Event()
        running = asyncio.create_task(bot.run(stop))
        await stage.slack.connected()
        await stage.mara.mentions(stage.channel, "an idea")
        await stage.slack.settled()
        kept, effects = await rows(stage)
        assert len(kept) == 1
        assert effects == []
        stop.set()
        await running
        stage.environment["OMOI_ADDRESS"] = right
        await stage.start_bot(heard.rooms())
        await stage.slack.until(lambda: heard.envelopes)


async def test_over_http_requests_are_signed_stored_and_acknowledged(tmp_path: Path) -> None:
    heard = Heard()
    async with bot_stage(tmp_path, start=False, work=False) as stage:
        stage.environment |= {
            "SLACK_APP_TOKEN": "", "SLACK_SIGNING_SECRET": stage.slack.signing_secret, "OMOI_BOT_LISTEN": "127.0.0.1:0",
        }  # fmt: skip
        bot = await stage.start_bot(heard.rooms())
        url = f"http://127.0.0.1:{bot.transport.port}/slack/events"  # type: ignore[union-attr]  # HTTP by its settings
        stage.slack.listen_at(url)
        await stage.mara.mentions(stage.channel, "an idea")
        await stage.slack.settled()
        await stage.mara.runs("/omoi", "list", stage.channel)
        await stage.slack.until(lambda: len(heard.envelopes) == 2)
        async with aiohttp.ClientSession() as session, session.post(url, json={"type": "event_callback"}) as answer:
            assert answer.status == 401


async def test_a_workspace_that_removed_the_app_is_forgotten(tmp_path: Path) -> None:
    heard = Heard()
    async with bot_stage(tmp_path, heard=heard.rooms(), work=False) as stage:
        stage.slack.revoke()
        await stage.slack.until(lambda: not stage.bot.workspaces.all())
        async with stage.bot.db.read() as tx:
            workspace = await get(tx, stage.slack.team.id)
        assert workspace is not None
        assert workspace.removed_at is not None


def test_the_command_names_everything_that_is_missing(tmp_path: Path) -> None:
    environment = {**os.environ, "OMOI_HOME": str(tmp_path)}
    for words in ([], ["run"]):
        done = subprocess.run(
            [sys.executable, "-m", "omoi_bot", *words], cwd=ROOT, env=environment, capture_output=True, text=True
        )  # fmt: skip
        assert done.returncode == 2
        assert "omoi-bot: SLACK_BOT_TOKEN is missing." in done.stderr
        assert "omoi-bot: SLACK_APP_TOKEN is missing." in done.stderr
        assert "Traceback" not in done.stderr


async def test_the_command_stops_with_a_sentence_and_logs_no_secret(tmp_path: Path) -> None:
    async with bot_stage(tmp_path, start=False, work=False) as stage:
        stage.environment["OMOI_LOG_LEVEL"] = "debug"
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "omoi_bot", "run", cwd=ROOT, env={**os.environ, **stage.child_environment},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        assert child.stdout is not None
        try:
            async with asyncio.timeout(20):
                first = (await child.stdout.readline()).decode()
            assert first.startswith("omoi-bot listens in Acme")
            await stage.slack.connected()
            child.terminate()
            async with asyncio.timeout(20):
                _, said = await child.communicate()
        finally:
            if child.returncode is None:
                child.kill()
        assert child.returncode == 0
        assert b"omoi-bot stops" in said
        events = [json.loads(line)["event"] for line in said.decode().splitlines() if line.startswith("{")]
        assert events[-1] == "bot.stopped"
        for secret in (stage.slack.bot_token, stage.slack.app_token, stage.bot_token):
            assert secret.encode() not in said
