"""Text for Slack: what came from outside is made inert, what is ours is cut to size.

Slack reads `&`, `<` and `>` as control characters (https://docs.slack.dev/messaging/formatting-message-text): with these
escaped no mention, link or date can be written. `*`, `_`, `~` and the backtick have no escape; where they could format
they are shown by a character that looks the same.
"""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime, timedelta

PUSH = 150
"""Most characters of a message's `text` as shown; more does not fit a phone's notification."""

# ECMA-48: CSI; the string sequences OSC, DCS, SOS, PM, APC up to their end (or the end of the line); all other escapes.
_ESCAPES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?"
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d\x9e\x9f])[^\x07\x1b\x9c\n]*(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b[ -/]*[0-~]?"
)
_BREAKS = re.compile(r"\r\n?|[\u2028\u2029\x85\x0b\x0c]")
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f]")
# Soft hyphen, fillers, zero width, direction marks, invisible operators, annotations, tags, odd variation selectors.
_UNSEEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u206f"
    "\u3164\ufe00-\ufe0e\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
_PICTURE = "\u2190-\u2bff\ufe0f\U0001f000-\U0001faff"
_JOINERS = re.compile(f"(?<![{_PICTURE}])\u200d|\u200d(?![{_PICTURE}])")
_STACKED = re.compile(
    "([\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]{3})[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff]+"
)
_TOKEN = re.compile(r"<(?=[@!#]|[A-Za-z][A-Za-z0-9+.-]*:)")
_OUTER_UNDERSCORE = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
_COMMAND = re.compile("\u02cb((?:/omoi|/invite|@Omoi|omoi|omoi-server)(?: [\\w@.-]+){0,6})\u02cb")
_SLACK_TOKEN = re.compile(r"<([^<>|]+)(?:\|([^<>]*))?>")

_ENTITIES = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;"}
_INERT = _ENTITIES | {ord("*"): "\u2217", ord("~"): "\u223c", ord("`"): "\u02cb"}
_CODE = _ENTITIES | {ord("`"): "\u02cb"}


def clean(untrusted: str) -> str:
    """The words and line breaks of `untrusted`; no terminal escape, control, direction or zero-width character, no lone
    surrogate. Joiners stay inside emoji."""
    whole = untrusted.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    shown = _CONTROLS.sub("", _BREAKS.sub("\n", _ESCAPES.sub("", whole)).replace("\t", " "))
    return _STACKED.sub(r"\1", _JOINERS.sub("", _UNSEEN.sub("", shown)))


def one_line(untrusted: str) -> str:
    """`clean` as one line, every run of white space one space."""
    return " ".join(clean(untrusted).split())


def escape(untrusted: str, limit: int = 200) -> str:
    """One line that mrkdwn shows letter by letter, at most `limit` characters long as sent; empty stays empty."""
    return _fit(_OUTER_UNDERSCORE.sub("\u02cd", one_line(_head(untrusted, limit))), limit, _INERT)


def paragraphs(untrusted: str, limit: int = 2500) -> str:
    """Like `escape`, with its line breaks (never more than one empty line)."""
    text = re.sub(
        r"\n\s*\n\s*", "\n\n", "\n".join(" ".join(line.split()) for line in clean(_head(untrusted, limit)).split("\n"))
    )
    return _fit(_OUTER_UNDERSCORE.sub("\u02cd", text.strip()), limit, _INERT)


def sentences(text: str, limit: int = 2500) -> str:
    """`paragraphs` of a sentence of ours that quotes untrusted words: commands such as `/omoi list` stay code."""
    return _COMMAND.sub(r"`\1`", paragraphs(text, limit))


def quote(untrusted: str, limit: int = 600, most_lines: int = 8) -> str:
    """Somebody's words as a block quote in mrkdwn; empty for no words."""
    lines = paragraphs(untrusted, limit - 5 * most_lines).split("\n")
    kept = lines[:most_lines]
    if len(lines) > most_lines:
        kept[-1] += " …"
    return "\n".join(f"&gt; {line}" for line in kept) if any(lines) else ""


def code(untrusted: str, limit: int = 120) -> str:
    """One line in backticks, unchanged but for backticks; empty stays empty."""
    held = _fit(one_line(_head(untrusted, limit)), limit - 2, _CODE)
    return f"`{held}`" if held else ""


def fenced(untrusted: str, limit: int = 2900) -> str:
    """Lines as they are in a code fence that nothing inside can close. The end is kept when it is too long."""
    lines = [line.rstrip() for line in clean(untrusted[-(8 * limit + 1000) :]).split("\n")]
    held: list[str] = []
    room = limit - 10
    for line in reversed(lines):
        shown = _fit(line, 400, _CODE)
        room -= _units(shown) + 1
        if room < 0:
            held.append("…")
            break
        held.append(shown)
    return "```\n" + "\n".join(reversed(held)) + "\n```"


