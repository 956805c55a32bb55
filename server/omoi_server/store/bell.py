"""The bell: wakes whoever waits for news. A ring carries no data that anyone trusts; the woken reads the store.

Use: subscribe, read after the cursor, wait (bell or poll), read again. Subscribing before reading is what makes a ring
between the two impossible to miss.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

JOBS = "jobs"
"""Topic: the dispatcher has something to look at."""

EVERYTHING = "*"
"""Topic that rings every ear: after a reconnect, or when the topics are too many to name."""


def spec_topic(spec_id: str) -> str:
    """The topic of one spec: events were written or its row changed."""
    return f"spec:{spec_id}"


class Ear:
    """One listener. Remembers a ring that came while nobody waited."""

    def __init__(self) -> None:
        self._rung = asyncio.Event()

    def hear(self) -> None:
        self._rung.set()

    async def wait(self, timeout: float) -> bool:
        """True as soon as it rang since the last wait; False after `timeout` seconds."""
        if not self._rung.is_set():
            try:
                async with asyncio.timeout(timeout):
                    await self._rung.wait()
            except TimeoutError:
                return False
        self._rung.clear()
        return True


class Bell:
    """Rings the ears of this process, and through `announce` those of others. To be used in one event loop."""

    def __init__(self) -> None:
        self._ears: dict[str, set[Ear]] = {}
        self._announce: Callable[[frozenset[str]], None] | None = None

    def announce_through(self, announce: Callable[[frozenset[str]], None] | None) -> None:
        """Pass every ring of this process on to `announce`, which must not block."""
        self._announce = announce

    def ring(self, topics: Iterable[str]) -> None:
        """Wake the ears of these topics here and, where there are other processes, there."""
        rung = frozenset(topics)
        if not rung:
            return
        self.ring_here(rung)
        if self._announce is not None:
            self._announce(rung)

    def ring_here(self, topics: Iterable[str]) -> None:
        """Wake the ears of this process only."""
        for topic in topics:
            if topic == EVERYTHING:
                for ears in self._ears.values():
                    for ear in ears:
                        ear.hear()
                return
            for ear in self._ears.get(topic, ()):
                ear.hear()

    @contextmanager
    def subscribe(self, *topics: str) -> Iterator[Ear]:
        """An ear for these topics as long as the context lasts."""
        ear = Ear()
        for topic in topics:
            self._ears.setdefault(topic, set()).add(ear)
        try:
            yield ear
        finally:
            for topic in topics:
                ears = self._ears[topic]
                ears.discard(ear)
                if not ears:
                    del self._ears[topic]
