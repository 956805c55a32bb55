"""Sends to one workspace: holds its lease, looks what is open, and begins what the budgets allow."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable

import structlog

from omoi_bot.posting.pace import Budgets, Choice, Pace, Step, choose
from omoi_bot.posting.sending import Limited, LockedOut, Steps
from omoi_bot.slack_api import SlackApi, SlackAway
from omoi_bot.slack_api.pacing import MINUTE, Bucket, Window
from omoi_bot.slack_api.tiers import POST_BURST, POSTS_A_SECOND, UPDATES_A_MINUTE
from omoi_bot.store import leases, outbox
from omoi_bot.store.clock import Clock
from omoi_bot.store.database import Database, Tx
from omoi_bot.store.errors import LostClaim, StoreError
from omoi_bot.store.outbox import Lease, OnGone, Open

log = structlog.get_logger()


class WorkspaceSender:
    """One workspace's queues. A failure of one step fails that step; the loop goes on."""

    def __init__(
        self,
        team: str,
        slack: SlackApi,
        db: Database,
        owner: str,
        clock: Clock,
        pace: Pace,
        on_gone: OnGone,
        reached: Callable[[str], None],
    ) -> None:
        self.team = team
        self._db = db
        self._owner = owner
        self._clock = clock
        self._pace = pace
        self._steps = Steps(slack, db, pace, on_gone, reached)
        self._channels: dict[str, Bucket] = defaultdict(lambda: Bucket(clock, POSTS_A_SECOND, POST_BURST))
        self._budgets = Budgets(
            Window(clock, UPDATES_A_MINUTE),
            Bucket(clock, pace.progress_a_minute / MINUTE, pace.progress_burst),
            self._channels.__getitem__,
        )
        self._wake = asyncio.Event()
        self._busy: dict[str, asyncio.Task[None]] = {}
        self._lease: Lease | None = None
        self._lease_until = 0.0
        self._away = 0
        self._paused_until = 0.0
        self._failing: dict[str, float] = {}

    def poke(self) -> None:
        """Look now."""
        self._wake.set()

    async def run(self) -> None:
        """Until it is cancelled; then what is under way is finished and the lease given back."""
        try:
            while True:
                self._wake.clear()
                try:
                    wait = await self._look()
                except StoreError as error:
                    log.warning("sender.waits", team=self.team, error=str(error))
                    wait = self._pace.poll_seconds
                if wait > 0:
                    await self._clock.wait(self._wake, wait)
        finally:
            await asyncio.shield(self._end())

    async def _look(self) -> float:
        """Begin what may begin; the seconds until the next look."""
        lease = await self._hold()
        if lease is None:
            return self._pace.poll_seconds
        now = self._clock.monotonic()
        paused = self._paused_until - now
        # While Slack is away one request at a time finds out whether it is back.
        room = (1 if self._away else self._pace.in_flight) - len(self._busy)
        if room <= 0 or paused > 0:
            return min(max(paused, 0.0) or self._pace.poll_seconds, self._pace.poll_seconds)
        choice = await self._choose(room, now)
        for step, row in choice.steps:
            self._begin(step, row, lease)
        return 0.0 if choice.steps else choice.wait

    async def _choose(self, room: int, now: float) -> Choice:
        async with self._db.read() as tx:
            rows = await outbox.open_posts(tx, self.team)
        self._failing = {post_id: until for post_id, until in self._failing.items() if until > now}
        busy = {*self._busy, *self._failing}
        # A post whose step is under way is of a state that this snapshot may not show yet: its line waits.
        lines = {row.line for row in rows if row.post_id in busy and row.state != "SENT"}
        rows = [row for row in rows if row.state == "SENT" or row.line not in lines]
        return choose(rows, tx.now, self._budgets, busy, self._pace, room)

    async def _hold(self) -> Lease | None:
        """The lease, held for long enough to work; None while another process has it."""
        now = self._clock.monotonic()
        if self._lease is not None and self._lease_until - now > self._pace.lease_seconds * 0.75:
            return self._lease
        name = outbox.lease_name(self.team)
        fence = await self._db.write(lambda tx: leases.take(tx, name, self._owner, self._pace.lease_seconds))
        if fence is None:
            self._lease = None
            return None
        if self._lease is None or self._lease.fence != fence:
            log.info("sender.took_over", team=self.team, fence=fence)
            self._lease = Lease(self.team, self._owner, fence)
            await self._count_earlier()
        self._lease_until = now + self._pace.lease_seconds
        return self._lease

    async def _count_earlier(self) -> None:
        """What the sender before this one used of the minute counts for this one too."""
        async with self._db.read() as tx:
            ages = await outbox.ages_of_updates(tx, self.team, MINUTE)
        self._budgets.updates.remember(ages)

    def _begin(self, step: Step, row: Open, lease: Lease) -> None:
        if step == "post":
            self._channels[row.channel].take()
        elif step == "update":
            self._budgets.updates.begin()
            if row.urgency >= 2:
                self._budgets.progress.take()
        self._busy[row.post_id] = asyncio.create_task(self._take(step, row, lease), name=f"{step} {row.post_id}")

    async def _take(self, step: Step, row: Open, lease: Lease) -> None:
        asked = True
        try:
            asked = await self._steps.take(step, row, lease)
            self._away = 0
        except Limited as limited:
            if step == "update":
                self._budgets.updates.block(limited.seconds)
            else:
                self._channels[row.channel].block(limited.seconds)
            log.info("sender.limited", team=self.team, step=step, channel=row.channel, seconds=limited.seconds)
        except LockedOut as error:
            self._pause(self._pace.locked_out_seconds)
            log.error("sender.locked_out", team=self.team, error=str(error))
        except SlackAway as error:
            self._pause(self._pace.away_seconds[min(self._away, len(self._pace.away_seconds) - 1)])
            self._away += 1
            log.warning("sender.slack_away", team=self.team, step=step, post_id=row.post_id, error=str(error))
        except LostClaim:
            # Too little of it was left, or another process has it: the next look takes it again, or waits.
            self._lease_until = 0.0
        except StoreError as error:
            self._pause(self._pace.poll_seconds)
            log.warning("sender.database_away", team=self.team, error=str(error))
        except Exception:
            # A fault of ours must not stop the others; the post is tried again in a while.
            self._failing[row.post_id] = self._clock.monotonic() + self._pace.locked_out_seconds
            log.exception("sender.step_failed", team=self.team, step=step, post_id=row.post_id)
        finally:
            if step == "update":
                self._budgets.updates.end(asked)
            del self._busy[row.post_id]
            self._wake.set()

    def _pause(self, seconds: float) -> None:
        self._paused_until = max(self._paused_until, self._clock.monotonic() + seconds)

    async def _end(self) -> None:
        await asyncio.gather(*self._busy.values(), return_exceptions=True)
        name = outbox.lease_name(self.team)

        async def release(tx: Tx) -> None:
            await leases.release(tx, name, self._owner)

        try:
            await self._db.write(release)
        except StoreError as error:
            log.warning("sender.lease_kept", team=self.team, error=str(error))
