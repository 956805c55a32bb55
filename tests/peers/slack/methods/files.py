"""files.*: upload in three steps, and reading. https://docs.slack.dev/messaging/working-with-files"""

from __future__ import annotations

import mimetypes

from aiohttp import web

from tests.peers.slack.limits import LIMITS
from tests.peers.slack.model import File, Message
from tests.peers.slack.refusal import Json, Refusal
from tests.peers.slack.rendering import file_json
from tests.peers.slack.web import Call, Method


async def get_upload_url(call: Call) -> Json:
    name = call.text("filename")
    try:
        length = int(call.text("length"))
    except ValueError:
        call.invalid("must be a number [json-pointer:/length]")
    if length <= 0:
        call.invalid("must be greater than 0 [json-pointer:/length]")
    limit = LIMITS["file.size"]
    if length > limit.value:
        raise Refusal(limit.error, limit.say(), source=limit.source)
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    made = File(call.peer.state.new_id("F"), name, kind, b"", call.app.bot.id, call.team.id, done=False)
    call.peer.state.files[made.id] = made
    call.peer.expected_uploads[made.id] = length
    return {"upload_url": f"{call.peer.url}/upload/v1/{made.id}", "file_id": made.id}


async def complete_upload(call: Call) -> Json:
    """Shows the files, in a channel when one is named: that is a message."""
    listed = call.arguments.get("files")
    if not isinstance(listed, list) or not listed or not all(isinstance(each, dict) for each in listed):
        call.invalid("missing required field: files")
    found: list[File] = []
    for each in listed:
        file = call.peer.state.files.get(str(each.get("id")))
        if file is None or file.user != call.app.bot.id:
            raise Refusal("file_not_found")
        if not file.content:
            raise Refusal("internal_error", "[ERROR] nothing was uploaded to the upload_url")
        file.title = str(each.get("title") or file.name)
        found.append(file)
    if call.text("channel_id", required=False):
        _share(call, found)
    for file in found:
        file.done = True
    return {"files": [file_json(each, call.peer.url) for each in found]}


def _share(call: Call, files: list[File]) -> None:
    channel = call.channel("channel_id")
    if call.app.bot.id not in channel.members:
        raise Refusal("not_in_channel")
    if channel.is_archived:
        raise Refusal("is_archived")
    thread_ts = call.text("thread_ts", required=False)
    if thread_ts and channel.find(thread_ts) is None:
        raise Refusal("invalid_thread_ts")
    message = Message(
        call.peer.state.new_ts(), channel.id, call.app.bot.id, call.team.id,
        call.text("initial_comment", required=False), thread_ts=thread_ts, subtype="file_share",
        bot_id=call.app.bot.bot_id, files=files,
    )  # fmt: skip
    call.peer.workspace.post(channel, message)
    call.note("file", channel=channel.id, ts=message.ts, user=message.user, text=message.text, message=message)


async def info(call: Call) -> Json:
    file = call.peer.state.files.get(call.text("file"))
    if file is None or not file.done:
        raise Refusal("file_not_found")
    if file.deleted:
        raise Refusal("file_deleted")
    return {"file": file_json(file, call.peer.url, full=True)}


async def receive_upload(state_files: dict[str, File], expected: dict[str, int], request: web.Request) -> web.Response:
    """The upload itself: the raw bytes, or a form with one file. The length must be the one that was named."""
    file = state_files.get(request.match_info["file"])
    if file is None or file.content or file.id not in expected:
        return web.Response(status=404, text="unknown or used upload_url")
    content = await request.read()
    if request.content_type.startswith("multipart/"):
        parts = [each for each in (await request.post()).values() if isinstance(each, web.FileField)]
        content = parts[0].file.read() if parts else b""
    if len(content) != expected[file.id]:
        return web.Response(status=400, text=f"the upload has {len(content)} bytes, not {expected[file.id]}")
    file.content = content
    return web.Response(text=f"OK - {len(content)}")


METHODS = {
    "files.getUploadURLExternal": Method(get_upload_url, 4, ("files:write",)),
    "files.completeUploadExternal": Method(complete_upload, 4, ("files:write",)),
    "files.info": Method(info, 4, ("files:read",)),
}
