"""What changed between two versions of a phase output, in lines for people."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from omoi_spec import phases

LONGEST_QUOTE = 120
"""Characters of a text that a line shows."""

_LISTS: Mapping[str, Sequence[tuple[str, str, str]]] = {
    phases.EXPLORE: (
        ("relevant_files", "path", "relevant file"),
        ("manifests", "path", "manifest"),
        ("entry_points", "path", "entry point"),
        ("languages", "name", "language"),
        ("structure", "path", "folder"),
        ("rules", "text", "rule"),
    ),
    phases.REQUIREMENTS: (
        ("requirements", "id", ""),
        ("glossary", "term", "term"),
        ("assumptions", "", "assumption"),
        ("out_of_scope", "", "item out of scope"),
        ("open_questions", "", "open question"),
    ),
    phases.DESIGN: (
        ("components", "name", "component"),
        ("files", "path", "file"),
        ("data_models", "name", "data model"),
        ("interfaces", "name", "interface"),
        ("errors", "case", "error case"),
        ("security", "", "security note"),
        ("testing", "", "testing note"),
    ),
    phases.TASKS: (("tasks", "id", ""),),
}
"""(field, the member that names an item or "" for texts, word for an item; "" when the name says it)"""


def difference(phase: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """Return what changed from `old` to `new`, two outputs of one phase that passed `schemas.validate`.

    Items are matched by id or name. Lines read "REQ-002 changed: title", "1 criterion added to REQ-002",
    "REQ-001, REQ-003 unchanged"; added and removed items are named. `notice` and `changes` say how a
    version came about and are not compared. No line at all means that the versions are equal; the line
    about what is unchanged only stands beside changes. Raises ValueError for a phase without an output.
    """
    if phase not in _LISTS:
        raise ValueError(f"{phase!r} has no output to compare. Phases with one: {', '.join(_LISTS)}.")
    lists = {name for name, _, _ in _LISTS[phase]}
    lines = [
        f"{name.replace('_', ' ')} changed"
        for name in new
        if name not in lists and name not in ("notice", "changes") and old.get(name) != new[name]
    ]
    same: list[str] = []
    for name, key, word in _LISTS[phase]:
        before, after = _named(old.get(name, []), key), _named(new.get(name, []), key)
        lines += _list_lines(before, after, word)
        if not word:
            same += [item for item in after if item in before and before[item] == after[item]]
        if list(before) != list(after) and set(before) == set(after):
            lines.append(f"{name.replace('_', ' ')}: order changed")
    if lines and same:
        lines.append(f"{', '.join(same)} unchanged")
    return lines


def _named(items: Sequence[Any], key: str) -> dict[str, Any]:
    """Items by name; of items with one name the later ones get a number."""
    named: dict[str, Any] = {}
    for item in items:
        name = str(item[key]) if key else str(item)
        count = 1
        while (name if count == 1 else f"{name} ({count})") in named:
            count += 1
        named[name if count == 1 else f"{name} ({count})"] = item
    return named


def _list_lines(before: Mapping[str, Any], after: Mapping[str, Any], word: str) -> Iterator[str]:
    for name, item in after.items():
        shown = f"{word} {_quote(name)}" if word else name
        if name not in before:
            title = f": {_quote(item['title'])}" if not word else ""
            yield f"{shown} added{title}"
        elif before[name] != item:
            yield from _item_lines(shown, before[name], item)
    for name in before:
        if name not in after:
            yield f"{word} {_quote(name)} removed" if word else f"{name} removed"


def _item_lines(shown: str, before: Any, after: Any) -> Iterator[str]:
    changed = [field for field in after if field != "criteria" and before.get(field) != after[field]]
    if len(changed) == 1 and isinstance(after[changed[0]], str):
        yield f"{shown} changed: {changed[0].replace('_', ' ')} is now {_quote(after[changed[0]])}"
    elif changed:
        yield f"{shown} changed: {', '.join(field.replace('_', ' ') for field in changed)}"
    if "criteria" in after:
        yield from _criteria_lines(shown, before["criteria"], after["criteria"])


def _criteria_lines(shown: str, before: Sequence[Any], after: Sequence[Any]) -> Iterator[str]:
    old, new = _named(before, "id"), _named(after, "id")
    for name in new:
        if name in old and old[name] != new[name]:
            yield f"{name} changed: {_quote(new[name]['text'])}"
    added = [name for name in new if name not in old]
    removed = [name for name in old if name not in new]
    if added:
        yield f"{_count(added)} added to {shown}: {', '.join(added)}"
    if removed:
        yield f"{_count(removed)} removed from {shown}: {', '.join(removed)}"
    if list(old) != list(new) and set(old) == set(new):
        yield f"{shown}: order of the criteria changed"


def _count(names: Sequence[str]) -> str:
    return "1 criterion" if len(names) == 1 else f"{len(names)} criteria"


def _quote(text: str) -> str:
    line = " ".join(text.split())
    return f'"{line}"' if len(line) <= LONGEST_QUOTE else f'"{line[: LONGEST_QUOTE - 1]}…"'
