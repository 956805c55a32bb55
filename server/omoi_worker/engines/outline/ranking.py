"""Which files an idea is about: BM25 over several fields of every file, with hints from the idea's wording
and from past commits.

The weights were chosen on public repositories only; docs/performance.md names them and says how well they do elsewhere.

The score of a file is BM25F (Robertson, Zaragoza 2009): term counts of the fields are weighted and added
before they saturate, so that a word in a file's name outweighs the same word many times in its body.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from omoi_worker.engines import PastCommit
from omoi_worker.engines.outline.kinds import Kind, kind_of, wanted_kinds
from omoi_worker.engines.outline.past import read_past
from omoi_worker.engines.outline.query import Query, read_query
from omoi_worker.engines.outline.symbols import defined_names, prose_of
from omoi_worker.engines.outline.tree import SourceFile
from omoi_worker.engines.outline.words import RAW, stem, terms

NAME, FOLDER, SYMBOL, PROSE_FIELD, BODY = range(5)
WEIGHTS = (12.0, 8.0, 3.0, 1.5, 1.0)
K1 = 6.0
B = 0.35
PAIR_SHARE = 0.2
"""A test inherits this share of its source's score, and a source of its test's."""

PHRASE_BONUS = 0.6

SPOKEN_SHARE = 0.7
"""The file that similar past commits point at most gets this share of the best score of the words."""

RECENT_GAIN = 0.4
"""By how much a file's own score grows at most for having changed lately."""

TOLD_SHARE = 0.1
"""Below this share of the strongest, what past commits speak of is not worth telling."""


@dataclass
class Ranked:
    """One file with its score (0 means: nothing of the idea is in it) and the words found, best first."""

    path: str
    score: float
    why: str


@dataclass
class _Page:
    file: SourceFile
    kind: Kind
    counts: dict[str, list[float]]
    length: int
    score: float = 0.0
    words: list[tuple[float, str]] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)


def rank(files: Sequence[SourceFile], title: str, description: str, history: Sequence[PastCommit] = ()) -> list[Ranked]:
    """Return the files that have to do with the idea, best first; ties are in path order.

    `history` is newest first. Empty when the idea holds no word that the files or past commits know and names
    no file.
    """
    query = read_query(title, description)
    pages = [_page(file, query) for file in files if file.text is not None]
    if not pages:
        return []
    _score_terms(pages, query)
    _score_phrases(pages, query)
    _score_kinds(pages, query)
    _share_between_pairs(pages)
    _score_past(pages, query, history)
    _score_named(pages, query)
    found = [page for page in pages if page.score > 0]
    found.sort(key=lambda page: (-page.score, page.file.path))
    return [Ranked(page.file.path, round(page.score, 3), _why(page)) for page in found]


def _page(file: SourceFile, query: Query) -> _Page:
    wanted = query.weights
    counts: dict[str, list[float]] = {}
    folder, _, name = file.path.rpartition("/")
    stem_name, _, ending = name.rpartition(".") if "." in name.strip(".") else (name, "", "")
    _count(counts, NAME, RAW.findall(stem_name), wanted)
    # People say `fix(zsh)` or "the html": an ending tells what sort of file it is, as a folder does.
    _count(counts, FOLDER, [*RAW.findall(folder), *RAW.findall(ending)], wanted)
    text = file.text or ""
    raw = Counter(RAW.findall(text))
    length = sum(raw.values())
    hits = {word: count for word, count in raw.items() if not wanted.keys().isdisjoint(terms(word))}
    for word, count in hits.items():
        for term in terms(word):
            if term in wanted:
                counts.setdefault(term, [0.0] * 5)[BODY] += count
    if hits:
        _count(counts, SYMBOL, defined_names(file), wanted)
        _count(counts, PROSE_FIELD, RAW.findall(prose_of(file)), wanted)
    return _Page(file, kind_of(file.path), counts, length)


def _count(counts: dict[str, list[float]], field_index: int, words: Sequence[str], wanted: dict[str, float]) -> None:
    for word in words:
        for term in terms(word):
            if term in wanted:
                counts.setdefault(term, [0.0] * 5)[field_index] += 1


