"""The Web API as slack_sdk's client meets it: tokens, scopes, messages, conversations, people."""

from __future__ import annotations

import time
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from tests.integration.peers.conftest import Scene, client_of
from tests.peers.slack import SlackPeer
from tests.unit.peers.oversize import mrkdwn, section


async def refused(call: Any) -> dict[str, Any]:
    """The answer of a call that must be refused; every refusal cites a page."""
    with pytest.raises(SlackApiError) as caught:
        await call
    body: dict[str, Any] = caught.value.response.data
    assert body["citation"].startswith("https://")
    return body


async def test_auth_test_names_the_bot_and_its_scopes(scene: Scene) -> None:
    answer = await scene.client.auth_test()
    assert answer["user_id"] == scene.slack.bot.id
    assert "chat:write" in answer.headers["x-oauth-scopes"].split(",")


@pytest.mark.parametrize(("token", "error"), [("xoxb-wrong", "invalid_auth"), ("", "not_authed")])
async def test_a_wrong_token_is_refused(scene: Scene, token: str, error: str) -> None:
    client = AsyncWebClient(token, base_url=scene.slack.api_url)
    assert (await refused(client.auth_test()))["error"] == error


async def test_tokens_of_the_wrong_kind_are_refused(scene: Scene) -> None:
    app = AsyncWebClient(scene.slack.app_token, base_url=scene.slack.api_url)
    assert (await refused(app.auth_test()))["error"] == "not_allowed_token_type"
    opened = scene.client.apps_connections_open(app_token=scene.slack.bot_token)
    assert (await refused(opened))["error"] == "not_allowed_token_type"


@pytest.mark.parametrize(("uninstalled", "error"), [(False, "token_revoked"), (True, "account_inactive")])
async def test_a_revoked_token_is_refused(scene: Scene, uninstalled: bool, error: str) -> None:
    scene.slack.revoke(uninstalled=uninstalled)
    assert (await refused(scene.client.auth_test()))["error"] == error
    (event,) = [parcel.name for parcel in scene.slack.deliveries.sent]
    assert event == ("app_uninstalled" if uninstalled else "tokens_revoked")


async def test_a_missing_scope_is_named() -> None:
    manifest = {
        "features": {"bot_user": {"display_name": "Omoi"}},
        "oauth_config": {"scopes": {"bot": ["channels:read"]}},
    }
    async with SlackPeer(manifest) as slack:
        channel = slack.add_channel("payments", [slack.bot])
        client = client_of(slack)
        body = await refused(client.chat_postMessage(channel=channel.id, text="x"))
        assert (body["error"], body["needed"], body["provided"]) == ("missing_scope", "chat:write", "channels:read")
        body = await refused(client.conversations_history(channel=channel.id))
        assert body["needed"] == "channels:history"
        assert (await client.conversations_info(channel=channel.id))["channel"]["is_member"]


async def test_an_unknown_method_is_refused(scene: Scene) -> None:
    assert (await refused(scene.client.api_call("chat.shout")))["error"] == "unknown_method"


async def test_form_and_json_bodies_mean_the_same(scene: Scene) -> None:
    blocks = [section()]
    await scene.client.api_call("chat.postMessage", json={"channel": scene.channel.id, "text": "x", "blocks": blocks})
    data = {
        "channel": scene.channel.id,
        "text": "x",
        "blocks": '[{"type":"section","text":{"type":"mrkdwn","text":"x"}}]',
    }
    await scene.client.api_call("chat.postMessage", data=data)
    first, second = scene.slack.messages(scene.channel)
    assert first.text == second.text
    assert [block["text"] for block in first.blocks] == [block["text"] for block in second.blocks]
    assert first.blocks[0]["block_id"] != second.blocks[0]["block_id"], "Slack makes a new one each time"


async def test_a_message_is_recorded_with_whom_it_reaches(scene: Scene) -> None:
    text = f"{scene.mara.mention} see <https://x.example|the plan>"
    answer = await scene.client.chat_postMessage(channel=scene.channel.id, text=text)
    (entry,) = scene.slack.record.posts()
    message = entry.message
    assert message is not None and message.ts == answer["ts"]
    assert message.notified == {scene.mara.id}
    assert message.links == (("https://x.example", "the plan"),)
    assert message.notification == "@mara see the plan"
    await scene.client.chat_update(channel=scene.channel.id, ts=message.ts, text=f"{scene.jon.mention} too")
    assert scene.jon.id not in message.notified, "an edit notifies nobody"
    assert message.mentioned == {scene.jon.id}
    assert scene.slack.record.notified() == {scene.mara.id}


