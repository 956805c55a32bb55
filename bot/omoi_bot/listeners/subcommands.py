"""`/omoi …`: a command, something close to one, or an idea."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable
from dataclasses import dataclass

COMMANDS = (
    "help",
    "new",
    "list",
    "status",
    "cancel",
    "retry",
    "projects",
    "link",
    "unlink",
    "settings",
    "role",
    "claim",
)
"""In the order in which help tells them."""

_PERSON = re.compile(r"<@[UW][A-Z0-9]+|@\S")

_ROLES = frozenset({"viewer", "contributor", "maintainer", "none"})

_AT_MOST = {"list": 1, "status": 1, "cancel": 1, "retry": 1, "link": 1, "claim": 4}
"""Words that may follow a command, 0 where it is not named. More than that are a sentence, hence an idea: "cancel orders that
nobody paid" must not cancel, while a single word after `cancel` is taken for a spec and answered, never launched."""

_CLOSE = 0.7
"""difflib's ratio: "staus", "hlep" and "canel" are close; "login" and "listen" are not."""

_NEAR = 0.6
"""For what is answered in any case: more is offered than `_CLOSE` allows."""


@dataclass(frozen=True)
class Subcommand:
    """What was typed. One of `name`, `meant` (what was probably meant by `typed`) and `idea` is set; none for a bare `/omoi`.
    `rest` are the words after the command."""

    name: str = ""
    meant: str = ""
    typed: str = ""
    idea: str = ""
    rest: str = ""


def read(text: str) -> Subcommand:
    """Read the text of a slash command. A word that is close to a command is asked back, never launched as an idea."""
    bare = text.strip()
    if not bare:
        return Subcommand()
    first, *after = bare.split(maxsplit=1)
    word, rest = first.casefold().rstrip(".!"), after[0].strip() if after else ""
    if word in COMMANDS:
        return Subcommand(name=word, rest=rest) if _fits(word, rest) else Subcommand(idea=bare)
    meant = _close(word)
    if meant and len(rest.split()) <= 1 and (not rest or _fits(meant, rest)):
        return Subcommand(meant=meant, typed=first, rest=rest)
    return Subcommand(idea=bare)


def near(word: str, of: Iterable[str] = COMMANDS) -> tuple[str, ...]:
    """What somebody may have meant who typed one word that says nothing; the nearest first, at most three."""
    return tuple(difflib.get_close_matches(word.casefold().strip(), list(of), n=3, cutoff=_NEAR))


def _fits(command: str, rest: str) -> bool:
    if command == "role":
        words = rest.casefold().split()
        return not words or bool(_PERSON.match(rest)) or (len(words) <= 3 and bool(_ROLES & set(words)))
    return len(rest.split()) <= _AT_MOST.get(command, 0)


def _close(word: str) -> str:
    found = difflib.get_close_matches(word, COMMANDS, n=1, cutoff=_CLOSE)
    return found[0] if found else ""
