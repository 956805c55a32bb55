"""Which thread reports on which spec."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from omoi_bot.store import records
from omoi_bot.store.database import Tx
from omoi_bot.store.errors import ThreadTaken
from omoi_bot.store.tables import conversations


@dataclass(frozen=True)
class Conversation:
    """`thread_ts` is empty until the live message that begins the thread was sent; `origin` is mention, dm, command,
    shortcut, form, home or thread; `message_ts` the person's message, if there is one."""

    spec_id: str
    team: str
    channel: str
    thread_ts: str = ""
    message_ts: str = ""
    live_post_id: str = ""
    requester: str = ""
    requester_user_id: str = ""
    project_id: str = ""
    origin: str = ""
    private: bool = False
    include_discussion: bool = False
    live: bool = True
    moved_reason: str = ""
    created_at: datetime | None = None
    ended_at: datetime | None = None


async def start(tx: Tx, conversation: Conversation) -> Conversation:
    """Begin it, or return the one that this spec has already.

    ThreadTaken when another live spec reports in this thread: a word like `stop` has one meaning there.
    """
    known = await of_spec(tx, conversation.spec_id)
    if known is not None:
        return known
    if conversation.live and conversation.thread_ts:
        other = await live_in_thread(tx, conversation.team, conversation.channel, conversation.thread_ts)
        if other is not None:
            raise ThreadTaken(other.spec_id)
    row = {**records.values(conversation), "created_at": conversation.created_at or tx.now}
    if not row["live_post_id"]:
        row["live_post_id"] = f"live:{conversation.spec_id}"
    # Two at once: the loser meets the unique key, runs again and finds the winner above.
    await tx.conn.execute(conversations.insert().values(**row))
    return Conversation(**row)


async def of_spec(tx: Tx, spec_id: str) -> Conversation | None:
    """The conversation of this spec."""
    return await records.one(tx, Conversation, conversations, spec_id=spec_id)


async def of_thread(tx: Tx, team: str, channel: str, thread_ts: str) -> list[Conversation]:
    """All that this thread ever reported on, the newest first."""
    query = _in_thread(team, channel, thread_ts).order_by(conversations.c.created_at.desc())
    return await records.every(tx, Conversation, query)


async def live_in_thread(tx: Tx, team: str, channel: str, thread_ts: str) -> Conversation | None:
    """The one live spec of the thread."""
    found = await records.every(tx, Conversation, _in_thread(team, channel, thread_ts).where(conversations.c.live))
    return found[0] if found else None


async def running_in_channel(tx: Tx, team: str, channel: str) -> list[Conversation]:
    """Live specs that report in this channel, the newest first."""
    c = conversations.c
    query = select(conversations).where(c.team == team, c.channel == channel, c.live).order_by(c.created_at.desc())
    return await records.every(tx, Conversation, query)


async def live(tx: Tx, team: str) -> list[Conversation]:
    """Live specs of the workspace, the oldest first: whose threads catching up reads before the channels."""
    c = conversations.c
    query = select(conversations).where(c.team == team, c.live).order_by(c.created_at)
    return await records.every(tx, Conversation, query)


async def change(tx: Tx, spec_id: str, **new: Any) -> bool:
    """Set columns; whether the conversation is known."""
    return await records.change(tx, conversations, {"spec_id": spec_id}, new)


async def end(tx: Tx, spec_id: str) -> bool:
    """The spec is over: its thread is free for another one."""
    return await change(tx, spec_id, live=False, ended_at=tx.now)


async def thread_began(tx: Tx, live_post_id: str, ts: str) -> None:
    """The live message was sent as a message of its own: its thread is the conversation's."""
    c = conversations.c
    query = conversations.update().where(c.live_post_id == live_post_id, c.thread_ts == "").values(thread_ts=ts)
    await tx.conn.execute(query)


def _in_thread(team: str, channel: str, thread_ts: str) -> Any:
    c = conversations.c
    return select(conversations).where(c.team == team, c.channel == channel, c.thread_ts == thread_ts)
