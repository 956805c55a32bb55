"""One step of one post: send it, change it, or look whether it is there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, timedelta
from typing import Any, TypeVar

import structlog

from omoi_bot.posting.pace import Pace, Step
from omoi_bot.slack_api import LIMITED, SlackApi, SlackAway, SlackRefused
from omoi_bot.store import outbox
from omoi_bot.store.database import Database, Tx
from omoi_bot.store.outbox import Intent, Lease, OnGone, Open

log = structlog.get_logger()
T = TypeVar("T")

EVENT_TYPE = "omoi_post"
EARLIER = timedelta(seconds=5)
LOOK_UP_PAGE = 15
MOST_LOOKED_AT = 300
"""Messages read to find a lost post (slack-rules 20), beginning EARLIER than its intent."""

BAD_BLOCKS = frozenset({"invalid_blocks", "invalid_blocks_format", "msg_blocks_too_long", "msg_too_long"})
LOCKED_OUT = frozenset(
    {"invalid_auth", "not_authed", "account_inactive", "token_revoked", "token_expired", "org_login_required"}
)
"""The workspace's token does not work. Nothing is given up: everything waits until it does."""

AGAIN_SECONDS = 10.0
"""The longest pause before a post that got no answer, and is not there, is sent again."""

PLAN_TYPES = frozenset({"plan", "task_card"})


class LockedOut(Exception):
    """Slack does not take the workspace's token now. The message is Slack's word."""


