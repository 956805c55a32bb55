"""DESIGN by rule: the files of the repository that each requirement speaks of, and the scenarios to write."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from omoi_spec import ears
from omoi_worker.engines.outline.kinds import kind_of
from omoi_worker.engines.outline.models import find_interfaces, find_models
from omoi_worker.engines.outline.phrases import printable_data
from omoi_worker.engines.outline.ranking import Ranked, rank
from omoi_worker.engines.outline.requirements import NOTICE
from omoi_worker.engines.outline.scenarios import earlier_paths, feature_paths, features_folder
from omoi_worker.engines.outline.symbols import about, defined_names
from omoi_worker.engines.outline.tree import SourceFile

FILES_EACH = 3
LEAST_SHARE = 0.5
"""A second or third file of a requirement needs this share of the first one's score."""

SCENARIOS = "Scenarios"
_GUARDED = re.compile(
    r"(?i)\b(?:passwords?|tokens?|log[- ]?ins?|secrets?|credentials?|permissions?|roles?|admins?|payments?|cards?|invoices?|emails?|"
    r"personal|patients?|sessions?|api[- ]keys?|encrypt\w*|uploads?|files?|sql|html|urls?|webhooks?|accounts?)\b"
)


class Repository:
    """The files of a clone as DESIGN needs them: all paths, and the texts of those relevant to the idea."""

    def __init__(self, files: Sequence[SourceFile], relevant: Sequence[str], work_dir: str) -> None:
        self.paths = [file.path for file in files]
        by_path = {file.path: file for file in files}
        self.relevant = [by_path[path] for path in relevant if path in by_path]
        self.work_dir = work_dir

    def nearest(self, requirement: Mapping[str, Any]) -> list[Ranked]:
        """Return up to three relevant files that a requirement speaks of, best first."""
        ranked = rank(self.relevant, *_search_words(requirement))
        if not ranked:
            return [Ranked(file.path, 0.0, "nearest to the whole idea") for file in self.relevant[:1]]
        return [entry for entry in ranked[:FILES_EACH] if entry.score >= ranked[0].score * LEAST_SHARE]


def _search_words(requirement: Mapping[str, Any]) -> tuple[str, str]:
    """Title and condition of a requirement without the words that only its form brought in."""
    title = re.sub(r"^(?:Let|Provide|Make|Keep|Refuse to)\s+", "", str(requirement["title"]))
    condition = (
        str(requirement["statement"]).split(" shall ", 1)[0].rsplit(",", 1)[0]
        if "," in requirement["statement"]
        else ""
    )
    condition = re.sub(
        r"^(?:When|While|If|Where)\b|\b(?:have|has) (?:occurred|passed|happened)\b|\bhappens\b", "", condition
    )
    return title, condition


