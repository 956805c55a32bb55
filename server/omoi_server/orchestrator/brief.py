"""What a worker is told: job.json, the repository's bundle and the files beside them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

from omoi_server.domain.planning import remaining_phases
from omoi_server.domain.states import JobKind
from omoi_server.orchestrator.documents import documents_folder
from omoi_server.orchestrator.execute import facts_of
from omoi_server.orchestrator.mail import briefed
from omoi_server.orchestrator.office import Office
from omoi_server.ports import SandboxRequest
from omoi_server.store import outputs, specs, tasks
from omoi_spec.phases import PLANNING_PHASES
from omoi_spec.references import expand

AUTHOR = {"name": "Omoi", "email": "omoi@localhost"}
"""Who made a commit that an agent made; people keep their names on theirs."""


async def build_request(
    office: Office, job: Any, spec: Any, project: Any, sandbox_id: str, bundle: Path, said: Sequence[Any]
) -> SandboxRequest:
    """The sandbox's files and environment. `bundle` is where the repository's bundle was written, `said` are the comments
    that the attempt is started with."""
    async with office.db.read() as conn:
        newest = await outputs.newest(conn, spec.spec_id)
        feedback = await specs.feedback(conn, spec.spec_id)
        files = await specs.attachments(conn, spec.spec_id)
        task = await tasks.task(conn, job.task_id) if job.kind == JobKind.TASK else None
    attached = {f"in/{row.position}-{PurePosixPath(row.name).name}": row for row in files}
    data: dict[str, Any] = {
        "version": 1,
        "job_id": job.job_id,
        "fence": job.fence,
        "sandbox_id": sandbox_id,
        "kind": "task" if task is not None else "plan",
        "engine": spec.engine,
        "spec_id": spec.spec_id,
        "title": spec.title,
        "description": spec.description,
        "project": {
            "id": project.project_id,
            "name": project.name,
            "work_dir": spec.work_dir,
            "setup_command": project.setup_command,
            "test_command": project.test_command,
        },
        "context": spec.context,
        "attachments": [
            {"name": row.name, "media_type": row.media_type, "path": path} for path, row in attached.items()
        ],
        "bundle": "in/repo.bundle",
        "base_commit": spec.base_commit,
        "branch": spec.branch_name,
        "branch_tip": tip_for(job, spec),
        "plan": None if task is not None else _plan(office, job, spec, newest, feedback),
        "task": None if task is None else _task(job, spec, task, newest, bool(project.export_documents)),
        "comments": briefed(said),
        "limits": {
            "seconds": int(office.limits.planning if task is None else office.limits.task),
            "heartbeat_seconds": office.limits.heartbeat,
        },
    }
    contents: dict[str, bytes | Path] = {
        "job.json": json.dumps(data, ensure_ascii=True, indent=1).encode(),
        "worker.pyz": office.worker_archive,
        "in/repo.bundle": bundle,
        **{path: bytes(row.content) for path, row in attached.items()},
    }
    # Nothing is left to plan when this attempt is an old one: another server finished it while this one stood still.
    first = next(iter(data["plan"]["phases"]), "") if data["plan"] else ""
    env = {"SPEC_ID": spec.spec_id, "SPEC_PHASE": first, "SANDBOX_ID": sandbox_id, "JOB_ID": job.job_id}
    return SandboxRequest(sandbox_id, contents, env)


def tip_for(job: Any, spec: Any) -> str:
    """The commit that the worker checks out: planning looks at the base, a task at the branch."""
    if job.kind == JobKind.TASK and spec.branch_tip:
        return str(spec.branch_tip)
    return str(spec.base_commit)


def _plan(office: Office, job: Any, spec: Any, newest: Mapping[str, Any], feedback: list[Any]) -> dict[str, Any]:
    phases = remaining_phases(facts_of(newest), spec.gates)
    given = {phase: row for phase, row in newest.items() if phase not in phases}
    return {
        "phases": list(phases),
        "outputs": {
            phase: {"data": row.data, "version": row.version, "digest": row.digest} for phase, row in given.items()
        },
        "previous": {
            phase: {"data": row.data, "version": row.version} for phase, row in newest.items() if phase in phases
        },
        "feedback": {phase: unanswered(phase, newest, feedback) for phase in phases},
        "stop_after": [phase for phase in phases if phase in spec.gates],
        "attempts_used": dict(job.plan.get("attempts", {})),
        "max_attempts": office.limits.max_attempts,
    }


def unanswered(phase: str, newest: Mapping[str, Any], feedback: list[Any]) -> list[dict[str, str]]:
    """The changes asked for at this phase that its newest version does not answer yet, oldest first."""
    version = newest[phase].version if phase in newest else 0
    return [
        {"id": row.feedback_id, "author": row.author, "text": row.text}
        for row in feedback
        if row.phase == phase and row.version >= version
    ]


def _task(job: Any, spec: Any, task: Any, newest: Mapping[str, Any], exported: bool) -> dict[str, Any]:
    required = newest["REQUIREMENTS"].data["requirements"] if "REQUIREMENTS" in newest else []
    ids, _ = expand(list(task.requirements), required)
    wanted = {identifier.split(".")[0] for identifier in ids}
    return {
        "task_id": task.task_id,
        "key": task.key,
        "title": task.title,
        "description": task.description,
        "requirements": [requirement for requirement in required if requirement["id"] in wanted],
        "files": list(task.files),
        "check": task.check_command,
        "outputs": {phase: {"data": newest[phase].data} for phase in PLANNING_PHASES if phase in newest},
        "documents_dir": documents_folder(spec) if exported and task.key else "",
        "comments": [],
        "author": AUTHOR,
        "trailers": trailers(spec, task, job.job_id, job.fence),
    }


def trailers(spec: Any, task: Any, job_id: str, fence: int) -> list[list[str]]:
    """The trailers of a task's commit, [key, value] in their order: these and no others (design section 5).

    Who asked for it is a co-author, when their address is known; git hosts show them beside the agent.
    """
    credit = spec.source.get("credit", "")
    return [
        ["Spec-Id", task.spec_id],
        ["Task-Id", task.task_id],
        *([["Requirements", ", ".join(task.requirements)]] if task.requirements else []),
        ["Omoi-Job", f"{job_id}/{fence}"],
        *([["Co-authored-by", credit]] if credit else []),
    ]
