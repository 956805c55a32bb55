"""Hostile text in every field of the model, and what must never come out of a builder."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

T = TypeVar("T")

WORDS = frozenset(
    {"status", "state", "kind", "outcome", "decision", "listening", "verbosity", "phase", "gates", "type"}
)
"""Fields that hold one of our own words; hostile as well in the second round."""

_MOST = frozenset("abcdefghijklmnopqrstuvwxyz")
_TOKEN = re.compile(r"<[^<>]*>")
_DATE = re.compile(r"<!date\^\d+\^\{(?:time|date_short_pretty\} \{time)\}\|[0-9: -]+ UTC>")
_RAW = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u2069\u3164\ufeff\ud800-\udfff]"
)
_ENTITY = re.compile(r"&(?!(?:amp|lt|gt);)")


def poisoned(value: T, text: str, words_too: bool = False) -> T:
    """`value` with `text` in every string field, however deep; our own words stay unless `words_too`."""
    if isinstance(value, str):
        return text  # type: ignore[return-value]  # a str is what T is here
    if isinstance(value, tuple):
        return tuple(poisoned(one, text, words_too) for one in value)  # type: ignore[return-value]
    if not is_dataclass(value) or isinstance(value, type):
        return value
    changed = {}
    for one in fields(value):
        held = getattr(value, one.name)
        is_phase = type(value).__name__ == "PhaseView" and one.name == "name"
        if words_too or not (one.name in WORDS or is_phase):
            changed[one.name] = poisoned(held, text, words_too)
    return replace(value, **changed)


def harm(payload: dict[str, Any], ours: frozenset[str]) -> list[str]:
    """What is wrong in a payload: live tokens that are not `ours`, unescaped signs, raw control characters, open code."""
    found = []
    for kind, text in texts(payload):
        if bad := _RAW.search(text):
            found.append(f"raw {bad.group()!r} in {text[:80]!r}")
        if kind == "mrkdwn":
            found += _in_mrkdwn(text, ours)
        elif kind == "plain_text" and re.search(r"<[@!#]|<\w+:", text):
            found.append(f"a token in plain text: {text[:80]!r}")
    json.dumps(payload, ensure_ascii=False).encode()
    return found


def _in_mrkdwn(text: str, ours: frozenset[str]) -> Iterator[str]:
    for token in _TOKEN.findall(text):
        if not _DATE.fullmatch(token) and token not in ours:
            yield f"live token {token[:80]!r}"
    rest = _TOKEN.sub("", text)
    if "<" in rest or ">" in rest:
        yield f"unescaped < or > in {rest[:80]!r}"
    if _ENTITY.search(rest):
        yield f"unescaped & in {rest[:80]!r}"
    without = re.sub(r"```.*?```", "", rest, flags=re.DOTALL)
    if without.count("`") % 2 or "```" in without:
        yield f"open code in {rest[:120]!r}"


def texts(found: Any) -> Iterator[tuple[str, str]]:
    """Each text with its kind; a message's own text is mrkdwn, bare strings of a plan are plain_text."""
    if isinstance(found, list):
        for one in found:
            yield from texts(one)
    elif isinstance(found, dict):
        kind = found.get("type")
        if kind in {"mrkdwn", "plain_text"}:
            yield str(kind), found["text"]
            return
        for key, value in found.items():
            if isinstance(value, str):
                yield ("mrkdwn" if key == "text" else "plain_text" if key == "title" else "input"), value
            else:
                yield from texts(value)
