"""Articles: "a" or "an" by the sound that follows."""

from __future__ import annotations

import re

from omoi_worker.engines.outline.words import word_set

_YOU = re.compile(
    r"(?i)(?:uni(?:[ctvqfx]|on\b|ons\b|que|anim|direct)|us[eau](?!ls)|utili|uten|uri\b|urls?\b|uuids?\b|ui\b|usb\b|usd\b|"
    r"utc\b|utf|ux\b|uk\b|us\b|u-|ubi|eu|ewe|once\b|one\b|one-)"
)
"""Words that are written with a vowel and spoken with a consonant: user, unique, URL, one."""

_MUTE_H = re.compile(r"(?i)(?:hour|honest|honou?r|heir)")
_SPELLED = re.compile(r"[FHLMNRSX][B-DF-HJ-NP-TV-Z]*\d*s?\b")
"""Acronyms without a vowel are read letter by letter, and the names of these letters begin with one."""

_WRONG = re.compile(r"\b([Aa]n?) (?=([A-Za-z][\w-]*))")
_NOT_NOUNS = word_set("a an and are as at be been by for from if in into is of on or the to was were with")


def article(phrase: str) -> str:
    """Return "an" before a vowel sound, else "a": "an hour", "a user", "an HTML page", "a URL"."""
    if _YOU.match(phrase):
        return "a"
    return "an" if phrase[:1].lower() in tuple("aeiou") or _MUTE_H.match(phrase) or _SPELLED.match(phrase) else "a"


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
