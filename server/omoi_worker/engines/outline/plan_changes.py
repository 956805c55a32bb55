"""Change requests on DESIGN and TASKS, made anew on each version so that they outlive a new plan."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Callable

from omoi_spec import graph
from omoi_worker.engines.outline import comments
from omoi_worker.engines.outline.comments import best_match, is_approval
from omoi_worker.engines.outline.design import SCENARIOS
from omoi_worker.engines.outline.phrases import one_line

Data = dict[str, Any]
Effect = tuple[str, list[str]]
LEAST_MATCH = 0.3

_PATH = re.compile(r"(?<![\w/.-])(?:[\w@.-]+/)*[\w@-][\w@.-]*\.[A-Za-z]\w{0,9}(?![\w/])")
_NEGATIVE = re.compile(r"(?i)\b(?:do not|don't|never|remove|drop|leave out|without|instead of|not)\b")
_TASK = re.compile(r"(?i)\b(?:TSK-(\d{1,4})|tasks?\s+#?(\d{1,4})(?!\.?\d))\b")
_SECURITY = re.compile(
    r"(?i)\b(?:security|secure|secrets?|encrypt\w*|permissions?|authori[sz]\w*|attack\w*|injection|leak\w*|csrf|xss|privacy)\b"
)
_TESTING = re.compile(r"(?i)\b(?:tests?|testing|tested|coverage|scenarios?)\b")
_AFTER = re.compile(r"(?i)\b(?:after|depends? on|waits? for|needs)\b")
_BEFORE = re.compile(r"(?i)\b(?:before|first)\b")
_ALONE = re.compile(r"(?i)\b(?:does not depend|doesn't depend|not depend|independent|no dependenc\w+|in parallel)\b")
_PRIORITY = re.compile(r"(?i)\b(?:priority[^a-z]*(?:to|is|of)?\s*)?(critical|high|medium|low)(?:\s+priority)?\b")
_HOURS = re.compile(r"(?i)\b(\d+(?:\.\d+)?)\s*(?:h|hours?)\b")


def replay(data: Data, feedback: Sequence[Mapping[str, str]], apply: Callable[[Data, str], Effect | None]) -> Data:
    """Make every comment that `data["changes"]` lists and every new one on a fresh plan, in order.

    A comment without an effect leaves no entry, so that data that did not change equals the old data.
    """
    past = [change["comment"] for change in data["changes"]]
    changes: list[dict[str, Any]] = []
    new = [one_line(str(item.get("text") or "")) for item in feedback]
    for comment in dict.fromkeys(past + [text for text in new if text]):
        effect = None if is_approval(comment) else apply(data, comment)
        if effect:
            changes.append({"comment": comment, "effect": effect[0], "ids": effect[1]})
        elif comment in past:
            changes.append(next(change for change in data["changes"] if change["comment"] == comment))
    data["changes"] = changes
    return data


def change_design(
    data: Data, comment: str, requirements: Sequence[Mapping[str, Any]], paths: Collection[str]
) -> Effect | None:
    """Make one comment on a design, in place. A path that it names is added or taken out; other words stay quoted."""
    targets, rest = comments.targets(comment)
    known = {str(item["id"]) for item in requirements}
    named = [target.requirement for target in targets if target.requirement in known]
    if targets and not named:
        return None
    found = [path.strip(".") for path in _PATH.findall(rest) if "/" in path or path in paths]
    if found:
        return _change_files(data, comment, list(dict.fromkeys(found)), named, requirements, paths)
    quoted = f"Asked for in review: “{comment.replace('“', '').replace('”', '')}”"
    for key, pattern in (("security", _SECURITY), ("testing", _TESTING)):
        if pattern.search(comment):
            data[key].append(quoted)
            return f"added to {key}", named
    component = _component(data, comment, named, requirements)
    if component is None:
        data["overview"] = f"{data['overview']} {quoted}."
        return "added to the overview; no component matches it", named
    component["responsibility"] = f"{component['responsibility']} {quoted}."
    return f"added to component {component['name']}", named


def _change_files(
    data: Data,
    comment: str,
    found: list[str],
    named: list[str],
    requirements: Sequence[Mapping[str, Any]],
    paths: Collection[str],
) -> Effect | None:
    done: list[str] = []
    for path in found:
        listed = any(entry["path"] == path for entry in data["files"])
        clause = comment[: comment.find(path)]
        if _NEGATIVE.search(clause) and listed and not path.endswith(".feature"):
            data["files"] = [entry for entry in data["files"] if entry["path"] != path]
            for component in data["components"]:
                component["files"] = [name for name in component["files"] if name != path]
            data["components"] = [component for component in data["components"] if component["files"]]
            done.append(f"{path} taken out")
        elif (
            not listed
            and not _NEGATIVE.search(clause)
            and ".." not in path.split("/")
            and ".git" not in path.split("/")
        ):
            owners = named or [best_match(comment, requirements, set(), 0.0) or str(requirements[0]["id"])]
            change = "modify" if path in paths else "create"
            data["files"].append({"path": path, "change": change, "why": f"{', '.join(owners)}: asked for in review"})
            name = re.sub(r"\.\w+$", "", path).replace("/", ".")
            responsibility = f"Takes part in {', '.join(owners)}, asked for in review: “{comment}”"
            data["components"].insert(
                0, {"name": name, "responsibility": responsibility, "files": [path], "requirements": owners}
            )
            done.append(f"{path} added ({change})")
    return ("; ".join(done), named) if done else None


def _component(
    data: Data, comment: str, named: Sequence[str], requirements: Sequence[Mapping[str, Any]]
) -> Data | None:
    lower = comment.lower()
    components: list[Data] = data["components"]
    for component in components:
        if component["name"].lower() in lower or component["name"].rsplit(".", 1)[-1].lower() in re.findall(
            r"\w+", lower
        ):
            return component
    wanted = named or [name for name in [best_match(comment, requirements, set(), LEAST_MATCH)] if name]
    for component in components:
        if component["name"] != SCENARIOS and set(component["requirements"]) & set(wanted):
            return component
    return next((component for component in components if wanted and component["name"] == SCENARIOS), None)


def change_tasks(data: Data, comment: str, requirements: Sequence[Mapping[str, Any]]) -> Effect | None:
    """Make one comment on a plan, in place: order, priority, estimate, or words added to the task it is about."""
    ids = [task["id"] for task in data["tasks"]]
    named = [f"TSK-{int(a or b):03d}" for a, b in _TASK.findall(comment)]
    targets, _ = comments.targets(comment)
    named += [f"TSK-{target.requirement[4:]}" for target in targets]
    known = [name for name in dict.fromkeys(named) if name in ids]
    if named and not known:
        return None
    if not known:
        best = best_match(comment, requirements, set(), LEAST_MATCH)
        known = [f"TSK-{best[4:]}"] if best and f"TSK-{best[4:]}" in ids else []
    if not known:
        return None
    task = next(item for item in data["tasks"] if item["id"] == known[0])
    ordered = _order(data, task, known, comment)
    if ordered is not None:
        return (ordered, known) if ordered else None
    priority = _PRIORITY.search(comment)
    if priority and len(comment.split()) <= 12:
        for item in data["tasks"]:
            if item["id"] in known:
                item["priority"] = priority.group(1).lower()
        return f"{', '.join(known)}: priority {priority.group(1).lower()}", known
    hours = _HOURS.search(comment)
    if hours and len(comment.split()) <= 12:
        task["estimate_hours"] = float(hours.group(1))
        return f"{task['id']}: estimate {hours.group(1)} h", [task["id"]]
    task["description"] = f"{task['description']} Asked for in review: “{comment.replace('“', '').replace('”', '')}”."
    return f"added to the description of {task['id']}", [task["id"]]


def _order(data: Data, task: Data, known: Sequence[str], comment: str) -> str | None:
    """Return what changed in the order ("" when it would make a cycle or is so already), None for other comments."""
    if _ALONE.search(comment):
        gone = [name for name in task["depends_on"] if len(known) == 1 or name in known]
        task["depends_on"] = [name for name in task["depends_on"] if name not in gone]
        return f"{task['id']} no longer depends on {', '.join(gone)}" if gone else ""
    if len(known) == 2 and _AFTER.search(comment):
        return _depend(data, known[0], known[1])
    if len(known) == 2 and _BEFORE.search(comment):
        return _depend(data, known[1], known[0])
    return None


def _depend(data: Data, later: str, earlier: str) -> str:
    task = next(item for item in data["tasks"] if item["id"] == later)
    if earlier in task["depends_on"] or earlier == later:
        return ""
    task["depends_on"].append(earlier)
    try:
        graph.TaskGraph(data["tasks"]).order()
    except graph.GraphError:
        task["depends_on"].remove(earlier)
        return ""
    task["depends_on"].sort()
    return f"{later} depends on {earlier}"


def ignored_words(subject: str) -> set[str]:
    """Return the words of the system's name, which every requirement holds."""
    return set(re.findall(r"\w+", subject.lower()))
