"""An idea as search words: each with a weight, in one form with the words of the code."""

from __future__ import annotations

import re
from dataclasses import dataclass

from omoi_worker.engines.outline.words import FILLERS, RAW, WEAK, is_identifier, parts, stem, terms

DESCRIPTION_WEIGHT = 0.5
WEAK_WEIGHT = 0.15
CODE_WEIGHT = 2.0
SCOPE_WEIGHT = 2.0

_SCOPE = re.compile(r"^\s*(?:[a-z]+\(([^)]+)\)!?:|\[([^\]]+)\]|([\w./-]+):)\s")
_TICKS = re.compile(r"`([^`\n]{1,120})`")
_PATH = re.compile(r"(?<![\w.@-])[\w.@-]{1,255}(?:/[\w.@-]{1,255})+|\b[\w-]{1,255}\.[A-Za-z]{1,5}\b")
"""Bounded, and begun only where a word begins: one pasted word of 100,000 characters would take minutes otherwise."""
_DOTTED = re.compile(r"\b[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+\b")
LATE_LOSS = 0.2
"""What the last word of a text loses against the first: people say first what it is about."""

MAX_WORDS = 80
"""Only the heaviest words of a long description search; the rest would find everything."""


@dataclass(frozen=True)
class Query:
    """`weights` and `words` (as written) by stem, neighbours in `pairs`, `named` paths in lower case."""

    weights: dict[str, float]
    words: dict[str, str]
    pairs: tuple[tuple[str, str], ...]
    named: frozenset[str]
    hint_words: tuple[str, ...]


def read_query(title: str, description: str) -> Query:
    """Read an idea. A word's weight is the largest of its places; the title counts twice the description."""
    title, description = _joined(title), _joined(description)
    weights: dict[str, float] = {}
    words: dict[str, str] = {}
    _add(weights, words, title, 1.0)
    body = description if title.strip() else description[:400]
    _add(weights, words, body, DESCRIPTION_WEIGHT if title.strip() else 1.0)
    if title.strip() and title.strip() in description:
        description = description.replace(title.strip(), "", 1)
    kept = sorted(weights, key=lambda term: (-weights[term], term))[:MAX_WORDS]
    weights = {term: weights[term] for term in kept}
    pairs = [pair for pair in _neighbours(title or description[:400]) if pair[0] in weights and pair[1] in weights]
    both = title + "\n" + description
    named = frozenset(match.lower() for match in _PATH.findall(both))
    hints = tuple(word.lower() for word in RAW.findall(title or description[:400]))
    return Query(weights, words, tuple(dict.fromkeys(pairs)), named, hints)


def searched_terms(text: str) -> set[str]:
    """Return the stems that a text of the past can share with an idea."""
    words = [word for word in RAW.findall(_joined(text)) if not word.isdigit() and word.lower() not in FILLERS]
    return {term for word in words for term in terms(word)}


def _joined(text: str) -> str:
    """People log in; code has a login."""
    return re.sub(r"(?i)\b(log|sign)(?:s|ged|ned|ging|ing)?[ -](in|out|up|off|on)\b", r"\1\2", text)


def _add(weights: dict[str, float], words: dict[str, str], text: str, factor: float) -> None:
    coded = {word for quoted in _TICKS.findall(text) for word in RAW.findall(quoted)}
    coded.update(word for dotted in _DOTTED.findall(text) for word in dotted.split("."))
    scope = _SCOPE.match(text)
    scoped = set(RAW.findall(" ".join(part or "" for part in scope.groups()))) if scope else set()
    found = RAW.findall(text)
    for place, word in enumerate(found):
        if word.isdigit() or len(word) < 2:
            continue
        code = word in coded or is_identifier(word)
        weight = (
            factor
            * (1 - LATE_LOSS * place / len(found))
            * (CODE_WEIGHT if code else SCOPE_WEIGHT if word in scoped else 1.0)
        )
        lower = word.lower()
        if lower in FILLERS and not (code and len(parts(word)) > 1):
            continue
        if lower in WEAK and word not in scoped:
            weight *= WEAK_WEIGHT
        for term in terms(word):
            share = weight if len(parts(word)) == 1 or term == "".join(parts(word)) else weight * 0.5
            if share > weights.get(term, 0.0):
                weights[term] = share
                words[term] = word


def _neighbours(text: str) -> list[tuple[str, str]]:
    sequence = [stem(part) for word in RAW.findall(text) for part in parts(word) if part not in FILLERS]
    return [(one, two) for one, two in zip(sequence, sequence[1:]) if one != two and len(one) > 2 and len(two) > 2]
