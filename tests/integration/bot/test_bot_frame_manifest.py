"""Each scope and each event of the manifest is there for something: without it, that something fails."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from omoi_bot.receive import manifest as manifests
from omoi_bot.slack_api import SlackApi, SlackRefused
from tests.integration.bot.counting import Heard
from tests.integration.bot.stage import ROOT, Stage, bot_stage
from tests.peers.slack.manifest import Manifest
from tests.peers.slack.model import Channel
from tests.peers.slack.peer import Member

PLAIN, AGENT = manifests.read(ROOT / "bot" / "manifest.json"), manifests.read(ROOT / "bot" / "manifest-agent.json")
PAGE = (ROOT / "docs" / "slack.md").read_text("utf-8")


def test_every_scope_and_event_has_its_reason_and_no_other_one_is_asked_for() -> None:
    assert PLAIN.scopes == set(manifests.SCOPES) - {"assistant:write"}
    assert PLAIN.events == set(manifests.EVENTS) - {"agent_session_stopped"}
    assert AGENT.scopes == set(manifests.SCOPES)
    assert AGENT.events == set(manifests.EVENTS)
    assert PLAIN.socket_mode


def test_the_page_gives_the_same_reasons() -> None:
    rows = dict(re.findall(r"^\| `([a-z_.:]+)` \| (.+?) \|$", PAGE, re.MULTILINE))
    assert rows == {**manifests.SCOPES, **manifests.EVENTS}


def test_home_messages_interactivity_command_and_shortcut_are_on() -> None:
    for name in ("manifest.json", "manifest-agent.json"):
        read = Manifest.read(json.loads((ROOT / "bot" / name).read_text()))
        assert read.home_tab
        assert read.messages_tab
        assert read.interactivity
        assert read.commands == {"/omoi"}
        assert read.message_shortcuts == {"turn_into_spec"}
    assert Manifest.read(json.loads((ROOT / "bot" / "manifest-agent.json").read_text())).is_agent


def test_a_file_that_is_no_manifest(tmp_path: Path) -> None:
    (tmp_path / "m.json").write_text("{}")
    with pytest.raises(ValueError, match="no app manifest"):
        manifests.read(tmp_path / "m.json")


Call = Callable[[SlackApi, Stage, dict[str, Channel]], Awaitable[object]]


def _team(stage: Stage) -> str:
    return stage.slack.team.id


CALLS: dict[str, Call] = {
    "channels:history": lambda s, st, c: s.history(_team(st), c["public"].id),
    "groups:history": lambda s, st, c: s.history(_team(st), c["private"].id),
    "im:history": lambda s, st, c: s.history(_team(st), c["im"].id),
    "mpim:history": lambda s, st, c: s.history(_team(st), c["mpim"].id),
    "channels:read": lambda s, st, c: s.conversation_info(_team(st), c["public"].id),
    "groups:read": lambda s, st, c: s.conversation_info(_team(st), c["private"].id),
    "im:read": lambda s, st, c: s.channels(_team(st)),
    "mpim:read": lambda s, st, c: s.members(_team(st), c["mpim"].id),
    "channels:join": lambda s, st, c: s.join(_team(st), c["other"].id),
    "chat:write": lambda s, st, c: s.post_message(_team(st), c["public"].id, "x", []),
    "files:read": lambda s, st, c: s.file_info(_team(st), "F0PEER"),
    "files:write": lambda s, st, c: s.upload_file(_team(st), c["public"].id, "design.md", b"x"),
    "im:write": lambda s, st, c: s.open_dm(_team(st), st.mara.id),
    "reactions:write": lambda s, st, c: s.reactions_add(_team(st), c["public"].id, "1.2", "eyes"),
    "users:read": lambda s, st, c: s.users_info(_team(st), st.mara.id),
}  # fmt: skip
"""By scope, the call that a feature makes; the others are tried below."""


async def test_without_a_scope_its_feature_is_refused(tmp_path: Path) -> None:
    async with bot_stage(tmp_path, start=False, work=False, rate_limits=False) as stage:
        people: list[Member] = [stage.mara, stage.jon, stage.slack.bot]
        places = {
            "public": stage.channel,
            "private": stage.slack.add_channel("secret", people, kind="private"),
            "mpim": stage.slack.add_channel("three", people, kind="mpim"),
            "im": stage.slack.dm(stage.mara),
            "other": stage.slack.add_channel("other", [stage.mara]),
        }
        every = PLAIN.scopes
        for scope, call in CALLS.items():
            token = stage.slack.install(stage.slack.team, frozenset(every - {scope})).token
            slack = SlackApi(lambda _, token=token: token, stage.slack.api_url)  # type: ignore[misc]
            try:
                with pytest.raises(SlackRefused) as refused:
                    await call(slack, stage, places)
                assert refused.value.error == "missing_scope", f"{scope}: {refused.value}"
                assert scope in refused.value.needed, scope
            finally:
                await slack.close()
        token = stage.slack.install(stage.slack.team, frozenset(every - {"users:read.email"})).token
        slack = SlackApi(lambda _: token, stage.slack.api_url)
        assert "email" not in (await slack.users_info(_team(stage), stage.mara.id))["profile"]
        await slack.close()
        tried = {*CALLS, "users:read.email"}
        assert every - tried == {"app_mentions:read", "commands"}  # an event, and a shortcut of the manifest: below
        raw = json.loads((ROOT / "bot" / "manifest.json").read_text())
        raw["oauth_config"]["scopes"]["bot"].remove("commands")
        with pytest.raises(ValueError, match="commands"):
            Manifest.read(raw)
        assert not replace(stage.slack.manifest, scopes=every - {"app_mentions:read"}).hears("app_mention")


async def _happen(stage: Stage, event: str) -> None:
    """What makes Slack send this event."""
    slack, mara = stage.slack, stage.mara
    members: list[Member] = [mara, stage.jon, slack.bot]
    kinds: dict[str, Any] = {"message.channels": "public", "message.groups": "private", "message.mpim": "mpim"}
    if event in kinds:
        await mara.mentions(slack.add_channel("place", members, kind=kinds[event]), "an idea")
    elif event == "message.im":
        await mara.says(slack.dm(mara), "an idea")
    elif event == "app_mention":
        await mara.mentions(stage.channel, "an idea")
    elif event == "app_home_opened":
        await mara.opens_home()
    elif event == "member_joined_channel":
        await mara.invites(slack.add_channel("new", [mara]), slack.bot)
    elif event in ("channel_archive", "group_archive"):
        kind = "private" if event.startswith("group") else "public"
        await mara.archives(slack.add_channel("old", members, kind=kind))  # type: ignore[arg-type]
    elif event == "channel_deleted":
        await mara.deletes_channel(slack.add_channel("gone", members))
    else:
        slack.revoke(uninstalled=event == "app_uninstalled")


@pytest.mark.parametrize("event", sorted(PLAIN.events))
async def test_an_event_is_heard_only_when_it_is_subscribed(tmp_path: Path, event: str) -> None:
    heard = Heard()
    async with bot_stage(tmp_path, start=False, work=False, people=False) as stage:
        workspace = stage.slack.workspace
        await stage.start_bot(heard.rooms())

        async def sent(events: frozenset[str]) -> int:
            workspace.manifest = replace(workspace.manifest, events=events)
            before = len(workspace.deliveries.sent)
            await _happen(stage, event)
            await stage.slack.settled()
            return len(workspace.deliveries.sent) - before

        both = {"app_mention", "message.channels", "message.groups", "message.mpim"}
        others = PLAIN.events - (both if event in both else {event})
        assert await sent(frozenset(others)) == 0
        assert await sent(frozenset(others | {event})) >= 1
        if event not in ("app_uninstalled", "tokens_revoked"):
            await stage.slack.until(lambda: heard.envelopes)
        else:
            await stage.slack.until(lambda: not stage.bot.workspaces.all())