async def test_a_text_beyond_40000_characters(scene: Scene) -> None:
    await scene.client.chat_postMessage(channel=scene.channel.id, text="x" * 40_000)
    body = await refused(scene.client.chat_postMessage(channel=scene.channel.id, text="x" * 40_001))
    assert body["error"] == "msg_too_long"


async def test_faulty_blocks_come_back_with_pointers(scene: Scene) -> None:
    call = scene.client.chat_postMessage(channel=scene.channel.id, text="x", blocks=[section(text=mrkdwn(3001))])
    body = await refused(call)
    assert body["error"] == "invalid_blocks"
    assert "[json-pointer:/blocks/0/text/text]" in body["response_metadata"]["messages"][0]
    assert scene.slack.messages(scene.channel) == []
    (entry,) = scene.slack.record.refused()
    assert entry.method == "chat.postMessage"


async def test_a_message_without_text_is_warned_about_or_refused(scene: Scene) -> None:
    answer = await scene.client.api_call("chat.postMessage", json={"channel": scene.channel.id, "blocks": [section()]})
    assert answer["warning"] == "missing_text_in_message"
    scene.slack.text_required = True
    call = scene.client.api_call("chat.postMessage", json={"channel": scene.channel.id, "blocks": [section()]})
    assert (await refused(call))["error"] == "no_text"


async def test_a_channel_that_takes_no_post(scene: Scene) -> None:
    slack, client = scene.slack, scene.client
    outside = slack.add_channel("general", [scene.mara])
    assert (await refused(client.chat_postMessage(channel=outside.id, text="x")))["error"] == "not_in_channel"
    secret = slack.add_channel("secret", [scene.mara], kind="private")
    assert (await refused(client.chat_postMessage(channel=secret.id, text="x")))["error"] == "channel_not_found"
    assert (await refused(client.chat_postMessage(channel="C404", text="x")))["error"] == "channel_not_found"
    assert (await refused(client.conversations_join(channel=secret.id)))["error"] == "channel_not_found"
    await client.conversations_join(channel=outside.id)
    await client.chat_postMessage(channel=outside.id, text="x")
    outside.posting_restricted = True
    assert (await refused(client.chat_postMessage(channel=outside.id, text="x")))["error"] == "restricted_action"
    await scene.mara.archives(outside)
    assert (await refused(client.chat_postMessage(channel=outside.id, text="x")))["error"] == "is_archived"
    await scene.mara.deletes_channel(outside)
    assert (await refused(client.conversations_info(channel=outside.id)))["error"] == "channel_not_found"


async def test_threads(scene: Scene) -> None:
    root = await scene.mara.says(scene.channel, "root")
    call = scene.client.chat_postMessage(channel=scene.channel.id, text="x", thread_ts="1.000001")
    assert (await refused(call))["error"] == "thread_not_found"
    reply = await scene.client.chat_postMessage(channel=scene.channel.id, text="reply", thread_ts=root)
    deeper = await scene.client.chat_postMessage(channel=scene.channel.id, text="x", thread_ts=reply["ts"])
    assert deeper["message"]["thread_ts"] == root
    shown = await scene.client.chat_postMessage(
        channel=scene.channel.id, text="done", thread_ts=root, reply_broadcast=True
    )
    history = await scene.client.conversations_history(channel=scene.channel.id)
    assert [m["ts"] for m in history["messages"]] == [shown["ts"], root]
    first = await scene.client.conversations_replies(channel=scene.channel.id, ts=root, limit=2)
    assert [m["ts"] for m in first["messages"]] == [root, reply["ts"], deeper["ts"]]
    cursor = first["response_metadata"]["next_cursor"]
    rest = await scene.client.conversations_replies(channel=scene.channel.id, ts=root, limit=2, cursor=cursor)
    assert [m["ts"] for m in rest["messages"]] == [root, shown["ts"]]
    later = await scene.client.conversations_replies(channel=scene.channel.id, ts=root, oldest=deeper["ts"])
    assert [m["ts"] for m in later["messages"]] == [root, shown["ts"]]


async def test_only_its_own_messages_can_be_changed(scene: Scene) -> None:
    ts = await scene.mara.says(scene.channel, "mine")
    call = scene.client.chat_update(channel=scene.channel.id, ts=ts, text="x")
    assert (await refused(call))["error"] == "cant_update_message"
    assert (await refused(scene.client.chat_delete(channel=scene.channel.id, ts=ts)))["error"] == "cant_delete_message"
    call = scene.client.chat_update(channel=scene.channel.id, ts="1.000001", text="x")
    assert (await refused(call))["error"] == "message_not_found"


