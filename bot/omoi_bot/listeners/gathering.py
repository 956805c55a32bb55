"""What goes along with an idea: the discussion around it and the files attached to it. All of it is untrusted data."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import structlog

from omoi.v1 import common_pb2
from omoi_bot.listeners import files, reading
from omoi_bot.listeners.files import SlackFile, Sorted
from omoi_bot.listeners.payloads import Json
from omoi_bot.listeners.turn import Turn
from omoi_bot.slack_api import SlackRefused

MAX_ENTRIES = 50
"""LaunchSpecRequest.context."""

MAX_ENTRY = 20_000
MAX_AUTHOR = 200
"""Characters of ContextEntry.text and .author."""

log = structlog.get_logger()


async def names_in(turn: Turn, text: str) -> dict[str, str]:
    """Names of the people that a text mentions, for reading it as words."""
    return await names_of(turn, reading.mentioned_users(text)[:20])


async def names_of(turn: Turn, users: Sequence[str]) -> dict[str, str]:
    """Name by user id; an id that Slack does not know stays out."""
    # Kept for a while like everything about people: a text full of mentions must not use up the budget of users.info.
    names = {user: await turn.desk.people.name(turn.origin.team, user) for user in dict.fromkeys(users)}
    return {user: name[:MAX_AUTHOR] for user, name in names.items() if name != user}


async def discussion(turn: Turn, channel: str, thread_ts: str, without: Sequence[str] = ()) -> list[Json]:
    """The thread as context entries, at most 50: its first message and the newest ones, without messages in `without`.

    Omoi's own messages are left out; those of other apps are kept, since an alert is often what an idea is about.
    """
    try:
        messages = await turn.desk.slack.replies(turn.origin.team, channel, thread_ts)
    except SlackRefused as refusal:
        log.info("discussion.unreadable", channel=channel, error=refusal.error)
        return []
    bot = await turn.bot_user()
    kept = [one for one in messages if one.get("user") != bot and one.get("ts") not in without and one.get("text")]
    if len(kept) > MAX_ENTRIES:
        kept = [kept[0], *kept[-(MAX_ENTRIES - 1) :]]
    return [await entry(turn, channel, one) for one in kept]


async def entry(turn: Turn, channel: str, message: Json) -> Json:
    """One message as a context entry: author, time (RFC 3339), permalink and words."""
    text = str(message.get("text") or "")
    user = str(message.get("user") or "")
    names = await names_of(
        turn, [user, *reading.mentioned_users(text)[:20]] if user else reading.mentioned_users(text)[:20]
    )
    author = names.get(user) or str(message.get("username") or "an app")
    return {
        "author": author[:MAX_AUTHOR],
        "time": _time(str(message.get("ts") or "")),
        "permalink": await permalink(turn, channel, str(message.get("ts") or "")),
        "text": reading.plain(text, names)[:MAX_ENTRY],
    }


async def permalink(turn: Turn, channel: str, ts: str) -> str:
    """Link to a message; empty when Slack gives none."""
    if not ts:
        return ""
    try:
        return await turn.desk.slack.permalink(turn.origin.team, channel, ts)
    except SlackRefused as refusal:
        log.info("permalink.refused", channel=channel, error=refusal.error)
        return ""


async def look_at(turn: Turn, raw: Sequence[Json]) -> Sorted:
    """Which of the attached files are taken along, after files.info for those that Slack did not describe."""
    found: list[SlackFile] = []
    for one in raw:
        file = files.described(one)
        if file.stub:
            try:
                file = files.described(await turn.desk.slack.file_info(turn.origin.team, file.file_id))
            except SlackRefused as refusal:
                log.info("file.unreadable", file=file.file_id, error=refusal.error)
        found.append(file)
    return files.sort(found)


async def download(turn: Turn, taken: Sequence[SlackFile]) -> tuple[list[common_pb2.Attachment], list[str]]:
    """The files' bytes, and a sentence for each that Slack did not give. The address is fetched only if it is Slack's own."""
    attachments: list[common_pb2.Attachment] = []
    refused: list[str] = []
    room = files.MAX_BYTES
    for one in taken:
        try:
            content = await turn.desk.slack.download(turn.origin.team, one.url, room)
        except SlackRefused as refusal:
            log.info("file.refused", file=one.file_id, error=refusal.error)
            refused.append(f"{one.name} was left out: Slack did not hand it out ({refusal.error}).")
            continue
        room -= len(content)
        attachments.append(common_pb2.Attachment(name=one.name, media_type=one.media_type, content=content))
    return attachments, refused


def context(entries: Sequence[dict[str, Any]]) -> list[common_pb2.ContextEntry]:
    """Stored entries as the contract's."""
    return [common_pb2.ContextEntry(**{key: str(value) for key, value in one.items()}) for one in entries]


def _time(ts: str) -> str:
    try:
        return datetime.fromtimestamp(float(ts), UTC).isoformat(timespec="seconds")
    except (ValueError, OverflowError, OSError):
        return ""


async def message(turn: Turn, channel: str, thread_ts: str, ts: str) -> Json:
    """One message as Slack has it now; empty when it is gone. Raises SlackRefused where the bot may not read."""
    found = await turn.desk.slack.replies(turn.origin.team, channel, thread_ts or ts)
    return next((one for one in found if one.get("ts") == ts), {})
