"""An idea as people write it, cut into units: wishes, questions, exclusions and background."""

from __future__ import annotations

import re
from dataclasses import dataclass

from omoi_worker.engines.outline.phrases import one_line
from omoi_worker.engines.outline.verbs import ALSO_NOUNS, CLASS_OF
from omoi_worker.engines.outline.words import FILLERS, RAW, stem

WISH, QUESTION, EXCLUDED, BACKGROUND = "wish", "question", "excluded", "background"

_FENCE = re.compile(r"(?ms)^[ \t]*(```|~~~).*?^[ \t]*\1[ \t]*$")
_BULLET = re.compile(r"^\s*(?:[-*•+–]|\d{1,3}[.)]|\[[ xX]\])\s+(?:\[[ xX]\]\s+)?")
_HEADING = re.compile(
    r"^\s*(?:#{1,6}\s+(.+?)\s*#*|\*\*(.+?)\*\*:?|((?i:out of scope|not in scope|non-?goals|background|context|motivation|problem|why|notes?|links?|"
    r"references?|requirements?|acceptance criteria|goals?|features?|details|description|summary|what|how|todo)):)\s*$"
)
_SENTENCE = re.compile(
    r"(?<=[.!?。！？])(?<!e\.g\.)(?<!i\.e\.)(?<!etc\.)(?<!vs\.)(?<!approx\.)(?<!\bNo\.)[\"”’)]*\s+(?=[\"“‘(`]?[^\W_a-z]|\d)|(?<=[。！？])"
)
_INCOMPLETE = re.compile(
    r"(?i)\b(?:to|should|must|shall|can|will|may|with|by|for|include|includes|contain|contains|show|shows|have|has|support|supports|"
    r"display|the following|these|following|need|needs|allow|allows|be able to|are|is|like|offer|offers|provide|provides)$"
)
"""A lead-in that ends like this is finished by each item of its list."""

_EXCLUDING = re.compile(
    r"(?i)^(?:(?:that is |this is )?(?:out of scope|not in scope|non-goals?|not needed)[:,]?|no need (?:to|for)|"
    r"(?:we|i) (?:do not|don't) need(?: to)?|not included[:,]?)\s*(.*)$"
)
_EXCLUDED_AFTER = re.compile(
    r"(?i)^(.{3,}?)\s+(?:is|are|stays?|remains?) (?:out of scope|not in scope|not needed|not part of this)\W*$"
)
_BACKGROUND = re.compile(
    r"(?i)^(?:currently|today|right now|at the moment|at present|so far|until now|as of now|background|context|"
    r"this is because|the reason|we noticed|i noticed|note that|fyi|thanks|thank you|hi\b|hello|hey|see https?:|https?://)"
)
_TODAY = re.compile(
    r"(?i)^(?:we|i|they|people|users|it|the|our)\b.*\b(?:today|currently|at the moment|right now|these days|so far)$"
)
_HEADS = (
    (EXCLUDED, re.compile(r"(?i)out of scope|non-?goals?|not in scope|exclu")),
    (
        BACKGROUND,
        re.compile(r"(?i)background|context|motivation|problem|why\b|current|links?|references?|notes?$"),
    ),
)


@dataclass(frozen=True)
class Unit:
    """One sentence or list item of an idea, in the requester's words."""

    text: str
    kind: str


def read_idea(title: str, description: str) -> list[Unit]:
    """Cut an idea into units. The title comes first unless the description says the same.

    A title is said by the description when it holds two thirds of the title's words.
    """
    body = _units(description)
    head = [Unit(text, _kind(text)) for text in _sentences(_clean(title))]
    if any(unit.kind == WISH for unit in body):
        told = {stem(word) for word in RAW.findall(" ".join(unit.text for unit in body if unit.kind == WISH))}
        wanted = [stem(word) for word in RAW.findall(title) if word.lower() not in FILLERS]
        if not wanted or sum(word in told for word in wanted) * 3 >= 2 * len(wanted):
            head = []
    seen = set()
    units = []
    for unit in head + body:
        key = " ".join(RAW.findall(unit.text.lower()))
        if key and key not in seen:
            seen.add(key)
            units.append(unit)
    return units


