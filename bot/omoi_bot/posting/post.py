"""What the bot wants to show, kept in its database until Slack shows it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog

from omoi_bot.blocks import limits
from omoi_bot.store import posts
from omoi_bot.store.database import Tx
from omoi_bot.store.posts import FIRST, PHASE

log = structlog.get_logger()

MOST_PLAIN = 3000


@dataclass(frozen=True)
class Post:
    """A message as it should look. The same `post_id` always means the same message.

    `thread_ts` is the thread it belongs to, or `under` the post whose message begins that thread (its ts need not be known
    yet); neither: a message of its own. `depends_on_live`: not before the live message of `spec_id` is there.
    """

    post_id: str
    team: str
    channel: str
    text: str
    blocks: Sequence[Mapping[str, Any]] = ()
    kind: str = ""
    urgency: int = PHASE
    thread_ts: str = ""
    under: str = ""
    spec_id: str = ""
    reply_broadcast: bool = False
    ephemeral_to: str = ""
    depends_on_live: bool = True


async def put(tx: Tx, post: Post) -> bool:
    """Want this message to be there and to look like this; whether that is news.

    A known one that looks otherwise is changed; one that is there as wanted, or that Slack will never show (GONE), is left
    alone. ValueError without a text: it is what phones and screen readers show.
    """
    wanted = _wanted(post)
    known = await posts.lock(tx, post.post_id)
    if known is None:
        await posts.add(tx, await _row(tx, post, wanted))
        return True
    if known.state == "GONE" or known.wanted == wanted or _final(known.wanted):
        return False
    clean = known.state == "SENT" and known.shown_version == known.wanted_version
    await posts.want(tx, known, wanted, post.urgency if clean else min(known.urgency, post.urgency))
    return True


async def withdraw(tx: Tx, post_id: str) -> bool:
    """Take the message away again (or never show it); whether it is known. It stays away."""
    known = await posts.lock(tx, post_id)
    if known is None:
        return False
    if known.state == "WANTED":
        await posts.never(tx, known, "withdrawn")
    elif known.state != "GONE" and not known.wanted.get("withdrawn"):
        await posts.want(tx, known, {**known.wanted, "withdrawn": True}, FIRST)
    return True


def _final(wanted: Mapping[str, Any]) -> bool:
    """Taken away for good, or shown to one person until they reload: never changed."""
    return bool(wanted.get("withdrawn") or wanted.get("ephemeral_to"))


async def _row(tx: Tx, post: Post, wanted: dict[str, Any]) -> dict[str, Any]:
    line = await _line(tx, post)
    return {
        "post_id": post.post_id,
        "team": post.team,
        "channel": post.channel,
        "thread_ts": post.thread_ts,
        "under": "" if post.thread_ts else post.under,
        "line": line,
        "spec_id": post.spec_id,
        "kind": post.kind,
        "urgency": post.urgency,
        "wanted": wanted,
        "depends_on_live": post.depends_on_live and bool(post.spec_id) and post.post_id != f"live:{post.spec_id}",
    }


async def _line(tx: Tx, post: Post) -> str:
    """The posts of a thread are one line, also those that were put before its first message had a ts."""
    key = post.under or post.post_id
    if post.thread_ts:
        root = await posts.of_message(tx, post.team, post.channel, post.thread_ts)
        key = root.post_id if root is not None and not root.thread_ts and not root.under else post.thread_ts
    return f"{post.team}/{post.channel}/{key}"


def _wanted(post: Post) -> dict[str, Any]:
    if not post.text.strip():
        raise ValueError(f"post {post.post_id} has no text; say in one sentence what it shows")
    text, blocks = post.text, [dict(block) for block in post.blocks]
    faults = limits.check({"text": text, "blocks": blocks}, "message")
    if faults:
        log.error("post.refused_by_own_check", post_id=post.post_id, faults=[str(fault) for fault in faults[:5]])
        text, blocks = text[:MOST_PLAIN], []
    wanted: dict[str, Any] = {"text": text, "blocks": blocks}
    if post.reply_broadcast:
        wanted["reply_broadcast"] = True
    if post.ephemeral_to:
        wanted["ephemeral_to"] = post.ephemeral_to
    return wanted
