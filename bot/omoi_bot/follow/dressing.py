"""A snapshot with what only the events know: times, the end, what a stop left, how many commits."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from omoi_bot.blocks.model import PhaseView, SpecView
from omoi_bot.follow.memory import Memory, PhaseTime


def dress(view: SpecView, memory: Memory, silent_since: datetime | None = None) -> SpecView:
    """The view as it is shown in the thread."""
    end = memory.end
    stopped = end is not None and end.outcome == "CANCELLED" and view.status == "CANCELLED"
    return replace(
        view,
        phases=tuple(_phase(phase, memory.phase_times.get(phase.name)) for phase in view.phases),
        commits=memory.documents + sum(1 for task in view.tasks if task.commit),
        live_since=_moment(memory.launched_at),
        ended_at=_moment(memory.ended_at),
        silent_since=silent_since,
        done=end.done if end is not None and stopped else view.done,
        kept=kept_of(end.left) if end is not None and stopped else view.kept,
    )


def _phase(phase: PhaseView, spent: PhaseTime | None) -> PhaseView:
    if spent is None:
        return phase
    return replace(phase, since=_moment(spent.since), duration_ms=spent.duration_ms)


def kept_of(left: str) -> str:
    """What stands in brackets behind what is left: "2 tasks (kept: branch spec/7f3a…)"."""
    return left.rpartition("(kept: ")[2].removesuffix(")") if "(kept: " in left else ""


def _moment(written: str) -> datetime | None:
    return datetime.fromisoformat(written) if written else None
