"""Words of people, models and repositories in the Markdown of a pull request: shown as they are, without effect.

What a forge acts on beyond CommonMark is GitHub's: mentions, references (`#1`, `GH-1`, `owner/repo#1`) that closing
keywords turn into orders, autolinks, math. Its filters run on the rendered text, where neither a backslash nor a
character reference protects anything, so a zero width space stands where such a word would come alive
(docs.github.com: "Autolinked references and URLs", "Linking a pull request to an issue").
"""

from __future__ import annotations

import re
import unicodedata

BREAK = "\u200b"

_JOINERS = "\u200c\u200d"
"""Format characters that are part of words (Persian) and of emoji."""

_BLANK = "\u115f\u1160\u3164\uffa0"
"""Hangul fillers: letters that show nothing."""

_ALIVE = re.compile(
    r"(?P<live>[@#]|:(?=//)|\bwww(?=\.)|\bgh-(?=\d))|(?P<mark>[\\`*_\[\]<>|!~&$])",
    re.IGNORECASE,
)
_BLOCK_START = re.compile(r"[-+=]|[0-9]{1,9}(?=[.)])")


def inline(text: str, limit: int = 300) -> str:
    """One line, at most `limit` characters of the text: no mention, reference, link, image, HTML, math or table cell."""
    words = visible(text)[:limit]
    start = _BLOCK_START.match(words)
    shown = _ALIVE.sub(_dead, words)
    if start is None:
        return shown
    at = 0 if start.end() == 1 and not start.group().isdigit() else start.end()
    return f"{shown[:at]}\\{shown[at:]}"


def code(text: str, *, in_table: bool = False, limit: int = 120) -> str:
    """A code span. In a table a text with "|" is shown as words: the two escapes do not go together."""
    words = visible(text)[:limit].replace("`", "'").strip()
    if in_table and "|" in words:
        return inline(words, limit)
    return f"`{words or '?'}`"


def fenced(text: str, language: str = "text") -> str:
    """A fenced block of several lines that the text cannot end."""
    lines = [_seen(line.replace("\t", "    ")).rstrip() for line in text.strip("\n").split("\n")]
    return "\n".join([f"```{language}", *(line.replace("```", "'''") for line in lines), "```"])


def visible(text: str) -> str:
    """One line of what a reader sees: no control or format characters, white space folded."""
    return " ".join(_seen(" ".join(text.split())).split())


def _seen(line: str) -> str:
    return "".join(char for char in line if char in _JOINERS or not (char in _BLANK or _hidden(char)))


def _hidden(char: str) -> bool:
    return unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp")


def _dead(found: re.Match[str]) -> str:
    word = found.group()
    if found["mark"]:
        return f"\\{word}"
    return f"\\{word}{BREAK}" if word == "#" else f"{word}{BREAK}"
