"""When nothing was done for a while although something runs: a state that is said, not a spinner that goes on."""

from __future__ import annotations

from datetime import datetime, timedelta

from omoi_bot.blocks.model import SpecView


def working(view: SpecView) -> bool:
    """Something runs in a sandbox. What waits for a slot, a person or nothing is not silent."""
    if view.gate is not None or view.settled or view.queue_position > 0:
        return False
    if view.status == "EXECUTING":
        return not view.waiting_for
    return view.status == "COMPLETED" and view.counts.running > 0


def last_sign(view: SpecView) -> datetime | None:
    """When something was last done: the end of a step or the start of the command that runs. None before the first."""
    signs = [sign.time for sign in (view.last_work, view.open_command) if sign is not None and sign.time is not None]
    return max(signs, default=None)


def silent_since(view: SpecView, now: datetime, threshold: timedelta) -> datetime | None:
    """Since when it is silent, once that is longer than `threshold`; else None. `now` is naive UTC."""
    sign = last_sign(view) if working(view) else None
    return sign if sign is not None and now - sign >= threshold else None


def falls_silent_at(view: SpecView, threshold: timedelta) -> datetime | None:
    """When to look again. None while nothing runs."""
    sign = last_sign(view) if working(view) else None
    return sign + threshold if sign is not None else None
