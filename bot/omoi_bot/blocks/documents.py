"""A phase's document as pages in one view: Back and Next by views.update, each heading reachable by a menu."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache

from omoi_bot.blocks import actions, limits
from omoi_bot.blocks.actions import Target
from omoi_bot.blocks.gate import decision_line, link
from omoi_bot.blocks.kit import button, context, divider, header, modal, option, row, section, select
from omoi_bot.blocks.markdown import Part, fence_pieces, read
from omoi_bot.blocks.model import Block, PhaseOutput, View
from omoi_bot.blocks.text import escape
from omoi_bot.blocks.words import DOCUMENT, document

MOST_BLOCKS = 90
"""Blocks of a page; Slack takes 100, the rest is for the head and the buttons."""

MOST_BYTES = 200_000
MOST_CHARACTERS = 24_000
"""A page that nobody scrolls through is no page: about eight screens."""

MOST_PAGES = 10
"""A document with more pages is uploaded as a file instead (and its first pages are shown)."""

MOST_NAMES = 250
"""Headings that the menu lists; of a document with more it lists the first of each page."""

_SECTION = 2900


@dataclass
class _Page:
    blocks: list[Block] = field(default_factory=list)
    headings: list[str] = field(default_factory=list)
    characters: int = 0
    bytes: int = 0

    def takes(self, block: Block) -> bool:
        size = len(json.dumps(block).encode())
        full = len(self.blocks) >= MOST_BLOCKS or self.bytes + size > MOST_BYTES
        return not self.blocks or not (full or self.characters + limits.characters(block) > MOST_CHARACTERS)

    def without_last_headings(self) -> list[Block]:
        """Takes away the headings at the end, which belong to what follows. A page of headings alone keeps them."""
        end = len(self.blocks)
        while end and self.blocks[end - 1]["type"] == "header":
            end -= 1
        alone = self.blocks[end:] if 0 < end < len(self.blocks) and len(self.blocks) - end < MOST_BLOCKS // 2 else []
        if alone:
            del self.blocks[end:]
            del self.headings[len(self.headings) - len(alone) :]
        return alone

    def add(self, block: Block) -> None:
        self.blocks.append(block)
        self.characters += limits.characters(block)
        self.bytes += len(json.dumps(block).encode())
        if block["type"] == "header":
            self.headings.append(block["text"]["text"])


def view(output: PhaseOutput, page: int = 1) -> View:
    """Page `page` (from 1; beyond the end it is the last) of a document, with title, figures, Back, Next and the menu."""
    held = _pages(output.markdown)
    number = min(max(page, 1), len(held))
    target = Target(spec_id=output.spec_id, phase=output.phase, version=output.version, page=number)
    blocks = [_about(output), *_jump(held, target), *held[number - 1].blocks, *_turn(len(held), target)]
    return modal(view_title(output.phase, output.version, number, len(held)), blocks, actions.DOCUMENT, target)


def opening(markdown: str) -> tuple[list[Block], bool]:
    """The first page of any Markdown, and whether there is more of it."""
    held = _pages(markdown)
    return list(held[0].blocks), len(held) > 1


def pages(markdown: str) -> int:
    """How many pages a document has, at least 1."""
    return len(_pages(markdown))


def page_of(markdown: str, heading: str) -> int:
    """The page of the first heading that contains `heading` (such as "Requirement 3"), whatever the case; else 1."""
    wanted = heading.casefold().strip()
    for number, page in enumerate(_pages(markdown), 1):
        if any(_names(one, wanted) for one in page.headings):
            return number
    return 1


def view_title(phase: str, version: int, page: int = 1, of: int = 1) -> str:
    """At most 24 characters: "Requirements v1 · 2/4"."""
    word = DOCUMENT.get(phase, phase.capitalize())
    numbers = f" v{version}" + (f" · {page}/{of}" if of > 1 else "")
    return f"{word[: limits.VIEW_TITLE - len(numbers)]}{numbers}"


def _names(heading: str, wanted: str) -> bool:
    """ "Requirement 1" does not name "Requirement 10: …"."""
    place = heading.casefold().find(wanted)
    return place >= 0 and not (heading + " ")[place + len(wanted)].isdigit()


@lru_cache(maxsize=16)
def _pages(markdown: str) -> tuple[_Page, ...]:
    """Kept for the next click on Back or Next. Nobody changes what is in it."""
    found = [_Page()]
    for block in _blocks(markdown):
        if not found[-1].takes(block):
            alone = found[-1].without_last_headings()
            found.append(_Page())
            for heading in alone:
                found[-1].add(heading)
        found[-1].add(block)
    if not found[0].blocks:
        found[0].add(section("This version is empty."))
    return tuple(found)


def _blocks(markdown: str) -> Iterator[Block]:
    """Headings as headers, what stands between them gathered into sections."""
    lines: list[str] = []
    size = 0
    for part in read(markdown):
        pieces = _pieces(part)
        if not pieces:
            if lines:
                yield section("\n".join(lines))
            lines, size = [], 0
            yield divider() if part.kind == "rule" else header(part.text)
            continue
        for piece in pieces:
            length = len(piece.encode("utf-16-le")) // 2 + 1
            if lines and size + length > _SECTION:
                yield section("\n".join(lines))
                lines, size = [], 0
            lines.append(piece)
            size += length
    if lines:
        yield section("\n".join(lines))


def _pieces(part: Part) -> list[str]:
    """Mrkdwn of a part; nothing for what is a block of its own. Headings below the third level are bold lines."""
    if part.kind == "heading":
        return [f"*{escape(part.text, 200)}*"] if part.level > 3 else []
    if part.kind == "fence":
        return fence_pieces(part.text)
    return [part.text] if part.kind == "line" else []


def _about(output: PhaseOutput) -> Block:
    parts = [escape(output.title, 150), escape(output.short_id, 20), document(output.phase, output.version)]
    if output.score is not None:
        parts.append(f"score {output.score:.2f}")
    texts = [" · ".join(filter(None, parts))]
    if output.decision and output.decided_at is not None:
        when = output.decided_at
        texts.append(decision_line(output.version, output.decision, output.decided_by, when, None))
    if output.file_link:
        texts.append(link(output.file_link, "the whole document as a file"))
    return context(*texts)


def _jump(held: tuple[_Page, ...], target: Target) -> list[Block]:
    """A menu of the headings that people look for, each with its page."""
    if len(held) == 1:
        return []
    names = [(number, name) for number, page in enumerate(held, 1) for name in page.headings or [f"Page {number}"]]
    if len(names) > MOST_NAMES:
        names = [(number, (page.headings or [f"Page {number}"])[0]) for number, page in enumerate(held, 1)][:MOST_NAMES]
    options = [
        option(name, replace(target, page=number, key=str(place)).value(), f"page {number}")
        for place, (number, name) in enumerate(names)
    ]
    return row(select(options, actions.GOTO, "Go to …"))


def _turn(of: int, target: Target) -> list[Block]:
    back = button("Back", actions.PAGE_BACK, replace(target, page=target.page - 1)) if target.page > 1 else None
    further = button("Next", actions.PAGE_NEXT, replace(target, page=target.page + 1)) if target.page < of else None
    return row(back, further)
