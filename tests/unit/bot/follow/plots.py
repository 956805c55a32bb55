"""Logs of imaginary specs, for tests of the story."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from omoi_bot.blocks.model import Counts, SpecView
from omoi_bot.follow.happenings import Happening

SPEC = "spec-7f3a91c2-0000-4000-8000-000000000000"
START = datetime(2026, 11, 16, 10, 0)


class Plot:
    """Events that number themselves."""

    def __init__(self) -> None:
        self.events: list[Happening] = []

    def then(self, kind: str, phase: str = "", **facts: Any) -> Plot:
        number = len(self.events) + 1
        self.events.append(Happening(number, kind, START + timedelta(seconds=number), phase=phase, **facts))
        return self

    def planned(self, *phases: str, version: int = 1) -> Plot:
        for phase in phases:
            self.then("spec.phase_started", phase)
            self.then("spec.phase_completed", phase, version=version, digest=f"{phase}{version}", facts=("3 things",))
        return self

    def gate(self, phase: str = "TASKS", version: int = 1) -> Plot:
        return self.then("review.requested", phase, version=version, digest=f"{phase}{version}")

    def decided(self, word: str, phase: str = "TASKS", version: int = 1, comment: str = "") -> Plot:
        return self.then(f"review.{word}", phase, version=version, decided_by="usr-mara", comment=comment)


def view(events: list[Happening], status: str = "EXECUTING", outcome: str = "", total: int = 0) -> SpecView:
    """The spec after these events."""
    last = events[-1] if events else Happening(0, "", START)
    return SpecView(
        spec_id=SPEC,
        title="Lock an account",
        as_of=last.at,
        status=status,
        outcome=outcome,
        gates=("TASKS",),
        counts=Counts(total=total),
        sequence=last.sequence,
    )
