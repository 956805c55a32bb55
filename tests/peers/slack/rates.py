"""Rate limits. https://docs.slack.dev/apis/web-api/rate-limits"""

from __future__ import annotations

import math
from collections import deque

from tests.peers.slack.clock import PeerClock
from tests.peers.slack.limits import LIMITS

TIERS = {tier: LIMITS[f"rate.tier{tier}"].value for tier in (1, 2, 3, 4)}
MINUTE = 60.0
BURST = 5
"""Posts to a channel that may come at once. Slack allows "short bursts" without a figure; this one is ours."""


class Rates:
    """Counts calls: per method and workspace within a minute; chat.postMessage per channel as a bucket.

    `on` is true unless a test says so. Times are those of the peer's clock.
    """

    def __init__(self, clock: PeerClock) -> None:
        self.clock = clock
        self.on = True
        self._calls: dict[tuple[str, str], deque[float]] = {}
        self._buckets: dict[tuple[str, str], tuple[float, float]] = {}

    def check(self, method: str, team_id: str, tier: int) -> float:
        """Counts a call; 0 when it is allowed, else the seconds until one is."""
        if not self.on or not tier:
            return 0.0
        now = self.clock.now()
        calls = self._calls.setdefault((team_id, method), deque())
        while calls and calls[0] <= now - MINUTE:
            calls.popleft()
        if len(calls) >= TIERS[tier]:
            return calls[0] + MINUTE - now
        calls.append(now)
        return 0.0

    def check_post(self, team_id: str, channel: str) -> float:
        """Counts a post to a channel; 0 when it is allowed, else the seconds until one is."""
        if not self.on:
            return 0.0
        per_second = LIMITS["rate.post"].value
        now = self.clock.now()
        filled, at = self._buckets.get((team_id, channel), (float(BURST), now))
        filled = min(float(BURST), filled + (now - at) * per_second)
        if filled < 1:
            self._buckets[team_id, channel] = (filled, now)
            return (1 - filled) / per_second
        self._buckets[team_id, channel] = (filled - 1, now)
        return 0.0

    def retry_after(self, seconds: float) -> int:
        """The header's whole seconds of wall time for `seconds` of the peer's clock; at least 1."""
        return max(1, math.ceil(self.clock.wall(seconds)))
