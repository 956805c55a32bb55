"""TASKS by rule: one task a requirement, in the order in which requirements build on one another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from omoi_worker.engines.outline.requirements import NOTICE
from omoi_worker.engines.outline.scenarios import earlier_paths
from omoi_worker.engines.outline.words import FILLERS, RAW, WEAK, stem

CHECK = "omoi-worker check"


def write_tasks(
    requirements: Mapping[str, Any],
    design: Mapping[str, Any],
    ignore: set[str],
    previous: Mapping[str, Any] | None,
) -> dict[str, Any]:
    """Return the data of TASKS. TSK-00N belongs to REQ-00N, so that its number is never used again either."""
    wanted: list[Mapping[str, Any]] = list(requirements["requirements"])
    features = earlier_paths(design)
    before = _dependencies(wanted, ignore)
    waited_for = {name for names in before.values() for name in names}
    tasks = []
    for item in wanted:
        identity = str(item["id"])
        tasks.append(
            _task(item, features[identity], _places(design, identity), before[identity], identity in waited_for)
        )
    return {
        "notice": NOTICE,
        "feature_name": requirements["feature_name"],
        "tasks": tasks,
        "changes": list((previous or {}).get("changes", [])),
    }


def task_id(requirement_id: str) -> str:
    """Return the id of the task of a requirement: REQ-003 → TSK-003."""
    return requirement_id.replace("REQ-", "TSK-", 1)


def _task(
    item: Mapping[str, Any], path: str, places: Sequence[str], before: Sequence[str], waited_for: bool
) -> dict[str, Any]:
    count = len(item["criteria"])
    first, last = item["criteria"][0]["id"], item["criteria"][-1]["id"]
    span = f"{first} to {last}" if count > 1 else first
    code = f" The code it speaks of: {', '.join(places)}." if places else ""
    return {
        "id": task_id(str(item["id"])),
        "title": f"Write the scenarios of “{item['title'].replace('“', '').replace('”', '')}”",
        "description": f"State {span} as {'scenarios' if count > 1 else 'a scenario'} in {path}: {item['statement']}{code}",
        "depends_on": [task_id(name) for name in before],
        "requirements": [item["id"]],
        "files": [path],
        "check": f"{CHECK} {path}",
        "priority": "high" if waited_for else "medium",
        "estimate_hours": round(0.1 * max(1, count), 1),
    }


def _places(design: Mapping[str, Any], identity: str) -> list[str]:
    found: list[str] = []
    for component in design["components"]:
        if identity in component["requirements"]:
            found.extend(path for path in component["files"] if not path.endswith(".feature"))
    modified = {entry["path"] for entry in design["files"] if entry["change"] == "modify"}
    return [path for path in dict.fromkeys(found) if path in modified][:3]


def _dependencies(wanted: Sequence[Mapping[str, Any]], ignore: set[str]) -> dict[str, list[str]]:
    """Return requirement id → ids before it: the earlier requirement whose title shares most of its words.

    What an earlier requirement brings about (its title) and a later one speaks of makes the later one wait;
    of equals the nearest wins. One dependency each keeps the plan as wide as the idea allows.
    """
    before: dict[str, list[str]] = {}
    for index, item in enumerate(wanted):
        own = _stems(f"{item['title']} {item['statement']}", ignore)
        best = (0, -1)
        for earlier in range(index):
            shared = len(own & _stems(str(wanted[earlier]["title"]), ignore))
            if shared and (shared, earlier) > best:
                best = (shared, earlier)
        before[str(item["id"])] = [str(wanted[best[1]]["id"])] if best[1] >= 0 else []
    return before


def _stems(text: str, ignore: set[str]) -> set[str]:
    words = (word.lower() for word in RAW.findall(text))
    return {
        stem(word)
        for word in words
        if len(word) > 2 and word not in FILLERS and word not in WEAK and word not in ignore and not word.isdigit()
    }
