"""Markdown documents cut into headings and their lines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from omoi_spec.markdown_text import BLANK, mask, plain, split_items, uncode

_HEADING = re.compile(r" {0,3}(#{1,6})(?:[ \t]+(.*))?\Z")
_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})([^`]*)\Z")
_BULLET = re.compile(r"([ \t]*)(?:[-*+]|[0-9]{1,6}[.)])(?:[ \t]+(.*))?\Z")
_META = (
    re.compile(r"_([A-Z][A-Za-z ]{1,30}):[ ]*(.*)_\Z"),
    re.compile(r"\*\*([A-Z][A-Za-z ]{1,30}):[ ]*(?!\*\*)(.*)\*\*\Z"),
    re.compile(r"(?:\*\*|_)([A-Z][A-Za-z ]{1,30}):(?:\*\*|_)?[ ]*(.*)\Z"),
)
_COMMENT = re.compile(r"[ \t]*<!--(?! empty -->).*-->[ \t]*\Z")


class MarkdownError(ValueError):
    """The text is not the document it was given as. The message says what was looked for and what to do."""


@dataclass
class Section:
    """A heading and the lines below it, up to the next heading of any level.

    level  0 for what stands before the first heading
    title  the heading's Markdown, trimmed
    """

    level: int
    title: str
    lines: list[str] = field(default_factory=list)

    def key(self) -> str:
        """The title as plain lower-case words, for comparison: "Out of scope" for "## Out of Scope ##"."""
        return " ".join(re.sub(r"[^a-z0-9 ]+", " ", plain(self.title).lower()).split())


def sections(text: str) -> list[Section]:
    """Cut a document at its headings; headings inside fenced code do not count."""
    found = [Section(0, "")]
    for line, fenced in fence_state(text.replace("\r\n", "\n").replace("\r", "\n").split("\n")):
        heading = None if fenced else _HEADING.match(line)
        if heading:
            found.append(Section(len(heading.group(1)), (heading.group(2) or "").strip(BLANK)))
        elif fenced or not _COMMENT.match(line):
            found[-1].lines.append(line)
    return found


def fence_state(lines: Sequence[str]) -> Iterator[tuple[str, bool]]:
    """Yield each line with whether it belongs to a fenced block (its fences included)."""
    fence = ""
    for line in lines:
        match = _FENCE.match(line)
        if fence:
            closing = line.strip(BLANK)
            ends = bool(closing) and set(closing) == {fence[0]} and len(closing) >= len(fence)
            yield line, True
            if ends:
                fence = ""
        elif match:
            fence = match.group(1)
            yield line, True
        else:
            yield line, False


def trimmed(lines: Sequence[str]) -> list[str]:
    """Return the lines without blank ones at the ends; blanks around each line outside fences are cut."""
    cut = [line if fenced else line.strip(BLANK) for line, fenced in fence_state(lines)]
    filled = [index for index, line in enumerate(cut) if line.strip(BLANK)]
    return cut[filled[0] : filled[-1] + 1] if filled else []


def fenced_text(lines: Sequence[str]) -> str:
    """Return the content of the first fenced block, "" when there is none."""
    content: list[str] = []
    inside = False
    for line, fenced in fence_state(lines):
        if fenced and not inside:
            inside = True
        elif fenced:
            content.append(line)
        elif inside:
            break
    return "\n".join(content[:-1])


def list_items(lines: Sequence[str]) -> list[str]:
    """Return the Markdown of each item of a list; lines that go on an item are joined with a space.

    Nested items count as items. Text before the first item is left out.
    """
    found: list[str] = []
    for line in lines:
        bullet = _BULLET.match(line)
        text = line.strip(BLANK)
        if bullet:
            found.append((bullet.group(2) or "").strip(BLANK))
        elif text and found:
            found[-1] = f"{found[-1]} {text}".strip(BLANK)
    return found


def meta(line: str) -> tuple[str, str]:
    """Return ("requirements", "1.1, 2.3") for `_Requirements: 1.1, 2.3_`, ("", "") for other lines.

    `**Requirements:** 1.1`, `**Requirements: 1.1**` and a leading list mark are accepted too.
    """
    text = line.strip(BLANK)
    bullet = _BULLET.match(text)
    if bullet and bullet.group(2):
        text = bullet.group(2).strip(BLANK)
    for form in _META:
        match = form.match(text)
        if match:
            return match.group(1).lower(), match.group(2).strip(BLANK)
    return "", ""


def tail_meta(markdown: str, name: str) -> tuple[str, str]:
    """Split `text _Name: value_` into (text, value); value is "" when there is no such end."""
    masked = mask(markdown)
    match = re.search(rf"(?:\A|[ ])_{name}: [^_]*_\Z", masked)
    if match is None:
        return markdown, ""
    start = match.start()
    value = markdown[start:].strip(BLANK)[len(name) + 3 : -1]
    return markdown[:start].rstrip(BLANK), value


def named_item(markdown: str) -> tuple[str, str, str]:
    """Split `**name** (kind): text` into its Markdown parts; kind and text may be missing.

    A name may also stand in a code span or bare before the first ": ".
    """
    masked = mask(markdown)
    bold = re.match(r"\*\*([^*]*?)(:?)\*\*[ ]?(?:\(([^()]*)\))?:?(?:[ ]+|\Z)", masked)
    if bold:
        name = markdown[bold.start(1) : bold.end(1)]
        kind = markdown[bold.start(3) : bold.end(3)] if bold.group(3) is not None else ""
        return name, kind, markdown[bold.end() :]
    span = re.match(r"(\0+)[ ]?(?:\(([^()]*)\))?(?::|[ ]+[-–—])?(?:[ ]+|\Z)", masked)
    if span and markdown.startswith("`"):
        kind = markdown[span.start(2) : span.end(2)] if span.group(2) is not None else ""
        return markdown[: span.end(1)], kind, markdown[span.end() :]
    head, colon, text = markdown.partition(": ")
    return (head, "", text) if colon else (markdown, "", "")


def text_of(lines: Sequence[str]) -> str:
    """Return the text of a block of lines; fenced code in it is kept as it stands."""
    return "\n".join(line if fenced else plain(line) for line, fenced in fence_state(trimmed(lines)))


def chapter(found: Sequence[Section], *keys: str) -> list[Section]:
    """Return the first section of level 1 or 2 whose key is one of `keys`, with the deeper ones below it.

    An empty list when there is none. Deeper headings carry names, which may equal a key by chance.
    """
    for index, section in enumerate(found):
        if section.level in (1, 2) and section.key() in keys:
            end = index + 1
            while end < len(found) and found[end].level > section.level:
                end += 1
            return list(found[index:end])
    return []


def all_lines(part: Sequence[Section]) -> list[str]:
    """Return the lines of a chapter; titles of deeper sections become lines of their own."""
    lines: list[str] = []
    for position, section in enumerate(part):
        if position:
            lines += ["", section.title, ""]
        lines += section.lines
    return lines


def notice_of(found: Sequence[Section]) -> str:
    """Return the quoted line that stands before the first heading, "" when there is none."""
    quoted = [line.strip(BLANK)[1:].strip(BLANK) for line in found[0].lines if line.strip(BLANK).startswith(">")]
    return plain(" ".join(quoted))


def feature_of(found: Sequence[Section], *titles: str) -> str:
    """Return the feature's name from the first heading: what follows `title: `, or a title that is not ours."""
    heading = next((section.title for section in found if section.level == 1), "")
    for title in titles:
        match = re.match(rf"{title}(?:[ ]*(?::|-|–|—)[ ]*(.*))?\Z", heading, re.IGNORECASE)
        if match:
            return plain(match.group(1) or "")
    return plain(heading)


def names(markdown: str) -> list[str]:
    """Return the texts of a comma-separated list of code spans and labels."""
    return [uncode(part) for part in split_items(markdown)]
