"""LaunchSpec and CreateTicket: somebody's words become a spec, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

from omoi_server.domain import gates as gate_rules
from omoi_server.domain.access import Role, holds
from omoi_server.domain.caller import Caller
from omoi_server.domain.events import EventDraft, by_user
from omoi_server.domain.states import PRIORITIES, JobKind, SpecKind, SpecStatus, TaskStatus
from omoi_server.errors import InvalidArgument
from omoi_server.orchestrator import words
from omoi_server.orchestrator.office import Office
from omoi_server.orchestrator.ticketing import create_quick_ticket
from omoi_server.store import jobs, people, projects, requests, roles, specs, tasks
from omoi_server.store.requests import Request
from omoi_server.store.transaction import Transaction

MAX_ATTACHMENTS = 10
MAX_ATTACHMENT_BYTES = 3 * 1024 * 1024
MAX_CONTEXT = 50
MAX_NAME_BYTES = 200
"""Of an attachment's name: file systems take 255 bytes, and the sandbox puts a number before it."""


@dataclass(frozen=True)
class AttachmentIn:
    """A file that came with the idea."""

    name: str
    media_type: str
    content: bytes


@dataclass(frozen=True)
class LaunchCommand:
    """What LaunchSpec and CreateTicket are asked. `gates` None: the project's; `auto_execute` None: true."""

    title: str
    description: str
    project_id: str
    auto_execute: bool | None = None
    gates: Sequence[str] | None = None
    base_branch: str = ""
    work_dir: str = ""
    attachments: Sequence[AttachmentIn] = ()
    context: Sequence[Mapping[str, Any]] = ()
    source: Mapping[str, Any] = field(default_factory=dict)
    priority: str = ""
    request_id: str = ""

    @property
    def starts(self) -> bool:
        return self.auto_execute is None or self.auto_execute

    def content(self) -> dict[str, Any]:
        """Everything asked for but the request_id, for telling a repetition from a reuse."""
        values = {name: getattr(self, name) for name in self.__dataclass_fields__ if name != "request_id"}
        values["attachments"] = [(a.name, a.media_type, a.content.hex()) for a in self.attachments]
        return values


@dataclass(frozen=True)
class Launched:
    """Answer of launch_spec."""

    spec_id: str
    status: str
    current_phase: str
    sandbox_id: str
    message: str


@dataclass(frozen=True)
class CreatedTicket:
    """Answer of create_ticket."""

    ticket_id: str
    task_id: str
    spec_id: str
    message: str


async def launch_spec(office: Office, caller: Caller, command: LaunchCommand) -> Launched:
    """Create a FULL spec and, unless auto_execute is false, queue its planning.

    Raises InvalidArgument (field and remedy), NotFound (project), FailedPrecondition (engine, repository),
    AlreadyExists (request_id reused), PermissionDenied (ROLE_NEEDED).
    """
    request = Request(caller.user_id, "LaunchSpec", command.request_id, command.content())
    values = _checked(command, request)
    remark = await _look_at_repository(office, command, request)

    async def work(tx: Transaction) -> Launched:
        if earlier := await requests.find_earlier(tx, request):
            row = await specs.spec(tx.conn, earlier)
            return Launched(earlier, row.status, row.current_phase, "", "This request was launched before.")
        spec_id, message = await _insert(tx, office, caller, command, values, SpecKind.FULL)
        spec = await specs.spec(tx.conn, spec_id)
        if command.starts:
            await jobs.queue_job(tx, kind=JobKind.PLAN, spec=spec)
            tx.emit(
                EventDraft(
                    spec_id,
                    "spec.execution_started",
                    "Planning starts.",
                    by_user(caller.user_id, caller.via),
                    "EXPLORE",
                    {"spec": {"status": "SPEC_STATUS_EXECUTING"}},
                )
            )
        await requests.remember(tx, request, spec_id)
        begins = _begins(spec.gates) if command.starts else "Created as a draft; ExecuteSpec starts it."
        return Launched(spec_id, spec.status, spec.current_phase, "", " ".join(filter(None, (begins, message, remark))))

    return await office.write("launch", work)


