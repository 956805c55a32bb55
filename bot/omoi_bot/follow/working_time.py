"""When a person is reminded: after hours of their own working week, never at night."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from omoi_bot.settings import WorkingHours


def zone(name: str) -> ZoneInfo:
    """The zone of that name; UTC for one that is not known here (Slack's names come from outside)."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return ZoneInfo("UTC")


def after_working_hours(start: datetime, hours: float, zone_name: str, week: WorkingHours) -> datetime:
    """The moment when `hours` of working time have passed since `start`. Both are naive UTC."""
    place = zone(zone_name)
    moment = start.replace(tzinfo=UTC)
    left = timedelta(hours=hours)
    while True:
        opening, closing = _next_shift(moment, place, week)
        begin = max(moment, opening)
        if begin + left <= closing:
            return (begin + left).replace(tzinfo=None)
        left -= closing - begin
        moment = closing


def next_working_day(start: datetime, zone_name: str, week: WorkingHours) -> datetime:
    """The same clock time on the next working day in that zone, moved into the hours. Both are naive UTC."""
    place = zone(zone_name)
    local = start.replace(tzinfo=UTC).astimezone(place)
    day = local.date() + timedelta(days=1)
    while day.weekday() not in week.days:
        day += timedelta(days=1)
    clock = min(max(local.time(), week.start), _before(week.end))
    return datetime.combine(day, clock, place).astimezone(UTC).replace(tzinfo=None)


def _before(end: time) -> time:
    return time(23, 59) if end == time.max else time(end.hour - 1, 59)


def _next_shift(moment: datetime, place: ZoneInfo, week: WorkingHours) -> tuple[datetime, datetime]:
    """The first working shift in UTC that ends after `moment`. Lengths are real ones, also where clocks are changed."""
    day = moment.astimezone(place).date()
    while True:
        if day.weekday() in week.days:
            opening = datetime.combine(day, week.start, place).astimezone(UTC)
            closing = datetime.combine(day, week.end, place).astimezone(UTC)
            if closing > moment:
                return opening, closing
        day += timedelta(days=1)
