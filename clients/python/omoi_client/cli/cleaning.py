"""Text from outside, made safe for a terminal.

Titles, messages and documents come from people and programs that are not trusted. An escape sequence in one could move
the cursor, rename the window or answer in the reader's name; a direction override could make a line read as something
else; what shows nothing could hide words or make two names look alike. All are removed; the words stay.
"""

from __future__ import annotations

import re

# ECMA-48: CSI; the string sequences OSC, DCS, SOS, PM, APC up to their end (or the end of the line); all other escapes.
_ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d\x9e\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b[ -/]*[0-~]?"
)
# Controls and marks of the direction of writing, surrogates, and what is invisible: soft hyphen, zero width space and
# its kin, Hangul fillers, annotations, tags. Zero width joiners stay: Persian and many emoji are written with them.
_CONTROLS = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u180e\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\u3164"
    r"\ud800-\udfff\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_BREAKS = re.compile(r"\r\n?|[\u2028\u2029\x85]")


def lines(text: str) -> str:
    """`text` with its line breaks and tabs, and nothing else that a terminal would act on."""
    return _CONTROLS.sub("", _BREAKS.sub("\n", _ESCAPES.sub("", text)))


def one_line(text: str) -> str:
    """`text` as one line: the same, and every run of white space is one space."""
    return " ".join(lines(text).split())
