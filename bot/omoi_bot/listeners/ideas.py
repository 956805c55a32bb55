"""An idea as it is typed: quick or not, for which project, and short enough."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace

MAX_TITLE = 200
"""Characters; LaunchSpecRequest.title."""

MAX_DESCRIPTION = 100_000
"""Characters; LaunchSpecRequest.description."""

_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff]"
)
"""Letters of scripts whose words may stand without spaces: Thai, Lao, Burmese, Khmer, kana, Han and Hangul."""

UNSPACED_ENOUGH = 4
"""So many of them are a sentence, however few spaces there are."""

_QUICK = re.compile(r"quick(?:\s+task)?\s*:\s*", re.IGNORECASE)
_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}"
"""Project.name in the contract."""

_NAMED = (
    re.compile(rf"\[(?P<name>{_NAME})\]\s*[:,]?\s*", re.IGNORECASE),
    re.compile(rf"in\s+(?P<name>{_NAME})\s*:\s+", re.IGNORECASE),
    re.compile(rf"project\s*[:=]?\s+(?P<name>{_NAME})\s*[:,]\s+", re.IGNORECASE),
)
_LATER = (
    re.compile(rf"(?:^|\s)\(?(?:in|for)\s+project\s+[\"'`]?(?P<name>{_NAME})[\"'`]?\)?", re.IGNORECASE),
    re.compile(rf"(?:^|\s)project[:=]\s*(?P<name>{_NAME})(?=[\s,;.]|$)", re.IGNORECASE),
)


@dataclass(frozen=True)
class Idea:
    """What somebody wants. `named` is the project that the words name and that is sure to exist, else ""; `unknown` what
    looks like a project's name at the head ("[shpo] …") and is none."""

    text: str
    title: str = ""
    quick: bool = False
    named: str = ""
    unknown: str = ""


def read(text: str, projects: Iterable[str] = ()) -> Idea:
    """Read an idea. `projects`: names of the projects that its author may see; only those are recognised in running text.

    A marker at the head ("in shop: …", "[shop] …", "project shop: …") is taken off once the project is known; one that
    names nothing known stays in the text, for it may be ordinary words, and is reported as `unknown` only in brackets.
    """
    known = {name.casefold(): name for name in projects}
    idea = Idea(text.strip())
    for _ in range(2):  # "quick: [shop] …" and "[shop] quick: …" mean the same
        idea = _without_head(_without_quick(idea), known)
    if not idea.named:
        named = next((known[name] for name in _named_later(idea.text) if name in known), "")
        idea = replace(idea, named=named)
    return idea


def fault(idea: Idea, files: int = 0) -> str:
    """Why this cannot be started, as a sentence with the way on; empty when it can."""
    if not idea.text and not idea.title:
        if files:
            return "I have the file, but no words with it. Say in a sentence what should change, and attach it again."
        return "Say what should change, for example: “Lock an account after five failed logins”."
    if len(idea.title) > MAX_TITLE:
        return f"The title has {len(idea.title):,} characters; at most {MAX_TITLE} are possible. Put the rest in the description."
    if len(idea.text) > MAX_DESCRIPTION:
        return (
            f"The idea has {len(idea.text):,} characters; at most {MAX_DESCRIPTION:,} are possible. "
            "Say the essence, and attach the rest as a text file."
        )
    if not says_enough(f"{idea.title} {read(idea.text).text}"):
        return "An idea needs at least two words, for example: “Lock an account after five failed logins”."
    return ""


def says_enough(text: str) -> bool:
    """Whether the words can be an idea: two with letters of any script. One word is a typing error or a command meant."""
    if len(_UNSPACED.findall(text)) >= UNSPACED_ENOUGH:
        return True
    return sum(any(letter.isalpha() for letter in word) for word in text.split()) >= 2


def _without_quick(idea: Idea) -> Idea:
    found = _QUICK.match(idea.text)
    return replace(idea, text=idea.text[found.end() :].strip(), quick=True) if found else idea


def _without_head(idea: Idea, known: dict[str, str]) -> Idea:
    if idea.named:
        return idea
    for number, pattern in enumerate(_NAMED):
        found = pattern.match(idea.text)
        if not found:
            continue
        name = known.get(found["name"].casefold())
        if name:
            return replace(idea, text=idea.text[found.end() :].strip(), named=name, unknown="")
        if number == 0:
            return replace(idea, unknown=found["name"])
    return idea


def _named_later(text: str) -> list[str]:
    return [found["name"].rstrip(".").casefold() for pattern in _LATER for found in pattern.finditer(text)]
