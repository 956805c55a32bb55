"""The steps of a post in the database. Each is one transaction that holds the workspace's lease."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, select, update

from omoi_bot.store import conversations, leases, records, workspaces
from omoi_bot.store.clock import after
from omoi_bot.store.database import Tx
from omoi_bot.store.posts import PROGRESS, Kept, get, lock
from omoi_bot.store.tables import posts
from omoi_bot.store.tables import workspaces as workspace_table

OnGone = Callable[[Tx, Kept], Awaitable[None]]
"""Called in the transaction that gives a post up; `error` is Slack's word for why. What it puts is stored with it. Who
needs more than the database for it takes `posts.untold` instead, which survives a death."""

PLAN_REFUSED = timedelta(days=1)
"""How long a workspace that refused a plan block is not asked again (slack-rules 4)."""


@dataclass(frozen=True)
class Lease:
    """The right to send to a workspace: the lease's name, who holds it, and its fence."""

    team: str
    owner: str
    fence: int

    @property
    def name(self) -> str:
        return lease_name(self.team)


@dataclass(frozen=True)
class Open:
    """What choosing needs to know of a post with something left to be sent."""

    post_id: str
    channel: str
    line: str
    ordinal: int
    spec_id: str
    urgency: int
    state: str
    depends_on_live: bool
    attempts: int
    intent_at: datetime | None
    not_before: datetime | None
    dirty_since: datetime | None
    sent_at: datetime | None


@dataclass(frozen=True)
class Intent:
    """What is about to be sent: the post as it was wanted at version `version`."""

    post: Kept
    thread_ts: str
    plan: bool
    """Whether the workspace takes plan blocks, as far as is known."""

    @property
    def version(self) -> int:
        return self.post.wanted_version


def lease_name(team: str) -> str:
    """The lease of whoever sends to this workspace."""
    return f"send:{team}"


async def teams(tx: Tx) -> list[str]:
    """Workspaces that may want something sent: all that have Omoi, and all with open posts that did not remove it."""
    known = set((await tx.conn.execute(select(posts.c.team).where(posts.c.open).distinct())).scalars())
    known |= {workspace.team for workspace in await workspaces.installed(tx)}
    removed = select(workspace_table.c.team).where(workspace_table.c.removed_at.is_not(None))
    return sorted(known - set((await tx.conn.execute(removed)).scalars()))


async def open_posts(tx: Tx, team: str) -> list[Open]:
    """Everything of this workspace that Slack does not show as wanted."""
    query = select(*records.columns(Open, posts)).where(posts.c.team == team, posts.c.open)
    return await records.every(tx, Open, query)


async def ages_of_updates(tx: Tx, team: str, seconds: float) -> list[float]:
    """How long ago messages were last changed, within `seconds`: what an earlier sender used of the budget."""
    c = posts.c
    since = tx.now - timedelta(seconds=seconds)
    query = select(c.sent_at).where(c.team == team, c.shown_version > 1, c.sent_at > since)
    return sorted(((tx.now - at).total_seconds() for at in (await tx.conn.execute(query)).scalars()), reverse=True)


async def intend(tx: Tx, lease: Lease, post_id: str, left: float) -> Intent | None:
    """About to send a new message: from here on nobody knows whether it is there, until its ts is recorded.

    None when there is nothing to send (any more). LostClaim unless the lease is ours for `left` seconds.
    """
    await leases.check(tx, lease.name, lease.owner, lease.fence, left=left)
    post = await lock(tx, post_id)
    if post is None or post.state != "WANTED":
        return None
    new = {
        "state": "SENDING",
        "intent_at": tx.now,
        "intent_version": post.wanted_version,
        "intent_fence": lease.fence,
        "not_before": None,
        "attempts": post.attempts + 1,
    }
    await records.change(tx, posts, {"post_id": post_id}, new)
    return await _intent(tx, post)


