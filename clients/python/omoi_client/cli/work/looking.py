"""list, show, label, archive."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from omoi.v1.spec_pb2 import PhaseSummary, Spec
from omoi_client.cli import ids, screen
from omoi_client.cli.ending import ending
from omoi_client.cli.failures import Exit, Refusal, program
from omoi_client.cli.following import trace_rows
from omoi_client.client import OmoiClient
from omoi_client.data import as_data
from omoi_client.names import decision_word, outcome_word, phase_word, status_word


@dataclass(frozen=True)
class Filter:
    """What `list` is asked for; empty fields do not filter."""

    words: str = ""
    project: str = ""
    statuses: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    user: str = ""
    archived: bool = False
    limit: int = 50


async def list_specs(omoi: OmoiClient, wanted: Filter, as_json: bool) -> int:
    """ListSpecs as a table."""
    project_id = (await ids.find_project(omoi, wanted.project)).project_id if wanted.project else ""
    found = omoi.list_specs(
        project_id=project_id,
        statuses=wanted.statuses,
        labels=wanted.labels,
        query=wanted.words,
        include_archived=wanted.archived,
        user_id=wanted.user,
        limit=wanted.limit,
    )
    specs = [one async for one in found]
    if as_json:
        screen.emit({"specs": [as_data(one) for one in specs]})
        return Exit.DONE
    terminal = screen.on_terminal()
    if not specs and terminal:
        screen.say(f'No spec fits. Start one: {program()} launch "what you want"')
    every = [one.spec_id async for one in omoi.list_specs(include_archived=True)] if terminal and specs else []
    projects = {one.project_id: one.name async for one in omoi.list_projects()} if specs else {}
    rows = [
        (
            ids.short(one.spec_id, every) if terminal else one.spec_id,
            status_word(one.status),
            _where(one),
            projects.get(one.project_id, one.project_id),
            screen.when(one.updated_at),
            one.title,
        )
        for one in specs
    ]
    if rows:
        screen.table(("SPEC", "STATUS", "AT", "PROJECT", "CHANGED", "TITLE"), rows)
    return Exit.DONE


def _where(spec: Spec) -> str:
    progress = spec.progress
    if progress.tasks_total:
        return f"{progress.tasks_done}/{progress.tasks_total} tasks"
    return phase_word(spec.current_phase)


async def show(omoi: OmoiClient, typed: str, as_json: bool) -> int:
    """Everything about one spec that fits on a screen."""
    spec = await omoi.get_spec(await ids.find_spec(omoi, typed))
    if as_json:
        screen.emit(spec)
        return Exit.DONE
    name = await ids.short_spec(omoi, spec.spec_id) if screen.on_terminal() else spec.spec_id
    project = await omoi.get_project(spec.project_id)
    outcome = outcome_word(spec.execution_status.outcome)
    status = status_word(spec.status) + (f", tasks {outcome}" if outcome else "")
    branch = spec.branch_name + (f", {spec.behind} commits behind {spec.base_branch}" if spec.behind else "")
    screen.labelled(
        [
            (name, spec.title),
            ("status", status),
            ("waits for", spec.waiting_for),
            ("reason", spec.reason),
            ("project", project.name),
            ("asked by", spec.user_id + (f" ({spec.source.label})" if spec.source.label else "")),
            ("launched", screen.when(spec.created_at)),
            ("branch", branch),
            ("review", spec.pull_request_url),
            ("labels", ", ".join(spec.labels) + (" (archived)" if spec.archived else "")),
            ("running", _activity(spec, "open_command")),
            ("last work", _activity(spec, "last_work")),
        ]
    )
    if spec.phases:
        screen.say()
        gated = set(spec.gates.approval_phases)
        screen.table(("PHASE", "VERSION", "SCORE", "DECISION", "FACTS"), [_phase(one, gated) for one in spec.phases])
    traced = await trace_rows(omoi, spec) if spec.execution_status.total else []
    if traced:
        screen.say()
        screen.labelled(traced)
    if spec.settled:
        screen.say()
        screen.labelled(ending(spec, name).rows)
    return Exit.DONE


def _phase(summary: PhaseSummary, gated: Collection[int]) -> tuple[str, ...]:
    decision = decision_word(summary.decision)
    if not decision and summary.version and (summary.gated or summary.phase in gated):
        decision = "undecided"
    version = f"v{summary.version}" if summary.version else ""
    stale = " (no longer valid)" if summary.version and not summary.valid else ""
    score = f"{summary.score:.2f}" if summary.version else ""
    return phase_word(summary.phase), version, score, decision, ", ".join(summary.facts) + stale


def _activity(spec: Spec, field: Literal["open_command", "last_work"]) -> str:
    if not spec.HasField(field):
        return ""
    activity = spec.open_command if field == "open_command" else spec.last_work
    return f"{activity.text} ({screen.when(activity.time)})"


async def label(omoi: OmoiClient, typed: str, add: tuple[str, ...], remove: tuple[str, ...], as_json: bool) -> int:
    """Add and remove labels; the others stay."""
    spec = await omoi.get_spec(await ids.find_spec(omoi, typed))
    unknown = [one for one in remove if one not in spec.labels]
    if unknown:
        raise Refusal(f"the spec has no label {', '.join(unknown)}", f"Its labels: {', '.join(spec.labels) or 'none'}.")
    if add or remove:
        spec = await omoi.update_spec(spec.spec_id, labels=sorted({*spec.labels, *add} - {*remove}))
    if as_json:
        screen.emit(spec)
    else:
        screen.say(", ".join(spec.labels) or "no labels")
    return Exit.DONE


async def archive(omoi: OmoiClient, typed: tuple[str, ...], archived: bool, as_json: bool) -> int:
    """Hide specs from lists, or show them again."""
    changed = []
    for spec_id in [await ids.find_spec(omoi, one) for one in typed]:
        spec = await omoi.update_spec(spec_id, archived=archived)
        changed.append(as_data(spec))
        if not as_json:
            screen.say(f"{spec.spec_id} {'archived' if archived else 'back in lists'}")
    if as_json:
        screen.emit({"specs": changed})
    return Exit.DONE