async def test_an_update_replaces_or_removes_the_blocks(scene: Scene) -> None:
    posted = await scene.client.chat_postMessage(channel=scene.channel.id, text="one", blocks=[section()])
    (message,) = scene.slack.messages(scene.channel)
    place = {"channel": scene.channel.id, "ts": posted["ts"]}
    await scene.client.chat_update(**place, text="two", blocks=[section(), {"type": "divider"}])
    assert (message.text, len(message.blocks)) == ("two", 2)
    await scene.client.api_call("chat.update", json={**place, "blocks": [section()]})
    assert (message.text, len(message.blocks)) == ("two", 1), "without text the text stays"
    await scene.client.api_call("chat.update", json={**place, "text": "three"})
    assert (message.text, message.blocks) == ("three", []), "text without blocks takes the blocks away"
    assert [(edit.text, len(edit.blocks)) for edit in message.edits] == [("one", 1), ("two", 2), ("two", 1)]
    assert len(scene.slack.record.edits_of(message)) == 3
    await scene.client.chat_delete(**place)
    assert scene.slack.messages(scene.channel) == []
    assert (await refused(scene.client.chat_update(**place, text="x")))["error"] == "message_not_found"


async def test_a_changed_plan_needs_a_new_block_id(scene: Scene) -> None:
    def plan(status: str, block_id: str) -> dict[str, Any]:
        return {
            "type": "plan",
            "title": "x",
            "block_id": block_id,
            "tasks": [{"task_id": "1", "title": "x", "status": status}],
        }

    posted = await scene.client.chat_postMessage(channel=scene.channel.id, text="x", blocks=[plan("pending", "p1")])
    place = {"channel": scene.channel.id, "ts": posted["ts"], "text": "x"}
    body = await refused(scene.client.chat_update(**place, blocks=[plan("complete", "p1")]))
    assert body["error"] == "invalid_blocks"
    await scene.client.chat_update(**place, blocks=[plan("complete", "p2")])
    scene.slack.team.takes_plan_blocks = False
    body = await refused(scene.client.chat_update(**place, blocks=[plan("complete", "p3")]))
    assert body["error"] == "invalid_blocks"


async def test_metadata_is_limited_and_shown_only_on_request(scene: Scene) -> None:
    metadata = {"event_type": "omoi_post", "event_payload": {"id": "m1"}}
    posted = await scene.client.chat_postMessage(channel=scene.channel.id, text="x", metadata=metadata)
    plain = await scene.client.conversations_history(channel=scene.channel.id)
    assert "metadata" not in plain["messages"][0]
    oldest = f"{float(posted['ts']) - 5:.6f}"
    full = await scene.client.conversations_history(
        channel=scene.channel.id, oldest=oldest, limit=15, include_all_metadata=True
    )
    assert full["messages"][0]["metadata"] == metadata
    large = {"event_type": "omoi_post", "event_payload": {"id": "x" * 16_000}}
    body = await refused(scene.client.chat_postMessage(channel=scene.channel.id, text="x", metadata=large))
    assert body["error"] == "metadata_too_large"
    call = scene.client.chat_postMessage(channel=scene.channel.id, text="x", metadata={"event_type": "x"})
    assert (await refused(call))["error"] == "invalid_metadata_schema"


async def test_reactions(scene: Scene) -> None:
    ts = await scene.mara.says(scene.channel, "x")
    place = {"channel": scene.channel.id, "timestamp": ts, "name": "eyes"}
    await scene.client.reactions_add(**place)
    assert (await refused(scene.client.reactions_add(**place)))["error"] == "already_reacted"
    (message,) = scene.slack.messages(scene.channel)
    assert message.reactions == {"eyes": [scene.slack.bot.id]}
    await scene.client.reactions_remove(**place)
    assert (await refused(scene.client.reactions_remove(**place)))["error"] == "no_reaction"


async def test_ephemeral_posts_are_seen_by_one_and_kept_by_nobody(scene: Scene) -> None:
    await scene.client.chat_postEphemeral(channel=scene.channel.id, user=scene.mara.id, text="psst")
    assert [m.text for m in scene.mara.private_posts] == ["psst"]
    assert scene.jon.private_posts == [] and scene.slack.messages(scene.channel) == []
    stranger = scene.slack.add_person("lee")
    call = scene.client.chat_postEphemeral(channel=scene.channel.id, user=stranger.id, text="psst")
    assert (await refused(call))["error"] == "user_not_in_channel"


