"""The end of one spec's event log, as it arrives: read ahead of what was told, never behind."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import aclosing

from omoi_bot.backend import Backend
from omoi_bot.follow import urgency
from omoi_bot.follow.happenings import Happening, connected, read
from omoi_bot.store.clock import Clock


class EventLog:
    """Events after `cursor`, each once and in order. Read it with `fill` in a task of its own."""

    def __init__(self, backend: Backend, spec_id: str, cursor: int, clock: Clock) -> None:
        self._backend = backend
        self._spec_id = spec_id
        self._clock = clock
        self._cursor = cursor
        self._events: list[Happening] = []
        self._early: dict[int, Happening] = {}
        self._arrived = asyncio.Event()
        self.broken: Exception | None = None
        """What ended the reading for good, such as NotFound for a spec that was deleted."""

    @property
    def last(self) -> int:
        """The newest event that is here."""
        return self._events[-1].sequence if self._events else self._cursor

    @property
    def soonest(self) -> int | None:
        """The most urgent class among what waits; None when nothing does."""
        return urgency.of_all(event.type for event in self._events) if self._events else None

    async def fill(self) -> None:
        """Read until cancelled. Interruptions are waited out by the client; what cannot be is kept in `broken`."""
        try:
            async with aclosing(self._backend.watch(self._spec_id, self._cursor)) as batches:
                async for batch in batches:
                    self._take(read(event) for event in batch.events)
        except Exception as error:
            self.broken = error
            self._arrived.set()

    def _take(self, happenings: Iterable[Happening]) -> None:
        """Add what connects. What came too early is kept until the rest is there."""
        self._early |= {happening.sequence: happening for happening in happenings if happening.sequence > self.last}
        if run := connected(self.last, self._early.values()):
            self._events += run
            self._early = {number: early for number, early in self._early.items() if number > self.last}
            self._arrived.set()

    async def arrival(self, seconds: float) -> None:
        """Wait for more, at most so long."""
        self._arrived.clear()
        if self.broken is None:
            await self._clock.wait(self._arrived, seconds)

    def wake(self) -> None:
        """End a wait for arrival."""
        self._arrived.set()

    async def reach(self, sequence: int, seconds: float) -> bool:
        """Wait until this event is here; whether it is."""
        deadline = self._clock.monotonic() + seconds
        while self.last < sequence and self.broken is None:
            left = deadline - self._clock.monotonic()
            if left <= 0:
                return False
            await self.arrival(left)
        return self.last >= sequence

    def up_to(self, sequence: int) -> tuple[Happening, ...]:
        """What is here up to this event."""
        return tuple(event for event in self._events if event.sequence <= sequence)

    def told(self, sequence: int) -> None:
        """Forget what was told."""
        self._events = [event for event in self._events if event.sequence > sequence]
        self._cursor = max(self._cursor, sequence)
