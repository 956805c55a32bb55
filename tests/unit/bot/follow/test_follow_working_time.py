"""Reminders come in the reader's own working hours."""

from __future__ import annotations

from datetime import datetime

import pytest

from omoi_bot.follow.working_time import after_working_hours, next_working_day
from omoi_bot.settings import WorkingHours

WEEK = WorkingHours.parse("Mon-Fri 9-17")


@pytest.mark.parametrize(
    ("start", "zone", "due"),
    [
        ("2026-11-16T10:00", "UTC", "2026-11-16T13:00"),  # Monday morning
        ("2026-11-16T16:00", "UTC", "2026-11-17T11:00"),  # one hour today, two tomorrow
        ("2026-11-20T16:30", "UTC", "2026-11-23T11:30"),  # over a weekend
        ("2026-11-21T03:00", "UTC", "2026-11-23T12:00"),  # asked on a Saturday night
        ("2026-11-16T14:00", "UTC", "2026-11-16T17:00"),  # just fits
        ("2026-11-16T10:00", "America/New_York", "2026-11-16T17:00"),  # 5 in the morning there: 9 + 3 h = 17 UTC
        ("2026-11-16T10:00", "Asia/Tokyo", "2026-11-17T03:00"),  # 19 there: 12 of the next day
        ("2026-11-16T10:00", "No/Such_Zone", "2026-11-16T13:00"),  # unknown: UTC
        ("2026-11-16T10:00", "../../etc/passwd", "2026-11-16T13:00"),
    ],
)
def test_three_working_hours(start: str, zone: str, due: str) -> None:
    assert after_working_hours(datetime.fromisoformat(start), 3, zone, WEEK) == datetime.fromisoformat(due)


def test_daily_goes_on_with_the_next_working_day_inside_the_hours() -> None:
    friday = datetime(2026, 11, 20, 15, 0)
    assert next_working_day(friday, "UTC", WEEK) == datetime(2026, 11, 23, 15, 0)
    assert next_working_day(datetime(2026, 11, 16, 5, 0), "UTC", WEEK) == datetime(2026, 11, 17, 9, 0)
    assert next_working_day(datetime(2026, 11, 16, 22, 0), "UTC", WEEK) == datetime(2026, 11, 17, 16, 59)


def test_the_hour_that_a_clock_change_takes_is_not_working_time() -> None:
    # New York leaves summer time on 1 November 2026, a Sunday: 9 o'clock is 13 UTC before and 14 UTC after.
    assert after_working_hours(datetime(2026, 10, 30, 20, 0), 3, "America/New_York", WEEK) == datetime(2026, 11, 2, 16)


def test_round_the_clock() -> None:
    always = WorkingHours.parse("Mon-Sun 0-24")
    due = after_working_hours(datetime(2026, 11, 21, 23, 0), 3, "UTC", always)
    assert abs((due - datetime(2026, 11, 22, 2, 0)).total_seconds()) < 1
