"""chat.*: posting, updating, deleting. https://docs.slack.dev/reference/methods/chat.postMessage and its neighbours"""

from __future__ import annotations

import json
import time

from tests.peers.slack.kit.payloads import message_faults, refuse
from tests.peers.slack.kit.reading import with_block_ids
from tests.peers.slack.limits import LIMITS
from tests.peers.slack.limits import METHODS as PAGES
from tests.peers.slack.model import Channel, Message
from tests.peers.slack.refusal import Json, Refusal
from tests.peers.slack.rendering import message_json
from tests.peers.slack.web import Call, Method


async def post_message(call: Call) -> Json:
    channel = _target(call)
    _may_post(call, channel)
    text, blocks, attachments = content(call)
    thread_ts = _thread(call, channel)
    broadcast = call.flag("reply_broadcast")
    if broadcast and not thread_ts:
        call.invalid("reply_broadcast needs thread_ts")
    message = Message(
        call.peer.state.new_ts(), channel.id, call.app.bot.id, call.team.id, text, blocks, attachments,
        thread_ts=thread_ts, subtype="" if not broadcast else "thread_broadcast", bot_id=call.app.bot.bot_id,
        metadata=_metadata(call), broadcast=broadcast,
    )  # fmt: skip
    message.warnings = list(call.warnings)
    call.peer.workspace.post(channel, message, str(call.arguments.get("parse") or ""))
    call.note(
        "post", channel=channel.id, ts=message.ts, user=message.user, text=text, blocks=tuple(blocks), message=message,
        detail={"unfurl_links": call.flag("unfurl_links", True), "unfurl_media": call.flag("unfurl_media", True)},
    )  # fmt: skip
    shown = message_json(call.peer.state, message, with_metadata=True, base=call.peer.url)
    return {"channel": channel.id, "ts": message.ts, "message": shown}


async def post_ephemeral(call: Call) -> Json:
    """Shown to one member until they reload; not kept, not in history."""
    channel = _target(call)
    _may_post(call, channel)
    user = call.user()
    if user.id not in channel.members:
        raise Refusal("user_not_in_channel")
    text, blocks, attachments = content(call)
    message = Message(
        call.peer.state.new_ts(), channel.id, call.app.bot.id, call.team.id, text, blocks, attachments,
        thread_ts=_thread(call, channel), bot_id=call.app.bot.bot_id, ephemeral_to=user.id,
    )  # fmt: skip
    call.peer.workspace.post(channel, message)
    call.note(
        "ephemeral", channel=channel.id, ts=message.ts, user=user.id, text=text, blocks=tuple(blocks), message=message
    )
    return {"message_ts": message.ts}


async def update(call: Call) -> Json:
    channel = call.channel()
    message = call.message(channel)
    if message.user != call.app.bot.id:
        raise Refusal("cant_update_message")
    if channel.is_archived:
        raise Refusal("is_archived")
    window = call.team.edit_window
    if window is not None and time.time() - float(message.ts) > window:
        raise Refusal("edit_window_closed")
    has_blocks = call.arguments.get("blocks") is not None or call.arguments.get("markdown_text") is not None
    has_text = call.arguments.get("text") is not None
    if not has_blocks and not has_text:
        raise Refusal("no_text")
    if has_blocks:
        text, blocks, _ = content(call, updating=True)
        _new_plan_ids(message, blocks)
    else:
        text, blocks = _checked_text(call), []
    if call.arguments.get("blocks") is not None and not has_text:
        text = message.text
    if call.arguments.get("metadata") is not None:
        message.metadata = _metadata(call)
    call.peer.workspace.change(channel, message, call.app.bot.id, text, blocks)
    call.note(
        "update", channel=channel.id, ts=message.ts, user=message.user, text=text, blocks=tuple(blocks), message=message
    )
    shown = message_json(call.peer.state, message, with_metadata=True, base=call.peer.url)
    return {"channel": channel.id, "ts": message.ts, "text": text, "message": shown}


async def delete(call: Call) -> Json:
    channel = call.channel()
    message = call.message(channel)
    if message.user != call.app.bot.id:
        raise Refusal("cant_delete_message")
    call.peer.workspace.remove(channel, message, call.app.bot.id)
    call.note("delete", channel=channel.id, ts=message.ts, message=message)
    return {"channel": channel.id, "ts": message.ts}


async def get_permalink(call: Call) -> Json:
    channel = call.channel()
    message = call.message(channel, "message_ts")
    return {"channel": channel.id, "permalink": call.peer.permalink(channel, message)}


