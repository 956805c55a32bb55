"""The evaluator of DESIGN."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from omoi_spec import phases, references
from omoi_spec.ids import requirement_of
from omoi_spec.marks import Marks, enough, share


def judge_design(data: Mapping[str, Any], upstream: Mapping[str, Any]) -> Marks:
    """Judge a design against its requirements.

    From the seed: components .20, overview .15, testing .10. New: coverage .25 (requirements that a
    component takes on), because a design that leaves requirements out is the common failure; files .15.
    Data models and interfaces carry no weight: many changes need none, and a weight would breed filler.
    """
    marks = Marks()
    components = data["components"]
    if not components:
        marks.hard("no_components", "components", "There is no component.", "Name what is built or changed.")
    requirements = _requirements(marks, upstream)
    covered = _references(marks, data, requirements)
    for requirement in requirements:
        if requirement["id"] not in covered:
            message = f"No component takes on {requirement['id']} ({requirement['title']})."
            marks.soft("uncovered_requirement", requirement["id"], message, "Name it in the one that does.")
    marks.mark("overview", 0.15, enough(data["overview"], 15))
    marks.mark("components", 0.20, share([_is_described(item) for item in components]))
    marks.mark("coverage", 0.25, share([item["id"] in covered for item in requirements]))
    marks.mark("files", 0.15, _files(marks, data))
    marks.mark("errors", 0.10, share([bool(item["response"].strip()) for item in data["errors"]]))
    marks.mark("testing", 0.10, share([bool(item.strip()) for item in data["testing"]]))
    marks.mark("security", 0.05, share([bool(item.strip()) for item in data["security"]]))
    return marks


def _requirements(marks: Marks, upstream: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    if phases.REQUIREMENTS not in upstream:
        message = "There are no valid requirements to judge the design against."
        marks.hard("upstream_missing", "", message, "Finish REQUIREMENTS first.")
        return []
    return list(upstream[phases.REQUIREMENTS]["requirements"])


def _references(marks: Marks, data: Mapping[str, Any], requirements: list[Mapping[str, Any]]) -> set[str]:
    """Report unknown requirements; return the requirements that components take on."""
    covered: set[str] = set()
    for kind, name_field in (("components", "name"), ("errors", "case")):
        for index, item in enumerate(data[kind]):
            known, unknown = references.expand(item["requirements"], requirements)
            if kind == "components":
                covered.update(requirement_of(name) for name in known)
            for name in unknown:
                where = f"{kind}[{index}].requirements"
                message = f"{where}: {item[name_field][:60]!r} names {name}, which is no requirement of this spec."
                listed = ", ".join(other["id"] for other in requirements[:8]) or "the requirements"
                marks.hard("unknown_requirement", where, message, f"Use one of {listed}.")
    return covered


def _is_described(component: Mapping[str, Any]) -> bool:
    named = bool(component["name"].strip()) and enough(component["responsibility"], 4) == 1.0
    return named and bool(component["files"])


def _files(marks: Marks, data: Mapping[str, Any]) -> float:
    explained = {item["path"] for item in data["files"] if item["why"].strip()}
    listed = {item["path"] for item in data["files"]}
    named = {path for item in data["components"] for path in item["files"]}
    for path in sorted(named - listed):
        message = f"{path} belongs to a component and is missing in files."
        marks.soft("unlisted_file", "files", message, "Add it with create or modify and why.")
    return share([path in explained for path in sorted(named | listed)])
