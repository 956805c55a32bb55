"""CreateProject and UpdateProject."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any
from uuid import uuid4

from omoi_server.domain import gates as gate_rules
from omoi_server.domain.access import Role
from omoi_server.domain.caller import Caller
from omoi_server.errors import AlreadyExists, InvalidArgument, PermissionDenied
from omoi_server.orchestrator import approvers, words
from omoi_server.orchestrator.launch import dirty_remark
from omoi_server.orchestrator.office import Office
from omoi_server.store import projects, requests, roles
from omoi_server.store.requests import Request
from omoi_server.store.transaction import Transaction

MAX_COMMAND = 2_000
MAX_JOBS = 100
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}", re.IGNORECASE)


@dataclass(frozen=True)
class ProjectCommand:
    """What CreateProject is asked. `gates` None: none; `export_documents` None: true; `approvers` None: any contributor.

    `approvers`: min_role ("" or a role's word), user_ids (ids or identities), requester_excluded.
    """

    name: str
    repo_url: str
    default_branch: str = ""
    work_dir: str = ""
    setup_command: str = ""
    test_command: str = ""
    gates: Sequence[str] | None = None
    max_concurrent_jobs: int = 0
    export_documents: bool | None = None
    approvers: Mapping[str, Any] | None = None
    request_id: str = ""


async def create_project(office: Office, caller: Caller, command: ProjectCommand) -> tuple[str, str]:
    """Register a repository that was looked at; (project_id, a remark worth knowing).

    Raises InvalidArgument, RepositoryError (what is wrong with it), AlreadyExists (name, request_id), PermissionDenied.
    """
    content = {name: value for name, value in asdict(command).items() if name != "request_id"}
    request = Request(caller.user_id, "CreateProject", command.request_id, content)
    request.check()
    repo_url = office.repositories.check_url(words.text("repo_url", command.repo_url, 2_000, required=True))
    if repo_url.startswith("/") and not caller.administers:
        raise PermissionDenied("ADMIN_NEEDED", "only an admin adds a repository by its path on the server's machine.")
    name = command.name or re.sub(r"\.git$", "", repo_url.rstrip("/").rsplit("/", 1)[-1])
    values = {
        "project_id": f"prj-{uuid4()}",
        "name": _checked_name(name),
        "name_key": name.lower(),
        "repo_url": repo_url,
        "created_by": caller.user_id,
        "export_documents": command.export_documents is None or command.export_documents,
        "gates": gate_rules.checked(command.gates or ()),
        **_common(
            {
                "work_dir": command.work_dir,
                "setup_command": command.setup_command,
                "test_command": command.test_command,
                "max_concurrent_jobs": command.max_concurrent_jobs,
            }
        ),
    }
    if command.approvers is not None:
        approvers.checked_shape(command.approvers)
    branch = words.branch("default_branch", command.default_branch)
    async with office.db.read() as conn:
        if earlier := await requests.was_made(conn, request):
            return earlier, ""
    facts = await office.repositories.probe(repo_url)
    values["default_branch"] = branch or facts.default_branch
    if branch and branch != facts.default_branch:
        await office.repositories.refresh(values["project_id"], repo_url)
        await office.repositories.resolve(values["project_id"], branch)

    async def work(tx: Transaction) -> str:
        if earlier := await requests.find_earlier(tx, request):
            return earlier
        if await projects.find_by_name(tx.conn, name) is not None:
            raise AlreadyExists(
                "PROJECT_EXISTS", f'project "{name}" exists already. Choose another name.', {"name": name}
            )
        rule = {}
        if command.approvers is not None:
            rule = await approvers.resolved(tx, values["project_id"], command.approvers)
        await projects.insert_project(tx, {**values, "approvers": rule})
        await requests.remember(tx, request, values["project_id"])
        return str(values["project_id"])

    project_id = await office.write("project", work)
    return project_id, " ".join(filter(None, (dirty_remark(facts.dirty_paths), *facts.notes)))


async def update_project(
    office: Office, caller: Caller, project_id: str, changes: Mapping[str, Any], request_id: str
) -> None:
    """Change the given fields: default_branch, work_dir, setup_command, test_command, gates, max_concurrent_jobs,
    export_documents, approvers (as in ProjectCommand).

    Raises InvalidArgument, NotFound, PermissionDenied (ROLE_NEEDED), RepositoryError, AlreadyExists (request_id reused).
    """
    request = Request(caller.user_id, "UpdateProject", request_id, {"project_id": project_id, **changes})
    request.check()
    values = _common({name: changes[name] for name in changes if name in _COMMON})
    if "export_documents" in changes:
        values["export_documents"] = bool(changes["export_documents"])
    if changes.get("gates") is not None:
        values["gates"] = gate_rules.checked(changes["gates"])
    rule = changes.get("approvers")
    if rule is not None:
        approvers.checked_shape(rule)
    if "default_branch" in changes:
        values["default_branch"] = await _existing_branch(office, project_id, changes["default_branch"])

    async def work(tx: Transaction) -> None:
        await tx.lock_project(project_id)
        await projects.project(tx.conn, project_id)
        await roles.require(tx.conn, caller, project_id, Role.MAINTAINER, "changing the project")
        if await requests.find_earlier(tx, request):
            return
        changed = values if rule is None else {**values, "approvers": await approvers.resolved(tx, project_id, rule)}
        if changed:
            await projects.update_project(tx, project_id, changed)
        await requests.remember(tx, request, project_id)

    await office.write("project", work)


async def _existing_branch(office: Office, project_id: str, name: str) -> str:
    branch = words.branch("default_branch", name)
    if not branch:
        raise InvalidArgument("default_branch", "is empty. Name a branch that exists.")
    async with office.db.read() as conn:
        project = await projects.project(conn, project_id)
    await office.repositories.refresh(project_id, project.repo_url)
    await office.repositories.resolve(project_id, branch)
    return branch


_COMMON = ("work_dir", "setup_command", "test_command", "max_concurrent_jobs")


def _common(given: Mapping[str, Any]) -> dict[str, Any]:
    """Fields that both calls take, checked."""
    values: dict[str, Any] = {}
    for name, value in given.items():
        if name == "work_dir":
            values[name] = words.folder(name, value)
        elif name == "max_concurrent_jobs":
            if not 0 <= value <= MAX_JOBS:
                raise InvalidArgument(name, f"is {value}; use 1 to {MAX_JOBS}, or 0 for the server's limit.")
            values[name] = value
        else:
            values[name] = words.line(name, value, MAX_COMMAND)
    return values


def _checked_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise InvalidArgument(
            "name", f"{name[:80]!r} must be 1 to 63 letters, digits, '-', '_' or '.', beginning with a letter or digit."
        )
    return name