def _score_terms(pages: list[_Page], query: Query) -> None:
    spread: Counter[str] = Counter()
    for page in pages:
        spread.update(page.counts.keys())
    average = max(1.0, sum(page.length for page in pages) / len(pages))
    for page in pages:
        norm = 1 - B + B * min(8.0, page.length / average)
        for term, fields in page.counts.items():
            rarity = math.log(1 + (len(pages) - spread[term] + 0.5) / (spread[term] + 0.5))
            weighted = sum(
                weight * (math.log1p(count) if index >= SYMBOL else min(count, 1.0))
                for index, (weight, count) in enumerate(zip(WEIGHTS, fields))
            )
            gain = query.weights[term] * rarity * weighted * (K1 + 1) / (weighted + K1 * norm)
            page.score += gain
            page.words.append((gain, query.words[term]))


def _score_phrases(pages: list[_Page], query: Query) -> None:
    """Reward two neighbouring words of the idea that stand together in a file: `load ssl`, `load_ssl`."""
    for first, second in query.pairs:
        pattern = re.compile(re.escape(first) + r"[a-z]{0,5}[\W_]{0,2}" + re.escape(second))
        matching = []
        for page in pages:
            if first not in page.counts or second not in page.counts:
                continue
            if pattern.search(page.file.path.lower()) or pattern.search((page.file.text or "").lower()):
                matching.append(page)
        if not matching:
            continue
        rarity = math.log(1 + (len(pages) - len(matching) + 0.5) / (len(matching) + 0.5))
        weight = min(query.weights[first], query.weights[second])
        for page in matching:
            page.score += PHRASE_BONUS * weight * rarity
            page.reasons.append(f"“{query.words[first]} {query.words[second]}” together")


def _score_kinds(pages: list[_Page], query: Query) -> None:
    wanted = wanted_kinds(query.hint_words)
    for page in pages:
        page.score *= page.kind.prior * wanted.get(page.kind.name, 1.0)
        page.score += wanted.get("+" + page.kind.name, 0.0)


def _share_between_pairs(pages: list[_Page]) -> None:
    groups: dict[str, list[_Page]] = {}
    for page in pages:
        if page.kind.name in ("source", "test"):
            groups.setdefault(_pair_key(page.file.name), []).append(page)
    for group in groups.values():
        kinds: set[str] = {page.kind.name for page in group}
        if len(kinds) < 2 or len(group) > 6:
            continue
        best = {kind: max(page.score for page in group if page.kind.name == kind) for kind in kinds}
        for page in group:
            other = best["source" if page.kind.name == "test" else "test"]
            page.score += PAIR_SHARE * other


def _score_past(pages: list[_Page], query: Query, history: Sequence[PastCommit]) -> None:
    past = read_past(history, query)
    top = max(page.score for page in pages) or 1.0
    for page in pages:
        page.score *= 1 + RECENT_GAIN * past.recent.get(page.file.path, 0.0)
        spoken = past.spoken.get(page.file.path)
        if spoken is None:
            continue
        page.score += SPOKEN_SHARE * top * page.kind.prior * spoken.share
        if spoken.share >= TOLD_SHARE:
            commits = (
                "1 past commit that speaks" if spoken.commits == 1 else f"{spoken.commits} past commits that speak"
            )
            page.reasons.append(f"changed by {commits} of {spoken.word}")


def _pair_key(name: str) -> str:
    base = name.split(".", 1)[0]
    base = re.sub(r"^(?:test|tests|spec)[_-]|[_-](?:test|tests|spec)$|(?:Test|Tests|Spec)$", "", base)
    return stem(base.strip("_").lower())


def _score_named(pages: list[_Page], query: Query) -> None:
    """A file that the idea names stands before all that were only found by words."""
    top = max(page.score for page in pages)
    for page in pages:
        path = page.file.path.lower()
        for named in query.named:
            if path == named or path.endswith("/" + named):
                page.score += top + 1
                page.reasons.insert(0, "named in the idea")


def _why(page: _Page) -> str:
    best = sorted(page.words, key=lambda pair: (-pair[0], pair[1]))[:4]
    words = list(dict.fromkeys(word for _, word in best))
    said = "holds " + ", ".join(words) if words else ""
    reasons = list(dict.fromkeys(page.reasons))[:2]
    return "; ".join(reasons + ([said] if said else [])) or f"a {page.kind.name} file"
