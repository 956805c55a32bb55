"""Follows every spec that somebody wants to hear about; several processes share the specs by leases."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import structlog

from omoi_bot.follow.following import Following
from omoi_bot.follow.moving import note_loss
from omoi_bot.follow.room import Room
from omoi_bot.posting import Kept, told
from omoi_bot.store import follows
from omoi_bot.store.database import Tx
from omoi_bot.store.errors import DatabaseAway, LostClaim
from omoi_bot.store.follows import Follow
from omoi_client.errors import NotFound, OmoiError

CLAIMED_AT_ONCE = 64
FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
"""Seconds between two tries after a fault of the server or of ours; doubled each time."""


STOP_SECONDS = 3.0
"""How long a stop waits for rounds that are under way."""

log = structlog.get_logger()


class Follower:
    """See the module. `run` it in a task of its own; cancel it to stop: what it holds is given back."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._now: dict[str, Following] = {}
        self._poked = asyncio.Event()

    def poke(self) -> None:
        """Look at once: a follow was started."""
        self._poked.set()

    @property
    def following(self) -> frozenset[str]:
        """Specs that this process follows now."""
        return frozenset(self._tasks)

    async def run(self) -> None:
        """Follow until cancelled."""
        clock, pace = self._room.clock, self._room.pace
        renewed = clock.monotonic()
        try:
            while True:
                self._poked.clear()
                try:
                    await self._claim()
                    if clock.monotonic() - renewed >= pace.renew:
                        await self._renew()
                        renewed = clock.monotonic()
                except DatabaseAway as error:
                    log.warning("follow.database_away", error=str(error))
                await clock.wait(self._poked, pace.claim)
        finally:
            await self._stop()

    async def gone(self, post: Kept, error: str) -> None:
        """Slack will never show this post: the report moves when its place is lost. Raises DatabaseAway.

        That it is known is stored with it, so that `posting.untold` names the post until then.

        A live message that is gone is found without being told, at the next look; this is quicker, and knows other posts.
        """

        async def note(tx: Tx) -> bool:
            await told(tx, post.post_id)
            return await note_loss(tx, replace(post, error=error))

        lost = await self._room.db.write(note)
        if lost and (following := self._now.get(post.spec_id)):
            following.look()

    async def _claim(self) -> None:
        """Start a task for each follow that nobody holds."""
        taken = await self._room.db.write(lambda tx: follows.take(tx, self._room.owner, CLAIMED_AT_ONCE))
        for follow in taken:
            self._start(follow)
        if len(taken) == CLAIMED_AT_ONCE:
            self.poke()

    def _start(self, follow: Follow) -> None:
        task = asyncio.create_task(self._follow(follow), name=f"follow {follow.spec_id}")
        self._tasks[follow.spec_id] = task
        task.add_done_callback(lambda done: self._finished(follow.spec_id, done))

    def _finished(self, spec_id: str, task: asyncio.Task[None]) -> None:
        if self._tasks.get(spec_id) is task:
            del self._tasks[spec_id]
            self._now.pop(spec_id, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("follow.stopped", spec_id=spec_id, error=repr(error))

    async def _follow(self, follow: Follow) -> None:
        """Follow until it ends or is lost; after a fault begin anew from what is stored."""
        pause = FIRST_PAUSE
        held: Follow | None = follow
        while held is not None:
            following = self._now[follow.spec_id] = Following(self._room, held)
            try:
                await following.run()
                return
            except LostClaim:
                return
            except NotFound:
                await self._spec_is_gone(held)
                return
            except (OmoiError, DatabaseAway) as error:
                log.warning("follow.interrupted", spec_id=follow.spec_id, error=str(error), pause=pause)
            except Exception as error:
                # A fault of ours in one spec must not end the others; it is logged each time with its place.
                log.exception("follow.failed", spec_id=follow.spec_id, error=repr(error), pause=pause)
            pause = FIRST_PAUSE if following.told_anything else min(pause * 2, LONGEST_PAUSE)
            await self._room.clock.sleep(pause)
            held = await self._reread(follow)

    async def _reread(self, follow: Follow) -> Follow | None:
        """The follow as it is stored; None when it is not ours any more. Waits for a database that is away."""
        while True:
            try:
                async with self._room.db.read() as tx:
                    now = await follows.get(tx, follow.spec_id)
            except DatabaseAway:
                await self._room.clock.sleep(FIRST_PAUSE)
                continue
            ours = now is not None and (now.owner, now.fence) == (follow.owner, follow.fence) and now.ended_at is None
            return now if ours else None

    async def _spec_is_gone(self, follow: Follow) -> None:
        """The server has no such spec: nothing will be told any more."""
        log.info("follow.spec_gone", spec_id=follow.spec_id)
        if (now := await self._reread(follow)) is not None:
            await self._room.db.write(lambda tx: follows.end(tx, now))

    async def _renew(self) -> None:
        """Hold what we follow longer; stop what another process took, take up what we hold and nobody follows."""
        kept = await self._room.db.write(lambda tx: follows.renew(tx, self._room.owner))
        for spec_id, task in list(self._tasks.items()):
            if spec_id not in kept:
                task.cancel()
        for spec_id in kept - self._tasks.keys():
            async with self._room.db.read() as tx:
                follow = await follows.get(tx, spec_id)
            if follow is not None and follow.owner == self._room.owner:
                self._start(follow)

    async def _stop(self) -> None:
        tasks = list(self._tasks.values())
        for following in self._now.values():
            following.stop()
        if tasks:
            await asyncio.wait(tasks, timeout=STOP_SECONDS)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

        async def give_back(tx: Tx) -> None:
            await follows.release(tx, self._room.owner)

        try:
            await self._room.db.write(give_back)
        except DatabaseAway:
            log.info("follow.not_released")  # the leases run out by themselves
