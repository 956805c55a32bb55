"""The graph of a task plan: is it sound, and in which order can it run?"""

from __future__ import annotations

import graphlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from omoi_spec import references
from omoi_spec.findings import Finding

MOST_CYCLES = 20
"""Cycles named at most; a plan with more is to be written anew, not mended."""


class GraphError(ValueError):
    """The plan has no order: a cycle, a dependency that does not exist, or an id used twice."""


class TaskGraph:
    """Tasks of a TASKS output that passed `schemas.validate`, as a graph.

    `findings` works on any such plan. `waves`, `order` and `critical_path` raise GraphError when the
    plan is not sound.
    """

    def __init__(self, tasks: Sequence[Mapping[str, Any]]) -> None:
        self._tasks = list(tasks)
        self._by_id = {str(task["id"]): task for task in self._tasks}
        self._place = {name: index for index, name in enumerate(self._by_id)}

    def findings(self, requirement_ids: Iterable[str]) -> list[Finding]:
        """Return the hard faults of the plan.

        `requirement_ids` are the ids that tasks may name and must cover: requirements ("REQ-001"),
        and criteria ("REQ-001.2") when references to criteria are to be checked one by one; a
        criterion counts for its requirement.
        """
        known = list(dict.fromkeys(requirement_ids))
        return [*self._duplicates(), *self._dependencies(), *self._cycles(), *self._coverage(known)]

    def order(self) -> list[str]:
        """Return all ids, each after what it depends on; otherwise in the order of the plan."""
        return [name for wave in self._levels() for name in wave]

    def waves(self) -> list[list[str]]:
        """Return the ids in waves: a wave starts when the one before it is done.

        Tasks of one wave can run side by side: none depends on another and none touches a file of
        another. Of two ready tasks with a common file the more urgent goes first, then plan order.
        """
        self._require_sound()
        sorter = self._sorter()
        sorter.prepare()
        ready: list[str] = []
        waves: list[list[str]] = []
        while sorter.is_active():
            ready = self._urgent_first([*ready, *sorter.get_ready()])
            wave, ready = self._side_by_side(ready)
            sorter.done(*wave)
            waves.append(self._in_plan_order(wave))
        return waves

    def critical_path(self) -> list[str]:
        """Return the chain of dependent tasks with the most estimated hours, first task first."""
        order = self.order()
        hours: dict[str, float] = {}
        before: dict[str, str] = {}
        for name in order:
            task = self._by_id[name]
            previous = max(task["depends_on"], key=lambda other: hours[other], default="")
            hours[name] = float(task["estimate_hours"]) + (hours[previous] if previous else 0.0)
            before[name] = previous
        name = max(order, key=lambda other: hours[other], default="")
        path: list[str] = []
        while name:
            path.append(name)
            name = before[name]
        return path[::-1]

    def _side_by_side(self, ready: list[str]) -> tuple[list[str], list[str]]:
        """Split ready tasks into those that share no file, first come first, and the rest."""
        wave: list[str] = []
        rest: list[str] = []
        taken = _Files()
        for name in ready:
            files = self._by_id[name]["files"]
            if taken.touched_by(files):
                rest.append(name)
            else:
                taken.add(files)
                wave.append(name)
        return wave, rest

    def _levels(self) -> list[list[str]]:
        self._require_sound()
        sorter = self._sorter()
        sorter.prepare()
        levels = []
        while sorter.is_active():
            level = self._in_plan_order(sorter.get_ready())
            sorter.done(*level)
            levels.append(level)
        return levels

    def _sorter(self) -> graphlib.TopologicalSorter[str]:
        edges = {
            name: [other for other in task["depends_on"] if other in self._by_id] for name, task in self._by_id.items()
        }
        return graphlib.TopologicalSorter(edges)

    def _require_sound(self) -> None:
        faults = [*self._duplicates(), *self._dependencies(), *self._cycles()]
        if faults:
            raise GraphError(" ".join(fault.message for fault in faults[:5]))

    def _in_plan_order(self, names: Iterable[str]) -> list[str]:
        return sorted(names, key=self._place.__getitem__)

    def _urgent_first(self, names: Iterable[str]) -> list[str]:
        rank = {"critical": 0, "high": 1, "medium": 2, "low": 3}
        return sorted(self._in_plan_order(names), key=lambda name: rank[self._by_id[name]["priority"]])

    def _duplicates(self) -> list[Finding]:
        counts = Counter(str(task["id"]) for task in self._tasks)
        return [
            Finding("duplicate_task", name, f"{name} is used for {count} tasks.", "Number them apart.", True)
            for name, count in counts.items()
            if count > 1
        ]

    def _dependencies(self) -> list[Finding]:
        found = []
        for task in self._tasks:
            name = str(task["id"])
            for other in dict.fromkeys(task["depends_on"]):
                if other == name:
                    message = f"{name} depends on itself."
                    found.append(Finding("self_dependency", name, message, "Remove it from depends_on.", True))
                elif other not in self._by_id:
                    message = f"{name} depends on {other}, which is not in the plan."
                    remedy = f"Add {other} or remove it from depends_on."
                    found.append(Finding("unknown_dependency", name, message, remedy, True))
        return found

    def _cycles(self) -> list[Finding]:
        """Name every cycle once: report one, cut it, look again (self-dependencies are reported elsewhere)."""
        edges: dict[str, set[str]] = {name: set() for name in self._by_id}
        for task in self._tasks:
            name = str(task["id"])
            edges[name].update(other for other in task["depends_on"] if other in self._by_id and other != name)
        found: list[Finding] = []
        while len(found) < MOST_CYCLES:
            try:
                graphlib.TopologicalSorter(edges).prepare()
            except graphlib.CycleError as error:
                # graphlib lists a cycle against the direction of depends_on: each is needed by the next.
                cycle = list(error.args[1])[::-1]
                path = " → ".join(cycle)
                message = f"The tasks wait for each other: {path}."
                remedy = f"Remove one of these dependencies, for example {cycle[1]} from {cycle[0]}."
                found.append(Finding("cycle", cycle[0], message, remedy, True))
                edges[cycle[0]].discard(cycle[1])
            else:
                break
        return found

    def _coverage(self, known: list[str]) -> list[Finding]:
        numbered = [{"id": name, "criteria": []} for name in known]
        criteria_known = any("." in name for name in known)
        requirements = [name for name in known if "." not in name]
        covered: set[str] = set()
        found = []
        for task in self._tasks:
            name = str(task["id"])
            if not task["requirements"]:
                message = f"{name} belongs to no requirement."
                found.append(Finding("task_without_requirement", name, message, "Name the one it serves.", True))
            names, unknown = references.expand(task["requirements"], numbered)
            covered.update(other.split(".", 1)[0] for other in names)
            for other in unknown:
                owner = other.split(".", 1)[0]
                if not criteria_known and owner != other and owner in requirements:
                    covered.add(owner)
                    continue
                message = f"{name} names {other}, which is no requirement of this spec."
                remedy = f"Use one of {', '.join(requirements[:8]) or 'the requirements'}."
                found.append(Finding("unknown_requirement", name, message, remedy, True))
        for other in requirements:
            if other not in covered:
                message = f"{other} has no task."
                remedy = f"Add a task for {other}, or name it in the requirements of one."
                found.append(Finding("requirement_without_task", other, message, remedy, True))
        return found


class _Files:
    """A set of paths that knows whether another path is one of them, below one, or above one."""

    def __init__(self) -> None:
        self._paths: set[tuple[str, ...]] = set()
        self._above: set[tuple[str, ...]] = set()

    def add(self, paths: Iterable[str]) -> None:
        for path in paths:
            parts = _parts(path)
            self._paths.add(parts)
            self._above.update(parts[:length] for length in range(len(parts) + 1))

    def touched_by(self, paths: Iterable[str]) -> bool:
        for path in paths:
            parts = _parts(path)
            if parts in self._above or any(parts[:length] in self._paths for length in range(len(parts))):
                return True
        return False


def overlap(first: Iterable[str], second: Iterable[str]) -> bool:
    """True when two lists of paths have a file in common, or one a folder that holds a file of the other."""
    files = _Files()
    files.add(first)
    return files.touched_by(second)


def _parts(path: str) -> tuple[str, ...]:
    return tuple(part for part in path.split("/") if part not in ("", "."))
