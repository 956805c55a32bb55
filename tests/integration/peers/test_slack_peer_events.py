"""Events through the real slack_bolt in Socket Mode: what is delivered, to which connection, and again when."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest
from slack_sdk.errors import SlackApiError

from tests.integration.peers.conftest import Scene, StartApp, client_of
from tests.peers.slack import SlackPeer, StaleClick
from tests.unit.peers.oversize import button


async def test_a_mention_reaches_the_app_twice_and_is_answered_in_its_thread(scene: Scene, start_app: StartApp) -> None:
    bolt = await start_app(scene.slack)

    @bolt.app.event("app_mention")
    async def answer(event: dict[str, Any], say: Any) -> None:
        await say(text=f"Planning {event['text']}", thread_ts=event["ts"])

    ts = await scene.mara.mentions(scene.channel, "lock an account")
    await scene.slack.until(lambda: scene.slack.record.posts())
    await scene.slack.settled()
    assert [m.user for m in scene.slack.thread(scene.channel, ts)] == [scene.mara.id, scene.slack.bot.id]
    assert len(bolt.events("app_mention")) == 1
    assert next(e["ts"] for e in bolt.events("message")) == ts
    assert len(scene.slack.record.posts()) == 1


async def test_edits_deletions_and_direct_messages(scene: Scene, start_app: StartApp) -> None:
    bolt = await start_app(scene.slack)
    ts = await scene.mara.says(scene.channel, "one")
    await scene.mara.edits(scene.channel, ts, "two")
    await scene.mara.deletes(scene.channel, ts)
    await scene.mara.says(scene.slack.dm(scene.mara), "<@BOT> hello")
    await scene.slack.settled()
    said, edited, deleted, direct = bolt.events("message")
    assert (said["text"], said["channel_type"]) == ("one", "channel")
    assert (edited["subtype"], edited["message"]["text"], edited["previous_message"]["text"]) == (
        "message_changed",
        "two",
        "one",
    )
    assert (deleted["subtype"], deleted["deleted_ts"]) == ("message_deleted", ts)
    assert direct["channel_type"] == "im"
    assert bolt.events("app_mention") == [], "a mention in a DM is a message only"


async def test_people_can_only_say_what_they_could(scene: Scene) -> None:
    with pytest.raises(ValueError, match="lee is not in payments"):
        await scene.slack.add_person("lee").says(scene.channel, "x")
    with pytest.raises(ValueError, match=r"no message 1\.0"):
        await scene.mara.says(scene.channel, "x", thread="1.0")
    ts = await scene.mara.says(scene.channel, "x")
    with pytest.raises(ValueError, match="jon has no message"):
        await scene.jon.edits(scene.channel, ts, "y")


@pytest.mark.parametrize("missing", ["app_mention", "message.channels", "app_mentions:read", "channels:history"])
async def test_only_subscribed_events_with_their_scope_are_delivered(missing: str, start_app: StartApp) -> None:
    events = {"app_mention", "message.channels", "message.groups"} - {missing}
    scopes = {"app_mentions:read", "channels:history", "chat:write"} - {missing}
    manifest = {
        "features": {"bot_user": {"display_name": "Omoi"}},
        "oauth_config": {"scopes": {"bot": sorted(scopes)}},
        "settings": {"event_subscriptions": {"bot_events": sorted(events)}, "socket_mode_enabled": True},
    }
    async with SlackPeer(manifest) as slack:
        mara = slack.add_person("mara")
        bolt = await start_app(slack)
        await mara.mentions(slack.add_channel("payments", [mara, slack.bot]), "x")
        await mara.says(slack.add_channel("secret", [mara, slack.bot], kind="private"), "x")
        await mara.mentions(slack.add_channel("elsewhere", [mara]), "x")
        await slack.settled()
        kept = "message" if missing.startswith("app_mention") else "app_mention"
        assert [body["event"]["type"] for body in bolt.bodies] == [kept]


async def test_joining_and_archiving_are_told(scene: Scene, start_app: StartApp) -> None:
    bolt = await start_app(scene.slack)
    channel = scene.slack.add_channel("other", [scene.mara])
    await scene.mara.invites(channel, scene.slack.bot)
    await scene.mara.archives(channel)
    await scene.slack.settled()
    assert [body["event"]["type"] for body in bolt.bodies] == ["member_joined_channel", "channel_archive"]


async def test_an_event_goes_to_any_one_connection(scene: Scene, start_app: StartApp) -> None:
    first, second = await start_app(scene.slack), await start_app(scene.slack)
    for number in range(4):
        await scene.mara.says(scene.channel, f"{number}")
    await scene.slack.settled()
    texts = [event["text"] for bolt in (first, second) for event in bolt.events("message")]
    assert sorted(texts) == ["0", "1", "2", "3"]
    assert first.bodies and second.bodies


async def test_the_eleventh_connection_is_refused(scene: Scene) -> None:
    async with aiohttp.ClientSession() as session:
        opened = []
        for _ in range(11):
            answer = await scene.client.apps_connections_open(app_token=scene.slack.app_token)
            opened.append(await session.ws_connect(answer["url"]))
        hellos = [await socket.receive_json() for socket in opened]
        assert [hello["type"] for hello in hellos] == ["hello"] * 10 + ["disconnect"]
        assert hellos[10]["reason"] == "too_many_websockets" and hellos[9]["num_connections"] == 10
        for socket in opened:
            await socket.close()


async def test_a_ticket_opens_one_connection(scene: Scene) -> None:
    answer = await scene.client.apps_connections_open(app_token=scene.slack.app_token)
    async with aiohttp.ClientSession() as session:
        async with session.ws_connect(answer["url"]) as socket:
            assert (await socket.receive_json())["type"] == "hello"
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await session.ws_connect(answer["url"])


async def _silent(slack: SlackPeer, session: aiohttp.ClientSession) -> aiohttp.ClientWebSocketResponse:
    """A connection that acknowledges nothing by itself."""
    answer = await client_of(slack).apps_connections_open(app_token=slack.app_token)
    socket = await session.ws_connect(answer["url"])
    await socket.receive_json()
    return socket


async def test_an_unacknowledged_event_comes_again() -> None:
    async with SlackPeer(ack_seconds=0.1) as slack, aiohttp.ClientSession() as session:
        mara = slack.add_person("mara")
        socket = await _silent(slack, session)
        await mara.says(slack.add_channel("payments", [mara, slack.bot]), "x")
        first, second = await socket.receive_json(), await socket.receive_json()
        assert (first["retry_attempt"], first["retry_reason"]) == (0, "")
        assert (second["retry_attempt"], second["retry_reason"]) == (1, "timeout")
        assert first["payload"]["event_id"] == second["payload"]["event_id"]
        assert first["envelope_id"] != second["envelope_id"]
        await socket.send_json({"envelope_id": second["envelope_id"]})
        await slack.settled()
        assert slack.deliveries.lost == []
        await socket.close()


async def test_an_event_is_retried_three_times() -> None:
    async with SlackPeer(ack_seconds=0.05) as slack, aiohttp.ClientSession() as session:
        mara = slack.add_person("mara")
        socket = await _silent(slack, session)
        await mara.says(slack.add_channel("payments", [mara, slack.bot]), "x")
        attempts = [(await socket.receive_json())["retry_attempt"] for _ in range(2)]
        for pause in (60, 300):
            before = slack.clock.now()
            while not (arrived := await _soon(socket)):
                slack.clock.advance(10)
            assert slack.clock.now() - before >= pause - 1
            attempts.append(arrived["retry_attempt"])
        await slack.settled()
        assert attempts == [0, 1, 2, 3] and len(slack.deliveries.lost) == 1
        await socket.close()


async def _soon(socket: aiohttp.ClientWebSocketResponse) -> dict[str, Any] | None:
    try:
        found: dict[str, Any] = await socket.receive_json(timeout=0.06)
    except TimeoutError:
        return None
    return found


async def test_an_app_that_is_told_to_go_connects_again(scene: Scene, start_app: StartApp) -> None:
    bolt = await start_app(scene.slack)
    await scene.slack.faults.refresh_sockets()
    await scene.slack.until(lambda: scene.slack.sockets.ever >= 2, what="a second connection")
    await scene.mara.says(scene.channel, "still there")
    await scene.slack.until(lambda: bolt.events("message"))


async def test_an_agent_session_is_stopped_by_its_button(start_app: StartApp) -> None:
    manifest = {
        "features": {"bot_user": {"display_name": "Omoi"}, "agent_view": {"agent_description": "x"}},
        "oauth_config": {"scopes": {"bot": ["chat:write", "channels:history"]}},
        "settings": {"event_subscriptions": {"bot_events": ["agent_session_stopped"]}, "socket_mode_enabled": True},
    }
    async with SlackPeer(manifest) as slack:
        mara = slack.add_person("mara")
        channel = slack.add_channel("payments", [mara, slack.bot])
        bolt = await start_app(slack)
        ts = await mara.says(channel, "x")
        client = client_of(slack)
        place = {"channel_id": channel.id, "thread_ts": ts}

        async def status(**more: str) -> Any:
            return await client.api_call("agents.sessions.setStatus", json={**place, **more})

        answer = await status(status="processing", title="x" * 200)
        assert answer["status"] == "processing" and "warning" not in answer
        await mara.stops_session(channel, ts)
        await slack.settled()
        assert bolt.events("agent_session_stopped")[0]["thread_ts"] == ts
        await status(status="closed")
        with pytest.raises(AssertionError, match="no stop button"):
            await mara.stops_session(channel, ts)
        for wrong in ({"status": "done"}, {"status": "active", "title": "x" * 201}):
            with pytest.raises(SlackApiError, match="invalid_arguments"):
                await status(**wrong)


async def test_what_happens_in_a_channel_shared_with_strangers(scene: Scene, start_app: StartApp) -> None:
    bolt = await start_app(scene.slack)
    sam = scene.slack.add_person("sam", stranger=True)
    shared = scene.slack.add_channel("shared", [scene.mara, sam, scene.slack.bot], shared_with=[sam.team])
    await sam.mentions(shared, "do my work")
    blocks = [{"type": "actions", "elements": [button(1)]}]
    await scene.client.chat_postMessage(channel=shared.id, text="x", blocks=blocks)
    await sam.clicks(scene.slack.messages(shared)[-1], "a1")
    await scene.slack.settled()
    mention = next(body for body in bolt.bodies if body.get("event", {}).get("type") == "app_mention")
    assert mention["is_ext_shared_channel"] and mention["team_id"] == scene.slack.team.id
    assert mention["event"]["team"] == sam.team.id
    click = next(body for body in bolt.bodies if body["type"] == "block_actions")
    assert click["user"]["team_id"] == sam.team.id != scene.slack.team.id


async def test_people_click_only_what_they_see(scene: Scene) -> None:
    blocks = [{"type": "actions", "elements": [button(1)]}]
    await scene.client.chat_postEphemeral(channel=scene.channel.id, user=scene.mara.id, text="x", blocks=blocks)
    with pytest.raises(StaleClick, match="can see it"):
        await scene.jon.clicks(scene.mara.private_posts[0], "a1")
    secret = scene.slack.add_channel("secret", [scene.mara, scene.slack.bot], kind="private")
    await scene.client.chat_postMessage(channel=secret.id, text="x", blocks=blocks)
    with pytest.raises(StaleClick, match="jon cannot see secret"):
        await scene.jon.clicks(scene.slack.messages(secret)[0], "a1")
    gone = scene.slack.add_person("gone", deactivated=True)
    with pytest.raises(ValueError, match="deactivated"):
        await gone.says(scene.channel, "x")


async def test_direct_messages_of_an_agent_are_threads() -> None:
    manifest = {
        "features": {"bot_user": {"display_name": "Omoi"}, "agent_view": {"agent_description": "x"},
                     "slash_commands": [{"command": "/omoi"}]},
        "oauth_config": {"scopes": {"bot": ["chat:write", "im:history", "commands"]}},
        "settings": {"event_subscriptions": {"bot_events": ["message.im"]}},
    }  # fmt: skip
    async with SlackPeer(manifest) as slack:
        mara = slack.add_person("mara")
        ts = await mara.says(slack.dm(mara), "hello")
        (parcel,) = slack.deliveries.sent
        assert parcel.payload["event"]["thread_ts"] == ts
        with pytest.raises(ValueError, match="slash commands do not work"):
            await mara.runs("/omoi", "list", slack.dm(mara))


async def test_changes_are_told_as_they_happen(scene: Scene) -> None:
    seen: list[tuple[str, str]] = []

    async def watch() -> None:
        async for change in scene.slack.changes():
            seen.append((change.kind, change.ts))

    watching = asyncio.create_task(watch())
    await asyncio.sleep(0)
    ts = await scene.mara.says(scene.channel, "one")
    await scene.mara.edits(scene.channel, ts, "two")
    await scene.slack.until(lambda: len(seen) == 2)
    watching.cancel()
    assert seen == [("said", ts), ("edited", ts)]
