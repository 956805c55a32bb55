"""Response URLs. https://docs.slack.dev/interactivity/handling-user-interaction#message_responses"""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from tests.peers.slack.kit.payloads import message_faults, refuse
from tests.peers.slack.kit.reading import with_block_ids
from tests.peers.slack.limits import LIMITS
from tests.peers.slack.model import Message, ResponseUrl
from tests.peers.slack.record import Entry
from tests.peers.slack.refusal import Json, Refusal
from tests.peers.slack.workspace import Workspace

METHOD = "response_url"


async def respond(workspace: Workspace, request: web.Request) -> web.Response:
    """One message through a response URL: five within half an hour."""
    try:
        target = _usable(workspace, request.match_info["made"])
        body = _body(await request.text())
        _act(workspace, target, body)
    except Refusal as refusal:
        workspace.note(Entry("refused", METHOD, error=refusal.error, detail=refusal.answer(METHOD)))
        status = 404 if refusal.error in {"used_url", "expired_url"} else 400
        return web.json_response(refusal.answer(METHOD), status=status)
    return web.Response(text="ok")


def _usable(workspace: Workspace, made: str) -> ResponseUrl:
    target = workspace.state.response_urls.get(made)
    life, uses = LIMITS["response_url.life"], LIMITS["response_url.uses"]
    if target is None or workspace.clock.now() > target.expires:
        raise Refusal(life.error, life.say(), source=life.source)
    if target.uses >= uses.value:
        raise Refusal(uses.error, uses.say(), source=uses.source)
    target.uses += 1
    return target


def _body(text: str) -> Json:
    try:
        found = json.loads(text)
    except ValueError:
        raise Refusal("invalid_payload") from None
    if not isinstance(found, dict):
        raise Refusal("invalid_payload")
    return found


def _act(workspace: Workspace, target: ResponseUrl, body: Json) -> None:
    source = target.message
    if body.get("delete_original"):
        if source is None:
            raise Refusal("no_original")
        workspace.remove(workspace.state.channels[source.channel], source, source.user)
        workspace.note(Entry("delete", METHOD, channel=source.channel, ts=source.ts, message=source))
        return
    text, blocks = checked(workspace, target.team_id, body)
    if body.get("replace_original") and source is not None:
        channel = workspace.state.channels[source.channel]
        workspace.change(channel, source, source.user, text, blocks)
        workspace.note(
            Entry("update", METHOD, channel=channel.id, ts=source.ts, user=source.user, text=text,
                  blocks=tuple(blocks), message=source)
        )  # fmt: skip
        return
    say(workspace, target, body, text, blocks)


def checked(workspace: Workspace, team_id: str, body: Json) -> tuple[str, list[Json]]:
    """text and blocks of an answer, checked as any message is."""
    text: Any = body.get("text") or ""
    blocks: Any = body.get("blocks")
    if not isinstance(text, str) or not (text or blocks or body.get("attachments")):
        raise Refusal("no_text")
    limit = LIMITS["message.text"]
    if len(text) > limit.value:
        raise Refusal(limit.error, limit.say(), source=limit.source)
    if blocks is not None:
        refuse(message_faults(blocks, workspace.state.teams[team_id].takes_plan_blocks))
    return text, with_block_ids(blocks or [])


def say(workspace: Workspace, target: ResponseUrl, body: Json, text: str, blocks: list[Json]) -> Message:
    """A new message: to all with response_type in_channel, else to the one person."""
    installation = workspace.state.installation(target.team_id)
    assert installation is not None, "a response URL exists only where the app is installed"
    public = body.get("response_type") == "in_channel"
    thread_ts = str(body.get("thread_ts") or "")
    message = Message(
        workspace.state.new_ts(), target.channel, installation.bot.id, target.team_id, text, blocks,
        thread_ts=thread_ts, bot_id=installation.bot.bot_id, ephemeral_to="" if public else target.user,
        response_url=target.id,
    )  # fmt: skip
    workspace.post(workspace.state.channels[target.channel], message)
    workspace.note(
        Entry("post" if public else "response", METHOD, channel=target.channel, ts=message.ts,
              user=installation.bot.id if public else target.user, text=text, blocks=tuple(blocks), message=message)
    )  # fmt: skip
    return message
