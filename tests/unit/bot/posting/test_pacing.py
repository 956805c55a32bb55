"""Budgets of calls, measured as Slack measures them."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from omoi_bot.slack_api.pacing import MINUTE, Bucket, Window
from omoi_bot.store.clock import Clock


@dataclass(frozen=True)
class Hand(Clock):
    """A clock that is moved by hand."""

    moved: tuple[list[float], ...] = ()

    def monotonic(self) -> float:
        return self.moved[0][0]

    def move(self, seconds: float) -> None:
        self.moved[0][0] += seconds


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 20), st.floats(0, 3), st.floats(0, 1)), max_size=60), st.integers(1, 8))
def test_no_minute_ever_sees_more_than_the_limit(calls: list[tuple[float, float, float]], limit: int) -> None:
    """Slack counts a call somewhere between its start and its answer."""
    clock = Hand(moved=([0.0],))
    window = Window(clock, limit)
    counted: list[float] = []
    for pause, taken, share in calls:
        clock.move(pause)
        while wait := window.wait():
            clock.move(wait + 1e-6)
        window.begin()
        counted.append(clock.monotonic() + taken * share)
        clock.move(taken)
        window.end()
    for at in counted:
        assert sum(at - MINUTE < other <= at for other in counted) <= limit


def test_what_is_under_way_counts_and_what_never_left_does_not() -> None:
    clock = Hand(moved=([0.0],))
    window = Window(clock, 2)
    window.begin()
    window.begin()
    assert window.wait() > 0
    window.end(counted=False)
    assert window.wait() == 0 and window.wait(keep=1) > 0
    window.block(7)
    assert window.wait() == 7
    clock.move(7)
    assert window.wait() == 0


def test_a_bucket_gives_its_burst_and_then_its_rate() -> None:
    clock = Hand(moved=([0.0],))
    bucket = Bucket(clock, 1.0, 3.0)
    for _ in range(3):
        assert bucket.wait() == 0
        bucket.take()
    assert bucket.wait() == 1.0
    clock.move(1.0)
    assert bucket.wait() == 0
    bucket.block(5)
    assert bucket.wait() == 5
    clock.move(100)
    assert bucket.wait() == 0
