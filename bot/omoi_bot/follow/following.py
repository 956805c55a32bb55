"""One spec: from its events to the posts of its thread, in rounds.

A round takes a snapshot and the events up to exactly that moment, and stores cursor, memory and posts in one transaction
that checks the lease: a process that died or lost the lease in between has told nothing.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime

import structlog

from omoi_bot.blocks.model import SpecView
from omoi_bot.follow import approvers, asking, linking, reacting, sessions, silence, urgency
from omoi_bot.follow.cards import Live, Telling
from omoi_bot.follow.dressing import dress
from omoi_bot.follow.happenings import Happening
from omoi_bot.follow.log import EventLog
from omoi_bot.follow.memory import Memory, dump, load
from omoi_bot.follow.moving import SHARED, became_shared, lost_place, move_to_dm
from omoi_bot.follow.room import Also, Room, nothing
from omoi_bot.follow.scene import Scene, set_scene
from omoi_bot.follow.showing import post_of
from omoi_bot.follow.story import begin_anew, live_id, tell
from omoi_bot.posting import put
from omoi_bot.slack_api import SlackAway
from omoi_bot.store import conversations, follows, home_views
from omoi_bot.store.clock import real_now
from omoi_bot.store.database import Tx
from omoi_bot.store.follows import Follow

_AFTERWARDS = (
    asking.ask_absent,
    asking.remind,
    linking.keep_link,
    linking.point_at_gate,
    sessions.keep_session,
    reacting.react,
)

REACH_SECONDS = 10.0
"""How long a round waits for the events that its snapshot has seen; then it takes a new snapshot."""

log = structlog.get_logger()


class Following:
    """The follow of one spec, held by this process until `run` returns or is cancelled."""

    def __init__(self, room: Room, follow: Follow) -> None:
        self._room = room
        self._follow = follow
        self._memory = load(follow.snapshot)
        self._log = EventLog(room.backend, follow.spec_id, follow.cursor, room.clock)
        self._shown: SpecView | None = None
        self._last_round = -room.pace.progress
        self._look_at = 0.0
        self._silent_since: datetime | None = None
        self._stopping = False
        self.told_anything = False
        """Something was stored since this began; what fails now is a new fault."""

    def stop(self) -> None:
        """Let the round that is under way end, and begin no other."""
        self._stopping = True
        self._log.wake()

    def look(self) -> None:
        """Have a round soon, events or not."""
        self._look_at = 0.0
        self._log.wake()

    async def run(self) -> None:
        """Tell until the follow ends or is stopped. Raises LostClaim, and what the server and the database refuse."""
        reading = asyncio.create_task(self._log.fill())
        try:
            while not self._stopping and await self.round():
                await self._wait()
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    async def _wait(self) -> None:
        """Until a round is due: at once for what matters, after a pause for progress, later for silence and the queue."""
        clock, pace = self._room.clock, self._room.pace
        while self._log.broken is None and not self._stopping:
            due, soonest = self._look_at, self._log.soonest
            if soonest is not None:
                due = 0.0 if soonest < urgency.PROGRESS else min(due, self._last_round + pace.progress)
            if (left := due - clock.monotonic()) <= 0:
                return
            await self._log.arrival(left)

    async def round(self) -> bool:
        """Tell what is new. False when nothing will come any more."""
        if self._log.broken is not None:
            raise self._log.broken
        view = await self._room.backend.snapshot(self._follow.spec_id)
        if not await self._log.reach(view.sequence, REACH_SECONDS):
            return True
        scene = await set_scene(self._room, self._follow.spec_id)
        if scene is None:
            await self._room.db.write(lambda tx: follows.end(tx, self._follow))
            return False
        if error := lost_place(scene):
            return await self._move(scene, error)
        events = self._log.up_to(view.sequence)
        now = real_now()
        self._silent_since = silence.silent_since(view, now, self._room.silence)
        memory, told = self._tell(scene, events, view)
        if any(telling.kind != "live" for telling in told) and (elsewhere := await self._shut(scene)) is not None:
            return elsewhere
        if told:
            shown = dress(view, memory, self._silent_since)
            scene = await scene.with_people(self._room, told)
            scene = await approvers.for_gates(self._room, scene, told, shown)
            scene = await linking.with_distance(self._room, scene, told)
            await self._store(scene, shown, memory, told, max(view.sequence, self._follow.cursor), events)
        await self._afterwards(scene, view)
        self._last_round = self._room.clock.monotonic()
        self._look_at = self._last_round + self._next_look(scene, view, now)
        return not await self._over(view, now)

    async def _move(self, scene: Scene, error: str) -> bool:
        """Take the report elsewhere; the next round tells it there. While Slack is away it stays untold."""
        try:
            await move_to_dm(self._room, scene.conversation, error)
        except SlackAway:
            await self._room.clock.sleep(self._room.pace.seek)
        self._look_at = 0.0
        return True

    async def _shut(self, scene: Scene) -> bool | None:
        """None when the words of the work may be said where the report is. Before each of them, for a channel can be shared
        with another organisation at any time; until Slack tells, nothing is said."""
        try:
            return await self._move(scene, SHARED) if await became_shared(self._room, scene) else None
        except SlackAway as error:
            log.warning("follow.waits", spec_id=self._follow.spec_id, error=str(error))
            await self._room.clock.sleep(self._room.pace.seek)
            return True

    def _tell(self, scene: Scene, events: tuple[Happening, ...], view: SpecView) -> tuple[Memory, list[Telling]]:
        """Without events there is something to tell only when the silence, the queue or the place changed."""
        memory, told = self._memory, list[Telling]()
        if scene.moves != memory.round:
            memory, told = begin_anew(memory, view.spec_id, scene.moves)
        silent = self._silent_since is not None
        soon = None
        if silent != memory.silent:
            memory, soon = replace(memory, silent=silent), urgency.CHANGE
        elif self._shown is not None and _visible(view) != _visible(self._shown):
            soon = urgency.PROGRESS
        if events:
            memory, more = tell(memory, events, view, scene.verbosity)
            told += more
        elif soon is not None:
            told.append(Telling(live_id(view.spec_id, memory.round), "live", soon, Live()))
        self._shown = view
        return memory, told

    async def _store(
        self,
        scene: Scene,
        view: SpecView,
        memory: Memory,
        told: list[Telling],
        cursor: int,
        events: tuple[Happening, ...],
    ) -> None:
        shown = (post_of(telling, scene, view, memory) for telling in _last_words(told))
        posts = [post for post in shown if post is not None]

        async def work(tx: Tx) -> Follow:
            follow = await follows.advance(tx, self._follow, cursor, dump(memory))
            for post in posts:
                await put(tx, post)
            await self._keep_conversation(tx, memory)
            return follow

        self._follow = await self._room.db.write(work)
        self._memory = memory
        self._log.told(cursor)
        self.told_anything = True
        self._room.wake_sender()
        if min(telling.urgency for telling in told) < urgency.PROGRESS:
            await self._refresh_homes(scene)

    async def _refresh_homes(self, scene: Scene) -> None:
        """Poke the Homes of the workspace that somebody has open."""
        async with self._room.db.read() as tx:
            since = tx.now - self._room.pace.home
            opened = await home_views.opened_since(tx, since)
        identities = [home.identity for home in opened if home.team in ("", scene.conversation.team)]
        if identities:
            await self._room.refresh_home(identities)

    async def _keep_conversation(self, tx: Tx, memory: Memory) -> None:
        """The thread is free for another spec once this one is finished or stopped, and taken again when it goes on."""
        spec_id = self._follow.spec_id
        over = memory.end is not None and memory.end.outcome != "FAILED"
        was_over = self._memory.end is not None and self._memory.end.outcome != "FAILED"
        if over and not was_over:
            await conversations.end(tx, spec_id)
        elif was_over and not over:
            await self._take_thread_again(tx)

    async def _take_thread_again(self, tx: Tx) -> None:
        own = await conversations.of_spec(tx, self._follow.spec_id)
        if own is None:
            return
        other = await conversations.live_in_thread(tx, own.team, own.channel, own.thread_ts) if own.thread_ts else None
        if other is None:
            await conversations.change(tx, own.spec_id, live=True, ended_at=None)

    async def remember(self, change: Memory, also: Also = nothing) -> None:
        """Store a changed memory, and what `also` writes, in one transaction."""

        async def work(tx: Tx) -> Follow:
            follow = await follows.advance(tx, self._follow, self._follow.cursor, dump(change))
            await also(tx)
            return follow

        self._follow = await self._room.db.write(work)
        self._memory = change

    async def _afterwards(self, scene: Scene, view: SpecView) -> None:
        """What needs Slack and may be repeated: copies for absent approvers, the link, the session, reactions. It never stops
        a round."""
        shown = dress(view, self._memory, self._silent_since)
        for step in _AFTERWARDS:
            changed = await step(self._room, scene, shown, self._memory)
            if changed is not None:
                await self.remember(*changed)
                self._room.wake_sender()

    def _next_look(self, scene: Scene, view: SpecView, now: datetime) -> float:
        """Seconds until something may have changed without an event."""
        pace = self._room.pace
        falls = silence.falls_silent_at(view, self._room.silence)
        if sessions.due(scene, view, self._memory):
            return min(pace.seek, pace.tick)
        if view.settled and self._memory.end is not None:
            return pace.rest
        waits = [pace.queue if view.queue_position > 0 else pace.tick]
        gate = self._memory.gate
        if not self._memory.live_link or (gate is not None and not (gate.sought and gate.link)):
            waits.append(pace.seek)
        if falls is not None and self._silent_since is None:
            waits.append(max(0.05, (falls - now).total_seconds() * self._room.clock.rate))
        return min(waits)

    async def _over(self, view: SpecView, now: datetime) -> bool:
        """An ended spec is let go some time after its end."""
        ended = self._memory.ended_at
        if not ended or not view.settled or now - datetime.fromisoformat(ended) < self._room.pace.kept:
            return False
        await self._room.db.write(lambda tx: follows.end(tx, self._follow))
        return True


def _last_words(told: list[Telling]) -> list[Telling]:
    """One telling per message, in the order in which they were first told, as urgent as the most urgent of them."""
    last: dict[str, Telling] = {}
    for telling in told:
        known = last.get(telling.post_id)
        last[telling.post_id] = replace(telling, urgency=min(telling.urgency, known.urgency)) if known else telling
    return list(last.values())


def _visible(view: SpecView) -> SpecView:
    """The view without what changes although nothing happened."""
    return replace(view, as_of=datetime.min, last_heartbeat=None, last_work=None, open_command=None, sequence=0)