def plain(untrusted: str, limit: int = 75) -> str:
    """One line for a plain_text object, which Slack does not parse. What looks like a token is defused all the same."""
    return _fit(_TOKEN.sub("\u2039", one_line(_head(untrusted, limit))), limit, {})


def typed(untrusted: str, limit: int = 3000) -> str:
    """A person's own words, to be put back into an input: line breaks stay, nothing is escaped."""
    return _fit(clean(_head(untrusted, limit)), limit, {})


def push(before: str, title: str, after: str = "") -> str:
    """`before` + the escaped title + `after`, at most 150 characters as shown: the title gives way."""
    room = PUSH - len(shown(before)) - len(shown(after))
    return before + escape(plain(title, max(room, 8)), 5 * PUSH) + after


def shown(text: str) -> str:
    """Our own mrkdwn as a notification says it: labels for tokens, no entities."""
    return html.unescape(_SLACK_TOKEN.sub(lambda found: found.group(2) or found.group(1), text))


def split(text: str, limit: int = 2900) -> list[str]:
    """`text` in pieces of at most `limit` characters, broken at an empty line, a line, a space, or anywhere."""
    pieces = []
    rest = text
    while _units(rest) > limit:
        head = rest[: _index(rest, limit)]
        cut = max(head.rfind("\n\n"), head.rfind("\n") if "\n\n" not in head[limit // 2 :] else -1)
        cut = cut if cut > limit // 3 else head.rfind(" ")
        cut = cut if cut > limit // 3 else _outside_entity(head)
        pieces.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip("\n ")
    return [*pieces, rest] if rest or not pieces else pieces


def date(when: datetime, shape: str = "{time}") -> str:
    """A time in the reader's own zone; the fallback is UTC. `when` without zone is UTC."""
    aware = when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    fallback = f"{aware:%H:%M} UTC" if shape == "{time}" else f"{aware:%Y-%m-%d %H:%M} UTC"
    return f"<!date^{int(aware.timestamp())}^{shape}|{fallback}>"


def at(when: datetime, as_of: datetime) -> str:
    """`date`, with the day when `when` is more than 12 hours from `as_of`."""
    near = abs(utc(when) - utc(as_of)) < timedelta(hours=12)
    return date(when) if near else date(when, "{date_short_pretty} {time}")


def lasted(seconds: float) -> str:
    """A duration of something that is over, as mrkdwn: "0.4 s", "22 min", "3 h 5 min"."""
    if seconds < 0.1:
        return "&lt; 0.1 s" if seconds > 0 else "0 s"
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 100:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    hours, rest = divmod(minutes, 60)
    return f"{minutes} min" if not hours else f"{hours} h {rest} min" if rest else f"{hours} h"


def count(number: int, word: str, plural: str = "") -> str:
    """ "1 task", "5 tasks"."""
    return f"{number} {word}" if number == 1 else f"{number} {plural or word + 's'}"


def utc(when: datetime) -> datetime:
    """`when` with zone UTC; without a zone it is UTC already."""
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)


def _units(text: str) -> int:
    """Length as the strictest counter sees it: characters beyond the basic plane are two."""
    return len(text) if text.isascii() else len(text) + sum(letter > "\uffff" for letter in text)


def _index(text: str, limit: int) -> int:
    """How many letters of `text` fit into `limit` units."""
    used = 0
    for place, letter in enumerate(text):
        used += 2 if letter > "\uffff" else 1
        if used > limit:
            return place
    return len(text)


def _outside_entity(head: str) -> int:
    """Where to cut so that no `&amp;` or `<…>` is cut in two."""
    for opening, closing in (("&", ";"), ("<", ">")):
        start = head.rfind(opening)
        if start > len(head) - 200 and start > 0 and closing not in head[start:]:
            return start
    return len(head)


def _head(untrusted: str, limit: int) -> str:
    """As much of a long text as can matter for `limit` characters; the rest need not be cleaned first."""
    return untrusted[: 8 * limit + 1000]


def _fit(text: str, limit: int, replaced: dict[int, str]) -> str:
    """`text` with letters replaced, cut with "…" where it would be longer than `limit` units as sent."""
    whole = text.translate(replaced)
    if _units(whole) <= limit:
        return whole
    held: list[str] = []
    used = 0
    for letter in text:
        piece = replaced.get(ord(letter), letter)
        used += len(piece) + (letter > "\uffff")
        if used > limit - 1:
            break
        held.append(piece)
    return "".join(held).rstrip() + "…"
