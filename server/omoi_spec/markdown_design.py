"""design.md, out and in."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from omoi_spec import schemas
from omoi_spec.markdown_blocks import (
    MarkdownError,
    Section,
    all_lines,
    chapter,
    feature_of,
    fenced_text,
    list_items,
    meta,
    named_item,
    names,
    notice_of,
    sections,
    tail_meta,
    text_of,
)
from omoi_spec.markdown_parts import (
    changes_in,
    changes_out,
    head,
    list_out,
    references_in,
    references_out,
    text_out,
)
from omoi_spec.markdown_text import block, code, inline, label, plain, uncode

TITLE = "Design Document"

_COMPONENTS = ("components", "components and interfaces")
_KNOWN = (
    "overview",
    "architecture",
    *_COMPONENTS,
    "files",
    "data models",
    "interfaces",
    "error handling",
    "security",
    "testing strategy",
    "testing",
)


def render_design(data: Mapping[str, Any], facts: Sequence[str]) -> str:
    """Return design.md for data that passed `schemas.validate`; empty parts have no section."""
    lines = head(data["notice"], TITLE, data["feature_name"], facts)
    lines += text_out("Overview", data["overview"])
    if data["diagram"]:
        longest = max((len(run) for run in re.findall("`+", data["diagram"])), default=0)
        fence = "`" * max(3, longest + 1)
        lines += ["## Architecture", "", f"{fence}mermaid", *data["diagram"].split("\n"), fence, ""]
    lines += ["## Components", ""]
    for component in data["components"]:
        lines += _component_out(component)
    files = [f"{code(item['path'])} ({item['change']}): {inline(item['why'])}" for item in data["files"]]
    lines += list_out("Files", files)
    if data["data_models"]:
        lines += ["## Data Models", ""]
    for model in data["data_models"]:
        fields = [f"- {_named(field['name'], field['type'], field['note'])}" for field in model["fields"]]
        lines += [f"### {inline(model['name'])}", "", *fields, ""]
    interfaces = [_named(item["name"], item["kind"], item["description"]) for item in data["interfaces"]]
    lines += list_out("Interfaces", interfaces)
    lines += list_out("Error Handling", [_error_out(item) for item in data["errors"]])
    lines += list_out("Security", [inline(item) for item in data["security"]])
    lines += list_out("Testing Strategy", [inline(item) for item in data["testing"]])
    lines += changes_out(data["changes"])
    return "\n".join(lines).rstrip("\n") + "\n"


def parse_design(text: str) -> dict[str, Any]:
    """Return the data of a design.md, ours or one written by Kiro or by hand.

    Sections that have no place in the data are left out. Raises MarkdownError when no section of a
    design is there at all.
    """
    found = sections(text)
    if not chapter(found, *_KNOWN):
        raise MarkdownError(
            "This is no design document: none of its sections was found. "
            "Write at least '## Overview' and '## Components'."
        )
    errors = list_items(all_lines(chapter(found, "error handling", "errors")))
    return {
        "notice": notice_of(found),
        "feature_name": feature_of(found, TITLE, "Design"),
        "overview": text_of(all_lines(chapter(found, "overview"))),
        "components": [_component_in(part) for part in _parts(chapter(found, *_COMPONENTS))],
        "files": _files_in(found),
        "data_models": [_model_in(part) for part in _parts(chapter(found, "data models"))],
        "interfaces": [_interface_in(item) for item in list_items(all_lines(chapter(found, "interfaces")))],
        "errors": [_error_in(item) for item in errors],
        "security": _texts(found, "security", "security considerations"),
        "testing": _texts(found, "testing strategy", "testing"),
        "diagram": fenced_text(all_lines(chapter(found, "architecture"))),
        "changes": changes_in(found),
    }


def _component_out(component: Mapping[str, Any]) -> list[str]:
    lines = [f"### {inline(component['name'])}", ""]
    if component["responsibility"]:
        lines += [*block(component["responsibility"]), ""]
    facts = []
    if component["files"]:
        facts.append(f"- _Files: {', '.join(code(path) for path in component['files'])}_")
    if component["requirements"]:
        facts.append(f"- _Requirements: {references_out(component['requirements'])}_")
    return [*lines, *facts, ""] if facts else lines


def _component_in(part: Sequence[Section]) -> dict[str, Any]:
    files: list[str] = []
    requirements: list[str] = []
    lines = []
    for line in all_lines(part):
        name, value = meta(line)
        if name == "files":
            files += names(value)
        elif name == "requirements":
            requirements += references_in(value)
        else:
            lines.append(line)
    return {
        "name": plain(part[0].title),
        "responsibility": text_of(lines),
        "files": files,
        "requirements": requirements,
    }


def _named(name: str, kind: str, text: str) -> str:
    shown = f"**{label(name)}**" + (f" ({label(kind)})" if kind else "")
    return f"{shown}: {inline(text)}" if text else shown


def _model_in(part: Sequence[Section]) -> dict[str, Any]:
    fields = []
    for item in list_items(all_lines(part)):
        name, kind, note = named_item(item)
        fields.append({"name": uncode(name), "type": plain(kind), "note": plain(note)})
    return {"name": plain(part[0].title), "fields": fields}


def _interface_in(item: str) -> dict[str, Any]:
    name, kind, description = named_item(item)
    return {"name": uncode(name), "kind": plain(kind), "description": plain(description)}


def _error_out(item: Mapping[str, Any]) -> str:
    named = f" _Requirements: {references_out(item['requirements'])}_" if item["requirements"] else ""
    return f"**{label(item['case'])}**: {inline(item['response'])}{named}"


def _error_in(item: str) -> dict[str, Any]:
    rest, refs = tail_meta(item, "Requirements")
    case, kind, response = named_item(rest)
    shown = f"{plain(case)} ({plain(kind)})" if kind else plain(case)
    return {"case": shown, "response": plain(response), "requirements": references_in(refs)}


def _files_in(found: Sequence[Section]) -> list[dict[str, Any]]:
    files = []
    for item in list_items(all_lines(chapter(found, "files"))):
        path, change, why = named_item(item)
        known = plain(change).lower()
        files.append(
            {
                "path": uncode(path),
                "change": known if known in schemas.CHANGES else "create" if known in ("new", "add") else "modify",
                "why": plain(why),
            }
        )
    return files


def _texts(found: Sequence[Section], *keys: str) -> list[str]:
    """The items of a list section; a section of paragraphs is one text."""
    lines = all_lines(chapter(found, *keys))
    items = [plain(item) for item in list_items(lines)]
    text = text_of(lines)
    return items or ([text] if text else [])


def _parts(found: Sequence[Section]) -> list[list[Section]]:
    """Cut a chapter at the headings one level below its own."""
    parts: list[list[Section]] = []
    for section in found[1:]:
        if section.level <= found[0].level + 1 or not parts:
            parts.append([])
        parts[-1].append(section)
    return parts
