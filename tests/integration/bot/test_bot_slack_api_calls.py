"""The gateway by the real slack_sdk: what refusals and silence mean, budgets, paging, files, and where a token goes."""

from __future__ import annotations

import json
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from omoi_bot.slack_api import LIMITED, SlackApi, SlackAway, SlackRefused
from omoi_bot.slack_api.hosts import is_slacks
from omoi_bot.store.clock import Clock
from tests.peers.slack.peer import SlackPeer


@asynccontextmanager
async def slack_on(peer: SlackPeer, **more: float) -> AsyncIterator[SlackApi]:
    async def token(_team: str) -> str:
        return peer.bot_token

    api = SlackApi(token, peer.api_url, Clock(peer.clock.rate), **more)
    try:
        yield api
    finally:
        await api.close()


async def test_people_and_places() -> None:
    async with SlackPeer() as peer, slack_on(peer) as slack:
        mara = peer.add_person("mara")
        channel = peer.add_channel("payments", members=[mara, peer.bot])
        team = peer.team.id
        assert await slack.bot_user(team) == peer.bot.id == await slack.bot_user(team)
        assert "chat:write" in (await slack.auth_test(team))["x-oauth-scopes"]
        assert (await slack.users_info(team, mara.id))["name"] == "mara"
        assert (await slack.conversation_info(team, channel.id))["name"] == "payments"
        assert set(await slack.members(team, channel.id)) == {mara.id, peer.bot.id}
        assert [one["id"] for one in await slack.channels(team, types="public_channel")] == [channel.id]
        other = peer.add_channel("open", members=[mara])
        await slack.join(team, other.id)
        assert peer.bot.id in other.members
        dm = await slack.open_dm(team, mara.id)
        ts = await slack.post_message(team, dm, "Hello", [])
        assert (await slack.permalink(team, dm, ts)).startswith("http")
        said = await mara.says(channel, "an idea")
        for _ in range(2):
            await slack.reactions_add(team, channel.id, said, "eyes")
        for _ in range(2):
            await slack.reactions_remove(team, channel.id, said, "eyes")
        assert [entry.kind for entry in peer.record.of("reaction", "unreaction")] == ["reaction", "unreaction"]


async def test_pages_are_read_to_their_end() -> None:
    async with SlackPeer(rate_limits=False) as peer, slack_on(peer) as slack:
        channel = peer.add_channel("payments", members=[peer.bot])
        team = peer.team.id
        root = await slack.post_message(team, channel.id, "root", [])
        for n in range(7):
            metadata = {"event_type": "omoi_post", "event_payload": {"id": str(n)}}
            await slack.post_message(team, channel.id, f"word {n}", [], thread_ts=root, metadata=metadata)
        thread = await slack.replies(team, channel.id, root, limit=3)
        assert [one["text"] for one in thread] == ["root", *(f"word {n}" for n in range(7))]
        assert thread[3]["metadata"]["event_payload"] == {"id": "2"}
        assert len(await slack.replies(team, channel.id, root, limit=3, most=5)) == 5
        assert [one["text"] for one in await slack.history(team, channel.id, limit=1)] == ["root"]


async def test_no_is_one_thing_and_silence_another() -> None:
    async with SlackPeer() as peer, slack_on(peer) as slack:
        channel = peer.add_channel("payments", members=[peer.bot])
        team = peer.team.id
        with pytest.raises(SlackRefused, match=r"chat\.postMessage: channel_not_found") as refused:
            await slack.post_message(team, "C404", "Hello", [])
        assert (refused.value.error, refused.value.method) == ("channel_not_found", "chat.postMessage")
        with pytest.raises(SlackRefused, match="invalid_blocks") as refused:
            await slack.post_message(team, channel.id, "Hello", [{"type": "nonsense"}])
        assert refused.value.messages
        peer.faults.lose_answers(1, "chat.postMessage")
        with pytest.raises(SlackAway):
            await slack.post_message(team, channel.id, "Hello", [])
        peer.faults.fail(503, 1, "chat.postMessage")
        with pytest.raises(SlackAway):
            await slack.post_message(team, channel.id, "Hello", [])
        assert len(peer.record.of("post")) == 1, "nothing is repeated behind the caller's back"
        # What can be repeated without harm is.
        peer.faults.fail(500, 2, "users.info")
        peer.faults.lose_answers(1, "conversations.info")
        assert await slack.users_info(team, peer.bot.id)
        assert await slack.conversation_info(team, channel.id)
        peer.faults.fail(500, 3, "users.info")
        with pytest.raises(SlackAway, match=r"users\.info"):
            await slack.users_info(team, peer.bot.id)


