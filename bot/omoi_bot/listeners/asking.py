"""What was asked about a kept wish, as posts: each place is asked once, and the answer takes the question's place."""

from __future__ import annotations

from typing import Any

from omoi_bot.blocks.model import Message
from omoi_bot.desk import Desk
from omoi_bot.posting import Post, put
from omoi_bot.store import requests
from omoi_bot.store.database import Tx
from omoi_bot.store.requests import Request

GONE = "This was kept for a day and is gone. Ask again, and I take it from there."


def place(request: Request, channel: str, thread_ts: str) -> dict[str, Any]:
    """Where it is asked, as it is kept in the wish's option `asked`."""
    return {"post_id": f"ask:{request.request_id}:{channel}", "channel": channel, "thread_ts": thread_ts}


async def ask(tx: Tx, request: Request, where: dict[str, Any], message: Message) -> None:
    """Ask there, or change what was asked there."""
    await put(
        tx,
        Post(
            post_id=where["post_id"],
            team=request.team,
            channel=where["channel"],
            thread_ts=where["thread_ts"],
            kind="ask",
            text=message.text,
            blocks=message.blocks,
            urgency=0,
            depends_on_live=False,
        ),
    )


async def settle(tx: Tx, request: Request, message: Message) -> None:
    """Whatever was asked about the wish has its answer: `message` takes its place, without buttons."""
    for where in request.options.get("asked", ()):
        await ask(tx, request, where, message)


async def expire(desk: Desk) -> int:
    """End the wishes that waited for a day, and say so where they were asked about; how many. For a loop that sweeps."""

    async def work(tx: Tx) -> int:
        ended = await requests.expire(tx)
        for request in ended:
            await settle(tx, request, Message(GONE))
        return len(ended)

    count = await desk.db.write(work)
    if count:
        desk.poke()
    return count
