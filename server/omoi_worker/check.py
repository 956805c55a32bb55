"""`omoi-worker check`: a feature file holds its requirement, and the documents of its spec parse back."""

from __future__ import annotations

import json
import os
import re
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from omoi_spec import markdown
from omoi_spec.gherkin import check_feature
from omoi_spec.schemas import validate

_TAG = re.compile(r"^@(REQ-\d+)$")
_CRITERION = re.compile(r"@(REQ-\d+\.\d+)(?!\S)")
_SPEC_ID = re.compile(r"spec-[0-9A-Za-z]+(?:-[0-9A-Za-z]+)*")
_READ_LIMIT = 1024 * 1024
"""Bytes of a document or a feature; a larger one was not written by a phase."""
_DOCUMENTS = (("REQUIREMENTS", "requirements.md"), ("DESIGN", "design.md"), ("TASKS", "tasks.md"))


@dataclass
class _Spec:
    """One folder below specs/: the requirements in its documents, and what is wrong with these."""

    folder: Path
    requirements: list[dict[str, Any]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def run_check(features: Sequence[str], requirements: str | None, root: Path) -> tuple[list[str], bool]:
    """Lines for a reader, one per thing looked at or fault found, and whether all is well.

    `features` are paths below `root`, the current tree. A feature is held against the requirement that its `@REQ-…`
    tag names: the one in the file `requirements` (JSON: a requirement, a list, or an object with "requirements") and
    the one in the specs/*/requirements.md of the spec whose id the feature names. With neither (a quick task has no
    documents) it must agree with itself: each scenario's steps say what the criterion in its title says.
    The documents of the specs that features name must parse back; other folders below specs/ are not this check's.
    """
    lines: list[str] = []
    well = True
    try:
        given = None if requirements is None else _given(root / requirements)
    except ValueError as error:
        return [str(error)], False
    specs: dict[Path, _Spec] = {}
    for feature in features:
        faults, against = _check_one(feature, root, given, specs)
        well = well and not faults
        lines += faults or [f"{feature}: ok ({against})"]
    for spec in specs.values():
        faults = [f"specs/{spec.folder.name}/{fault}" for fault in spec.faults]
        well = well and not faults
        lines += faults or [f"specs/{spec.folder.name}: documents parse back"]
    return lines, well


def _check_one(
    feature: str, root: Path, given: list[dict[str, Any]] | None, specs: dict[Path, _Spec]
) -> tuple[list[str], str]:
    """Faults, and what the feature was held against; `specs` gets every spec that it names."""
    try:
        text = _read(root / feature)
    except (OSError, ValueError) as error:
        return [f"{feature}: cannot be read: {error}"], ""
    tags = _tags(text)
    if len(tags) != 1:
        named = f"names {', '.join(sorted(tags))}" if tags else "names no requirement"
        return [f"{feature}: {named}. Tag the Feature with exactly one @REQ-… of a requirement."], ""
    wanted = tags.pop()
    faults: list[str] = []
    against: list[str] = []
    if given is not None:
        faults += _against(feature, text, wanted, given)
        against.append(f"{wanted} as given")
    for folder in _named(root / "specs", text):
        spec = specs[folder] = specs.get(folder) or _spec(folder)
        faults += _against(feature, text, wanted, spec.requirements)
        against.append(f"{wanted} of specs/{folder.name}")
    if not against:
        faults += _against(feature, text, wanted, [_own_requirement(text, wanted)])
        against.append(f"{wanted} by its own titles; no document of its spec is here")
    return list(dict.fromkeys(faults)), ", ".join(against)


def _own_requirement(text: str, wanted: str) -> dict[str, Any]:
    """The requirement that a feature tells of itself: a criterion per tag, its text the scenario's title."""
    criteria: dict[str, str] = {}
    tags: list[str] = []
    for line in map(str.strip, text.splitlines()):
        if line.startswith("@"):
            tags += _CRITERION.findall(line)
        elif line.startswith("Scenario:"):
            criteria.update((tag, line.partition(":")[2].strip()) for tag in tags if tag.startswith(f"{wanted}."))
            tags = []
    found = [{"id": name, "text": told} for name, told in criteria.items()]
    return {"id": wanted, "criteria": found or [{"id": f"{wanted}.1", "text": ""}]}


def _against(feature: str, text: str, wanted: str, requirements: Iterable[dict[str, Any]]) -> list[str]:
    for requirement in requirements:
        if requirement.get("id") == wanted:
            found = check_feature(text, requirement)
            return [f"{feature}: {item.line()}" for item in found]
    return [f"{feature}: {wanted} is not among the requirements of its spec."]


def _tags(text: str) -> set[str]:
    """Requirements named in lines of tags; a criterion's tag (@REQ-001.2) is not one of them."""
    words = (word for line in text.splitlines() if line.strip().startswith("@") for word in line.split())
    return {match.group(1) for match in map(_TAG.match, words) if match}


def _given(path: Path) -> list[dict[str, Any]]:
    try:
        data = json.loads(_read(path))
    except (OSError, ValueError, RecursionError) as error:
        raise ValueError(f"{path.name}: cannot be read: {error}") from error
    if isinstance(data, dict):
        data = data.get("requirements", [data])
    if not isinstance(data, list) or not all(isinstance(item, dict) and item.get("id") for item in data):
        raise ValueError(f"{path.name}: holds no requirements. Give a list of objects with an id.")
    return data


def _named(specs: Path, text: str) -> list[Path]:
    """The folders below specs/ whose omoi.json has a spec id that stands in the text."""
    if specs.is_symlink() or not specs.is_dir():
        return []
    named = set(_SPEC_ID.findall(text))
    folders = (path for path in sorted(specs.iterdir()) if path.is_dir() and not path.is_symlink())
    return [path for path in folders if _spec_id(path / "omoi.json") in named]


def _read(path: Path) -> str:
    """A file of the tree, which a stranger wrote: no link, no FIFO, nothing huge. Raises OSError, ValueError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise ValueError("it is no ordinary file")
        content = file.read(_READ_LIMIT + 1)
    if len(content) > _READ_LIMIT:
        raise ValueError(f"it has more than {_READ_LIMIT} bytes")
    return content.decode("utf-8")


def _spec(folder: Path) -> _Spec:
    spec = _Spec(folder)
    for phase, name in _DOCUMENTS:
        path = folder / name
        if not os.path.lexists(path):
            continue
        try:
            data = markdown.parse(phase, _read(path))
            incomplete = validate(phase, data)
            back = incomplete or markdown.parse(phase, markdown.render(phase, data)) == data
        except (OSError, ValueError, RecursionError) as error:
            spec.faults.append(f"{name}: does not parse: {error}")
            continue
        spec.faults += [f"{name}: {item.line()}" for item in incomplete]
        if not back:
            spec.faults.append(f"{name}: its data written anew reads differently. Undo what was changed by hand.")
        if phase == "REQUIREMENTS":
            spec.requirements = data["requirements"]
    return spec


def _spec_id(path: Path) -> str:
    try:
        data = json.loads(_read(path))
    except (OSError, ValueError, RecursionError):
        return ""
    return str(data.get("spec_id", "")) if isinstance(data, dict) else ""