async def test_a_call_that_takes_too_long_ends() -> None:
    async with SlackPeer() as peer, slack_on(peer, call_seconds=0.2) as slack:
        channel = peer.add_channel("payments", members=[peer.bot])
        peer.faults.delay(1.0, 1, "chat.postMessage")
        with pytest.raises(SlackAway, match="TimeoutError"):
            await slack.post_message(peer.team.id, channel.id, "Hello", [])


async def test_limits_are_kept_and_waited_out() -> None:
    async with SlackPeer(clock_rate=100.0) as peer, slack_on(peer) as slack:
        team = peer.team.id
        channel = peer.add_channel("payments", members=[peer.bot])
        for _ in range(60):
            await slack.caller.call(team, "conversations.info", patience=200, channel=channel.id)
        assert not peer.record.of("limited"), "the budget of 50 a minute was kept"
        peer.faults.limit(0.3, "users.info")
        assert await slack.caller.call(team, "users.info", patience=500, user=peer.bot.id)
        peer.faults.limit(5, "users.info")
        with pytest.raises(SlackRefused) as refused:
            await slack.caller.call(team, "users.info", patience=20, user=peer.bot.id)
        assert refused.value.error == LIMITED and refused.value.retry_after > 20
        assert len(peer.record.of("limited")) <= 3


async def test_views_by_trigger_and_hash() -> None:
    async with SlackPeer() as peer, slack_on(peer) as slack:
        view = {"type": "home", "blocks": [{"type": "divider"}]}
        mara = peer.add_person("mara")
        shown = await slack.publish_view(peer.team.id, mara.id, view)
        assert shown["id"] and shown["hash"]
        with pytest.raises(SlackRefused, match="hash_conflict"):
            await slack.publish_view(peer.team.id, mara.id, view, hash="156772938.1827394")
        modal = {"type": "modal", "title": {"type": "plain_text", "text": "Changes"}, "blocks": view["blocks"]}
        with pytest.raises(SlackRefused, match="trigger"):
            await slack.open_view(peer.team.id, "1.2.abc", modal)


async def test_files_come_and_go() -> None:
    async with SlackPeer() as peer, slack_on(peer) as slack:
        channel = peer.add_channel("payments", members=[peer.bot])
        team = peer.team.id
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ResourceWarning)  # slack_sdk's own file handle
            file = await slack.upload_file(team, channel.id, "plan.md", b"# Plan\n", title="Plan v1")
        known = await slack.file_info(team, file["id"])
        assert await slack.download(team, known["url_private"], 1000) == b"# Plan\n"
        with pytest.raises(SlackRefused, match="file_too_large"):
            await slack.download(team, known["url_private"], 3)


async def test_a_token_goes_to_slacks_hosts_only() -> None:
    seen: list[str] = []

    async def foreign(request: web.Request) -> web.Response:
        seen.append(json.dumps(dict(request.headers)))
        return web.Response(text="thanks")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", foreign)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    port = runner.addresses[0][1]
    try:
        async with SlackPeer() as peer, slack_on(peer) as slack:
            for url in (
                f"http://127.0.0.1:{port}/f",
                f"http://slack.com@127.0.0.1:{port}/f",
                "https://slack.com.evil.example/f",
            ):
                with pytest.raises(SlackRefused, match="foreign_host"):
                    await slack.download(peer.team.id, url, 1000)
                with pytest.raises(SlackRefused, match="foreign_host"):
                    await slack.respond(url, "a person's words")
    finally:
        await runner.cleanup()
    assert seen == []


@pytest.mark.parametrize(
    ("url", "own"),
    [
        ("https://files.slack.com/files-pri/T1-F1/a.png", True),
        ("https://hooks.slack.com/actions/T1/1/abc", True),
        ("https://slack.com/api/x", True),
        ("http://files.slack.com/a.png", False),
        ("https://files.slack.com:8443/a", False),
        ("https://evilslack.com/a", False),
        ("https://files.slack.com.evil.example/a", False),
        ("https://user@files.slack.com/a", False),
        ("https://[::1/a", False),
        ("http://127.0.0.1:4200/files/a", True),
        ("http://127.0.0.1:4201/files/a", False),
        ("", False),
    ],
)
def test_which_hosts_are_slacks(url: str, own: bool) -> None:
    assert is_slacks(url, "http://127.0.0.1:4200/api/") is own
