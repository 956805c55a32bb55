"""The pull request's text: for a reviewer who has never heard of Omoi. Everything in it comes from the rows and from git.

Words of people, workers and repositories are escaped, so that they can neither mention somebody nor break the layout.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from omoi_server.domain.foreign_words import code, fenced, inline
from omoi_server.orchestrator.words import count
from omoi_server.ports import CommitFacts
from omoi_spec.references import expand

MAX_CHANGES = 10
"""Lines under What changes; a reviewer reads the diff for more."""


@dataclass(frozen=True)
class Material:
    """What the text is made of: rows of spec, outputs, decisions, tasks; commits oldest first."""

    spec: Any
    newest: Mapping[str, Any]
    decisions: Sequence[Any]
    tasks: Sequence[Any]
    missing: Sequence[Any]
    commits: Sequence[CommitFacts]
    diffstat: str
    behind: int
    project_checks: Sequence[str]
    names: Mapping[str, str] = field(default_factory=dict)
    """What the people in `decisions` are called, by user id."""


def body(material: Material) -> str:
    """Markdown."""
    sections = [
        _first_line(material),
        _idea(material),
        _changes(material),
        _traceability(material),
        _checks(material),
        _decisions(material),
        _commits(material),
        _onward(material),
    ]
    return "\n\n".join(section for section in sections if section) + "\n"


def _first_line(material: Material) -> str:
    lines = []
    if material.missing:
        names = ", ".join(f"{_name(task)} ({task.status.lower()})" for task in material.missing)
        lines.append(f"**Opened although tasks are missing:** {names}.")
    if material.project_checks:
        lines.append(f"**The project's own tests:** {inline('; '.join(material.project_checks))}.")
    notices = {str(row.data.get("notice", "")) for row in material.newest.values()} - {""}
    lines += [f"> {inline(notice)}" for notice in sorted(notices)]
    return "\n\n".join(lines)


def _name(task: Any) -> str:
    return str(task.key) or inline(task.title, 60)


def _idea(material: Material) -> str:
    spec = material.spec
    source = spec.source or {}
    where = inline(source.get("label") or source.get("kind") or "", 100)
    asked = (
        f"Asked by {inline(material.names.get(spec.user_id) or spec.user_id, 80)}"
        + (f" in {where}" if where else "")
        + f", {spec.created_at:%Y-%m-%d %H:%M} UTC."
    )
    quoted = "\n".join(f"> {inline(line, 1000)}" for line in (spec.description or spec.title).splitlines()[:12])
    return f"## Idea\n\n{quoted}\n\n{asked}"


def _changes(material: Material) -> str:
    lines = []
    design = material.newest.get("DESIGN")
    if design is not None:
        for component in design.data.get("components", []):
            files = ", ".join(code(path) for path in component.get("files", [])[:5])
            lines.append(
                f"- **{inline(component['name'], 80)}**: {inline(component['responsibility'])}"
                + (f" ({files})" if files else "")
            )
    else:
        lines = [f"- {inline(task.summary or task.title)}" for task in material.tasks]
    more = len(lines) - MAX_CHANGES
    shown = lines[:MAX_CHANGES] + ([f"- and {more} more"] if more > 0 else [])
    stat = f"\n\n{fenced(material.diffstat)}" if material.diffstat.strip() else ""
    return "## What changes\n\n" + "\n".join(shown) + stat


def _traceability(material: Material) -> str:
    required = material.newest.get("REQUIREMENTS")
    head = "| Requirement | Criteria | Tasks | Commits | Evidence |\n| --- | --- | --- | --- | --- |"
    rows = []
    if required is None:
        rows = [_row("the task", [], [task]) for task in material.tasks]
    else:
        requirements = required.data["requirements"]
        for requirement in requirements:
            serving = [task for task in material.tasks if _serves(task, requirement["id"], requirements)]
            title = f"{requirement['id']} {inline(requirement['title'], 80)}"
            rows.append(_row(title, [c["id"] for c in requirement["criteria"]], serving))
    return "## Requirement → criterion → task → commit\n\n" + "\n".join([head, *rows])


def _serves(task: Any, requirement_id: str, requirements: Sequence[Any]) -> bool:
    ids, _ = expand(list(task.requirements), list(requirements))
    return any(identifier.split(".")[0] == requirement_id for identifier in ids)


def _row(title: str, criteria: Sequence[str], serving: Sequence[Any]) -> str:
    names = ", ".join(_name(task) for task in serving) or "none"
    commits = ", ".join(f"`{task.commit_sha[:7]}`" for task in serving if task.commit_sha) or "none"
    evidence = ", ".join(_evidence(task) for task in serving) or "none"
    return f"| {title} | {', '.join(criteria)} | {names} | {commits} | {evidence} |"


def _evidence(task: Any) -> str:
    if task.code == "BY_HAND":
        return "by hand: " + inline(task.reason or task.summary, 80)
    if not task.evidence:
        return str(task.status.lower())
    if not task.evidence.get("command"):
        return "no check configured"
    passed = "passed" if task.evidence["exit_code"] == 0 else f"exit code {task.evidence['exit_code']}"
    return f"{code(task.evidence['command'], in_table=True)} {passed}"


def _checks(material: Material) -> str:
    lines = []
    for task in material.tasks:
        if task.evidence and task.evidence.get("command"):
            evidence = task.evidence
            lines.append(
                f"- {_name(task)}: {code(evidence['command'])} → exit code {evidence['exit_code']} "
                f"in {evidence['duration_ms']} ms, on tree `{evidence['tree'][:12]}` (the tree of its commit)"
            )
        elif task.status == "SUCCEEDED":
            lines.append(f"- {_name(task)}: {_evidence(task)}")
    lines += [f"- The project's tests: {inline(said)}" for said in material.project_checks]
    return "## How it was checked\n\n" + ("\n".join(lines) or "- no check configured")


def _decisions(material: Material) -> str:
    done = {"APPROVE": "approved", "REQUEST_CHANGES": "asked for changes to", "REJECT": "rejected"}
    lines = [
        f"- {inline(material.names.get(row.decided_by) or row.decided_by, 80)} {done[row.decision]} {row.phase.lower()} v{row.version} "
        f"on {row.decided_at:%Y-%m-%d %H:%M} UTC" + (f": {inline(row.comment)}" if row.comment else "")
        for row in material.decisions
    ]
    required = material.newest.get("REQUIREMENTS")
    assumed = required.data.get("assumptions", []) if required is not None else []
    lines += [f"- ASSUMED: {inline(text)}" for text in assumed]
    return "## Decisions\n\n" + ("\n".join(lines) or "- Nobody was asked: no gate was set.")


def _commits(material: Material) -> str:
    lines = [
        f"- `{commit.sha[:7]}` {inline(commit.subject, 100)} ({inline(commit.author, 60)})"
        for commit in material.commits
    ]
    return f"<details><summary>{count(len(lines), 'commit')}</summary>\n\n" + "\n".join(lines) + "\n\n</details>"


def _onward(material: Material) -> str:
    spec = material.spec
    behind = (
        f" The base branch is {count(material.behind, 'commit')} ahead of where this started."
        if material.behind
        else ""
    )
    return (
        f"## How to go on\n\nBranch {code(spec.branch_name, limit=200)} into {code(spec.base_branch, limit=200)}.{behind} The plan, with every requirement, is in "
        f"the branch under `specs/`. Spec `{spec.spec_id}`: `omoi show {spec.spec_id[:13]}`; commits that people push to the "
        "branch are kept."
    )
