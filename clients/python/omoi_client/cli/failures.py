"""How a command ends, and how it says what is wrong.

omoi: what is wrong.
      the reason, or what to do
"""

from __future__ import annotations

import os
import sys
from enum import IntEnum

from omoi_client.cli.cleaning import one_line
from omoi_client.errors import ConfigurationError, InvalidArgument, OmoiError, Unavailable

_INDENT = " " * 6


class Exit(IntEnum):
    """Exit codes, for scripts."""

    DONE = 0
    REFUSED = 1
    USAGE = 2
    FAILED = 3
    UNREACHABLE = 4
    WAITING = 5
    INTERRUPTED = 130


class Refusal(Exception):
    """The command cannot go on. `headline` is what is wrong, `remedy` what to do; each line of it is a line."""

    def __init__(self, headline: str, remedy: str = "", code: Exit = Exit.REFUSED) -> None:
        super().__init__(headline)
        self.headline = headline
        self.remedy = remedy
        self.code = code


def program() -> str:
    """How the reader calls this command. OMOI_PROGRAM lets a wrapper script name itself, so that hints can be pasted."""
    return os.environ.get("OMOI_PROGRAM") or "omoi"


def complain(headline: str, remedy: str = "") -> None:
    """Write an error to stderr. Both texts may quote untrusted words."""
    text = one_line(headline)
    if text and text[-1] not in ".?:":
        text += "."
    rows = [f"omoi: {text}", *(_INDENT + row for row in map(one_line, remedy.splitlines()) if row)]
    print("\n".join(rows), file=sys.stderr)


def report(error: OmoiError) -> Exit:
    """Write what the client or the server says is wrong; the exit code that goes with it."""
    headline = error.headline
    # A server's words may quote anything, so each of its texts is one line.
    remedy = one_line(error.remedy) if error.code else error.remedy
    others = [one_line(f"{one.field}: {one.description}") for one in error.violations[1:]]
    complain(_begin(headline), "\n".join([remedy, *others]))
    if isinstance(error, Unavailable):
        return Exit.UNREACHABLE
    if isinstance(error, ConfigurationError):
        unknown = error.reason in ("NO_ADDRESS", "NO_TOKEN")
        return Exit.UNREACHABLE if unknown else Exit.USAGE
    if isinstance(error, InvalidArgument) and not error.code:
        return Exit.USAGE
    return Exit.REFUSED


def _begin(headline: str) -> str:
    """After "omoi: " a sentence goes on in small letters, unless it begins with a name or a code."""
    first, _, rest = headline.partition(" ")
    if first[:1].isupper() and first[1:].islower() and rest:
        return f"{first.lower()} {rest}" if first in _ORDINARY else headline
    return headline


_ORDINARY = frozenset({"No", "The", "This", "There", "Events", "A", "An", "Only", "It"})
