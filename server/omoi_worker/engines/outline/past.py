"""What the past of a repository says about an idea: files that similar commits changed, and files changed lately.

Reports that use the same words tend to end in the same files (Zhou, Zhang, Lo 2012), and files that changed
lately change again (Hassan 2009). Both are hints beside the words of the files themselves.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from omoi_worker.engines import PastCommit
from omoi_worker.engines.outline.query import Query, searched_terms

COMMITS = 500
"""How far back the past is read."""

SPOKEN_HALF = 100.0
"""After so many commits a similar subject counts half."""

RECENT_HALF = 15.0
"""After so many commits a mere change counts half."""

RECENT = 90
"""Changes before that many commits are no longer recent."""


@dataclass(frozen=True)
class Spoken:
    """How strongly similar commits point at a file (0 to 1), and what most of them speak of."""

    share: float
    commits: int
    word: str


@dataclass(frozen=True)
class Past:
    """By path: what similar commits say, and how much the file changed lately (0 to below 1)."""

    spoken: dict[str, Spoken]
    recent: dict[str, float]


def read_past(history: Sequence[PastCommit], query: Query) -> Past:
    """Weigh the past against an idea. `history` is newest first.

    A commit counts for each of its files by the rarity of the words that its subject shares with the idea, less
    the older it is and the more files it changed (by the square root: a sweep says little about each file).
    """
    newest = history[:COMMITS]
    subjects = [searched_terms(commit.subject) & query.weights.keys() for commit in newest]
    spread = Counter(term for subject in subjects for term in subject)
    strength: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    recent: dict[str, float] = defaultdict(float)
    for age, (commit, subject) in enumerate(zip(newest, subjects)):
        part = 1 / math.sqrt(max(1, len(commit.files)))
        for path in commit.files:
            for term in sorted(subject):
                rarity = math.log(1 + (len(newest) - spread[term] + 0.5) / (spread[term] + 0.5))
                strength[path][term] += query.weights[term] * rarity * part * 0.5 ** (age / SPOKEN_HALF)
                counts[path][term] += 1
            if age < RECENT:
                recent[path] += part * 0.5 ** (age / RECENT_HALF)
    sums = {path: sum(by_term.values()) for path, by_term in strength.items()}
    most = max(sums.values(), default=0.0)
    spoken: dict[str, Spoken] = {}
    for path, value in sums.items():
        term = min(strength[path], key=lambda term: (-strength[path][term], term))
        spoken[path] = Spoken(value / most, counts[path][term], query.words[term])
    return Past(spoken, {path: value / (1 + value) for path, value in recent.items()})
