"""tasks.md in the layout that Kiro users know, out and in."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from omoi_spec import ids, schemas
from omoi_spec.markdown_blocks import MarkdownError, Section, feature_of, meta, names, notice_of, sections
from omoi_spec.markdown_parts import changes_in, changes_out, head, references_in, references_out
from omoi_spec.markdown_text import BLANK, bullets, code, inline, join_lines, plain, split_items, uncode

TITLE = "Implementation Plan"

_CHECKBOX = re.compile(
    r"(?P<indent>[ \t]*)[-*+][ \t]+\[[ xX~-]\](?P<optional>\*)?[ \t]+"
    r"(?:(?:(?P<number>[0-9]{1,7}(?:\.[0-9]{1,6})*)[.)]|(?P<dotted>[0-9]{1,6}(?:\.[0-9]{1,6})+)|"
    r"(?:TSK-|T)(?P<named>[0-9]{1,7})[.:]?)[ \t]+)?(?P<title>.*)\Z"
)
_BULLET = re.compile(r"[ \t]*[-*+][ \t]+(.*)\Z")
_HOURS = re.compile(r"([0-9.eE+-]+)")
_REFERENCES = ("requirements", "requirement", "validates")
_FACTS = (*_REFERENCES, "files", "depends on", "check", "priority", "estimate")


def render_tasks(data: Mapping[str, Any], facts: Sequence[str]) -> str:
    """Return tasks.md for data that passed `schemas.validate`: one open checkbox a task."""
    lines = head(data["notice"], TITLE, data["feature_name"], facts)
    lines += ["## Tasks", ""]
    for task in data["tasks"]:
        lines += [*_task_out(task), ""]
    lines += changes_out(data["changes"])
    return "\n".join(lines).rstrip("\n") + "\n"


def parse_tasks(text: str) -> dict[str, Any]:
    """Return the data of a tasks.md, ours or one written by Kiro or by hand.

    A checkbox is a task. Where checkboxes are nested, as in Kiro's `1.`, `1.1`, `1.2`, the innermost ones
    are the tasks, numbered anew from 1 in their order, and `_Depends on: 1.2_` follows; a task that names no
    dependency has none. Kiro's optional tasks (`- [ ]*`) get priority low. What is not said: priority
    medium, one hour. Raises MarkdownError when there is neither a checkbox nor a section for tasks.
    """
    found = sections(text)
    entries: list[_Entry] = []
    for section in found:
        if section.key() != "changes":
            _gather(section, entries)
    if not entries and not any(section.key() in ("tasks", TITLE.lower()) for section in found):
        raise MarkdownError(
            "This is no task list: it has no line like '- [ ] 1. …'. Write one such line for each task."
        )
    return {
        "notice": notice_of(found),
        "feature_name": feature_of(found, TITLE, "Tasks", "Task List"),
        "tasks": _tasks(entries),
        "changes": changes_in(found),
    }


def _task_out(task: Mapping[str, Any]) -> list[str]:
    lines = [f"- [ ] {ids.task_number(task['id'])}. {inline(task['title'])}"]
    lines += [f"  - {line}" for line in bullets(task["description"])]
    if task["requirements"]:
        lines.append(f"  - _Requirements: {references_out(task['requirements'])}_")
    if task["files"]:
        lines.append(f"  - _Files: {', '.join(code(path) for path in task['files'])}_")
    if task["depends_on"]:
        lines.append(f"  - _Depends on: {', '.join(str(ids.task_number(name)) for name in task['depends_on'])}_")
    if task["check"]:
        lines.append(f"  - _Check: {code(task['check'])}_")
    lines.append(f"  - _Priority: {task['priority']}_")
    hours = float(task["estimate_hours"])
    lines.append(f"  - _Estimate: {int(hours) if hours.is_integer() else repr(hours)} h_")
    return lines


class _Entry:
    """One checkbox with the lines that belong to it."""

    def __init__(self, match: re.Match[str]) -> None:
        self.indent = len(match.group("indent").expandtabs(4))
        self.number = match.group("number") or match.group("dotted") or match.group("named") or ""
        self.title = plain(match.group("title").strip(BLANK))
        self.facts: dict[str, str] = {}
        self.lines: list[str] = []
        self.optional = bool(match.group("optional"))

    def take(self, line: str) -> None:
        name, value = meta(line)
        bullet = _BULLET.match(line)
        text = line.strip(BLANK)
        if name in _FACTS:
            name = "requirements" if name in _REFERENCES else name
            self.facts[name] = f"{self.facts[name]}, {value}" if name in self.facts else value
        elif bullet:
            self.lines.append(bullet.group(1).strip(BLANK))
        elif text and self.lines:
            self.lines[-1] = f"{self.lines[-1]} {text}"
        elif text:
            self.lines.append(text)


def _gather(section: Section, entries: list[_Entry]) -> None:
    current: _Entry | None = None
    for line in section.lines:
        match = _CHECKBOX.match(line)
        if match:
            current = _Entry(match)
            entries.append(current)
        elif current is not None and (line[:1] in (" ", "\t") or not line):
            current.take(line)
        else:
            current = None


def _tasks(entries: Sequence[_Entry]) -> list[dict[str, Any]]:
    leaves = [
        entry
        for index, entry in enumerate(entries)
        if index + 1 == len(entries) or entries[index + 1].indent <= entry.indent
    ]
    # Numbers are kept as they are only where every task has a whole one.
    kept = len(leaves) == len(entries) and all(entry.number.isdigit() and int(entry.number) for entry in leaves)
    names_of: dict[str, str] = {}
    for position, entry in enumerate(leaves, 1):
        names_of.setdefault(entry.number, ids.task_id(int(entry.number) if kept else position))
    return [
        _task(entry, ids.task_id(int(entry.number) if kept else position), names_of)
        for position, entry in enumerate(leaves, 1)
    ]


def _task(entry: _Entry, name: str, names_of: Mapping[str, str]) -> dict[str, Any]:
    facts = entry.facts
    priority = facts.get("priority", "").strip(BLANK).lower()
    hours = _HOURS.match(facts.get("estimate", ""))
    return {
        "id": name,
        "title": entry.title,
        "description": join_lines(entry.lines),
        "depends_on": [_dependency(part, names_of) for part in split_items(facts.get("depends on", ""))],
        "requirements": references_in(facts.get("requirements", "")),
        "files": names(facts.get("files", "")),
        "check": uncode(facts.get("check", "")),
        "priority": priority if priority in schemas.PRIORITIES else "low" if entry.optional else "medium",
        "estimate_hours": _float(hours.group(1)) if hours else 1.0,
    }


def _dependency(text: str, names_of: Mapping[str, str]) -> str:
    number = re.sub(r"\A(?:tsk-|task |t)0*", "", text.strip(), flags=re.IGNORECASE)
    if number in names_of:
        return names_of[number]
    return ids.task_id(int(number)) if re.fullmatch("[0-9]{1,7}", number) else text


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 1.0
