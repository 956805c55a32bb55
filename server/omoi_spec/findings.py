"""What a check of an artefact has to say about one place in it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Finding:
    """One fault or weakness.

    code     stable word for programs, e.g. "missing_shall"
    where    the place: a data path (`requirements[2].criteria[0].id`) or an id (`REQ-002.1`)
    message  what is wrong, in one sentence that can stand alone
    remedy   what to do about it
    hard     True: the artefact fails whatever its score
    """

    code: str
    where: str
    message: str
    remedy: str
    hard: bool

    def line(self) -> str:
        """One line for people and for the engine's next attempt."""
        place = "" if not self.where or self.where in self.message else f"{self.where}: "
        return f"{place}{self.message} {self.remedy}".strip()
