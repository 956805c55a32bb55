"""`omoi-bot doctor` against a Slack and a server: each step that is wrong is named, with its remedy."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from omoi_bot import doctor
from omoi_bot.settings import load
from tests.integration.bot.stage import MANIFEST, Stage, bot_stage

GOLDEN = Path(__file__).parents[2] / "unit" / "bot" / "blocks" / "golden"


async def lines(stage: Stage, **more: Any) -> tuple[bool, str]:
    said: list[str] = []
    right = await doctor.examine(stage.settings, show=said.append, **more)
    return right, "\n".join(said)


async def test_all_is_well(tmp_path: Path) -> None:
    async with bot_stage(tmp_path, start=False, work=False) as stage:
        right, said = await lines(stage)
        assert right, said
        for word in (
            "SLACK_BOT_TOKEN: workspace Acme",
            "scopes: 18",
            "opens a socket",
            "acts for slack:T",
            "written to",
        ):
            assert word in said
        assert stage.slack.bot_token not in said
        assert stage.bot_token not in said


async def test_every_missing_scope_is_named_with_its_reason(tmp_path: Path) -> None:
    async with bot_stage(tmp_path, start=False, work=False) as stage:
        scopes = stage.slack.manifest.scopes - {"groups:history", "users:read.email"}
        stage.environment["SLACK_BOT_TOKEN"] = stage.slack.install(stage.slack.team, scopes).token
        right, said = await lines(stage)
        assert not right
        assert "scope groups:history is missing" in said
        assert "private channels" in said
        assert "users:read.email is missing" not in said


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"SLACK_BOT_TOKEN": "xoxb-wrong"}, ("SLACK_BOT_TOKEN", "invalid_auth")),
        ({"SLACK_APP_TOKEN": "xapp-wrong"}, ("SLACK_APP_TOKEN", "connections:write")),
        ({"OMOI_ADDRESS": "127.0.0.1:1"}, ("Omoi server 127.0.0.1:1", "Start the server")),
        ({"OMOI_TOKEN": "wrong"}, ("Omoi server", "token create --bot")),
        ({"OMOI_BOT_DATABASE_URL": "sqlite:////nowhere/at/all/bot.db"}, ("OMOI_BOT_DATABASE_URL", "cannot be opened")),
    ],
)
async def test_each_step_that_is_wrong_is_said(tmp_path: Path, change: dict[str, str], words: tuple[str, ...]) -> None:
    async with bot_stage(tmp_path, start=False, work=False) as stage:
        stage.environment.update(change)
        right, said = await lines(stage)
        assert not right
        for word in words:
            assert word in said


@pytest.mark.parametrize(
    ("scopes", "word"), [(["read-all"], "no scope act-as:slack:T"), (["act-as:slack:T0ELSE"], "no scope act-as"), ]
)  # fmt: skip
async def test_a_token_that_is_no_bots(tmp_path: Path, scopes: list[str], word: str) -> None:
    async with bot_stage(tmp_path, start=False, work=False, scopes=scopes) as stage:
        right, said = await lines(stage)
        assert not right
        assert word in said


async def _answers(stage: Stage, *, click: bool = True) -> None:
    """What the doctor asks a person to do."""
    await stage.slack.until(lambda: stage.slack.messages(stage.channel))
    post = stage.slack.messages(stage.channel)[-1]
    await stage.mara.says(stage.channel, "here", thread=post)
    if click:
        await stage.mara.clicks(post, "doctor_click")
    await stage.mara.runs("/omoi", "help", stage.channel)


async def test_the_live_proof(tmp_path: Path) -> None:
    async with bot_stage(tmp_path, start=False, work=False) as stage:
        person = asyncio.create_task(_answers(stage))
        right, said = await lines(stage, channel=stage.channel.id, live_seconds=10.0)
        await person
        assert right, said
        for word in ("reply arrived", "click arrived", "command arrived"):
            assert word in said


async def test_the_live_proof_names_the_missing_subscription(tmp_path: Path) -> None:
    manifest = json.loads(MANIFEST.read_text())
    manifest["settings"]["event_subscriptions"]["bot_events"].remove("message.channels")
    async with bot_stage(tmp_path, start=False, work=False, manifest=manifest) as stage:
        person = asyncio.create_task(_answers(stage))
        right, said = await lines(stage, channel=stage.channel.id, live_seconds=1.5)
        await person
        assert not right
        assert "reply did not arrive" in said
        assert "message.channels" in said
        assert "click arrived" in said


async def test_slack_validates_our_payloads(tmp_path: Path) -> None:
    async with bot_stage(tmp_path, start=False, work=False, rate_limits=False) as stage:
        few = tmp_path / "few"
        few.mkdir()
        for file in sorted(GOLDEN.glob("*.json"))[:10]:
            (few / file.name).write_text(file.read_text())
        right, said = await lines(stage, blocks=few)
        assert right, said
        (few / "wrong.json").write_text(
            json.dumps({"surface": "message", "payload": {"text": "x", "blocks": [{"type": "header"}]}})
        )
        right, said = await lines(stage, blocks=few)
        assert not right
        assert "wrong.json" in said


def _program(environment: dict[str, str], home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("SLACK_", "OMOI_"))}
    return subprocess.run(
        [sys.executable, "-m", "omoi_bot", *words], env={**plain, "OMOI_HOME": str(home), **environment},
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip


def test_without_settings_everything_that_can_be_is_checked(tmp_path: Path) -> None:
    ended = _program({}, tmp_path, "doctor")
    assert ended.returncode == 1, ended.stderr
    starts = [line[:1] for line in ended.stdout.splitlines() if not line.startswith(" ")]
    assert set(starts) == {"✓", "✗", "–"}
    for words in (
        "✗ SLACK_BOT_TOKEN is missing", "✗ SLACK_APP_TOKEN is missing", "– scopes: not checked because",
        "✗ Omoi server", "✓ database",
    ):  # fmt: skip
        assert words in ended.stdout, ended.stdout


async def test_one_token_is_checked_before_the_other_is_there(tmp_path: Path) -> None:
    async with bot_stage(tmp_path, start=False, work=False) as stage:
        given = {"SLACK_BOT_TOKEN": stage.slack.bot_token, "SLACK_API_URL": stage.slack.api_url}
        ended = await asyncio.to_thread(_program, given, tmp_path / "home", "doctor")
        for words in (
            f"workspace Acme ({stage.slack.team.id})",
            "✓ scopes",
            "✗ SLACK_APP_TOKEN is missing",
            "– Socket Mode",
        ):
            assert words in ended.stdout, ended.stdout
        assert "✗ Omoi server" in ended.stdout


def test_a_network_that_is_away_is_no_wrong_token(tmp_path: Path) -> None:
    away = {"SLACK_API_URL": "http://127.0.0.1:1/api/", "SLACK_BOT_TOKEN": "xoxb-1", "SLACK_APP_TOKEN": "xapp-1"}
    said = _program(away, tmp_path, "doctor").stdout
    assert said.count("✗ Slack is not reached: ") == 2, said
    assert "_TOKEN:" not in said


async def test_the_program_says_once_that_slack_is_away_and_bolt_warns_of_nothing(tmp_path: Path) -> None:
    async with bot_stage(tmp_path, start=False, work=False) as stage:
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("SLACK_", "OMOI_"))}
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "omoi_bot", env={**environment, "SLACK_BOT_TOKEN": stage.slack.bot_token, "SLACK_APP_TOKEN": stage.slack.app_token, "OMOI_ADDRESS": "127.0.0.1:1", "OMOI_TOKEN": "t", "OMOI_HOME": str(tmp_path / "home"),
            "SLACK_API_URL": "http://127.0.0.1:1/api/"}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        assert child.stdout is not None
        heard: list[str] = []
        try:
            async with asyncio.timeout(60):
                while sum("slack.away" in line for line in heard) < 2:
                    line = (await child.stdout.readline()).decode()
                    assert line, heard
                    heard.append(line)
        finally:
            if child.returncode is None:
                child.terminate()
            await child.wait()
        text = "".join(heard)
        assert text.count("omoi-bot waits: Slack is not reached: ") == 1, text
        assert "token will be unused" not in text
        assert stage.slack.bot_token not in text


def test_settings_that_are_missing_are_all_named() -> None:
    with pytest.raises(Exception, match="SLACK_BOT_TOKEN") as refused:
        load({})
    assert "SLACK_APP_TOKEN" in str(refused.value)
