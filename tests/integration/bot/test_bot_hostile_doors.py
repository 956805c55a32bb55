"""Doors that must stay shut: forged requests, channels that others read, and words that only look like the bot's."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from pathlib import Path

import aiohttp
from cryptography.fernet import Fernet

from omoi_bot.receive.transport import PATH
from omoi_bot.store import envelopes
from omoi_bot.store.clock import Clock
from tests.integration.bot.counting import Heard
from tests.integration.bot.scenes import launched, until_told, words
from tests.integration.bot.stage import Stage, bot_stage
from tests.integration.bot.test_bot_frame_oauth import free_port


def said(stage: Stage, ts: str) -> list[str]:
    """What the bot shows in the thread."""
    return [words(one) for one in stage.slack.thread(stage.channel, ts) if one.user == stage.slack.bot.id]


async def test_the_install_page_takes_no_forged_events(tmp_path: Path) -> None:
    """With Socket Mode there is no signing secret; a signature made with an empty one must open nothing."""
    heard, port = Heard(), free_port()
    async with bot_stage(tmp_path, start=False, work=False) as stage:
        stage.environment |= {
            "SLACK_CLIENT_ID": stage.slack.client_id, "SLACK_CLIENT_SECRET": stage.slack.client_secret,
            "OMOI_BOT_SECRET_KEY": Fernet.generate_key().decode(),
            "OMOI_BOT_LISTEN": f"127.0.0.1:{port}", "OMOI_BOT_PUBLIC_URL": f"http://127.0.0.1:{port}",
        }  # fmt: skip
        await stage.start_bot(heard.rooms())
        event = {
            "type": "app_mention", "channel": stage.channel.id, "user": stage.jon.id, "ts": "1700000000.000100",
            "text": f"<@{stage.slack.bot.id}> approve",
        }  # fmt: skip
        body = json.dumps({"type": "event_callback", "team_id": stage.slack.team.id, "event_id": "Ev1", "event": event})
        now = str(int(time.time()))
        signature = "v0=" + hmac.new(b"", f"v0:{now}:{body}".encode(), hashlib.sha256).hexdigest()
        headers = {
            "Content-Type": "application/json", "X-Slack-Request-Timestamp": now, "X-Slack-Signature": signature
        }  # fmt: skip
        async with aiohttp.ClientSession() as attacker:
            async with attacker.post(f"http://127.0.0.1:{port}{PATH}", data=body, headers=headers) as answer:
                assert answer.status in (401, 404), await answer.text()
            async with attacker.get(f"http://127.0.0.1:{port}/slack/install") as page:
                assert page.status == 200
        assert heard.envelopes == []


async def test_omoi_says_nothing_in_a_channel_that_became_shared(tmp_path: Path) -> None:
    async with bot_stage(tmp_path / "stage", work=False) as stage:
        ts, _ = await launched(stage)
        stranger = stage.slack.add_person("stranger", stranger=True)
        stage.channel.members.append(stranger.id)
        stage.channel.shared_with.add(stranger.team.id)
        stage.bot.desk.people.forget_channel(stage.slack.team.id, stage.channel.id)
        await stage.slack.until(lambda: len(said(stage, ts)) == 1)
        for text in ("status", "help"):
            await stage.mara.says(stage.channel, text, thread=ts)
        await stage.mara.mentions(stage.channel, "status")
        await until_told(stage, stage.mara, "shared with another organisation")
        await stage.slack.settled()
        assert len(said(stage, ts)) == 1
        top = [words(one) for one in stage.slack.messages(stage.channel) if one.user == stage.slack.bot.id]
        assert not any("Running in this channel" in one for one in top)


async def test_the_report_leaves_a_channel_that_became_shared(tmp_path: Path) -> None:
    async with bot_stage(tmp_path / "stage", start=False) as stage:
        await stage.start_bot()
        ts, _ = await launched(stage)
        stranger = stage.slack.add_person("stranger", stranger=True)
        stage.channel.members.append(stranger.id)
        stage.channel.shared_with.add(stranger.team.id)
        stage.bot.desk.people.forget_channel(stage.slack.team.id, stage.channel.id)
        dm = stage.slack.dm(stage.mara)
        await stage.slack.until(
            lambda: any("report moved here" in words(one) for one in stage.slack.messages(dm)), 30.0
        )

        def gates() -> list[str]:
            return [words(one) for one in stage.slack.messages(dm) if "approve" in words(one)]

        await stage.slack.until(gates, 60.0)
        shown = said(stage, ts)
        assert len(shown) <= 2, shown  # the live message, and at most a result from before


async def test_a_limit_of_slack_makes_nobody_a_stranger(tmp_path: Path) -> None:
    """A 429 says nothing about a person: what was asked is done when Slack answers again."""
    async with bot_stage(tmp_path / "stage", work=False, clock=Clock(rate=20)) as stage:
        people = stage.bot.desk.people
        people._slack_users.clear()
        stage.slack.faults.limit(3.0, "users.info")
        ts = await stage.mara.mentions(stage.channel, "Lock an account")
        await stage.slack.until(lambda: len(stage.slack.thread(stage.channel, ts)) > 1, 20.0)
        assert not any("does not tell who you are" in words(one) for one in stage.mara.private_posts)


async def test_mentions_in_a_thread_use_up_no_budget(tmp_path: Path) -> None:
    async with bot_stage(tmp_path / "stage", work=False) as stage:
        ts, _ = await launched(stage)
        crowd = [stage.slack.add_person(f"person{number}") for number in range(15)]
        await stage.slack.settled()
        window = stage.bot.slack.caller.window(stage.slack.team.id, "users.info")
        before = window.used
        for number in range(6):
            mentions = " ".join(one.mention for one in crowd)
            await stage.slack.settled()
            await stage.mara.says(stage.channel, f"{number} {mentions}", thread=ts)
        await stage.mara.says(stage.channel, "status", thread=ts)
        await stage.slack.until(lambda: len(said(stage, ts)) >= 2, 20.0)
        assert len(crowd) // 2 < window.used - before <= len(crowd) + 2


async def test_somebody_with_a_longer_id_is_not_the_bot(tmp_path: Path) -> None:
    """Talk among people is never stored (rule 10), whomever it mentions."""
    heard = Heard()
    async with bot_stage(tmp_path, heard=heard.rooms(), work=False) as stage:
        text = f"<@{stage.slack.bot.id}9> lunch?"
        ts = await stage.mara.says(stage.channel, text)
        await stage.mara.mentions(stage.channel, "an idea")
        await stage.slack.until(lambda: heard.envelopes)
        await stage.slack.settled()
        async with stage.bot.db.read() as tx:
            assert await envelopes.get(tx, f"msg:{stage.slack.team.id}:{stage.channel.id}:{ts}") is None
