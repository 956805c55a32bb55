"""Parts that the Markdown documents share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from omoi_spec import references
from omoi_spec.markdown_blocks import Section, all_lines, chapter, list_items, named_item, names, tail_meta
from omoi_spec.markdown_text import block, code, inline, label, plain, split_items


def head(notice: str, title: str, feature: str, facts: Sequence[str]) -> list[str]:
    """Return the first lines: the notice, when there is one; the title; a line of facts, when there are any.

    What stands between the title and the first section is for readers and is not read back.
    """
    lines = [f"> {inline(notice)}", ""] if notice else []
    lines += [f"# {title}: {inline(feature)}" if feature else f"# {title}", ""]
    if facts:
        lines += [inline(" · ".join(" ".join(fact.split()) for fact in facts)), ""]
    return lines


def text_out(title: str, text: str) -> list[str]:
    """Return a section with a text, nothing for an empty one."""
    return [f"## {title}", "", *block(text), ""] if text else []


def list_out(title: str, items: Sequence[str]) -> list[str]:
    """Return a section with a list of Markdown items, nothing for an empty one."""
    return [f"## {title}", "", *(f"- {item}" for item in items), ""] if items else []


def changes_out(changes: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the section that says what became of each change request."""
    items = []
    for change in changes:
        named = f" _Ids: {', '.join(code(name) for name in change['ids'])}_" if change["ids"] else ""
        items.append(f"**{label(change['comment'])}**: {inline(change['effect'])}{named}")
    return list_out("Changes", items)


def changes_in(found: Sequence[Section]) -> list[dict[str, Any]]:
    """Read the section that `changes_out` wrote."""
    changes = []
    for item in list_items(all_lines(chapter(found, "changes"))):
        rest, named = tail_meta(item, "Ids")
        comment, _, effect = named_item(rest)
        changes.append({"comment": plain(comment), "effect": plain(effect), "ids": names(named)})
    return changes


def references_out(refs: Sequence[str]) -> str:
    """Return references as Kiro writes them: `1, 2.3, 3.1-3.4`."""
    return ", ".join(references.short(reference) for reference in refs)


def references_in(markdown: str) -> list[str]:
    """Read references in any spelling that `references.canonical` knows; others stay as they are."""
    text = plain(markdown).strip().rstrip(".")
    for word in ("requirements ", "requirement "):
        if text.lower().startswith(word):
            text = text[len(word) :]
    return [references.canonical(part) for part in split_items(text.replace(" and ", ", ").replace(";", ","))]
