"""Slack going wrong on request, HTTP events, OAuth and files."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
from aiohttp import web
from slack_bolt.app.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.integration.peers.conftest import Scene, StartApp, client_of
from tests.integration.peers.test_slack_peer_web import refused
from tests.peers.slack import SlackPeer
from tests.peers.slack.http_events import HttpEvents

ROOT = Path(__file__).resolve().parents[3]


async def test_a_lost_answer_leaves_its_effect(scene: Scene) -> None:
    scene.slack.faults.lose_answers(1, "chat.postMessage")
    await scene.client.auth_test()
    with pytest.raises(aiohttp.ClientError):
        await scene.client.chat_postMessage(channel=scene.channel.id, text="x")
    assert [m.text for m in scene.slack.messages(scene.channel)] == ["x"]
    await scene.client.chat_postMessage(channel=scene.channel.id, text="x")
    ((first, second),) = scene.slack.record.repeated()
    assert first.text == second.text and scene.slack.faults.hits == {"lose_answer": 1}


@pytest.mark.parametrize("status", [500, 503])
async def test_a_server_error_has_no_effect(scene: Scene, status: int) -> None:
    scene.slack.faults.fail(status)
    with pytest.raises(SlackApiError) as caught:
        await scene.client.chat_postMessage(channel=scene.channel.id, text="x")
    assert caught.value.response.status_code == status
    assert scene.slack.messages(scene.channel) == []
    assert [entry.error for entry in scene.slack.record.of("failed")] == [f"http_{status}"]
    await scene.client.chat_postMessage(channel=scene.channel.id, text="x")


async def test_a_minute_of_429_and_a_delay(scene: Scene) -> None:
    scene.slack.faults.limit(60, "chat.update")
    with pytest.raises(SlackApiError, match="ratelimited") as caught:
        await scene.client.chat_update(channel=scene.channel.id, ts="1.0", text="x")
    assert caught.value.response.headers["Retry-After"] == "60"
    scene.slack.faults.delay(0.2)
    began = time.monotonic()
    await scene.client.auth_test()
    assert time.monotonic() - began >= 0.2


async def test_down_means_no_calls_and_no_sockets(scene: Scene, start_app: StartApp) -> None:
    bolt = await start_app(scene.slack)
    await scene.slack.faults.down(60)
    await scene.slack.until(lambda: not scene.slack.sockets.connections, what="the sockets to be cut")
    with pytest.raises(aiohttp.ClientError):
        await scene.client.auth_test()
    await scene.slack.faults.up()
    assert (await scene.client.auth_test())["ok"]
    await scene.slack.connected(timeout=20)
    await scene.mara.says(scene.channel, "back")
    await scene.slack.until(lambda: bolt.events("message"))


async def test_an_event_can_come_three_times_more(scene: Scene, start_app: StartApp) -> None:
    bolt = await start_app(scene.slack)
    with pytest.raises(LookupError, match="no event"):
        scene.slack.faults.repeat_last_event()
    await scene.mara.says(scene.channel, "once")
    await scene.slack.settled()
    scene.slack.faults.repeat_last_event(3)
    await scene.slack.settled()
    assert len(bolt.events("message")) == 4
    assert len({body["event_id"] for body in bolt.bodies}) == 1


async def test_events_can_come_out_of_order(scene: Scene, start_app: StartApp) -> None:
    bolt = await start_app(scene.slack)
    scene.slack.faults.disorder(3)
    for text in ("one", "two", "three"):
        await scene.mara.says(scene.channel, text)
    await scene.slack.settled()
    await scene.mara.says(scene.channel, "four")
    await scene.slack.settled()
    assert [event["text"] for event in bolt.events("message")] == ["three", "two", "one", "four"]


@asynccontextmanager
async def http_app(slack: SlackPeer, secret: str) -> AsyncIterator[list[str]]:
    """A Bolt application that listens over HTTP and keeps the texts of the messages that it verified."""
    app = AsyncApp(client=client_of(slack), signing_secret=secret)
    heard: list[str] = []

    @app.event("message")
    async def keep(event: dict[str, str]) -> None:
        heard.append(event["text"])

    @app.command("/omoi")
    async def answer(ack: object) -> None:
        await ack("working")  # type: ignore[operator]  # bolt hands in its own callable

    runner = web.AppRunner(app.web_app("/slack/events"), access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    slack.listen_at(f"http://127.0.0.1:{runner.addresses[0][1]}/slack/events")
    try:
        yield heard
    finally:
        await runner.cleanup()


async def test_http_events_are_signed(scene: Scene) -> None:
    async with http_app(scene.slack, scene.slack.signing_secret) as heard:
        assert await HttpEvents(scene.slack.events_url, scene.slack.signing_secret, 3).verify()
        assert not await HttpEvents(scene.slack.events_url, "another secret", 3).verify()
        await scene.mara.says(scene.channel, "over http")
        assert await scene.mara.runs("/omoi", "list", scene.channel) == {"text": "working"}
        await scene.slack.until(lambda: heard == ["over http"])
        await scene.slack.settled()


async def test_down_means_no_http_events_either(scene: Scene) -> None:
    async with http_app(scene.slack, scene.slack.signing_secret) as heard:
        await scene.slack.faults.down(60)
        await scene.mara.says(scene.channel, "unheard")
        (parcel,) = scene.slack.deliveries.sent
        await scene.slack.until(lambda: len(parcel.answers) == 2)
        await scene.slack.faults.up()
        scene.slack.clock.advance(60)
        await scene.slack.until(lambda: heard == ["unheard"])
        assert [answer.ok for answer in parcel.answers] == [False, False, True]


async def test_the_peer_can_be_served_alone() -> None:
    command = [sys.executable, "-m", "tests.peers.slack", "--port", "0", "--manifest", "bot/manifest.json"]
    served = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdout=asyncio.subprocess.PIPE)
    assert served.stdout is not None
    try:
        said = [(await asyncio.wait_for(served.stdout.readline(), 20)).decode().strip() for _ in range(4)]
        known = dict(line.split("=", 1) for line in said)
        client = AsyncWebClient(known["SLACK_BOT_TOKEN"], base_url=known["SLACK_API_URL"])
        assert (await client.auth_test())["user"] == "omoi"
    finally:
        served.terminate()
        await served.wait()


async def test_an_app_that_cannot_verify_gets_retries(scene: Scene) -> None:
    async with http_app(scene.slack, "another secret") as heard:
        await scene.mara.says(scene.channel, "x")
        (parcel,) = scene.slack.deliveries.sent
        await scene.slack.until(lambda: len(parcel.answers) == 2)
        assert [answer.reason for answer in parcel.answers] == ["http_error"] * 2 and heard == []


# slack_sdk 3.47 builds its header with a class that aiohttp 3.14 deprecates.
@pytest.mark.filterwarnings("ignore:BasicAuth is deprecated:DeprecationWarning")
async def test_installing_with_oauth() -> None:
    manifest = {
        "features": {"bot_user": {"display_name": "Omoi"}},
        "oauth_config": {
            "scopes": {"bot": ["chat:write", "users:read"]},
            "redirect_urls": ["https://omoi.example/slack/oauth"],
        },
    }
    async with SlackPeer(manifest) as slack, aiohttp.ClientSession() as session:
        west = slack.add_team("West")
        ada = slack.add_person("ada", team=west)
        asked = {"client_id": slack.client_id, "scope": "chat:write", "state": "s1"}
        page = f"{slack.url}/oauth/v2/authorize"
        async with session.get(page, params=asked) as response:
            assert "Omoi is requesting permission" in await response.text()
        async with session.get(page, params={**asked, "scope": "admin"}) as response:
            assert response.status == 400 and "not in the manifest: admin" in await response.text()
        form = {"who": f"{west.id}/{ada.id}", "answer": "allow", "state": "s1"}
        async with session.post(page, params=asked, data=form, allow_redirects=False) as response:
            back = parse_qs(urlsplit(response.headers["Location"]).query)
        assert back["state"] == ["s1"]
        client = AsyncWebClient(base_url=slack.api_url)
        known = {"client_id": slack.client_id, "client_secret": slack.client_secret, "code": back["code"][0]}
        async with session.post(page, params=asked, data=form, allow_redirects=False) as response:
            late = parse_qs(urlsplit(response.headers["Location"]).query)["code"][0]
        call = client.oauth_v2_access(**{**known, "client_secret": "wrong"})
        assert (await refused(call))["error"] == "bad_client_secret"
        answer = await client.oauth_v2_access(**known)
        assert (answer["team"]["id"], answer["scope"]) == (west.id, "chat:write")
        assert (await client.auth_test(token=answer["access_token"]))["team_id"] == west.id
        assert (await refused(client.oauth_v2_access(**known)))["error"] == "code_already_used"
        slack.clock.advance(601)
        assert (await refused(client.oauth_v2_access(**{**known, "code": late})))["error"] == "invalid_code"


async def test_a_file_is_uploaded_into_a_thread(scene: Scene) -> None:
    root = await scene.mara.says(scene.channel, "x")
    await scene.client.files_upload_v2(
        channel=scene.channel.id, thread_ts=root, filename="requirements.md", content="# Requirements", title="Plan"
    )
    message = scene.slack.thread(scene.channel, root)[1]
    assert (message.files[0].title, message.files[0].content) == ("Plan", b"# Requirements")
    assert [entry.kind for entry in scene.slack.record] == ["file"]
    call = scene.client.files_getUploadURLExternal(filename="x.md", length=1_000_000_001)
    assert (await refused(call))["error"] == "file_upload_size_restricted"
    opened = await scene.client.files_getUploadURLExternal(filename="x.md", length=3)
    async with aiohttp.ClientSession() as session, session.post(opened["upload_url"], data=b"four") as response:
        assert response.status == 400
    call = scene.client.files_completeUploadExternal(files=[{"id": opened["file_id"]}])
    assert (await refused(call))["error"] == "internal_error"


async def test_a_file_of_a_person_is_read_with_the_bot_token(scene: Scene, start_app: StartApp) -> None:
    bolt = await start_app(scene.slack)
    file = scene.slack.make_file("notes.txt", b"lock it", stub=True)
    await scene.mara.says(scene.channel, "see", files=[file])
    await scene.slack.settled()
    (event,) = bolt.events("message")
    assert event["files"][0]["file_access"] == "check_file_info"
    found = (await scene.client.files_info(file=event["files"][0]["id"]))["file"]
    assert (found["size"], found["mimetype"]) == (7, "text/plain")
    async with aiohttp.ClientSession() as session:
        headers = {"Authorization": f"Bearer {scene.slack.bot_token}"}
        async with session.get(found["url_private_download"], headers=headers) as response:
            assert await response.read() == b"lock it"
        async with session.get(found["url_private_download"]) as response:
            assert "Sign in to Slack" in await response.text()
    assert (await refused(scene.client.files_info(file="F404")))["error"] == "file_not_found"


async def test_a_broken_body_is_refused(scene: Scene) -> None:
    headers = {"Authorization": f"Bearer {scene.slack.bot_token}", "Content-Type": "application/json"}
    for body, error in (("{", "invalid_json"), ("[]", "json_not_object")):
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{scene.slack.api_url}chat.postMessage", data=body, headers=headers) as response,
        ):
            assert json.loads(await response.text())["error"] == error
