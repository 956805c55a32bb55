"""Words of ideas and of code brought to one form: identifiers split, endings taken off, fillers known."""

from __future__ import annotations

import re
from functools import lru_cache

WORD = re.compile(r"[^\W\d_]+|\d+")
RAW = re.compile(r"\w+")
CAMEL = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[^\W\d_A-Za-z]+|\d+")


def word_set(text: str) -> frozenset[str]:
    """Return the words of a text that lists them."""
    return frozenset(text.split())


FILLERS: frozenset[str] = word_set(
    "a an the this that these those it its their there here of in on at to into onto from by for with without "
    "as and or nor but so than then too also only just not no yes if when while whenever after before once "
    "until unless because since is are was were be been being am do does did done have has had can could may "
    "might must shall should will would we you they he she i me my our your us them his her who whom whose "
    "which what where why how all any each every both either neither some such same other another more most "
    "much many few less least own very via per about over under between through during out up down off again "
    "new now please want wants need needs like let lets make makes e g i.e etc"
)
"""Function words: they say nothing about which file or noun is meant."""

WEAK: frozenset[str] = word_set(
    "add fix use support allow update remove change improve handle ensure provide enable implement introduce "
    "create set get show correct drop move rename refactor try say give hold tell test describe state "
    "clean cleanup minor small better feat chore expose "
    "avoid prevent replace simplify tweak adjust issue bug feature work run call file code one two"
)
"""Verbs and nouns of nearly every change: they count, but little."""

_SHORT_FORMS = {
    "config": "configuration",
    "configs": "configuration",
    "cfg": "configuration",
    "conf": "configuration",
    "auth": "authentication",
    "db": "database",
    "dbs": "database",
    "repo": "repository",
    "repos": "repository",
    "docs": "document",
    "doc": "document",
    "documentation": "document",
    "env": "environment",
    "envs": "environment",
    "param": "parameter",
    "params": "parameter",
    "arg": "argument",
    "args": "argument",
    "dir": "directory",
    "dirs": "directory",
    "msg": "message",
    "msgs": "message",
    "pkg": "package",
    "deps": "dependency",
    "dep": "dependency",
    "req": "request",
    "resp": "response",
    "ctx": "context",
    "tz": "timezone",
    "mail": "email",
    "mails": "email",
    "mailer": "email",
    "signin": "login",
    "signon": "login",
    "img": "image",
    "async": "asynchronous",
    "asyncio": "asynchronous",
    "impl": "implementation",
    "init": "initialize",
    "perf": "performance",
}
"""Abbreviations that code and people use for one another."""

_ENDINGS: tuple[tuple[str, str], ...] = (
    ("ization", "ize"),
    ("isation", "ize"),
    ("ational", "ate"),
    ("fulness", "ful"),
    ("ations", "ate"),
    ("ation", "ate"),
    ("ators", "ate"),
    ("ator", "ate"),
    ("ating", "ate"),
    ("ated", "ate"),
    ("ates", "ate"),
    ("ities", "ity"),
    ("iness", "y"),
    ("ments", "ment"),
    ("ness", ""),
    ("ably", "able"),
    ("ingly", ""),
    ("edly", ""),
    ("sses", "ss"),
    ("ying", "y"),
    ("ies", "y"),
    ("ied", "y"),
    ("ings", ""),
    ("ing", ""),
    ("ions", ""),
    ("ion", ""),
    ("ers", ""),
    ("ors", ""),
    ("ches", "ch"),
    ("shes", "sh"),
    ("xes", "x"),
    ("ment", ""),
    ("ally", "al"),
    ("ly", ""),
    ("ed", ""),
    ("er", ""),
    ("or", ""),
    ("es", ""),
    ("s", ""),
    ("e", ""),
)


@lru_cache(maxsize=65536)
def stem(word: str) -> str:
    """Return a word's common form in lower case: `locked`, `locking` and `locks` become `lock`.

    One pass of suffix rules, longest first, that leaves at least three letters. It need not be a real word.
    """
    word = word.lower()
    word = _SHORT_FORMS.get(word, word)
    if len(word) <= 3 or not word.isascii() or word.isdigit():
        return word
    for ending, put in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) + len(put) >= 3:
            if ending == "s" and word.endswith(("ss", "us", "is")):
                continue
            word = word[: len(word) - len(ending)] + put
            break
    if len(word) > 4 and word[-1] == word[-2] and word[-1] in "bdgklmnprt":
        word = word[:-1]
    if len(word) > 3 and word.endswith("e"):
        word = word[:-1]
    if len(word) > 5 and word.endswith("at"):
        word = word[:-2]
    if len(word) > 4 and word.endswith("y"):
        word = word[:-1]
    return word


@lru_cache(maxsize=131072)
def parts(identifier: str) -> tuple[str, ...]:
    """Split one identifier: `failedLogins`, `failed_logins` and `FAILED_LOGINS` give ("failed", "logins")."""
    found: list[str] = []
    for piece in identifier.split("_"):
        found.extend(match.lower() for match in CAMEL.findall(piece))
    return tuple(found)


def is_identifier(word: str) -> bool:
    """Whether a word is written as code is: inner capitals, an inner underscore or digits among letters."""
    inner = word.strip("_")
    return "_" in inner or (bool(re.search(r"[a-z][A-Z]|[A-Z]{2}[a-z]", inner)) and len(inner) > 3)


@lru_cache(maxsize=131072)
def terms(identifier: str) -> tuple[str, ...]:
    """Return the stems one raw word stands for: its parts, and itself when it has several."""
    split = parts(identifier)
    stems = [stem(part) for part in split if part not in FILLERS]
    if len(split) > 1:
        stems.append("".join(split))
    return tuple(stems)
