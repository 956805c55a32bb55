"""A document that nobody pages through: uploaded once per version into the spec's thread, and linked from its form (rule 16).

An upload cannot be repeated by an id of ours, so three things keep it single: a lease while it is under way, a note of the
intent before it, and a look into the thread for the file before an upload whose answer was lost is tried again.
"""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass, replace
from typing import Any

import structlog

from omoi_bot.blocks import documents
from omoi_bot.blocks.model import PhaseOutput
from omoi_bot.blocks.words import document
from omoi_bot.listeners.turn import Turn
from omoi_bot.slack_api import SlackAway, SlackRefused
from omoi_bot.store import conversations, leases, marks
from omoi_bot.store.conversations import Conversation
from omoi_bot.store.database import Tx

PATIENCE_SECONDS = 6.0
"""Of the ten that a form may load. What takes longer is found by the next one who opens the document."""

LEASE_SECONDS = 60.0
"""Longer than an upload can take: three calls of at most 8 s each."""

EARLIER_SECONDS = 5
"""How much before the noted intent the thread is searched: Slack's clock is not ours."""

log = structlog.get_logger()


@dataclass(frozen=True)
class _Upload:
    """One version's file in one place. `name` is that of its note and its lease."""

    name: str
    title: str
    filename: str
    place: Conversation


async def with_file(turn: Turn, output: PhaseOutput) -> PhaseOutput:
    """The output with the link to its file, when it is longer than ten pages and a thread is there to hold it.

    Without a link (Slack is away, refuses, or somebody else is uploading it right now) the form shows every page itself.
    """
    if documents.pages(output.markdown) <= documents.MOST_PAGES:
        return output
    async with turn.desk.db.read() as tx:
        place = await conversations.of_spec(tx, output.spec_id)
    if place is None or not place.thread_ts:
        return output
    if await turn.desk.people.channel_open(place.team, place.channel) is not None:
        return output
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            return replace(output, file_link=await _link(turn, _upload(output, place), output.markdown))
    except (TimeoutError, SlackAway) as error:
        log.info("document.not_uploaded", spec_id=output.spec_id, error=str(error) or "timeout")
    except SlackRefused as refusal:
        log.warning("document.refused", spec_id=output.spec_id, method=refusal.method, error=refusal.error)
    return output


def _upload(output: PhaseOutput, place: Conversation) -> _Upload:
    """Title and file name are our own words; they say which version of which spec it is."""
    digits = output.spec_id.removeprefix("spec-")[:8]
    filename = f"{document(output.phase).casefold()}-v{output.version}-{digits}.md"
    title = f"{document(output.phase, output.version)} · {output.short_id}"
    return _Upload(
        f"file:{output.spec_id}:{output.phase}:v{output.version}:{place.channel}", title, filename, place
    )  # fmt: skip


async def _link(turn: Turn, upload: _Upload, markdown: str) -> str:
    """The file's link; empty while another turn holds the lease."""
    owner = turn.request_id("upload")

    async def begin(tx: Tx) -> tuple[dict[str, Any], bool]:
        note = json.loads(await marks.get(tx, upload.name) or "{}")
        mine = "link" in note or await leases.take(tx, upload.name, owner, LEASE_SECONDS) is not None
        return note, mine

    note, mine = await turn.desk.db.write(begin)
    if "link" in note or not mine:
        return str(note.get("link", ""))
    try:
        found = await _find(turn, upload, note) if note else ""
        link = found or await _send(turn, upload, markdown)
        await _note(turn, upload, {"link": link})
    finally:
        await turn.desk.db.write(lambda tx: leases.release(tx, upload.name, owner))
    return link


async def _find(turn: Turn, upload: _Upload, note: dict[str, Any]) -> str:
    """The file of an upload whose answer was lost. Refused or lost as well, it is asked again later, never sent blind."""
    place = upload.place
    oldest = f"{max(0, int(note['at']) - EARLIER_SECONDS)}.000000"
    messages = await turn.desk.slack.replies(place.team, place.channel, place.thread_ts, oldest=oldest)
    bot = await turn.bot_user()
    for message in messages:
        for file in message.get("files") or ():
            if message.get("user") == bot and file.get("name") == upload.filename:
                return str(file.get("permalink") or "")
    return ""


async def _send(turn: Turn, upload: _Upload, markdown: str) -> str:
    await _note(turn, upload, {"at": int(time.time())})
    place = upload.place
    file = await turn.desk.slack.upload_file(
        place.team, place.channel, upload.filename, markdown.encode(), title=upload.title, thread_ts=place.thread_ts
    )
    if not file.get("permalink"):
        file = await turn.desk.slack.file_info(place.team, str(file.get("id") or ""))
    return str(file.get("permalink") or "")


async def _note(turn: Turn, upload: _Upload, note: dict[str, Any]) -> None:
    await turn.desk.db.write(lambda tx: marks.put(tx, upload.name, json.dumps(note)))
