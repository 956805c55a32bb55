"""What the evaluators write their judgement into."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from omoi_spec.findings import Finding


@dataclass
class Marks:
    """Criteria as (name, weight, score from 0 to 1) and findings, in the order they were given."""

    criteria: list[tuple[str, float, float]] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)

    def mark(self, name: str, weight: float, score: float) -> None:
        """Add a criterion; the score is held between 0 and 1."""
        self.criteria.append((name, weight, round(min(1.0, max(0.0, score)), 4)))

    def hard(self, code: str, where: str, message: str, remedy: str) -> None:
        """Add a fault that fails the output whatever its score."""
        self.findings.append(Finding(code, where, message, remedy, True))

    def soft(self, code: str, where: str, message: str, remedy: str) -> None:
        """Add a weakness that only the score shows."""
        self.findings.append(Finding(code, where, message, remedy, False))


def share(values: Collection[bool]) -> float:
    """Return the part of the values that is true; 0.0 of none."""
    return sum(values) / len(values) if values else 0.0


def enough(text: str, words: int) -> float:
    """Return how near a text comes to a number of words, 0.0 to 1.0."""
    return min(1.0, len(re.findall(r"\w+", text)) / words)


def distinct(texts: Iterable[str]) -> float:
    """Return the part of the texts that says something no earlier one says; case and spacing do not count."""
    plain = [" ".join(text.casefold().split()) for text in texts]
    return len(set(plain)) / len(plain) if plain else 0.0