def write_design(
    repository: Repository,
    requirements: Mapping[str, Any],
    test_command: Mapping[str, str] | None,
    previous: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Return the data of DESIGN; parts of `previous` that nothing touched come back word for word."""
    wanted: list[Mapping[str, Any]] = list(requirements["requirements"])
    folder = features_folder(repository.paths, repository.work_dir)
    features = feature_paths(wanted, folder, repository.paths, earlier_paths(previous or {}))
    near = {str(item["id"]): repository.nearest(item) for item in wanted}
    touched = _touched(near)
    by_path = {file.path: file for file in repository.relevant}
    components = [_component(by_path[path], touched) for path in touched if kind_of(path).name != "test"]
    components = [_kept(component, previous) for component in components]
    components.append(_scenarios(wanted, features, [path for path in touched if kind_of(path).name == "test"]))
    files = [{"path": path, "change": "modify", "why": _why(uses)} for path, uses in touched.items()]
    files += [
        {
            "path": features[item["id"]],
            "change": "create",
            "why": f"Scenarios of {item['id']}: {item['title']}",
        }
        for item in wanted
    ]
    sources = [by_path[path] for path in touched]
    design: dict[str, Any] = {
        "notice": NOTICE,
        "feature_name": requirements["feature_name"],
        "overview": _overview(wanted, components, touched, folder),
        "components": components,
        "files": files,
        "data_models": find_models(sources, wanted),
        "interfaces": find_interfaces(sources, wanted),
        "errors": _errors(wanted),
        "security": _security(wanted),
        "testing": _testing(wanted, features, list(touched), test_command),
        "diagram": _diagram(wanted, components),
        "changes": list((previous or {}).get("changes", [])),
    }
    cleaned: dict[str, Any] = printable_data(design)
    return cleaned


Uses = list[tuple[str, str]]
"""(requirement id, why) of one file."""


def _touched(near: Mapping[str, Sequence[Ranked]]) -> dict[str, Uses]:
    touched: dict[str, Uses] = {}
    for identity, ranked in near.items():
        for entry in ranked:
            touched.setdefault(entry.path, []).append((identity, entry.why))
    return dict(sorted(touched.items(), key=lambda item: (-len(item[1]), item[0])))


def _component(file: SourceFile, touched: Mapping[str, Uses]) -> dict[str, Any]:
    names = list(dict.fromkeys(defined_names(file)))[:4]
    said = about(file).rstrip(".")
    does = said or (
        f"Defines {', '.join(names)}" if names else f"A {kind_of(file.path).name} file of {file.lines} lines"
    )
    uses = touched[file.path]
    needs = "; ".join(f"{identity} because it {_third(why)}" for identity, why in uses)
    return {
        "name": re.sub(r"/__init__$", "", re.sub(r"\.\w+$", "", file.path)).replace("/", "."),
        "responsibility": f"{does}. Touched by {needs}.",
        "files": [file.path],
        "requirements": [identity for identity, _ in uses],
    }


def _third(why: str) -> str:
    found = re.search(r"holds .*$", why)
    return found.group() if found else f"is {why}"


def _kept(component: dict[str, Any], previous: Mapping[str, Any] | None) -> dict[str, Any]:
    """The old wording, as long as the component has the same files and requirements."""
    for old in (previous or {}).get("components", []):
        if (
            old["name"] == component["name"]
            and old["requirements"] == component["requirements"]
            and old["files"] == component["files"]
        ):
            return dict(old)
    return component


def _scenarios(
    wanted: Sequence[Mapping[str, Any]], features: Mapping[str, str], tests: Sequence[str]
) -> dict[str, Any]:
    count = sum(len(item["criteria"]) for item in wanted)
    beside = f" Existing tests beside them: {', '.join(tests)}." if tests else ""
    return {
        "name": SCENARIOS,
        "responsibility": f"States the {count} criteria as Gherkin scenarios, one file a requirement; code is not changed.{beside}",
        "files": [features[item["id"]] for item in wanted] + list(tests),
        "requirements": [item["id"] for item in wanted],
    }


def _why(uses: Uses) -> str:
    return "; ".join(f"{identity}: {_third(why)}" for identity, why in uses)


def _overview(
    wanted: Sequence[Mapping[str, Any]],
    components: Sequence[Mapping[str, Any]],
    touched: Mapping[str, Uses],
    folder: str,
) -> str:
    titles = "; ".join(f"{item['id']} ({item['title']})" for item in wanted[:6])
    places = ", ".join(list(touched)[:4])
    where = f"In the code they belong to {places}." if places else "No file of the repository speaks of them yet."
    more = f" and {len(wanted) - 6} more" if len(wanted) > 6 else ""
    return (
        f"{titles}{more}. {where} This engine names those places and changes none of them: "
        f"its tasks write the scenarios to {folder}/."
    )


def _errors(wanted: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    found = []
    for item in wanted:
        for criterion in item["criteria"]:
            try:
                parts = ears.parse(criterion["text"])
            except ears.EarsError:
                continue
            if parts.unwanted:
                found.append({"case": parts.trigger, "response": parts.response, "requirements": [criterion["id"]]})
    return found


def _security(wanted: Sequence[Mapping[str, Any]]) -> list[str]:
    found = []
    for item in wanted:
        words = sorted({match.group().lower() for match in _GUARDED.finditer(item["statement"])})
        if words:
            found.append(f"{item['id']} handles {', '.join(words)}: to be reviewed with “{item['title']}” in mind.")
    return found


def _testing(
    wanted: Sequence[Mapping[str, Any]],
    features: Mapping[str, str],
    touched: Sequence[str],
    test_command: Mapping[str, str] | None,
) -> list[str]:
    found = [f"{features[item['id']]}: {len(item['criteria'])} scenarios for {item['id']}." for item in wanted]
    tests = [path for path in touched if kind_of(path).name == "test"]
    if tests:
        found.append(f"Existing tests near the idea: {', '.join(tests)}.")
    if test_command:
        found.append(f"{test_command['command']} (from {test_command['source']}): not run (outline changes no code).")
    return found


def _diagram(wanted: Sequence[Mapping[str, Any]], components: Sequence[Mapping[str, Any]]) -> str:
    """Requirements and the components that they touch, as a Mermaid graph; "" when there is one line only."""
    named = [component for component in components if component["name"] != SCENARIOS]
    if len(wanted) + len(named) < 3 or not named:
        return ""
    lines = ["graph LR"]
    for index, component in enumerate(named, 1):
        lines.append(f'    C{index}["{component["name"]}"]')
    for item in wanted:
        for index, component in enumerate(named, 1):
            if item["id"] in component["requirements"]:
                lines.append(f"    {item['id']} --> C{index}")
    return "\n".join(lines)