class Limited(Exception):
    """Slack named a time, in seconds, before which this call may not come again."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"limited for {seconds} s")
        self.seconds = seconds


class Steps:
    """Takes the steps for one workspace, under its lease."""

    def __init__(
        self, slack: SlackApi, db: Database, pace: Pace, on_gone: OnGone, reached: Callable[[str], None]
    ) -> None:
        self._slack = slack
        self._db = db
        self._pace = pace
        self._on_gone = on_gone
        self._reached = reached

    async def take(self, step: Step, row: Open, lease: Lease) -> bool:
        """Take the step; whether Slack was asked. SlackAway, Limited, LockedOut, LostClaim or DatabaseAway end it early;
        nothing is lost by that."""
        if step == "post":
            return await self._post(row.post_id, lease)
        if step == "update":
            return await self._update(row.post_id, lease)
        return await self._look_up(row.post_id, lease)

    async def _post(self, post_id: str, lease: Lease) -> bool:
        self._reached("post.before_intent")
        intent, begun = await self._begin(outbox.intend, post_id, lease)
        if intent is None:
            return False
        self._reached("post.intended")
        if intent.thread_ts == "missing":
            await self._give_up(intent, "thread_missing")
            return False
        try:
            ts = await self._in_forms(intent, begun, self._send_new)
        except Limited:
            await self._db.write(lambda tx: outbox.not_there(tx, intent, error=LIMITED))
            raise
        except LockedOut as error:
            word = str(error)
            await self._db.write(lambda tx: outbox.not_there(tx, intent, error=word))
            raise
        except SlackAway:
            if not intent.post.wanted.get("ephemeral_to"):
                raise
            # It cannot be found again, and seeing it twice is worse than not seeing it (slack-rules 13).
            ts = ""
        if ts is None:
            return True
        self._reached("post.called")
        await self._record(intent, intent.version, ts)
        self._reached("post.recorded")
        return True

    async def _update(self, post_id: str, lease: Lease) -> bool:
        self._reached("update.before_intent")
        intent, begun = await self._begin(outbox.intend_update, post_id, lease)
        if intent is None:
            return False
        self._reached("update.intended")
        if intent.post.wanted.get("withdrawn"):
            return await self._delete(intent)
        if await self._in_forms(intent, begun, self._send_change) is None:
            return True
        self._reached("update.called")
        await self._record(intent, intent.version, intent.post.ts)
        self._reached("update.recorded")
        return True

    async def _delete(self, intent: Intent) -> bool:
        post = intent.post
        try:
            await self._slack.delete(post.team, post.channel, post.ts)
        except SlackRefused as refusal:
            self._pass_on(refusal)
            log.info("post.not_deleted", post_id=post.post_id, error=refusal.error)
        await self._give_up(intent, "withdrawn")
        return True

    async def _look_up(self, post_id: str, lease: Lease) -> bool:
        self._reached("look_up.before")
        intent, _ = await self._begin(outbox.in_doubt, post_id, lease)
        if intent is None:
            return False
        post = intent.post
        if post.wanted.get("ephemeral_to"):
            await self._record(intent, post.intent_version, "")
            return False
        try:
            ts = await self._find(intent)
        except SlackRefused as refusal:
            await self._look_up_refused(intent, refusal)
            return True
        self._reached("look_up.asked")
        if ts:
            log.info("post.found", post_id=post_id)
            await self._record(intent, post.intent_version, ts)
        else:
            # One that fails each time must not hold up the others each time.
            wait = min(AGAIN_SECONDS, 0.25 * 2 ** min(post.attempts - 1, 10)) if post.attempts > 1 else 0.0
            await self._db.write(lambda tx: outbox.not_there(tx, intent, wait))
        self._reached("look_up.recorded")
        return True

    async def _find(self, intent: Intent) -> str:
        """The ts of the message that carries the post's id, or empty."""
        post = intent.post
        assert post.intent_at is not None, "a post that is SENDING has the time of its intent"
        real = self._db.clock.real(post.intent_at) - EARLIER
        oldest = f"{real.replace(tzinfo=UTC).timestamp():.6f}"
        limits: dict[str, Any] = {"oldest": oldest, "limit": LOOK_UP_PAGE, "most": MOST_LOOKED_AT}
        if intent.thread_ts:
            found = await self._slack.replies(post.team, post.channel, intent.thread_ts, **limits)
        else:
            found = await self._slack.history(post.team, post.channel, **limits)
        for message in found:
            metadata = message.get("metadata") or {}
            payload = metadata.get("event_payload") or {}
            if metadata.get("event_type") == EVENT_TYPE and payload.get("id") == post.post_id:
                return str(message["ts"])
        return ""

    async def _look_up_refused(self, intent: Intent, refusal: SlackRefused) -> None:
        """It waits: it is never sent blind."""
        if refusal.error in LOCKED_OUT:
            raise LockedOut(refusal.error)
        if refusal.error == "thread_not_found":
            await self._db.write(lambda tx: outbox.not_there(tx, intent))
            return
        wait = refusal.retry_after or self._pace.locked_out_seconds
        age = await self._db.write(lambda tx: outbox.later(tx, intent, wait, f"look-up: {refusal.error}"))
        log.warning("post.look_up_refused", post_id=intent.post.post_id, error=refusal.error, needed=refusal.needed)
        if refusal.error != LIMITED and age >= self._pace.look_up_seconds:
            await self._give_up(intent, refusal.error)

    async def _begin(
        self, begin: Callable[[Tx, Lease, str, float], Awaitable[Intent | None]], post_id: str, lease: Lease
    ) -> tuple[Intent | None, float]:
        begun = self._db.clock.monotonic()
        return await self._db.write(lambda tx: begin(tx, lease, post_id, self._pace.lease_left)), begun

    async def _in_forms(
        self, intent: Intent, begun: float, send: Callable[[Intent, Sequence[Any]], Awaitable[str]]
    ) -> str | None:
        """Send it as wanted, else without its plan, else as plain text. None when it was given up."""
        blocks = intent.post.wanted["blocks"]
        plain = without_plan(blocks)
        forms = [blocks if intent.plan else plain]
        if forms[0] != plain:
            forms.append(plain)
        if plain:
            forms.append([])
        error = ""
        for form in forms:
            if self._db.clock.monotonic() - begun > self._pace.start_seconds:
                # This process stood still: somebody else may have the lease, and looks the post up first.
                raise SlackAway("posting", "the process stood still")
            try:
                return await send(intent, form)
            except SlackRefused as refusal:
                self._pass_on(refusal)
                error = refusal.error
                if error not in BAD_BLOCKS:
                    break
                if form != plain:
                    await self._db.write(lambda tx: outbox.refuse_plan(tx, intent.post.team))
                else:
                    log.error("post.invalid", post_id=intent.post.post_id, error=error, said=refusal.messages[:5])
        await self._give_up(intent, error)
        return None

    async def _send_new(self, intent: Intent, blocks: Sequence[Any]) -> str:
        post, wanted = intent.post, intent.post.wanted
        if wanted.get("ephemeral_to"):
            await self._slack.post_ephemeral(
                post.team, post.channel, wanted["ephemeral_to"], wanted["text"], blocks, thread_ts=intent.thread_ts
            )
            return ""
        more: dict[str, Any] = {"metadata": {"event_type": EVENT_TYPE, "event_payload": {"id": post.post_id}}}
        if intent.thread_ts:
            more["thread_ts"] = intent.thread_ts
            if wanted.get("reply_broadcast"):
                more["reply_broadcast"] = True
        return await self._slack.post_message(post.team, post.channel, wanted["text"], blocks, **more)

    async def _send_change(self, intent: Intent, blocks: Sequence[Any]) -> str:
        post = intent.post
        await self._slack.update(post.team, post.channel, post.ts, post.wanted["text"], blocks)
        return post.ts

    async def _record(self, intent: Intent, version: int, ts: str) -> None:
        await self._db.write(lambda tx: outbox.shown(tx, intent, version, ts))

    async def _give_up(self, intent: Intent, error: str) -> None:
        if error != "withdrawn":
            log.error("post.gone", post_id=intent.post.post_id, kind=intent.post.kind, error=error)
        await self._db.write(lambda tx: outbox.gone(tx, intent, error, self._on_gone))

    @staticmethod
    def _pass_on(refusal: SlackRefused) -> None:
        if refusal.error == LIMITED:
            raise Limited(refusal.retry_after)
        if refusal.error in LOCKED_OUT:
            raise LockedOut(refusal.error)


def without_plan(blocks: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The blocks for a workspace that does not take plans."""
    return [block for block in blocks if block.get("type") not in PLAN_TYPES]