def content(call: Call, updating: bool = False) -> tuple[str, list[Json], list[Json]]:
    """text, blocks and attachments of a message, checked. A message without a top-level text gets a warning."""
    if call.arguments.get("markdown_text") is not None:
        return _markdown(call)
    text = _checked_text(call)
    blocks = call.arguments.get("blocks")
    attachments = call.arguments.get("attachments") or []
    if not text and not blocks and not attachments and not (updating and blocks is not None):
        raise Refusal("no_text")
    limit = LIMITS["message.attachments"]
    if len(attachments) > limit.value:
        raise Refusal(limit.error, limit.say(), source=limit.source)
    if blocks is not None:
        refuse(message_faults(blocks, call.team.takes_plan_blocks))
    for attachment in attachments:
        if isinstance(attachment, dict) and attachment.get("blocks") is not None:
            refuse(message_faults(attachment["blocks"], call.team.takes_plan_blocks))
    if not text:
        if call.peer.text_required:
            raise Refusal("no_text", "[ERROR] the peer was told to refuse a message without a top-level text")
        call.warnings.append("missing_text_in_message")
    return text, with_block_ids(blocks or []), attachments


def _markdown(call: Call) -> tuple[str, list[Json], list[Json]]:
    """`markdown_text` instead of text and blocks: it becomes one markdown block."""
    if call.arguments.get("text") or call.arguments.get("blocks"):
        raise Refusal("markdown_text_conflict")
    text = call.text("markdown_text")
    limit = LIMITS["message.markdown_text"]
    if len(text) > limit.value:
        raise Refusal(limit.error, limit.say(), source=limit.source)
    return text, with_block_ids([{"type": "markdown", "text": text}]), []


def _checked_text(call: Call) -> str:
    value = call.arguments.get("text")
    if value is None:
        return ""
    if not isinstance(value, str):
        call.invalid("must be a string [json-pointer:/text]")
    limit = LIMITS["message.text"]
    if len(value) > limit.value:
        raise Refusal(limit.error, limit.say(), source=limit.source)
    return value


def _target(call: Call) -> Channel:
    """The channel to post to; a user's id means the DM with that user."""
    name = call.text("channel")
    user = call.peer.state.users.get(name)
    if user is None:
        return call.channel()
    if not call.peer.visible_user(user, call.team.id):
        raise Refusal("channel_not_found")
    return call.peer.workspace.open_direct(call.team.id, [user, call.app.bot])


def _may_post(call: Call, channel: Channel) -> None:
    if channel.is_archived:
        raise Refusal("is_archived")
    uninvited = channel.kind == "public" and "chat:write.public" in call.app.scopes
    if call.app.bot.id not in channel.members and not uninvited:
        raise Refusal("not_in_channel")
    if channel.posting_restricted:
        raise Refusal("restricted_action")
    if channel.kind == "im" and not call.peer.manifest.messages_tab:
        raise Refusal("messages_tab_disabled")


def _thread(call: Call, channel: Channel) -> str:
    """The root that thread_ts means; a reply's ts means its root, an unknown one is refused."""
    thread_ts = call.text("thread_ts", required=False)
    if not thread_ts:
        return ""
    found = channel.find(thread_ts)
    if found is None:
        raise Refusal("thread_not_found")
    return found.thread_ts or found.ts


def _metadata(call: Call) -> Json | None:
    found = call.arguments.get("metadata")
    if found is None or found == "":
        return None
    page = PAGES + "chat.postMessage"
    if not isinstance(found, dict) or not isinstance(found.get("event_type"), str):
        raise Refusal("invalid_metadata_format", source=page)
    if not isinstance(found.get("event_payload"), dict):
        raise Refusal("invalid_metadata_schema", source=page)
    limit = LIMITS["metadata.size"]
    if len(json.dumps(found).encode()) > limit.value:
        raise Refusal(limit.error, limit.say(), source=limit.source)
    return found


def _new_plan_ids(message: Message, blocks: list[Json]) -> None:
    """A plan or task_card block that changed needs a new block_id. Source: docs.slack.dev …/blocks/plan-block"""
    old = {block.get("block_id"): block for block in message.blocks if block.get("type") in {"plan", "task_card"}}
    for n, block in enumerate(blocks):
        before = old.get(block.get("block_id"))
        if before is not None and before != block:
            raise Refusal(
                "invalid_blocks",
                f"[ERROR] a changed {block['type']} block needs a new block_id [json-pointer:/blocks/{n}/block_id]",
                source="https://docs.slack.dev/reference/block-kit/blocks/plan-block",
            )


METHODS = {
    "chat.postMessage": Method(post_message, 0, ("chat:write",)),
    "chat.postEphemeral": Method(post_ephemeral, 4, ("chat:write",)),
    "chat.update": Method(update, 3, ("chat:write",)),
    "chat.delete": Method(delete, 3, ("chat:write",)),
    "chat.getPermalink": Method(get_permalink, 0),
}
