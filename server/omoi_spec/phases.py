"""The planning phases of a spec and their order."""

from __future__ import annotations

EXPLORE = "EXPLORE"
REQUIREMENTS = "REQUIREMENTS"
DESIGN = "DESIGN"
TASKS = "TASKS"
SYNC = "SYNC"
COMPLETE = "COMPLETE"

PHASES = (EXPLORE, REQUIREMENTS, DESIGN, TASKS, SYNC, COMPLETE)
PLANNING_PHASES = PHASES[:4]


def next_phase(phase: str) -> str | None:
    """Return the phase after `phase`, or None after the last one.

    Raises ValueError when `phase` is none of PHASES.
    """
    if phase not in PHASES:
        raise ValueError(f"{phase!r} is not a phase. Phases: {', '.join(PHASES)}.")
    position = PHASES.index(phase) + 1
    return PHASES[position] if position < len(PHASES) else None
