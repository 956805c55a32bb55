"""The peer's clock for limits and lifetimes, which a test may speed up or push forward."""

from __future__ import annotations

import asyncio
import time


class PeerClock:
    """Seconds since the epoch, running `rate` times as fast as the wall clock.

    It measures what Slack measures: rate limits, the life of triggers and response URLs, the pauses between retries.
    Message timestamps are wall time, because other programs compare them with their own clock.
    """

    def __init__(self, rate: float = 1.0) -> None:
        if rate <= 0:
            raise ValueError(f"clock_rate is {rate}; it must be above 0, for example 60 for a minute in a second")
        self.rate = rate
        self._began = time.monotonic()
        self._origin = time.time()
        self._pushed = 0.0
        self._moved = asyncio.Event()

    def now(self) -> float:
        return self._origin + self._pushed + (time.monotonic() - self._began) * self.rate

    def advance(self, seconds: float) -> None:
        """Lets `seconds` pass at once; whoever sleeps on this clock notices."""
        self._pushed += seconds
        moved, self._moved = self._moved, asyncio.Event()
        moved.set()

    def wall(self, seconds: float) -> float:
        """How long `seconds` of this clock take on the wall clock."""
        return seconds / self.rate

    async def sleep(self, seconds: float) -> None:
        until = self.now() + seconds
        while (left := until - self.now()) > 0:
            try:
                await asyncio.wait_for(self._moved.wait(), self.wall(left))
            except TimeoutError:
                return
