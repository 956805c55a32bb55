"""Budgets of calls, so that Slack need not refuse them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from omoi_bot.store.clock import Clock

MINUTE = 60.0


class Window:
    """At most `limit` calls within any minute, however Slack counts them.

    A call counts from its start until a minute after its answer: Slack counted it somewhere between.
    """

    def __init__(self, clock: Clock, limit: int) -> None:
        self.limit = limit
        self._clock = clock
        self._ended: deque[float] = deque()
        self._under_way = 0
        self._blocked_until = 0.0

    @property
    def used(self) -> int:
        """Calls that count now."""
        now = self._clock.monotonic()
        while self._ended and self._ended[0] <= now - MINUTE:
            self._ended.popleft()
        return len(self._ended) + self._under_way

    def wait(self, keep: int = 0) -> float:
        """Seconds until a call may start that leaves `keep` calls of the minute to others; 0 = now."""
        now = self._clock.monotonic()
        blocked = max(0.0, self._blocked_until - now)
        over = self.used - (self.limit - keep) + 1
        if over <= 0:
            return blocked
        if over > len(self._ended):
            return max(blocked, 0.05)
        return max(blocked, self._ended[over - 1] + MINUTE - now)

    def begin(self) -> None:
        """A call starts."""
        self._under_way += 1

    def end(self, counted: bool = True) -> None:
        """It was answered, or not; `counted` False when it never left."""
        self._under_way -= 1
        if counted:
            self._ended.append(self._clock.monotonic())

    def block(self, seconds: float) -> None:
        """Slack named a time (Retry-After) before which nothing may come."""
        self._blocked_until = max(self._blocked_until, self._clock.monotonic() + seconds)

    def remember(self, ages: Iterable[float]) -> None:
        """Calls of another process so many seconds ago count too."""
        now = self._clock.monotonic()
        self._ended = deque(sorted([*self._ended, *(now - age for age in ages)]))


class Bucket:
    """`burst` calls at once, `rate` a second in the long run."""

    def __init__(self, clock: Clock, rate: float, burst: float) -> None:
        self.rate = rate
        self.burst = burst
        self._clock = clock
        self._filled = burst
        self._at = clock.monotonic()
        self._blocked_until = 0.0

    def wait(self) -> float:
        """Seconds until the next call may start; 0 = now."""
        self._fill()
        blocked = max(0.0, self._blocked_until - self._at)
        return blocked if self._filled >= 1 else max(blocked, (1 - self._filled) / self.rate)

    def take(self) -> None:
        """A call starts."""
        self._fill()
        self._filled -= 1

    def block(self, seconds: float) -> None:
        """Slack named a time (Retry-After) before which nothing may come."""
        self._fill()
        self._filled = min(self._filled, 0.0)
        self._blocked_until = max(self._blocked_until, self._at + seconds)

    def _fill(self) -> None:
        now = self._clock.monotonic()
        self._filled = min(self.burst, self._filled + (now - self._at) * self.rate)
        self._at = now
