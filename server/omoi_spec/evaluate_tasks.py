"""The evaluator of TASKS."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from omoi_spec import graph, phases, references
from omoi_spec.marks import Marks, distinct, enough, share

LONGEST_TASK_HOURS = 4
"""From the seed: a task of more than four hours is not one task."""


def judge_tasks(data: Mapping[str, Any], upstream: Mapping[str, Any]) -> Marks:
    """Judge a task plan against its requirements.

    From the seed: structure .15, atomicity (more than 0 and at most 4 hours). Its weights for cycles (.15)
    and dependencies (.08) became hard faults. New: coverage of the criteria .25, check .10, and
    parallel_safety .10: tasks on the same file have an order.
    """
    marks = Marks()
    tasks = data["tasks"]
    if not tasks:
        marks.hard("no_tasks", "tasks", "There is no task.", "Write at least one.")
    requirements = _requirements(marks, upstream)
    names = [name for item in requirements for name in (item["id"], *(c["id"] for c in item["criteria"]))]
    marks.findings.extend(graph.TaskGraph(tasks).findings(names))
    marks.mark("structure", 0.15, share([_is_described(task) for task in tasks]))
    marks.mark("coverage", 0.25, _coverage(marks, tasks, requirements))
    marks.mark("atomicity", 0.15, share([_is_one_task(marks, task) for task in tasks]))
    marks.mark("files", 0.15, share([bool(task["files"]) for task in tasks]))
    marks.mark("check", 0.10, share([bool(task["check"].strip()) for task in tasks]))
    marks.mark("parallel_safety", 0.10, _parallel_safety(marks, tasks))
    marks.mark("no_repetition", 0.10, distinct(task["title"] for task in tasks))
    return marks


def _requirements(marks: Marks, upstream: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    if phases.REQUIREMENTS not in upstream:
        message = "There are no valid requirements to judge the tasks against."
        marks.hard("upstream_missing", "", message, "Finish REQUIREMENTS first.")
        return []
    return list(upstream[phases.REQUIREMENTS]["requirements"])


def _is_described(task: Mapping[str, Any]) -> bool:
    return bool(task["title"].strip()) and enough(task["description"], 4) == 1.0


def _is_one_task(marks: Marks, task: Mapping[str, Any]) -> bool:
    hours = task["estimate_hours"]
    if 0 < hours <= LONGEST_TASK_HOURS:
        return True
    if hours > LONGEST_TASK_HOURS:
        message = f"{task['id']} is estimated at {hours:g} hours."
        marks.soft("large_task", task["id"], message, f"Split it: {LONGEST_TASK_HOURS} hours at most.")
    else:
        marks.soft("no_estimate", task["id"], f"{task['id']} has no estimate.", "Estimate its hours.")
    return False


def _coverage(marks: Marks, tasks: Sequence[Mapping[str, Any]], requirements: list[Mapping[str, Any]]) -> float:
    """The part of the criteria that a task names, by itself or with its whole requirement."""
    named: set[str] = set()
    for task in tasks:
        named.update(references.expand(task["requirements"], requirements)[0])
    covered = []
    for requirement in requirements:
        for criterion in requirement["criteria"]:
            found = requirement["id"] in named or criterion["id"] in named
            covered.append(found)
            # A requirement without any task is a hard finding already.
            if not found and any(name.startswith(requirement["id"] + ".") for name in named):
                message = f"No task names {criterion['id']}."
                marks.soft("uncovered_criterion", criterion["id"], message, "Name it in the task that meets it.")
    return share(covered)


def _parallel_safety(marks: Marks, tasks: Sequence[Mapping[str, Any]]) -> float:
    """1.0 less the part of the tasks that could meet another in one file with nothing to order them."""
    plan = graph.TaskGraph(tasks)
    try:
        order = plan.order()
    except graph.GraphError:
        return 0.0
    by_id = {task["id"]: task for task in tasks}
    before: dict[str, set[str]] = {}
    for name in order:
        direct = by_id[name]["depends_on"]
        before[name] = set(direct).union(*(before[other] for other in direct))
    by_file: dict[str, list[str]] = {}
    for name in order:
        for path in dict.fromkeys(by_id[name]["files"]):
            by_file.setdefault(path, []).append(name)
    loose: set[str] = set()
    for path, names in by_file.items():
        for earlier, later in zip(names, names[1:]):
            if earlier not in before[later] and later not in loose:
                loose.add(later)
                message = f"{earlier} and {later} both change {path} and neither depends on the other."
                marks.soft("unordered_overlap", later, message, f"Let {later} depend on {earlier}, or join them.")
    return 1.0 - len(loose) / len(tasks) if tasks else 0.0
