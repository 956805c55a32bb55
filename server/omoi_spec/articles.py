"""The indefinite article: "a" or "an" by the sound that follows."""

from __future__ import annotations

import re

_YOU = re.compile(
    r"(?i)(?:uni(?:[ctvqfx]|on\b|ons\b|que|anim|direct)|us[eau](?!ls)|utili|uten|uri\b|urls?\b|uuids?\b|ui\b|usb\b|usd\b|"
    r"utc\b|utf|ux\b|uk\b|us\b|u-|ubi|eu|ewe|once\b|one\b|one-)"
)
"""Words that are written with a vowel and spoken with a consonant: user, unique, URL, one."""

_MUTE_H = re.compile(r"(?i)(?:hour|honest|honou?r|heir)")
_SPELLED = re.compile(r"[FHLMNRSX][B-DF-HJ-NP-TV-Z]*\d*s?\b")
"""Acronyms without a vowel are read letter by letter, and the names of these letters begin with one."""


def article(phrase: str) -> str:
    """Return "an" before a vowel sound, else "a": "an hour", "a user", "an HTML page", "a URL"."""
    if _YOU.match(phrase):
        return "a"
    return "an" if phrase[:1].lower() in tuple("aeiou") or _MUTE_H.match(phrase) or _SPELLED.match(phrase) else "a"