async def test_people_of_every_kind(scene: Scene) -> None:
    slack = scene.slack
    guest = slack.add_person("guest", guest="single")
    gone = slack.add_person("gone", deactivated=True)
    stranger = slack.add_person("sam", stranger=True)
    assert (await refused(scene.client.users_info(user=stranger.id)))["error"] == "user_not_found"
    shared = slack.add_channel("shared", [scene.mara, stranger, slack.bot], shared_with=[stranger.team])
    found = {p.name: (await scene.client.users_info(user=p.id))["user"] for p in (guest, gone, stranger, scene.mara)}
    assert found["guest"]["is_ultra_restricted"] and found["gone"]["deleted"]
    assert found["sam"]["is_stranger"] and found["sam"]["team_id"] != slack.team.id
    assert found["mara"]["profile"]["email"] == "mara@example.com" and "is_stranger" not in found["mara"]
    assert (await scene.client.conversations_info(channel=shared.id))["channel"]["is_ext_shared"]
    answer = await scene.client.users_lookupByEmail(email="MARA@example.com")
    assert answer["user"]["id"] == scene.mara.id


async def test_a_grid_account_has_one_id_in_two_workspaces() -> None:
    async with SlackPeer(enterprise_id="E1") as slack:
        west = slack.add_team("West", enterprise_id="E1")
        token = slack.install(west).token
        ada = slack.add_person("ada", also_in=[west])
        for each in (slack.bot_token, token):
            client = AsyncWebClient(each, base_url=slack.api_url)
            user = (await client.users_info(user=ada.id))["user"]
            assert user["enterprise_user"]["enterprise_id"] == "E1" and "is_stranger" not in user


async def test_a_post_to_a_user_is_a_direct_message(scene: Scene) -> None:
    answer = await scene.client.chat_postMessage(channel=scene.mara.id, text="x")
    assert answer["channel"] == scene.slack.dm(scene.mara).id
    opened = await scene.client.conversations_open(users=[scene.mara.id])
    assert opened["channel"]["id"] == answer["channel"]
    body = await refused(scene.client.conversations_open(users=[scene.mara.id, scene.jon.id]))
    assert (body["error"], body["needed"]) == ("missing_scope", "mpim:write")


async def test_lists_are_paged(scene: Scene) -> None:
    for number in range(5):
        scene.slack.add_channel(f"c{number}")
    names: list[str] = []
    async for page in await scene.client.conversations_list(limit=2):
        assert len(page["channels"]) <= 2
        names += [channel["name"] for channel in page["channels"]]
    assert sorted(names) == ["c0", "c1", "c2", "c3", "c4", "payments"]
    mine = await scene.client.users_conversations()
    assert [channel["name"] for channel in mine["channels"]] == ["payments"]
    members = await scene.client.conversations_members(channel=scene.channel.id)
    assert scene.slack.bot.id in members["members"]


async def test_a_message_of_earlier_is_in_history_where_it_belongs(scene: Scene) -> None:
    now = await scene.mara.says(scene.channel, "now")
    earlier = await scene.mara.says(scene.channel, "then", at=time.time() - 3600)
    history = await scene.client.conversations_history(channel=scene.channel.id)
    assert [m["ts"] for m in history["messages"]] == [now, earlier]


async def test_blocks_can_be_validated_without_being_sent(scene: Scene) -> None:
    assert (await scene.client.api_call("blocks.validate", json={"blocks": [section()]}))["ok"]
    body = await refused(scene.client.api_call("blocks.validate", json={"blocks": [{"type": "header"}]}))
    assert body["error"] == "invalid_blocks" and body["errors"][0]["pointer"] == "/blocks/0"
    body = await refused(scene.client.api_call("blocks.validate", json={}))
    assert body["error"] == "invalid_arguments"


async def test_attachments_are_limited(scene: Scene) -> None:
    many = [{"text": "x"}] * 100
    await scene.client.chat_postMessage(channel=scene.channel.id, text="x", attachments=many)
    call = scene.client.chat_postMessage(channel=scene.channel.id, text="x", attachments=[*many, {"text": "x"}])
    assert (await refused(call))["error"] == "too_many_attachments"


async def test_a_closed_edit_window(scene: Scene) -> None:
    posted = await scene.client.chat_postMessage(channel=scene.channel.id, text="x")
    scene.slack.team.edit_window = 0
    call = scene.client.chat_update(channel=scene.channel.id, ts=posted["ts"], text="y")
    assert (await refused(call))["error"] == "edit_window_closed"


