"""The exact shape of each phase's output, and `validate`, which tells every deviation.

Outputs are plain JSON objects. Shape faults are hard: an output with one has no score. What an
output says (coverage, wording, cycles) is not judged here but in `omoi_spec.evaluate`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from omoi_spec import ids, phases, references
from omoi_spec.findings import Finding
from omoi_spec.shapes import Report, Shape, choice, fields, items, number, optional, text

PRIORITIES = ("critical", "high", "medium", "low")
CHANGES = ("create", "modify")

_DRIVE = re.compile(r"[A-Za-z]:(?:/|\Z)")


def is_repository_path(path: str) -> bool:
    """True for a relative path with "/" that stays inside the repository and outside `.git`."""
    parts = path.split("/")
    return bool(
        path
        and path == path.strip()
        and "\\" not in path
        and "\n" not in path
        and not path.startswith(("/", "~"))
        and not _DRIVE.match(path)
        and ".." not in parts
        and ".git" not in (part.lower() for part in parts)
    )


_TEXT = text()
_TEXTS = items(_TEXT)
_PATH = text(is_repository_path, '"shop/auth.py": relative, with "/", inside the repository')
_PATHS = items(_PATH)
_REFERENCES = items(text(references.is_canonical, '"REQ-001", "REQ-001.2" or "All requirements"'))
_REQUIREMENT_ID = text(lambda value: ids.requirement_number(value) is not None, '"REQ-001"')
_CRITERION_ID = text(lambda value: ids.criterion_numbers(value) is not None, '"REQ-001.1"')
_TASK_ID = text(lambda value: ids.task_number(value) is not None, '"TSK-001"')
_COUNT = number(0, 10**9, whole=True)
_CHANGE_LIST = items(fields(("comment", _TEXT), ("effect", _TEXT), ("ids", _TEXTS)))
_COMMAND = optional(fields(("command", _TEXT), ("source", _TEXT)))

_EXPLORE = fields(
    ("notice", _TEXT),
    ("summary", _TEXT),
    ("project_type", _TEXT),
    ("file_count", _COUNT),
    ("languages", items(fields(("name", _TEXT), ("files", _COUNT), ("lines", _COUNT)))),
    ("manifests", items(fields(("path", _PATH), ("kind", _TEXT)))),
    ("setup_command", _COMMAND),
    ("test_command", _COMMAND),
    ("entry_points", items(fields(("path", _PATH), ("kind", _TEXT), ("name", _TEXT)))),
    ("rules", items(fields(("path", _PATH), ("line", _COUNT), ("text", _TEXT)))),
    ("relevant_files", items(fields(("path", _PATH), ("score", number(0, 10**9)), ("why", _TEXT)))),
    ("structure", items(fields(("path", _PATH), ("files", _COUNT), ("about", _TEXT)))),
)

_REQUIREMENT = fields(
    ("id", _REQUIREMENT_ID),
    ("title", _TEXT),
    ("user_story", fields(("role", _TEXT), ("want", _TEXT), ("benefit", _TEXT))),
    ("statement", _TEXT),
    ("criteria", items(fields(("id", _CRITERION_ID), ("text", _TEXT)))),
)

_REQUIREMENTS = fields(
    ("notice", _TEXT),
    ("feature_name", _TEXT),
    ("introduction", _TEXT),
    ("glossary", items(fields(("term", _TEXT), ("definition", _TEXT)))),
    ("requirements", items(_REQUIREMENT)),
    ("assumptions", _TEXTS),
    ("out_of_scope", _TEXTS),
    ("open_questions", _TEXTS),
    ("changes", _CHANGE_LIST),
)

_DESIGN = fields(
    ("notice", _TEXT),
    ("feature_name", _TEXT),
    ("overview", _TEXT),
    (
        "components",
        items(fields(("name", _TEXT), ("responsibility", _TEXT), ("files", _PATHS), ("requirements", _REFERENCES))),
    ),
    ("files", items(fields(("path", _PATH), ("change", choice(*CHANGES)), ("why", _TEXT)))),
    (
        "data_models",
        items(fields(("name", _TEXT), ("fields", items(fields(("name", _TEXT), ("type", _TEXT), ("note", _TEXT)))))),
    ),
    ("interfaces", items(fields(("name", _TEXT), ("kind", _TEXT), ("description", _TEXT)))),
    ("errors", items(fields(("case", _TEXT), ("response", _TEXT), ("requirements", _REFERENCES)))),
    ("security", _TEXTS),
    ("testing", _TEXTS),
    ("diagram", _TEXT),
    ("changes", _CHANGE_LIST),
)

_TASK = fields(
    ("id", _TASK_ID),
    ("title", _TEXT),
    ("description", _TEXT),
    ("depends_on", items(_TASK_ID)),
    ("requirements", _REFERENCES),
    ("files", _PATHS),
    ("check", _TEXT),
    ("priority", choice(*PRIORITIES)),
    ("estimate_hours", number(0, 1000)),
)

_TASKS = fields(("notice", _TEXT), ("feature_name", _TEXT), ("tasks", items(_TASK)), ("changes", _CHANGE_LIST))

_SHAPES: Mapping[str, Shape] = {
    phases.EXPLORE: _EXPLORE,
    phases.REQUIREMENTS: _REQUIREMENTS,
    phases.DESIGN: _DESIGN,
    phases.TASKS: _TASKS,
}


def validate(phase: str, data: object) -> list[Finding]:
    """Return every way in which `data` is not an output of `phase`; an empty list when it is one.

    Total: any JSON value is accepted and nothing is raised. All findings are hard, their `where` is a
    path like `requirements[2].criteria[0].id`, and at most `shapes.MOST_FINDINGS` are returned.
    """
    shape = _SHAPES.get(phase)
    report = Report()
    if shape is None:
        known = ", ".join(phases.PLANNING_PHASES)
        report.add("unknown_phase", "", f"belongs to phase {str(phase)[:40]!r}, which has none", f"Use {known}.")
        return report.findings
    shape(data, "", report)
    if not report.findings and isinstance(data, dict) and phase == phases.REQUIREMENTS:
        _criteria_belong(data, report)
    return report.findings


def clean(data: Any) -> Any:
    """Return JSON data with line breaks as \\n and without the characters that `validate` refuses.

    For engines that copy texts from a person or a repository; nothing else is changed.
    """
    if isinstance(data, str):
        return re.sub("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]", "", re.sub("\r\n?|\x0b|\x0c", "\n", data))
    if isinstance(data, list):
        return [clean(item) for item in data]
    if isinstance(data, dict):
        return {key: clean(value) for key, value in data.items()}
    return data


def _criteria_belong(data: dict[str, Any], report: Report) -> None:
    for index, requirement in enumerate(data["requirements"]):
        for position, criterion in enumerate(requirement["criteria"]):
            if ids.requirement_of(criterion["id"]) != requirement["id"]:
                where = f"requirements[{index}].criteria[{position}].id"
                problem = f"is {criterion['id']!r} inside {requirement['id']}"
                report.add("foreign_criterion", where, problem, f"Write it like {requirement['id']}.1.")
