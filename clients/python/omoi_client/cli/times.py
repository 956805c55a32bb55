"""Times and durations in few characters."""

from __future__ import annotations

from datetime import UTC, datetime

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400


def utc_now() -> datetime:
    """Now, aware, UTC."""
    return datetime.now(UTC)


def ago(then: datetime, now: datetime) -> str:
    """ "just now", "12 s ago", "2 m ago", "3 h ago", "4 d ago", and the date after a month. A time ahead is now."""
    seconds = int((now - then).total_seconds())
    if seconds < 2:
        return "just now"
    if seconds < _MINUTE:
        return f"{seconds} s ago"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE} m ago"
    if seconds < _DAY:
        return f"{seconds // _HOUR} h ago"
    if seconds < 30 * _DAY:
        return f"{seconds // _DAY} d ago"
    return then.strftime("%Y-%m-%d")


def clock(seconds: float) -> str:
    """Time that runs: "0:06", "12:40", "1:02:03"."""
    whole = max(0, int(seconds))
    hours, rest = divmod(whole, _HOUR)
    minutes, left = divmod(rest, _MINUTE)
    return f"{hours}:{minutes:02}:{left:02}" if hours else f"{minutes}:{left:02}"


def took(seconds: float) -> str:
    """Time that something took: "0.4 s", "12 s", then as a clock."""
    if seconds < 9.95:
        return f"{max(0.0, seconds):.1f} s"
    return f"{seconds:.0f} s" if seconds < _MINUTE else clock(seconds)


def stamp(then: datetime) -> str:
    """RFC 3339 in UTC with seconds, for pipes."""
    return then.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
