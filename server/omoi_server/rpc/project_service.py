"""ProjectService: shape in, use case or view, message out."""

from __future__ import annotations

from typing import Any

from omoi.v1 import project_pb2 as pb
from omoi_server.domain.caller import Caller
from omoi_server.orchestrator import projects
from omoi_server.orchestrator.office import Office
from omoi_server.rpc import convert, paging
from omoi_server.rpc.names import PHASE, ROLE
from omoi_server.rpc.shape import required
from omoi_server.store import views_projects

_CHANGEABLE = (
    "default_branch",
    "work_dir",
    "setup_command",
    "test_command",
    "max_concurrent_jobs",
    "export_documents",
)


class ProjectService:
    """The repositories that specs are about."""

    def __init__(self, office: Office) -> None:
        self._office = office

    async def CreateProject(self, request: pb.CreateProjectRequest, caller: Caller) -> pb.CreateProjectResponse:
        command = projects.ProjectCommand(
            name=request.name,
            repo_url=required("repo_url", request.repo_url, "Give a URL, owner/repo or an absolute path."),
            default_branch=request.default_branch,
            work_dir=request.work_dir,
            setup_command=request.setup_command,
            test_command=request.test_command,
            gates=_gates(request),
            max_concurrent_jobs=request.max_concurrent_jobs,
            export_documents=request.export_documents if request.HasField("export_documents") else None,
            approvers=_approvers(request),
            request_id=request.request_id,
        )
        project_id, message = await projects.create_project(self._office, caller, command)
        return pb.CreateProjectResponse(project=await self._project(project_id), message=message)

    async def GetProject(self, request: pb.GetProjectRequest, _caller: Caller) -> pb.GetProjectResponse:
        required("project_id", request.project_id, "Give a project's id or name.")
        return pb.GetProjectResponse(project=await self._project(request.project_id))

    async def ListProjects(self, request: pb.ListProjectsRequest, caller: Caller) -> pb.ListProjectsResponse:
        size = paging.size(request.page_size, 50, 200)
        key = paging.key_of(request, str)
        async with self._office.db.read() as conn:
            rows = await views_projects.list_projects(conn, caller, size + 1, key[0] if key else None)
        messages = [convert.project(row) for row in rows[:size]]
        shown = paging.fitting(messages)
        token = paging.token(request, [rows[shown - 1]["name_key"]]) if len(rows) > shown else ""
        return pb.ListProjectsResponse(projects=messages[:shown], next_page_token=token)

    async def UpdateProject(self, request: pb.UpdateProjectRequest, caller: Caller) -> pb.UpdateProjectResponse:
        required("project_id", request.project_id, "ListProjects shows the ids.")
        changes: dict[str, Any] = {name: getattr(request, name) for name in _CHANGEABLE if request.HasField(name)}
        gates = _gates(request)
        if gates is not None:
            changes["gates"] = gates
        rule = _approvers(request)
        if rule is not None:
            changes["approvers"] = rule
        await projects.update_project(self._office, caller, request.project_id, changes, request.request_id)
        return pb.UpdateProjectResponse(project=await self._project(request.project_id))

    async def _project(self, id_or_name: str) -> pb.Project:
        async with self._office.db.read() as conn:
            return convert.project(await views_projects.get_project(conn, id_or_name))


def _gates(request: pb.CreateProjectRequest | pb.UpdateProjectRequest) -> list[str] | None:
    """The gates as phase words; None when they are not set."""
    return [PHASE.word(phase) for phase in request.gates.approval_phases] if request.HasField("gates") else None


def _approvers(request: pb.CreateProjectRequest | pb.UpdateProjectRequest) -> dict[str, Any] | None:
    """The approver rule in words; None when it is not set."""
    if not request.HasField("approvers"):
        return None
    rule = request.approvers
    return {
        "min_role": ROLE.word(rule.min_role),
        "user_ids": list(rule.user_ids),
        "requester_excluded": rule.requester_excluded,
    }
