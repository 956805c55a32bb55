"""Time for the whole bot. One clock per database: all processes that share it agree on what the time is.

A clock may run faster than the world, so that a test sees an hour of back-off in seconds. Its time is a function of
the real time alone, hence two processes with the same rate and origin read the same time.
"""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

EPOCH = datetime(2026, 1, 1)


def real_now() -> datetime:
    """The world's time, naive UTC."""
    return datetime.now(UTC).replace(tzinfo=None)


@dataclass(frozen=True)
class Clock:
    """`rate` seconds of bot time pass in one real second; both agree at `origin`."""

    rate: float = 1.0
    origin: datetime = EPOCH

    def of(self, real: datetime) -> datetime:
        """The bot's time at that real time."""
        return real if self.rate == 1.0 else self.origin + (real - self.origin) * self.rate

    def real(self, moment: datetime) -> datetime:
        """The real time at which the bot's clock shows `moment`; what another system's times are compared with."""
        return moment if self.rate == 1.0 else self.origin + (moment - self.origin) / self.rate

    def now(self) -> datetime:
        """The bot's time by this machine, naive UTC. What is stored takes `Tx.now`, the database's."""
        return self.of(real_now())

    def monotonic(self) -> float:
        """Seconds of bot time for measuring, unaffected by changes of the machine's clock."""
        return time.monotonic() * self.rate

    async def sleep(self, seconds: float) -> None:
        """Wait for so many seconds of bot time."""
        await asyncio.sleep(max(0.0, seconds) / self.rate)

    async def wait(self, event: asyncio.Event, seconds: float) -> bool:
        """Wait for the event, at most so many seconds of bot time; whether it is set."""
        try:
            async with asyncio.timeout(max(0.0, seconds) / self.rate):
                await event.wait()
        except TimeoutError:
            return event.is_set()
        return True


def after(moment: datetime, seconds: float) -> datetime:
    """So many seconds later."""
    return moment + timedelta(seconds=seconds)
