"""views.*. https://docs.slack.dev/reference/methods/views.open and its neighbours"""

from __future__ import annotations

from typing import Any

from tests.peers.slack import stacks
from tests.peers.slack.model import View
from tests.peers.slack.refusal import Json, Refusal
from tests.peers.slack.rendering import view_json
from tests.peers.slack.web import Call, Method


def _payload(call: Call) -> Any:
    view = call.arguments.get("view")
    if view is None:
        call.invalid("missing required field: view")
    return view


def _answer(call: Call, kind: str, view: View) -> Json:
    call.note(kind, user=view.user, blocks=tuple(view.blocks), text=view.title, detail={"view_id": view.id})
    return {"view": view_json(view, call.app.bot.bot_id)}


async def open_(call: Call) -> Json:
    payload = _payload(call)
    trigger = stacks.take_trigger(call.peer.workspace, call.text("trigger_id"), call.team.id)
    return _answer(call, "view", stacks.open_view(call.peer.workspace, payload, trigger))


async def push(call: Call) -> Json:
    payload = _payload(call)
    trigger = stacks.take_trigger(call.peer.workspace, call.text("trigger_id"), call.team.id)
    if not trigger.view:
        raise Refusal("invalid_trigger_id", "[ERROR] views.push takes a trigger_id from inside an open view")
    return _answer(call, "view", stacks.push_view(call.peer.workspace, payload, trigger.user, trigger.team_id))


async def update(call: Call) -> Json:
    payload = _payload(call)
    view_id, external = call.text("view_id", required=False), call.text("external_id", required=False)
    if not view_id and not external:
        call.invalid("missing required field: view_id")
    found = [
        each
        for each in call.peer.state.views.values()
        if each.open
        and each.team_id == call.team.id
        and (each.id == view_id if view_id else each.payload.get("external_id") == external)
    ]
    if not found:
        raise Refusal("not_found")
    known_hash = call.text("hash", required=False)
    if known_hash and known_hash != found[0].hash:
        raise Refusal("hash_conflict")
    return _answer(call, "view", stacks.replace_view(call.peer.workspace, found[0], payload))


async def publish(call: Call) -> Json:
    payload = _payload(call)
    if not call.peer.manifest.home_tab:
        raise Refusal("not_enabled")
    user = call.user("user_id")
    known_hash = call.text("hash", required=False)
    view = stacks.publish_home(call.peer.workspace, payload, user.id, call.team.id, known_hash)
    return _answer(call, "home", view)


METHODS = {
    "views.open": Method(open_, 4),
    "views.push": Method(push, 4),
    "views.update": Method(update, 4),
    "views.publish": Method(publish, 4),
}