def _units(text: str) -> list[Unit]:
    units: list[Unit] = []
    section = ""
    for block, is_item, lead in _blocks(_FENCE.sub("\n", text)):
        heading = _HEADING.match(block)
        if heading and not is_item:
            name = next(group for group in heading.groups() if group)
            section = next((kind for kind, pattern in _HEADS if pattern.search(name)), "")
            continue
        pieces = _sentences(_clean(block))
        if is_item and lead and pieces and not _stands_alone(pieces[0]):
            pieces[0] = f"{lead} {pieces[0]}"
        for piece in pieces:
            excluded = _EXCLUDING.match(piece) or _EXCLUDED_AFTER.match(piece)
            if excluded and excluded.group(1).strip():
                units.append(Unit(excluded.group(1).strip(), EXCLUDED))
            else:
                units.append(Unit(piece, section or _kind(piece)))
    return units


def _blocks(text: str) -> list[tuple[str, bool, str]]:
    """Return (text, is a list item, lead-in of its list) for headings, paragraphs and list items."""
    blocks: list[tuple[str, bool, str]] = []
    paragraph: list[str] = []
    lead = ""
    for line in [*text.splitlines(), ""]:
        bullet = _BULLET.match(line)
        if not bullet and line.strip() and not _HEADING.match(line):
            if paragraph or not (blocks and blocks[-1][1] and line.startswith((" ", "\t"))):
                paragraph.append(line.strip())
            else:
                last = blocks.pop()
                blocks.append((last[0] + " " + line.strip(), True, last[2]))
            continue
        if paragraph:
            whole = " ".join(paragraph)
            paragraph = []
            lead = ""
            if whole.endswith(":") and (bullet or not line.strip()):
                cut = _SENTENCE.split(whole)
                lead = (cut[-1] or "").rstrip(": ")
                if _INCOMPLETE.search(lead):
                    whole = " ".join(part for part in cut[:-1] if part)
                else:
                    whole, lead = whole.rstrip(": "), ""
            if whole:
                blocks.append((whole, False, ""))
        if bullet:
            blocks.append((line[bullet.end() :].strip(), True, lead))
        elif line.strip():
            lead = ""
            blocks.append((line.strip(), False, ""))
    return [block for block in blocks if block[0]]


def _stands_alone(item: str) -> bool:
    words = item.split()
    first = words[0].lower().strip(",.:")
    if re.search(r"(?i)\b(?:should|must|shall|can|cannot|will|needs? to|may)\b", item):
        return True
    return first in CLASS_OF and (first not in ALSO_NOUNS or len(words) > 2)


def _sentences(text: str) -> list[str]:
    found: list[str] = []
    for sentence in _SENTENCE.split(text):
        for part in re.split(r"\s*;\s+|\s+[–—]\s+(?=(?:and|then|also)\b)", sentence or ""):
            part = part.strip(" \t,.。!！…")
            if re.search(r"\w", part):
                found.append(part)
    return found


def _clean(text: str) -> str:
    text = re.sub(r"!?\[([^\]]+)\]\([^)]*\)", r"\1", text)
    text = re.sub(r"(\*\*|__)(.+?)\1", r"\2", text)
    text = re.sub(r"(?m)^\s*>+\s?", "", text)
    text = re.sub(r"\s*\(#\d+\)(?=\W*$)|^\[\w[\w -]{0,20}\]\s+(?=\w)", "", text.strip())
    return one_line(text)


def _kind(text: str) -> str:
    if text.endswith(("?", "？")):
        return QUESTION
    if _BACKGROUND.match(text) or _TODAY.search(text):
        return BACKGROUND
    return WISH
