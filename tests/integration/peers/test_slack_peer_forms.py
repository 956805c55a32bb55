"""Clicks, commands, shortcuts, forms and response URLs through the real slack_bolt."""

from __future__ import annotations

from functools import partial
from typing import Any

import aiohttp
import pytest
from slack_bolt.context.ack.async_ack import AsyncAck

from tests.integration.peers.conftest import BoltApp, Scene, StartApp
from tests.integration.peers.test_slack_peer_web import refused
from tests.peers.slack import BadAnswer, FormIncomplete, Message, NotAnswered, StaleClick
from tests.unit.peers.oversize import button, option, options, plain, section

ASK: dict[str, Any] = {
    "type": "modal",
    "callback_id": "ask",
    "title": plain(),
    "submit": plain(),
    "blocks": [
        {
            "type": "input",
            "block_id": "what",
            "label": plain(),
            "element": {"type": "plain_text_input", "action_id": "text", "max_length": 10},
        },
        {
            "type": "input",
            "block_id": "which",
            "optional": True,
            "label": plain(),
            "element": {
                "type": "checkboxes",
                "action_id": "ticks",
                "options": options(3),
                "initial_options": [option(0)],
            },
        },
    ],
}


async def buttons(scene: Scene) -> Message:
    """A message of the app with two buttons and a menu."""
    elements = [
        button(1, value="v1"),
        {**button(2), "confirm": {key: plain() for key in ("title", "text", "confirm", "deny")}},
        {"type": "overflow", "action_id": "more", "options": options(2)},
    ]
    blocks = [{"type": "actions", "block_id": "row", "elements": elements}]
    await scene.client.chat_postMessage(channel=scene.channel.id, text="choose", blocks=blocks)
    return scene.slack.messages(scene.channel)[-1]


def takes_clicks(bolt: BoltApp, *actions: str) -> list[dict[str, Any]]:
    """Lets the app acknowledge clicks; their bodies land in the list."""
    bodies: list[dict[str, Any]] = []

    async def listener(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        bodies.append(body)

    for action in actions:
        bolt.app.action(action)(listener)
    return bodies


async def trigger(scene: Scene, start_app: StartApp) -> str:
    """A fresh trigger_id, of a click."""
    return await trigger_of(scene, await start_app(scene.slack))


async def trigger_of(scene: Scene, bolt: BoltApp) -> str:
    bodies = takes_clicks(bolt, "a1")
    await scene.mara.clicks(await buttons(scene), "a1")
    await scene.slack.until(lambda: bodies)
    return str(bodies[0]["trigger_id"])


async def test_a_click_carries_what_was_clicked(scene: Scene, start_app: StartApp) -> None:
    bodies = takes_clicks(await start_app(scene.slack), "a1", "a2", "more")
    message = await buttons(scene)
    await scene.mara.clicks(message, "a1", value="v1")
    await scene.mara.clicks(message, "a2")
    assert scene.mara.confirmed is not None
    await scene.mara.clicks(message, "more", option="v1")
    await scene.slack.until(lambda: len(bodies) == 3)
    found = {body["actions"][0]["action_id"]: body for body in bodies}
    assert found["a1"]["actions"][0]["value"] == "v1" and found["a1"]["user"]["id"] == scene.mara.id
    assert found["more"]["actions"][0]["selected_option"]["value"] == "v1"
    assert found["a1"]["message"]["ts"] == message.ts and found["a1"]["container"]["type"] == "message"


async def test_a_button_that_is_gone_cannot_be_clicked(scene: Scene) -> None:
    message = await buttons(scene)
    with pytest.raises(StaleClick, match="a9 is not there; there is: a1=v1"):
        await scene.mara.clicks(message, "a9")
    with pytest.raises(StaleClick, match="with value v2"):
        await scene.mara.clicks(message, "a1", value="v2")
    await scene.client.chat_update(channel=scene.channel.id, ts=message.ts, text="decided", blocks=[section()])
    with pytest.raises(StaleClick, match="nothing to click"):
        await scene.mara.clicks(message, "a1")
    await scene.client.chat_delete(channel=scene.channel.id, ts=message.ts)
    with pytest.raises(StaleClick, match="deleted"):
        await scene.mara.clicks(message, "a1")


async def test_without_the_app_a_click_is_not_answered(scene: Scene) -> None:
    with pytest.raises(NotAnswered, match="no_connection"):
        await scene.mara.clicks(await buttons(scene), "a1")


async def test_a_trigger_works_once(scene: Scene, start_app: StartApp) -> None:
    made = await trigger(scene, start_app)
    await scene.client.views_open(trigger_id=made, view=ASK)
    assert (await refused(scene.client.views_open(trigger_id=made, view=ASK)))["error"] == "exchanged_trigger_id"
    assert (await refused(scene.client.views_open(trigger_id="1.2.3", view=ASK)))["error"] == "invalid_trigger_id"


async def test_a_trigger_lives_three_seconds(scene: Scene, start_app: StartApp) -> None:
    made = await trigger(scene, start_app)
    scene.slack.clock.advance(3.1)
    assert (await refused(scene.client.views_open(trigger_id=made, view=ASK)))["error"] == "expired_trigger_id"


async def test_triggers_can_be_made_to_expire(scene: Scene, start_app: StartApp) -> None:
    made = await trigger(scene, start_app)
    scene.slack.faults.expire_triggers()
    assert (await refused(scene.client.views_open(trigger_id=made, view=ASK)))["error"] == "expired_trigger_id"


async def test_a_form_is_opened_filled_and_submitted(scene: Scene, start_app: StartApp) -> None:
    bolt = await start_app(scene.slack)
    submitted: list[dict[str, Any]] = []

    @bolt.app.command("/omoi")
    async def open_form(ack: AsyncAck, body: dict[str, Any], client: Any) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=ASK)

    @bolt.app.view("ask")
    async def take(ack: AsyncAck, body: dict[str, Any]) -> None:
        submitted.append(body)
        if len(submitted) == 1:
            await ack(response_action="errors", errors={"what": "Say more"})
        else:
            await ack()

    await scene.mara.runs("/omoi", "new", scene.channel)
    await scene.slack.until(lambda: scene.mara.open_view)
    view = scene.mara.open_view
    with pytest.raises(FormIncomplete, match="what/text"):
        await scene.mara.submits(view, {})
    assert view is not None and view.errors == {"what": "Please complete this required field."}
    with pytest.raises(FormIncomplete, match="11 characters"):
        await scene.mara.submits(view, {"what/text": "x" * 11})
    with pytest.raises(StaleClick, match="no such field"):
        await scene.mara.submits(view, {"other/text": "x"})
    await scene.mara.submits(view, {"what/text": "lock"})
    assert view is not None and view.errors == {"what": "Say more"} and view.open
    await scene.mara.submits(view, {"text": "lock it", "ticks": ["v1", "v2"]})
    assert scene.mara.open_view is None
    values = submitted[1]["view"]["state"]["values"]
    assert values["what"]["text"]["value"] == "lock it"
    assert [each["value"] for each in values["which"]["ticks"]["selected_options"]] == ["v1", "v2"]
    assert [
        each["value"] for each in submitted[0]["view"]["state"]["values"]["which"]["ticks"]["selected_options"]
    ] == ["v0"]
    with pytest.raises(StaleClick):
        await scene.mara.submits(view, {"what/text": "x"})


