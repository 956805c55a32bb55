"""How the measurements are taken and shown: interleaved rounds, medians, and ratios to a ceiling of the same round.

Absolute figures belong to one machine at one moment. A ratio taken inside one round sees the same machine on both sides.
"""

from __future__ import annotations

import cProfile
import logging
import os
import pstats
import statistics
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import structlog


@dataclass
class Series:
    """What the rounds brought for one case: a value each, and beside it whatever else was counted."""

    values: list[float] = field(default_factory=list)
    others: dict[str, list[float]] = field(default_factory=dict)

    def add(self, value: float, **others: float) -> None:
        """One round's value."""
        self.values.append(value)
        for name, other in others.items():
            self.others.setdefault(name, []).append(other)

    @property
    def median(self) -> float:
        return statistics.median(self.values)

    @property
    def spread(self) -> tuple[float, float]:
        """Smallest and largest value of all rounds."""
        return min(self.values), max(self.values)

    def other(self, name: str) -> float:
        """Median of a further count."""
        return statistics.median(self.others[name])

    def ratio_to(self, ceiling: Series) -> float:
        """Median of the ratios round by round, so that a slow moment of the machine counts on both sides."""
        return statistics.median(mine / its for mine, its in zip(self.values, ceiling.values, strict=True))


def rounds(count: int, cases: Sequence[str]) -> Iterator[tuple[int, str]]:
    """(round, case): every case once a round, each round in the other direction, so that drift hits all alike."""
    for number in range(count):
        for case in cases if number % 2 == 0 else reversed(cases):
            yield number, case


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` (0 to 1) of the values lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def show(headers: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
    """Print a table: first column to the left, the figures to the right."""
    cells = [list(headers), *([cell if isinstance(cell, str) else figure(cell) for cell in row] for row in rows)]
    widths = [max(len(row[n]) for row in cells) for n in range(len(headers))]
    for number, row in enumerate(cells):
        first = row[0].ljust(widths[0])
        print("  ".join([first, *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))]))
        if number == 0:
            print("  ".join("-" * width for width in widths))
    print(flush=True)


def figure(value: object) -> str:
    """A number with as many digits as mean something: 12,345 / 123 / 12.3 / 1.23 / 0.123."""
    if not isinstance(value, (int, float)):
        return str(value)
    size = abs(value)
    digits = 0 if size >= 100 or isinstance(value, int) else 1 if size >= 10 else 2 if size >= 1 else 3
    return f"{value:,.{digits}f}"


@contextmanager
def profiled(lines: int = 20) -> Iterator[None]:
    """Print where this thread's processor time goes, by time inside each function itself. Waiting counts nothing."""
    profiler = cProfile.Profile(time.thread_time)
    profiler.enable()
    try:
        yield
    finally:
        profiler.disable()
        pstats.Stats(profiler).strip_dirs().sort_stats("tottime").print_stats(lines)


def only_warnings() -> None:
    """Keep the product's log to what is wrong."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))


def announce(title: str, notes: Mapping[str, str] | None = None) -> Callable[[], None]:
    """Print what is measured; the returned function prints how long it took and how busy the machine was."""
    began, busy = time.monotonic(), os.getloadavg()[0]
    print(title)
    for name, note in (notes or {}).items():
        print(f"  {name}: {note}")
    print(flush=True)

    def done() -> None:
        seconds = time.monotonic() - began
        print(f"{seconds:.0f} s on {os.cpu_count()} CPUs, load average {busy:.1f} → {os.getloadavg()[0]:.1f}\n")

    return done
