"""Nouns of the idea that the repository knows, with the place where it defines them."""

from __future__ import annotations

from collections.abc import Sequence

from omoi_worker.engines.outline.kinds import kind_of
from omoi_worker.engines.outline.symbols import defined_names
from omoi_worker.engines.outline.tree import SourceFile
from omoi_worker.engines.outline.verbs import ALSO_NOUNS, CLASS_OF
from omoi_worker.engines.outline.words import FILLERS, RAW, WEAK, parts, stem

MOST_TERMS = 8


def find_terms(idea: str, files: Sequence[SourceFile]) -> list[dict[str, str]]:
    """Return [{"term", "definition"}] for words of the idea that a relevant source file defines a name with.

    The definition quotes the shortest such name and its place; a word without one gets no entry.
    """
    known: dict[str, tuple[int, int, str, str]] = {}
    for order, file in enumerate(files):
        if kind_of(file.path).name not in ("source", "settings"):
            continue
        for name in defined_names(file):
            for part in parts(name):
                entry = (len(parts(name)), order, name, file.path)
                word = stem(part)
                if word not in known or entry < known[word]:
                    known[word] = entry
    found: dict[str, dict[str, str]] = {}
    for word in RAW.findall(idea):
        lower = word.lower()
        key = stem(lower)
        verb_only = lower in CLASS_OF and lower not in ALSO_NOUNS
        if len(lower) < 3 or lower in FILLERS or lower in WEAK or verb_only or key not in known or key in found:
            continue
        _, _, name, path = known[key]
        found[key] = {"term": lower, "definition": f"Named `{name}` in {path}."}
    return list(found.values())[:MOST_TERMS]
