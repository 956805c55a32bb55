"""What a reviewer's sentence asks for: which requirement it names, and which kind of change it is."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from omoi_worker.engines.outline.words import FILLERS, RAW, WEAK, parts, stem

_REFERENCE = re.compile(
    r"(?i)\bREQ-(?P<full>\d{1,4})(?:\.(?P<fullpart>\d+))?(?!\d)"
    r"|\b(?:requirements?|req\.?|criteri(?:on|a))\s+#?(?P<number>\d{1,4})(?:\.(?P<part>\d+))?(?P<more>(?:\s*(?:,|and|&)\s*\d{1,4}(?:\.\d+)?(?![\w%]))*)"
    r"|(?:(?<=\A)|(?<=\bin )|(?<=\bto )|(?<=\bfor ))(?P<bare>\d{1,3})\.(?P<barepart>\d{1,2})\b(?!\s*(?:%|ms|s\b|MB|GB))"
)
_APPROVAL = re.compile(
    r"(?i)^\W*(?:(?:this |that |it |all |everything )?(?:looks? (?:good|fine|great|ok)|lgtm|ok(?:ay)?|fine|approved?|great|nice(?: work)?|thanks?(?: you)?|"
    r"perfect|good(?: job| work)?|no changes?(?: needed)?|nothing to change|ship it|\+1|yes)(?:\s+(?:to me|for me|so far|as (?:it )?is|now))?[\s.,!]*)+\W*$"
)
_REMOVE = re.compile(
    r"(?i)^(?:(?:please|let's|we should|you can|can you|also)\s+)*(?:remove|delete|drop|leave out|get rid of|omit|strike|scrap)\b\s*(?P<what>.*)$"
)
_REMOVE_PASSIVE = re.compile(
    r"(?i)^(?P<what>.*?)\s*\b(?:should|must|can|has to|needs to)\s+(?:be (?:removed|deleted|dropped|left out)|go)\W*$"
)
_UNWANTED = re.compile(
    r"(?i)^(?P<what>.*?)\s*(?:is|are)\s+(?:not needed|unnecessary|not necessary|out of scope|not wanted|no longer needed)\W*$|^(?:we|i)\s+(?:do not|don't)\s+(?:need|want)\s+(?P<other>.+)$|^no need for\s+(?P<third>.+)$|^(?:out of scope|not in scope):?\s+(?P<fourth>.+)$"
)
_REPLACE = (
    re.compile(
        r"(?i)\b(?:replace|change|rename|correct|turn)\s+(?:the\s+)?(?P<old>.+?)\s+(?:with|by|to|into)\s+(?P<new>.+)$"
    ),
    re.compile(
        r"(?i)^(?:(?:please|use|make it|make that|make this|say|take|it should be|should be|must be|have|with|set it to)\s+)*(?P<new>.+?)\s+(?:instead of|rather than|in place of)\s+(?P<old>.+)$"
    ),
    re.compile(r"(?i)^(?P<old>[\w' -]+?)\s*(?:→|->|=>)\s*(?P<new>[\w' -]+)$"),
    re.compile(r"(?i)^not\s+(?P<old>.+?),?\s+but\s+(?P<new>.+)$"),
    re.compile(
        r"(?i)^(?:(?:please|use|make it|make that|say|take|it should be|should be)\s+)*(?P<new>[\w' -]+?),?\s+not\s+(?P<old>[\w' -]+)$"
    ),
)
_ADD = re.compile(
    r"(?i)^(?:please\s+)?(?:add|new|there should be|we need)\s+(?:an?(?:other)?\s+|one more\s+)?(?:new\s+)?requirements?\b\W*(?:that|to|for|saying)?\W*"
)
NUMBER_WORDS = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
]
_TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "ninety": 90, "hundred": 100}
_NUMBER = re.compile(r"(?i)\b(?:\d[\d.,]*\d|\d|" + "|".join([*NUMBER_WORDS[2:], *_TENS]) + r")\b")


@dataclass(frozen=True)
class Target:
    """A requirement, and one of its criteria when the comment names it."""

    requirement: str
    criterion: str = ""


def is_approval(text: str) -> bool:
    """Whether a comment only agrees."""
    return bool(_APPROVAL.match(text))


def targets(text: str) -> tuple[list[Target], str]:
    """Return what a sentence names, in its order, and the sentence without those names."""
    found: list[Target] = []
    for match in _REFERENCE.finditer(text):
        number = match.group("full") or match.group("number") or match.group("bare")
        part = match.group("fullpart") or match.group("part") or match.group("barepart")
        found.append(_target(number, part))
        for more in re.findall(r"(\d+)(?:\.(\d+))?", match.group("more") or ""):
            found.append(_target(more[0], more[1]))
    rest = _REFERENCE.sub(" ", text) if found else text
    if found:
        rest = re.sub(r"(?i)^\W*(?:(?:in|for|to|from|on|at|of|the|and|about)\b\W*)+", "", rest)
        rest = re.sub(r"(?i)\s+(?:in|for|to|from|of|and)\s*\W*$", "", rest)
    return list(dict.fromkeys(found)), " ".join(rest.split()).strip(" ,:;-–—.")


def _target(number: str, part: str | None) -> Target:
    requirement = f"REQ-{int(number):03d}"
    return Target(requirement, f"{requirement}.{int(part)}" if part else "")


def removal(text: str) -> str | None:
    """Return what a sentence wants removed ("" for what it named by number), or None."""
    found = _REMOVE.match(text)
    if found:
        what = re.sub(
            r"(?i)^(?:the\s+|this\s+|that\s+)?(?:requirements?|criteri(?:on|a)|sentence|it|this|that)?\b\W*(?:about|on|with|that|for|altogether|entirely|completely|again)?\s*$",
            "",
            found.group("what"),
        )
        return re.sub(
            r"(?i)^(?:the\s+)?(?:requirements?|criteri(?:on|a))\s+(?:about|on|that|for|with)\s+", "", what
        ).strip(" .")
    passive = _REMOVE_PASSIVE.match(text)
    if passive:
        return re.sub(r"(?i)^(?:it|this|that)$", "", passive.group("what").strip())
    unwanted = _UNWANTED.match(text)
    if unwanted:
        return next((group for group in unwanted.groups() if group), "").strip(" .")
    return None


def replacement(text: str) -> tuple[str, str] | None:
    """Return (old, new) of "B instead of A", "change A to B", "A → B" and "B, not A", or None."""
    for pattern in _REPLACE:
        found = pattern.search(text)
        if found:
            old, new = (found.group(name).strip(" .,'\"“”`") for name in ("old", "new"))
            if old and new and len(old.split()) <= 8 and len(new.split()) <= 12 and old.lower() != new.lower():
                return old, new
    return None


def wants_new(text: str) -> str | None:
    """Return the wish of "add a requirement that …", or None."""
    found = _ADD.match(text)
    return text[found.end() :].strip() if found and text[found.end() :].strip() else None


def numbers(text: str) -> list[tuple[str, str]]:
    """Return (number as written, stem of the noun it counts or "") in the order of the text."""
    found = []
    for match in _NUMBER.finditer(text):
        after = re.match(r"\s*(%|[^\W\d_][\w-]*)(?:\s+([^\W\d_][\w-]*))?", text[match.end() :])
        nouns = [word for word in (after.groups() if after else ()) if word and word.lower() not in FILLERS]
        found.append((match.group(), stem(nouns[-1]) if nouns else ""))
    return found


def value(number: str) -> float:
    """Return the value of a number in digits or words."""
    plain = number.lower().replace(",", "")
    if plain in NUMBER_WORDS:
        return float(NUMBER_WORDS.index(plain))
    if plain in _TENS:
        return float(_TENS[plain])
    try:
        return float(plain)
    except ValueError:
        return -1.0


def content(text: str, ignore: set[str]) -> set[str]:
    """Return the stems of a text that say what it is about."""
    words = (part for word in RAW.findall(text) for part in parts(word))
    return {
        stem(word)
        for word in words
        if word not in FILLERS and word not in ignore and not word.isdigit() and len(word) > 1
    }


def best_match(text: str, requirements: Sequence[Mapping[str, Any]], ignore: set[str], least: float) -> str | None:
    """Return the id of the requirement that shares most of a sentence's words, or None below `least`.

    Words of the criteria count half; of equals the first wins.
    """
    wanted = content(text, ignore)
    weights: dict[str, float] = {word: 0.4 if word in _WEAK_STEMS else 1.0 for word in wanted}
    whole = sum(weights.values())
    best: tuple[float, str] = (0.0, "")
    for requirement in requirements:
        head = content(f"{requirement['title']} {requirement['statement']}", ignore)
        body = content(" ".join(criterion["text"] for criterion in requirement["criteria"]), ignore)
        share = sum(weights[word] * (1.0 if word in head else 0.5) for word in wanted if word in head or word in body)
        if whole and share / whole > best[0]:
            best = (share / whole, str(requirement["id"]))
    return best[1] if best[0] >= least else None


_WEAK_STEMS = frozenset(stem(word) for word in WEAK)