async def create_ticket(office: Office, caller: Caller, command: LaunchCommand) -> CreatedTicket:
    """A quick task: a spec of kind QUICK, its ticket and its task. Raises as launch_spec does."""
    request = Request(caller.user_id, "CreateTicket", command.request_id, command.content())
    values = _checked(command, request)
    remark = await _look_at_repository(office, command, request)

    async def work(tx: Transaction) -> CreatedTicket:
        if earlier := await requests.find_earlier(tx, request):
            ticket = await tasks.ticket_of(tx.conn, earlier)
            rows = await tasks.active_tasks(tx.conn, earlier)
            assert ticket is not None, "a quick spec has its ticket from the start"
            return CreatedTicket(ticket.ticket_id, rows[0].task_id, earlier, "This request was made before.")
        spec_id, message = await _insert(tx, office, caller, command, values, SpecKind.QUICK)
        spec = await specs.spec(tx.conn, spec_id)
        status = TaskStatus.QUEUED if command.starts else TaskStatus.DRAFT
        ticket_id, task_id = await create_quick_ticket(tx, spec, status, by_user(caller.user_id, caller.via))
        await requests.remember(tx, request, spec_id)
        return CreatedTicket(ticket_id, task_id, spec_id, " ".join(filter(None, (message, remark))))

    return await office.write("launch", work)


def _begins(gates: Sequence[str]) -> str:
    if gates:
        return f"Planning starts; it pauses after {' and '.join(gates)} until somebody approves."
    return "Planning starts; it does not pause for approval."


def _checked(command: LaunchCommand, request: Request) -> dict[str, Any]:
    """The values of the row, checked. InvalidArgument names the first field that is wrong."""
    request.check()
    title = words.title_of(command.title, command.description)
    if command.priority not in ("", *PRIORITIES):
        raise InvalidArgument("priority", f"{command.priority} is unknown; use {', '.join(PRIORITIES)}.")
    _check_attachments(command.attachments)
    return {
        "title": title,
        "description": command.description,
        "idea_hash": words.idea_hash(command.title or title, command.description),
        "base_branch": words.branch("base_branch", command.base_branch),
        "work_dir": words.folder("work_dir", command.work_dir),
        "priority": PRIORITIES[command.priority or "MEDIUM"],
        "context": _checked_context(command.context),
        "source": {
            "kind": words.line("source.kind", str(command.source.get("kind", "")), 40),
            "label": words.line("source.label", str(command.source.get("label", "")), 200),
            "permalink": words.line("source.permalink", str(command.source.get("permalink", "")), 2000),
        },
    }


def _check_attachments(attachments: Sequence[AttachmentIn]) -> None:
    if len(attachments) > MAX_ATTACHMENTS:
        raise InvalidArgument("attachments", f"has {len(attachments)} files; at most {MAX_ATTACHMENTS} are allowed.")
    total = sum(len(attachment.content) for attachment in attachments)
    if total > MAX_ATTACHMENT_BYTES:
        raise InvalidArgument(
            "attachments", f"are {total:,} bytes; at most {MAX_ATTACHMENT_BYTES:,} are allowed together."
        )
    for index, attachment in enumerate(attachments):
        field_name = f"attachments[{index}].name"
        name = words.line(field_name, attachment.name, 200, required=True)
        if "/" in name or "\\" in name or name in (".", "..") or name != attachment.name:
            raise InvalidArgument(field_name, f"{name!r} must be a file name without folders and line breaks.")
        if len(name.encode()) > MAX_NAME_BYTES:
            raise InvalidArgument(field_name, f"is longer than {MAX_NAME_BYTES} bytes; no disk takes it. Shorten it.")
        words.line(f"attachments[{index}].media_type", attachment.media_type, 200)


