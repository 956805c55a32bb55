"""`omoi-worker check`: a feature file holds its requirement, and the documents of its spec parse back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from omoi_spec import markdown
from omoi_spec.gherkin import check_feature
from omoi_spec.schemas import validate

_TAG = re.compile(r"^@(REQ-\d+)$")
_DOCUMENTS = (("REQUIREMENTS", "requirements.md"), ("DESIGN", "design.md"), ("TASKS", "tasks.md"))


@dataclass
class _Spec:
    """One folder below specs/. `spec_id` comes from its omoi.json, "" without one."""

    folder: Path
    spec_id: str
    requirements: list[dict[str, Any]] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


def run_check(features: Sequence[str], requirements: str | None, root: Path) -> tuple[list[str], bool]:
    """Lines for a reader, one per thing looked at or fault found, and whether all is well.

    `features` are paths below `root`, the current tree. A feature's requirement is the one its `@REQ-…` tag
    names: in the file `requirements` (JSON: a requirement, a list, or an object with "requirements"), else in
    specs/*/requirements.md; of several specs, the one whose id the feature names.
    Folders below specs/ that are not Omoi's (no omoi.json, no requirement of a feature) are left alone.
    """
    lines: list[str] = []
    well = True
    try:
        given = None if requirements is None else _given(root / requirements)
    except ValueError as error:
        return [str(error)], False
    specs = [] if not (root / "specs").is_dir() else [_spec(path) for path in sorted((root / "specs").iterdir())]
    used = {spec.folder for spec in specs if spec.spec_id}
    for feature in features:
        faults, owner = _check_one(feature, root, given, specs)
        used |= {owner} if owner else set()
        well = well and not faults
        lines += faults or [f"{feature}: ok"]
    for spec in specs:
        if spec.folder in used:
            name = spec.folder.relative_to(root).as_posix()
            faults = [f"{name}/{fault}" for fault in spec.faults]
            well = well and not faults
            lines += faults or [f"{name}: documents parse back"]
    return lines, well


def _check_one(
    feature: str, root: Path, given: list[dict[str, Any]] | None, specs: Sequence[_Spec]
) -> tuple[list[str], Path | None]:
    try:
        text = (root / feature).read_bytes().decode("utf-8")
    except (OSError, ValueError) as error:
        return [f"{feature}: cannot be read: {error}"], None
    wanted = sorted(_tags(text))
    if len(wanted) != 1:
        named = f"names {', '.join(wanted)}" if wanted else "names no requirement"
        return [f"{feature}: {named}. Tag the Feature with exactly one @REQ-… of a requirement."], None
    if given is not None:
        return _against(feature, text, wanted[0], given), None
    mine = [spec for spec in specs if spec.spec_id and spec.spec_id in text] or list(specs)
    tried = [(_against(feature, text, wanted[0], spec.requirements), spec) for spec in mine if _has(spec, wanted[0])]
    if not tried:
        return [f"{feature}: {wanted[0]} is in no specs/*/requirements.md. Pass --requirements FILE.json."], None
    faults, spec = min(tried, key=lambda pair: len(pair[0]))
    return faults, spec.folder


def _against(feature: str, text: str, wanted: str, requirements: Iterable[dict[str, Any]]) -> list[str]:
    for requirement in requirements:
        if requirement.get("id") == wanted:
            found = check_feature(text, requirement)
            return [f"{feature}: {item.line()}" for item in found]
    return [f"{feature}: {wanted} is not among the requirements given."]


def _tags(text: str) -> set[str]:
    """Requirements named in lines of tags; a criterion's tag (@REQ-001.2) is not one of them."""
    words = (word for line in text.splitlines() if line.strip().startswith("@") for word in line.split())
    return {match.group(1) for match in map(_TAG.match, words) if match}


def _has(spec: _Spec, wanted: str) -> bool:
    return any(requirement.get("id") == wanted for requirement in spec.requirements)


def _given(path: Path) -> list[dict[str, Any]]:
    try:
        data = json.loads(path.read_bytes().decode("utf-8"))
    except (OSError, ValueError) as error:
        raise ValueError(f"{path.name}: cannot be read: {error}") from error
    if isinstance(data, dict):
        data = data.get("requirements", [data])
    if not isinstance(data, list) or not all(isinstance(item, dict) and item.get("id") for item in data):
        raise ValueError(f"{path.name}: holds no requirements. Give a list of objects with an id.")
    return data


def _spec(folder: Path) -> _Spec:
    spec = _Spec(folder, _spec_id(folder / "omoi.json"))
    for phase, name in _DOCUMENTS:
        path = folder / name
        if not path.is_file():
            continue
        try:
            data = markdown.parse(phase, path.read_bytes().decode("utf-8"))
            incomplete = validate(phase, data)
            back = incomplete or markdown.parse(phase, markdown.render(phase, data)) == data
        except ValueError as error:
            spec.faults.append(f"{name}: does not parse: {error}")
            continue
        spec.faults += [f"{name}: {item.line()}" for item in incomplete]
        if not back:
            spec.faults.append(f"{name}: its data written anew reads differently. Undo what was changed by hand.")
        if phase == "REQUIREMENTS":
            spec.requirements = data["requirements"]
    return spec


def _spec_id(path: Path) -> str:
    if not path.is_file():
        return ""
    try:
        data = json.loads(path.read_bytes().decode("utf-8"))
    except ValueError:
        return ""
    return str(data.get("spec_id", "")) if isinstance(data, dict) else ""