def _has(bodies: list[dict[str, Any]], number: int) -> bool:
    return len(bodies) == number


async def test_a_stack_holds_three_views(scene: Scene, start_app: StartApp) -> None:
    bolt = await start_app(scene.slack)
    bodies = takes_clicks(bolt, "a1", "deeper")
    await scene.mara.clicks(await buttons(scene), "a1")
    await scene.slack.until(lambda: bodies)
    deeper = {
        "type": "modal",
        "title": plain(),
        "notify_on_close": True,
        "blocks": [section(accessory={**button(), "action_id": "deeper"})],
    }
    call = scene.client.views_push(trigger_id=bodies[0]["trigger_id"], view=deeper)
    assert (await refused(call))["error"] == "invalid_trigger_id", "a push needs a trigger from inside a form"
    await scene.mara.clicks(await buttons(scene), "a1")
    await scene.slack.until(lambda: len(bodies) == 2)
    await scene.client.views_open(trigger_id=bodies[1]["trigger_id"], view=deeper)
    for number in (3, 4, 5):
        view = scene.mara.open_view
        assert view is not None
        await scene.mara.clicks(view, "deeper")
        await scene.slack.until(partial(_has, bodies, number))
        push = scene.client.views_push(trigger_id=bodies[-1]["trigger_id"], view=deeper)
        if number < 5:
            await push
    assert (await refused(push))["error"] == "push_limit_reached"
    closed: list[dict[str, Any]] = []

    @bolt.app.view_closed("")
    async def take(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        closed.append(body)

    top = scene.mara.open_view
    await scene.mara.closes(top)
    assert top is not None and closed[0]["view"]["id"] == top.id
    assert scene.mara.open_view is not None and scene.mara.open_view.id == top.previous_id


async def test_an_update_with_an_old_hash_is_refused(scene: Scene, start_app: StartApp) -> None:
    opened = await scene.client.views_open(trigger_id=await trigger(scene, start_app), view=ASK)
    place = {"view_id": opened["view"]["id"], "hash": opened["view"]["hash"]}
    await scene.client.views_update(view={**ASK, "title": plain(2)}, **place)
    assert (await refused(scene.client.views_update(view=ASK, **place)))["error"] == "hash_conflict"
    assert scene.mara.open_view is not None and scene.mara.open_view.title == "xx"
    assert (await refused(scene.client.views_update(view=ASK, view_id="V404")))["error"] == "not_found"
    body = await refused(scene.client.views_update(view={**ASK, "title": plain(25)}, view_id=place["view_id"]))
    assert body["error"] == "invalid_arguments" and "/view/title/text" in body["response_metadata"]["messages"][0]


async def test_an_answer_to_a_form_is_checked_too(scene: Scene, start_app: StartApp) -> None:
    bolt = await start_app(scene.slack)
    await scene.client.views_open(trigger_id=await trigger_of(scene, bolt), view=ASK)

    @bolt.app.view("ask")
    async def take(ack: AsyncAck) -> None:
        await ack(response_action="errors", errors={"elsewhere": "x"})

    with pytest.raises(BadAnswer, match="elsewhere"):
        await scene.mara.submits(scene.mara.open_view, {"what/text": "x"})


async def test_home_is_published_and_clicked(scene: Scene, start_app: StartApp) -> None:
    bolt = await start_app(scene.slack)
    bodies = takes_clicks(bolt, "go")

    @bolt.app.event("app_home_opened")
    async def publish(event: dict[str, Any], client: Any) -> None:
        blocks = [section(accessory={**button(), "action_id": "go"})]
        await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": blocks})

    await scene.mara.opens_home()
    await scene.slack.until(lambda: scene.mara.home)
    assert scene.mara.home is not None and scene.jon.home is None
    await scene.mara.clicks(scene.mara.home, "go")
    await scene.slack.until(lambda: bodies)
    assert bodies[0]["view"]["type"] == "home"
    call = scene.client.views_publish(user_id=scene.mara.id, view={"type": "home", "blocks": []}, hash="old")
    assert (await refused(call))["error"] == "hash_conflict"


async def test_a_command_is_answered_privately(scene: Scene, start_app: StartApp) -> None:
    bolt = await start_app(scene.slack)
    urls: list[str] = []

    @bolt.app.command("/omoi")
    async def answer(ack: AsyncAck, body: dict[str, Any], respond: Any) -> None:
        urls.append(body["response_url"])
        await ack("working")
        await respond("done")

    outside = scene.slack.add_channel("private", [scene.mara], kind="private")
    assert await scene.mara.runs("/omoi", "list", outside) == {"text": "working"}
    await scene.slack.until(lambda: len(scene.mara.response_posts) == 2)
    assert {m.text for m in scene.mara.response_posts} == {"working", "done"}
    assert scene.slack.messages(outside) == []
    with pytest.raises(ValueError, match="manifest"):
        await scene.mara.runs("/other", "", outside)


async def response_url(scene: Scene) -> str:
    return scene.slack.workspace.new_response_url(scene.mara.user, scene.channel)


async def post(url: str, **body: Any) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.post(url, json=body) as response:
        return response.status, await response.text()


async def test_a_response_url_takes_five_messages(scene: Scene) -> None:
    url = await response_url(scene)
    for _ in range(5):
        assert await post(url, text="x") == (200, "ok")
    status, said = await post(url, text="x")
    assert status == 404 and "used_url" in said
    assert len(scene.mara.response_posts) == 5


async def test_a_response_url_lives_half_an_hour(scene: Scene) -> None:
    url = await response_url(scene)
    scene.slack.clock.advance(1801)
    status, said = await post(url, text="x")
    assert status == 404 and "expired_url" in said


async def test_a_response_can_be_public_or_replace_the_original(scene: Scene) -> None:
    message = await buttons(scene)
    url = scene.slack.workspace.new_response_url(scene.mara.user, scene.channel, message)
    await post(url, text="all see it", response_type="in_channel")
    assert scene.slack.messages(scene.channel)[-1].text == "all see it"
    await post(url, text="decided", replace_original=True)
    assert (message.text, message.blocks) == ("decided", [])
    status, said = await post(url, text="x", blocks=[{"type": "header"}])
    assert status == 400 and "invalid_blocks" in said
    await post(url, delete_original=True)
    assert message.deleted


async def test_a_shortcut_carries_the_message(scene: Scene, start_app: StartApp) -> None:
    bolt = await start_app(scene.slack)
    bodies: list[dict[str, Any]] = []

    @bolt.app.shortcut("turn_into_spec")
    async def take(ack: AsyncAck, body: dict[str, Any]) -> None:
        await ack()
        bodies.append(body)

    await scene.jon.says(scene.channel, "an idea")
    await scene.mara.uses_shortcut("turn_into_spec", scene.slack.messages(scene.channel)[0])
    await scene.slack.until(lambda: bodies)
    assert bodies[0]["message"]["text"] == "an idea" and bodies[0]["type"] == "message_action"
    with pytest.raises(ValueError, match="turn_into_spec"):
        await scene.mara.uses_shortcut("other", scene.slack.messages(scene.channel)[0])