async def intend_update(tx: Tx, lease: Lease, post_id: str, left: float) -> Intent | None:
    """About to change a message; doing so twice does no harm, so nothing is recorded before."""
    await leases.check(tx, lease.name, lease.owner, lease.fence, left=left)
    post = await get(tx, post_id)
    if post is None or post.state != "SENT" or post.shown_version >= post.wanted_version:
        return None
    return await _intent(tx, post)


async def in_doubt(tx: Tx, lease: Lease, post_id: str, left: float) -> Intent | None:
    """A post of which nobody knows whether it is there."""
    await leases.check(tx, lease.name, lease.owner, lease.fence, left=left)
    post = await get(tx, post_id)
    return await _intent(tx, post) if post is not None and post.state == "SENDING" else None


async def shown(tx: Tx, intent: Intent, version: int, ts: str) -> bool:
    """Slack shows this version; of a new message `ts` is what Slack named it. False when that was known already."""
    c = posts.c
    post = intent.post
    fresh = post.state != "SENT"
    key = (c.post_id == post.post_id, c.shown_version < version, c.state == ("SENDING" if fresh else "SENT"))
    done = c.wanted_version <= version
    new: dict[str, Any] = {
        "state": "SENT",
        "ts": ts,
        "shown_version": version,
        "open": case((done, False), else_=True),
        "dirty_since": case((done, None), else_=tx.now),
        # What is left was put meanwhile; its own urgency is at least this one's, or it is the same again.
        "urgency": case((done, PROGRESS), else_=c.urgency),
        "sent_at": tx.now,
        "attempts": 0,
        "not_before": None,
        "error": "",
    }
    if (await tx.conn.execute(update(posts).where(*key).values(**new))).rowcount != 1:
        return False
    if fresh and not intent.thread_ts and not post.wanted.get("ephemeral_to"):
        await conversations.thread_began(tx, post.post_id, ts)
    return True


async def not_there(tx: Tx, intent: Intent, wait: float = 0.0, error: str = "") -> None:
    """Slack surely does not show it: it is sent (again) after `wait` seconds."""
    c = posts.c
    query = update(posts).where(c.post_id == intent.post.post_id, c.state == "SENDING")
    await tx.conn.execute(query.values(state="WANTED", not_before=after(tx.now, wait), error=error))


async def later(tx: Tx, intent: Intent, wait: float, error: str) -> float:
    """Look again after `wait` seconds; how long ago it was sent, in seconds."""
    new = {"not_before": after(tx.now, wait), "error": error}
    await records.change(tx, posts, {"post_id": intent.post.post_id}, new)
    return 0.0 if intent.post.intent_at is None else (tx.now - intent.post.intent_at).total_seconds()


async def gone(tx: Tx, intent: Intent, error: str, on_gone: OnGone) -> bool:
    """Slack will never show it (or not any more). Whoever wants to know is told in this transaction, once."""
    c = posts.c
    query = update(posts).where(c.post_id == intent.post.post_id, c.state != "GONE")
    silent = bool(intent.post.wanted.get("withdrawn"))
    if (await tx.conn.execute(query.values(state="GONE", open=False, error=error, told=silent))).rowcount != 1:
        return False
    kept = await get(tx, intent.post.post_id)
    if kept is not None and not kept.wanted.get("withdrawn"):
        await on_gone(tx, kept)
    return True


async def refuse_plan(tx: Tx, team: str) -> None:
    """The workspace does not take plan blocks: not asked again for a day."""
    await workspaces.change(tx, team, plan_refused_until=tx.now + PLAN_REFUSED)


async def _intent(tx: Tx, post: Kept) -> Intent:
    workspace = await workspaces.get(tx, post.team)
    refused = workspace.plan_refused_until if workspace is not None else None
    thread_ts = post.thread_ts
    if post.under and not thread_ts:
        root = await get(tx, post.under)
        # Without its first message there is no thread; the post is given up and its owner told.
        thread_ts = root.ts if root is not None and root.state == "SENT" else "missing"
    return Intent(post, thread_ts, refused is None or refused <= tx.now)