def _checked_context(context: Sequence[Mapping[str, Any]]) -> list[dict[str, str]]:
    if len(context) > MAX_CONTEXT:
        raise InvalidArgument("context", f"has {len(context)} entries; at most {MAX_CONTEXT} are allowed.")
    return [
        {
            "author": words.line(f"context[{index}].author", str(entry.get("author", "")), 200),
            "time": words.line(f"context[{index}].time", str(entry.get("time", "")), 40),
            "permalink": words.line(f"context[{index}].permalink", str(entry.get("permalink", "")), 2000),
            "text": words.text(f"context[{index}].text", str(entry.get("text", "")), 20_000),
        }
        for index, entry in enumerate(context)
    ]


async def _look_at_repository(office: Office, command: LaunchCommand, request: Request) -> str:
    """Refuse early what cannot work; a remark about uncommitted changes. Only a local path is looked at: launching must
    not wait for a network, and a remote repository is fetched by the first job. A repetition needs no look."""
    async with office.db.read() as conn:
        project = await projects.project(conn, command.project_id)
        if await requests.was_made(conn, request):
            return ""
    office.require_engine()
    if not project.repo_url.startswith("/"):
        return ""
    facts = await office.repositories.probe(project.repo_url)
    if command.base_branch:
        await office.repositories.refresh(project.project_id, project.repo_url)
        await office.repositories.resolve(project.project_id, words.branch("base_branch", command.base_branch))
    return dirty_remark(facts.dirty_paths)


def dirty_remark(paths: Sequence[str]) -> str:
    """What a person should know about uncommitted changes; empty when there are none."""
    if not paths:
        return ""
    named = ", ".join(paths[:3]) + (" …" if len(paths) > 3 else "")
    return f"The checkout has uncommitted changes ({named}); Omoi works from what is committed."


async def _insert(
    tx: Transaction, office: Office, caller: Caller, command: LaunchCommand, values: dict[str, Any], kind: SpecKind
) -> tuple[str, str]:
    """The spec's row, attachments and first event; its id and a remark about an equal open idea."""
    project = await projects.project(tx.conn, command.project_id)
    spec_id = f"spec-{uuid4()}"
    quick = kind is SpecKind.QUICK
    planning = SpecStatus.EXECUTING if command.starts else SpecStatus.DRAFT
    status = SpecStatus.COMPLETED if quick and command.starts else planning
    role = await roles.role_of(tx.conn, caller, project.project_id)
    # Looking at the repository may have taken a while: what counts is the role now.
    if not holds(role, Role.CONTRIBUTOR):
        raise await roles.refusal(tx.conn, project.project_id, role, Role.CONTRIBUTOR)
    requester = (await people.users(tx.conn, [caller.user_id])).get(caller.user_id)
    # Kept as it is now: every commit of the spec must carry the same words, whatever the person is called later.
    credit = words.credit(requester.name, requester.email) if requester else ""
    gates = [] if quick else gate_rules.effective(project.gates, command.gates, holds(role, Role.MAINTAINER))
    await specs.insert_spec(
        tx,
        {
            **values,
            "spec_id": spec_id,
            "project_id": project.project_id,
            "kind": kind,
            "user_id": caller.user_id,
            "source": {**values["source"], "credit": credit},
            "status": status,
            "current_phase": "COMPLETE" if quick else "EXPLORE",
            "gates": gates,
            "base_branch": values["base_branch"] or project.default_branch,
            "work_dir": values["work_dir"] or project.work_dir,
            "engine": office.engine,
        },
    )
    await specs.insert_attachments(tx, spec_id, [(a.name, a.media_type, a.content) for a in command.attachments])
    tx.emit(
        EventDraft(
            spec_id,
            "spec.created",
            values["title"],
            by_user(caller.user_id, caller.via),
            payload={"spec": {"status": f"SPEC_STATUS_{status}"}},
        )
    )
    equal = await specs.open_equal_idea(tx.conn, project.project_id, values["idea_hash"], spec_id)
    remark = f"The same idea is open already: {equal.spec_id} ({equal.status.lower()})." if equal else ""
    return spec_id, remark
