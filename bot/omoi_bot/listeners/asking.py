"""What was asked about a kept wish, as posts: each place is asked once, and the answer takes the question's place."""

from __future__ import annotations

from typing import Any

from omoi_bot.blocks.model import Message
from omoi_bot.posting import Post, put
from omoi_bot.store.database import Tx
from omoi_bot.store.requests import Request


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
