"""Reads a pull request's Markdown as a forge shows it: what is alive in it, and what it is made of."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field

from markdown_it import MarkdownIt
from markdown_it.token import Token

SECTIONS = [
    "Idea",
    "What changes",
    "Requirement → criterion → task → commit",
    "How it was checked",
    "Decisions",
    "How to go on",
]
"""Headings of every body, in order."""

# What GitHub's filters find in the rendered text outside code: mention, reference, autolink.
_ALIVE = re.compile(r"(?i)@[a-z0-9]|#[0-9]|\bgh-[0-9]|\bwww\.|[a-z]://")
_ESCAPED_OR_CODE = re.compile(r"\\.|`[^`]*`")
_OUR_HTML = re.compile(r"<details><summary>\d+ commits?</summary>|</details>")


@dataclass
class Shown:
    """What a body is made of: its headings, rows of its table (cells), code spans, and the faults that were found."""

    headings: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)
    code: list[str] = field(default_factory=list)
    blocks: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def read(body: str) -> Shown:
    """Render `body` (CommonMark, tables and strikethrough, as GitHub) and look at every token."""
    shown = Shown()
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(body)
    shown.blocks = [token.type for token in tokens if token.level == 0 and token.nesting >= 0]
    for before, token in zip([None, *tokens], tokens, strict=False):
        if token.type == "inline":
            _inline(token, before, shown)
        elif token.type == "html_block":
            shown.faults += [f"HTML {line!r}" for line in token.content.split("\n") if not _ours(line)]
        elif token.type == "fence" and token.info != "text":
            shown.faults.append(f"a fence of {token.info!r}")
        elif token.type in ("code_block", "hr", "ordered_list_open"):
            shown.faults.append(f"{token.type} {token.content[:80]!r}")
        elif token.type == "tr_open":
            shown.rows.append([])
    shown.faults += _raw(body)
    return shown


def _ours(line: str) -> bool:
    return not line or bool(_OUR_HTML.fullmatch(line))


def _inline(token: Token, before: Token | None, shown: Shown) -> None:
    text = ""
    for child in token.children or []:
        if child.type in ("link_open", "image", "html_inline", "s_open", "hardbreak"):
            shown.faults.append(f"{child.type} {child.content[:80]!r} in {token.content[:80]!r}")
        elif child.type == "code_inline":
            shown.code.append(child.content)
            text += "\0"
        else:
            text += child.content or ("\n" if child.type == "softbreak" else "")
    shown.faults += [f"alive: {found.group()!r} in {text[:120]!r}" for found in _ALIVE.finditer(text)]
    if "$" in _ESCAPED_OR_CODE.sub("", token.content):
        shown.faults.append(f"math in {token.content[:120]!r}")
    if before is not None and before.type == "heading_open":
        shown.headings.append(text)
    elif before is not None and before.type in ("td_open", "th_open"):
        shown.rows[-1].append(text)


def _raw(body: str) -> Iterator[str]:
    for number, line in enumerate(body.split("\n"), 1):
        for char in line:
            if char not in "\u200b\u200c\u200d" and unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp"):
                yield f"raw {char!r} in line {number}: {line[:80]!r}"