async def test_a_group_conversation_has_at_most_eight_others(scene: Scene) -> None:
    people = [scene.slack.add_person(f"p{number}").id for number in range(9)]
    assert (await refused(scene.client.conversations_open(users=people)))["error"] == "too_many_users"
    assert (await refused(scene.client.conversations_open(users=people[:8])))["needed"] == "mpim:write"


async def test_reactions_are_limited(scene: Scene) -> None:
    ts = await scene.mara.says(scene.channel, "x")
    for number in range(23):
        await scene.mara.reacts(scene.channel, ts, f"r{number}")
    call = scene.client.reactions_add(channel=scene.channel.id, timestamp=ts, name="eyes")
    assert (await refused(call))["error"] == "too_many_reactions"
    await scene.client.reactions_add(channel=scene.channel.id, timestamp=ts, name="r0")


async def test_the_assistant_status_has_ten_messages(scene: Scene) -> None:
    ts = await scene.mara.says(scene.channel, "x")
    place = {"channel_id": scene.channel.id, "thread_ts": ts, "status": "is thinking…"}
    method = "assistant.threads.setStatus"
    await scene.client.api_call(method, json={**place, "loading_messages": ["x"] * 10})
    call = scene.client.api_call(method, json={**place, "loading_messages": ["x"] * 11})
    assert (await refused(call))["error"] == "invalid_arguments"
    call = scene.client.api_call(method, json={**place, "thread_ts": "1.0"})
    assert (await refused(call))["error"] == "invalid_thread_ts"
    call = scene.client.api_call("agents.sessions.setStatus", json={**place, "status": "active"})
    assert (await refused(call))["error"] == "not_allowed", "the app is no agent"


async def test_the_workspace_and_its_groups() -> None:
    manifest = {
        "features": {"bot_user": {"display_name": "Omoi"}},
        "oauth_config": {"scopes": {"bot": ["team:read", "usergroups:read", "users:read", "chat:write"]}},
    }
    async with SlackPeer(manifest) as slack:
        client = client_of(slack)
        mara = slack.add_person("mara")
        group = slack.add_group("leads", [mara])
        channel = slack.add_channel("payments", [mara, slack.bot])
        assert (await client.team_info())["team"]["id"] == slack.team.id
        assert (await client.bots_info(bot=slack.bot.bot_id))["bot"]["user_id"] == slack.bot.id
        listed = (await client.usergroups_list(include_users=True))["usergroups"]
        assert [(each["handle"], each["users"]) for each in listed] == [("leads", [mara.id])]
        await client.chat_postMessage(channel=channel.id, text=f"<!subteam^{group.id}>")
        assert slack.messages(channel)[0].notified == {mara.id}


async def test_the_record_tells_of_mentions_and_links_everywhere(scene: Scene) -> None:
    hostile = {"type": "section", "text": {"type": "mrkdwn", "text": "<!channel> <https://e.example|bank>"}}
    await scene.client.views_publish(user_id=scene.mara.id, view={"type": "home", "blocks": [hostile]})
    assert scene.slack.record.mentioned() == {"!channel"}
    assert scene.slack.record.links() == [("https://e.example", "bank")]
    assert scene.slack.record.notified() == set(), "a form or Home notifies nobody"


async def test_a_permalink_names_channel_and_message(scene: Scene) -> None:
    ts = await scene.mara.says(scene.channel, "x")
    found = await scene.client.chat_getPermalink(channel=scene.channel.id, message_ts=ts)
    assert found["permalink"].endswith(f"/archives/{scene.channel.id}/p{ts.replace('.', '')}")
    call = scene.client.chat_getPermalink(channel=scene.channel.id, message_ts="1.0")
    assert (await refused(call))["error"] == "message_not_found"


async def test_markdown_text_stands_alone(scene: Scene) -> None:
    await scene.client.chat_postMessage(channel=scene.channel.id, markdown_text="x" * 12_000)
    call = scene.client.chat_postMessage(channel=scene.channel.id, markdown_text="x" * 12_001)
    assert (await refused(call))["error"] == "msg_too_long"
    call = scene.client.chat_postMessage(channel=scene.channel.id, markdown_text="**x**", text="x")
    assert (await refused(call))["error"] == "markdown_text_conflict"
    (message,) = scene.slack.messages(scene.channel)
    assert message.blocks[0]["type"] == "markdown"
