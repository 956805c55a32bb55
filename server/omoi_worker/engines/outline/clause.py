"""The clause: what one part of a sentence asks of the system."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

QUOTES = "what the idea says:"
"""How the object of a clause begins whose words no rule understands."""


ITSELF = "the system itself"
"""What "it" is about in "make it faster" when nothing was named before."""


@dataclass(frozen=True)
class Clause:
    """What the system is to do. `verb` is a base form ("let" with `actor` for what people can do).

    state, trigger  conditions without their keyword; "" when there is none
    exception       what stops it ("unless …"); "" when there is none
    refused         True when the idea says that it must not happen
    question        what the idea leaves open about the clause; "" when nothing
    claim, about    for "make" and "keep": the statement as written, and what it speaks of
    """

    verb: str
    object: str
    source: str
    trigger: str = ""
    state: str = ""
    exception: str = ""
    actor: str = ""
    role: str = ""
    benefit: str = ""
    refused: bool = False
    claim: str = ""
    about: str = ""
    question: str = ""

    def worded(self, words: Mapping[str, str]) -> Clause:
        """Return the clause with other words for `object`, `trigger`, `state` and `exception`."""
        made = replace(self, object=words["object"], trigger=words["trigger"])
        return replace(made, state=words["state"], exception=words["exception"])

    @property
    def quoted(self) -> str:
        """The words of the idea when the response only quotes them, else ""."""
        return self.object[len(QUOTES) :].strip() if self.verb == "do" and self.object.startswith(QUOTES) else ""

    @property
    def response(self) -> str:
        """What follows "shall": "lock the account", "let users filter orders", "refuse to store passwords"."""
        words = " ".join(word for word in (self.verb, self.object) if word)
        if self.actor:
            return f"refuse to let {self.actor} {words}" if self.refused else f"let {self.actor} {words}"
        return f"refuse to {words}" if self.refused else words
