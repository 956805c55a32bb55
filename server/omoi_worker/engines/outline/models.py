"""Data and functions that the repository already has and that requirements speak of."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from omoi_worker.engines.outline.kinds import kind_of
from omoi_worker.engines.outline.tree import SourceFile
from omoi_worker.engines.outline.words import FILLERS, RAW, WEAK, parts, stem

MOST_MODELS = 6
MOST_FIELDS = 12
MOST_INTERFACES = 10

_PYTHON_CLASS = re.compile(r"(?m)^class\s+(?P<name>\w+)[^\n]*:\s*\n(?P<body>(?:[ \t]+[^\n]*\n|\s*\n)*)")
_PYTHON_FIELD = re.compile(
    r"(?m)^    (?P<name>[a-z_]\w*)\s*(?::\s*(?P<type>[^=\n#]{1,60})|=\s*(?P<made>[\w.]*(?:Column|Field|field|models\.\w+)\b)[^\n]*)"
)
_BRACE_TYPE = re.compile(
    r"(?m)^\s*(?:export\s+|pub\s+)?(?:interface|struct|type)\s+(?P<name>\w+)(?:\s+struct)?[^\n{]*\{(?P<body>[^{}]*)\}"
)
_BRACE_FIELD = re.compile(
    r"(?m)^\s*(?:pub\s+|readonly\s+)?(?P<name>\w+)\??(?:\s*:\s*|\s+)(?P<type>[\w\[\]<>|.*\" ]+?)\s*[;,]?\s*(?:`[^`]*`|//.*)?$"
)
_FUNCTION = re.compile(
    r"(?m)^(?P<line>[ \t]*(?:export\s+|pub\s+)?(?:async\s+)?(?:def|func|fn|function)\s+(?:\([^)]*\)\s*)?(?P<name>\w+)\s*\([^)\n]*\)?)"
)


def _subjects(requirements: Sequence[Mapping[str, Any]]) -> dict[str, set[str]]:
    """Return the stems that each requirement is about, by its id."""
    found = {}
    for item in requirements:
        words = (part for word in RAW.findall(f"{item['title']} {item['statement']}") for part in parts(word))
        found[str(item["id"])] = {
            stem(word) for word in words if word not in FILLERS and word not in WEAK and len(word) > 2
        }
    return found


def _named_in(name: str, subjects: Mapping[str, set[str]], least: int) -> list[str]:
    own = {stem(part) for part in parts(name) if part not in FILLERS and part not in WEAK and len(part) > 2}
    return [identity for identity, words in subjects.items() if len(own & words) >= min(least, len(own)) and own]


def find_models(files: Sequence[SourceFile], requirements: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the classes and records whose whole name a requirement speaks of, with their declared fields."""
    subjects = _subjects(requirements)
    found: list[dict[str, Any]] = []
    for file in files:
        if kind_of(file.path).name != "source":
            continue
        is_python = file.path.endswith((".py", ".pyi"))
        for match in (_PYTHON_CLASS if is_python else _BRACE_TYPE).finditer(file.text or ""):
            identities = _named_in(match.group("name"), subjects, 2)
            fields = []
            for field in (_PYTHON_FIELD if is_python else _BRACE_FIELD).finditer(match.group("body")):
                kind = field.groupdict().get("type") or field.groupdict().get("made") or ""
                fields.append(
                    {
                        "name": field.group("name"),
                        "type": " ".join(kind.split()),
                        "note": f"as in {file.path}",
                    }
                )
            if identities and fields:
                found.append({"name": match.group("name"), "fields": fields[:MOST_FIELDS]})
    unique = {model["name"]: model for model in reversed(found)}
    return [unique[name] for name in dict.fromkeys(model["name"] for model in found)][:MOST_MODELS]


def find_interfaces(files: Sequence[SourceFile], requirements: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return the functions whose name shares two words (or its only one) with a requirement."""
    subjects = _subjects(requirements)
    found: list[dict[str, str]] = []
    for file in files:
        text = file.text or ""
        if kind_of(file.path).name != "source":
            continue
        for match in _FUNCTION.finditer(text):
            identities = _named_in(match.group("name"), subjects, 2)
            if identities and not match.group("name").startswith("__"):
                line = text.count("\n", 0, match.start("line")) + 1
                signature = " ".join(match.group("line").split())
                found.append(
                    {
                        "name": match.group("name"),
                        "kind": "function",
                        "description": f"{file.path}:{line} `{signature}`; {', '.join(identities)} speaks of it.",
                    }
                )
    unique = {entry["name"]: entry for entry in reversed(found)}
    return [unique[name] for name in dict.fromkeys(entry["name"] for entry in found)][:MOST_INTERFACES]
