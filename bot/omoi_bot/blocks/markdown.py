"""Our documents' Markdown as Block Kit.

The text comes from models and repositories, so it is not handed to Slack's own `markdown` block, where `[label](url)`
would be a link under any name: it is read here and written anew as mrkdwn. Links show their address.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass

from omoi_bot.blocks.text import clean, code, escape, fenced, plain, split

_HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+(.*?)[ \t]*#*[ \t]*\Z")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_ITEM = re.compile(r"([ \t]*)([-*+]|\d{1,6}[.)])[ \t]+(.*)\Z")
_BOX = re.compile(r"\[([ xX])\]\*?[ \t]+")
_QUOTE = re.compile(r" {0,3}>[ ]?(.*)\Z")
_RULE = re.compile(r" {0,3}([-*_])(?:[ \t]*\1){2,}[ \t]*\Z")
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_TABLE = re.compile(r"\s*\|.*\|\s*\Z")
_TABLE_RULE = re.compile(r"\s*\|?[\s:|-]+\|?\s*\Z")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_INLINE = re.compile(
    r"(?P<escaped>\\[!-/:-@\[-`{-~])"
    r"|(?P<ticks>`+)(?P<code>[^`].*?|)(?<!`)(?P=ticks)(?!`)"
    r"|!?\[(?P<label>[^\[\]]{0,500})\]\((?P<url>[^()\s]{0,1000})(?:\s+\"[^\"]*\")?\)"
    r"|(?P<strong>\*\*|__)(?=\S)(?P<bold>.{1,2000}?)(?<=\S)(?P=strong)"
    r"|(?<!\w)_(?=[^\s_])(?P<italic>(?:[^_\\]|\\.|(?<=[^\W_])_(?=[^\W_])){1,500})(?<=[^\s\\])_(?!\w)"
)

BOLD_LIMIT = 500
LINE = 2800
PIECE = 1200
"""Characters of a paragraph that become one line; escaped they stay below LINE unless half of them are signs."""


@dataclass(frozen=True)
class Part:
    """A piece of a document: kind heading (text plain), line (text mrkdwn), fence (text raw) or rule."""

    kind: str
    text: str = ""
    level: int = 0


def read(markdown: str) -> Iterator[Part]:
    """The parts of a document in order. An open fence ends with the document."""
    lines = _without_comments(clean(markdown)).split("\n")
    place = 0
    paragraph: list[str] = []
    while place < len(lines):
        line = lines[place]
        special = _special(lines, place)
        if special is None and line.strip():
            paragraph.append(line.strip())
            place += 1
            continue
        if paragraph:
            yield from _lines(" ".join(paragraph))
            paragraph = []
        if special is None:
            place += 1
            continue
        parts, place = special
        yield from parts
    if paragraph:
        yield from _lines(" ".join(paragraph))


def inline(text: str, limit: int = LINE) -> str:
    """One line of Markdown as mrkdwn: bold and code kept, links as `label (address)`, all else letter by letter."""
    pieces: list[str] = []
    used = 0
    place = 0
    text = text[: 4 * limit]
    for found in _INLINE.finditer(text):
        pieces.append(_letters(text[place : found.start()], limit - used))
        pieces.append(_span(found, limit - used - len(pieces[-1])))
        used += len(pieces[-1]) + len(pieces[-2])
        place = found.end()
        if used > limit - 100:
            return "".join(pieces).rstrip() + (" …" if place < len(text) else "")
    pieces.append(_letters(text[place:], limit - used))
    return "".join(pieces).strip()


def headings(markdown: str) -> list[str]:
    """The plain titles of all headings."""
    return [part.text for part in read(markdown) if part.kind == "heading"]


def _lines(text: str, before: str = "") -> Iterator[Part]:
    """A paragraph or item; a very long one goes on in further lines, so that nothing of it is left out."""
    for number, piece in enumerate(split(text, PIECE)):
        yield Part("line", f"{before if not number else ''}{inline(piece)}")


def _special(lines: list[str], place: int) -> tuple[list[Part], int] | None:
    """The part that starts at `place` when it is no paragraph, and the line after it."""
    line = lines[place]
    if (fence := _FENCE.match(line)) is not None:
        return _fence(lines, place, fence.group(1))
    if (heading := _HEADING.match(line)) is not None:
        return [Part("heading", _bare(heading.group(2)) or "–", len(heading.group(1)))], place + 1
    if _RULE.match(line):
        return [Part("rule")], place + 1
    if _TABLE.match(line) and place + 1 < len(lines) and _TABLE_RULE.match(lines[place + 1]):
        return _table(lines, place)
    if (item := _ITEM.match(line)) is not None:
        return _item(lines, place, item)
    if (quoted := _QUOTE.match(line)) is not None:
        return [Part("line", f"&gt; {inline(quoted.group(1))}")], place + 1
    return None


def _fence(lines: list[str], place: int, mark: str) -> tuple[list[Part], int]:
    end = place + 1
    while end < len(lines) and not re.fullmatch(rf" {{0,3}}{re.escape(mark[0])}{{{len(mark)},}}\s*", lines[end]):
        end += 1
    return [Part("fence", "\n".join(lines[place + 1 : end]))], end + 1


def _item(lines: list[str], place: int, item: re.Match[str]) -> tuple[list[Part], int]:
    """A list item with the lines that belong to it."""
    words = [item.group(3)]
    end = place + 1
    while end < len(lines) and lines[end].startswith("  ") and lines[end].strip() and _special(lines, end) is None:
        words.append(lines[end].strip())
        end += 1
    depth = min(len(item.group(1).expandtabs(4)) // 2, 4)
    text = " ".join(words)
    box = _BOX.match(text)
    mark = item.group(2) if item.group(2)[-1] in ".)" else "•"
    if box is not None:
        mark, text = ("☑" if box.group(1) in "xX" else "☐"), text[box.end() :]
    return list(_lines(text, f"{'    ' * depth}{mark} ")), end


def _table(lines: list[str], place: int) -> tuple[list[Part], int]:
    """A table as fixed-width text: Slack's own table block stands once in a message and not in forms."""
    end = place
    rows: list[list[str]] = []
    while end < len(lines) and _TABLE.match(lines[end]):
        if end != place + 1:
            rows.append([_bare(cell) for cell in re.split(r"(?<!\\)\|", lines[end].strip().strip("|"))])
        end += 1
    columns = max(len(row) for row in rows)
    padded = [row + [""] * (columns - len(row)) for row in rows]
    widths = [min(max(len(row[n]) for row in padded), 40) for n in range(columns)]
    text = [
        " | ".join(cell[:40].ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in padded
    ]
    return [Part("fence", "\n".join([text[0], "-+-".join("-" * width for width in widths), *text[1:]]))], end


def _span(found: re.Match[str], room: int) -> str:
    room = max(room, 20)
    if found["escaped"]:
        return escape(found["escaped"][1], 20)
    if found["ticks"]:
        return code(found["code"], min(room, BOLD_LIMIT))
    if found["strong"]:
        bold = _letters(_unescaped(found["bold"].replace("`", "")), min(room, BOLD_LIMIT)).strip()
        return f"*{bold}*" if bold else ""
    if found["italic"]:
        # Our documents' lines such as `_Requirements: 1.1_`.
        italic = _letters(_unescaped(found["italic"]), min(room, BOLD_LIMIT)).strip()
        return f"_{italic}_" if italic else ""
    label, url = escape(_unescaped(found["label"]), min(room, BOLD_LIMIT)), escape(found["url"], 300)
    return f"{label} ({url})" if url and url != label else label


def _unescaped(text: str) -> str:
    """Without the backslashes that Markdown puts before signs. Its result is words, not Markdown."""
    return _ESCAPED.sub(r"\1", text)


def _letters(text: str, room: int) -> str:
    """Escaped (entities such as `&#32;` first read), with the spaces at its ends, which `escape` would take."""
    held = escape(html.unescape(text), max(room, 20))
    if not held:
        return " " if text else ""
    return f"{' ' * text[:1].isspace()}{held}{' ' * text[-1:].isspace()}"


def _bare(text: str) -> str:
    """A heading's or cell's words without Markdown's marks."""
    words = _INLINE.sub(
        lambda found: (
            (found["escaped"] or " ")[1:]
            if found["escaped"]
            else found["code"]
            if found["ticks"]
            else _unescaped(found["bold"] if found["strong"] else found["italic"] or found["label"] or "")
        ),
        text,
    )
    return plain(html.unescape(words), 140)


def _without_comments(text: str) -> str:
    """`text` without HTML comments, but not inside fences, where they are content."""
    pieces = re.split(r"(^ {0,3}```.*?(?:^ {0,3}```[ \t]*$|\Z))", text, flags=re.MULTILINE | re.DOTALL)
    return "".join(piece if number % 2 else _COMMENT.sub("", piece) for number, piece in enumerate(pieces))


def fence_pieces(text: str, limit: int = 2900) -> list[str]:
    """A fence as one or more complete mrkdwn fences of at most `limit` characters."""
    pieces: list[str] = []
    held: list[str] = []
    for line in text.split("\n"):
        if held and sum(len(one) * 2 + 6 for one in held) + len(line) * 2 > limit:
            pieces.append(fenced("\n".join(held), limit))
            held = []
        held.append(line)
    return [*pieces, fenced("\n".join(held), limit)]
