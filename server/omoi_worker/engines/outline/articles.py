"""Articles: "a" or "an" by the sound that follows."""

from __future__ import annotations

import re

from omoi_spec.articles import article
from omoi_worker.engines.outline.words import word_set

_WRONG = re.compile(r"\b([Aa]n?) (?=([A-Za-z][\w-]*))")
_NOT_NOUNS = word_set("a an and are as at be been by for from if in into is of on or the to was were with")


def with_article(phrase: str) -> str:
    """Return the phrase with "a" or "an" before it."""
    return f"{article(phrase)} {phrase}"


def mend_articles(text: str) -> str:
    """Put "a" and "an" right. What may be a letter ("plan a and b") or is spelled in capitals stays."""

    def put(found: re.Match[str]) -> str:
        given, word = found.groups()
        spelled = word.isupper() and word[0].lower() not in "aeiou"
        if word.lower() in _NOT_NOUNS or len(word) == 1 or spelled:
            return found.group()
        return given[0] + article(word)[1:] + " "

    return _WRONG.sub(put, text)
