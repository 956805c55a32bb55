"""How long to wait before the next try."""

from __future__ import annotations

import random
from collections.abc import Callable

FIRST_SECONDS = 0.1
LIMIT_SECONDS = 5.0

_chance = random.SystemRandom()


class Backoff:
    """Doubling pauses with jitter, so that thousands of clients that lost one server do not come back as one wave.

    Each pause is drawn evenly from half to all of a step, and the step doubles from FIRST_SECONDS to LIMIT_SECONDS.
    """

    def __init__(
        self,
        first: float = FIRST_SECONDS,
        limit: float = LIMIT_SECONDS,
        uniform: Callable[[float, float], float] = _chance.uniform,
    ) -> None:
        self._first = first
        self._limit = limit
        self._uniform = uniform
        self._step = first

    def pause(self) -> float:
        """Seconds to wait now."""
        step = self._step
        self._step = min(step * 2, self._limit)
        return self._uniform(step / 2, step)

    def reset(self) -> None:
        """After a success: begin again with short pauses."""
        self._step = self._first
