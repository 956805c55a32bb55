"""Checks of what people type, shared by every use case. Each refusal names the field and the remedy."""

from __future__ import annotations

import hashlib
import re
from pathlib import PurePosixPath

from omoi_server.domain.foreign_words import visible
from omoi_server.errors import InvalidArgument

MAX_TITLE = 200
MAX_DESCRIPTION = 100_000
DERIVED_TITLE = 80
"""Length of a title taken from the description (design section 8, LaunchSpec)."""

# C0, DEL and C1 (U+009B begins a terminal's escape sequence as ESC [ does). Tab, LF, CR and NEL (U+0085) are white space.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]")
# Embeddings, overrides and isolates (Unicode TR #9): what follows them is shown in another order than it is written.
_BIDI = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
_C1 = re.compile(r"[\x80-\x84\x86-\x9f]")
_ADDRESS = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63}){0,5}")
# What ends a name in git, or begins an address.
_NO_NAME = re.compile(r"[<>\"\\,;:@\n\r]")
_SENTENCE_END = re.compile(r"(?<=[.!?])\s|\n")


def text(field: str, value: str, limit: int, *, required: bool = False) -> str:
    """The value, if it fits. Line breaks and tabs are allowed, other control characters are not."""
    if len(value) > limit:
        raise InvalidArgument(field, f"has {len(value):,} characters; at most {limit:,} are allowed. Shorten it.")
    if _CONTROL.search(value):
        raise InvalidArgument(field, "contains control characters. Remove them.")
    if required and not value.strip():
        raise InvalidArgument(field, "is empty. Say it in a few words.")
    return value


def line(field: str, value: str, limit: int, *, required: bool = False) -> str:
    """The value as one line: white space folded, controls of the direction of writing dropped."""
    return " ".join(text(field, _BIDI.sub("", value), limit, required=required).split())


def clean(value: str) -> str:
    """Text from a worker, made storable: no control characters, none that turn the writing, no lone surrogates."""
    return _BIDI.sub("", _CONTROL.sub("", value)).encode("utf-8", "replace").decode("utf-8")


def legible(value: str) -> str:
    """Text of an artefact as it was written, without what turns the writing and without C1 control characters.

    Nobody should approve a document that reads otherwise than it is (Trojan Source, CVE-2021-42574). C0 characters
    stay: the shape of an output refuses them with a remedy.
    """
    return _C1.sub("", _BIDI.sub("", value))


def title_of(title: str, description: str) -> str:
    """The title, or the first sentence of the description, cut at a word to 80 characters.

    Raises InvalidArgument when both are empty or one is too long.
    """
    given = line("title", title, MAX_TITLE)
    text("description", description, MAX_DESCRIPTION)
    if given:
        return given
    shown = _BIDI.sub("", description).strip()
    if not shown:
        raise InvalidArgument("description", "and title are both empty. Say in a sentence what you want.")
    folded = " ".join(shown.split())
    first = " ".join(_SENTENCE_END.split(shown, maxsplit=1)[0].split()).rstrip(". ") or folded
    if len(first) <= DERIVED_TITLE:
        return first
    return first[: DERIVED_TITLE - 1].rsplit(" ", 1)[0] + "…"


def count(number: int, noun: str) -> str:
    """`1 task`, `3 tasks`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def idea_hash(title: str, description: str) -> str:
    """Equal for ideas that differ in case and white space only."""
    folded = " ".join(f"{title}\n{description}".casefold().split())
    return hashlib.sha256(folded.encode()).hexdigest()


def folder(field: str, value: str) -> str:
    """A folder inside the repository, normalised; empty is the whole repository."""
    given = line(field, value, 500).replace("\\", "/")
    path = PurePosixPath(given)
    if path.is_absolute() or ".." in path.parts or ".git" in path.parts:
        raise InvalidArgument(field, f"{value!r} must be a folder inside the repository, such as services/web.")
    return "" if str(path) == "." else str(path)


def branch(field: str, value: str) -> str:
    """A branch name as git allows it (git check-ref-format), or empty."""
    given = value.strip()
    bad = re.search(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{|//|/$|^/|\.lock(/|$)|^-|\.$|^@$|(^|/)\.", given)
    if bad or len(given) > 200:
        raise InvalidArgument(field, f"{value[:100]!r} is not a branch name that git allows.")
    return given


def credit(name: str, email: str) -> str:
    """`Name <address>` as git writes people, or nothing without an address that git could read."""
    if not _ADDRESS.fullmatch(email):
        return ""
    shown = " ".join(_NO_NAME.sub(" ", visible(name)).split())[:100]
    return f"{shown or email.partition('@')[0]} <{email}>"
