"""ProjectService as methods."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable

from omoi.v1 import project_pb2
from omoi_client import names
from omoi_client.calls import Calls
from omoi_client.spec_calls import gate_policy

_PAGE = 200


def approver_rule(
    min_role: str = "", user_ids: Iterable[str] = (), requester_excluded: bool = False
) -> project_pb2.ApproverRule:
    """Who may approve. `min_role` as a word; `user_ids`: ids, or identities such as "slack:T1/U1"; empty is anyone."""
    return project_pb2.ApproverRule(
        min_role=names.role(min_role), user_ids=list(user_ids), requester_excluded=requester_excluded
    )


class ProjectCalls:
    """Projects. Every method raises OmoiError."""

    calls: Calls

    async def create_project(
        self,
        repo_url: str,
        *,
        name: str = "",
        default_branch: str = "",
        work_dir: str = "",
        setup_command: str = "",
        test_command: str = "",
        gates: Iterable[str] | None = None,
        max_concurrent_jobs: int = 0,
        export_documents: bool | None = None,
        approvers: project_pb2.ApproverRule | None = None,
        request_id: str = "",
    ) -> project_pb2.CreateProjectResponse:
        """Register a repository. The server looks at it first, which may take a while over a network."""
        request = project_pb2.CreateProjectRequest(
            name=name,
            repo_url=repo_url,
            default_branch=default_branch,
            work_dir=work_dir,
            setup_command=setup_command,
            test_command=test_command,
            gates=gate_policy(gates),
            max_concurrent_jobs=max_concurrent_jobs,
            export_documents=export_documents,
            approvers=approvers,
            request_id=request_id,
        )
        return await self.calls.unary("ProjectService", request, project_pb2.CreateProjectResponse, timeout=120)

    async def get_project(self, project_id: str) -> project_pb2.Project:
        """One project, by id or by name."""
        request = project_pb2.GetProjectRequest(project_id=project_id)
        return (await self.calls.unary("ProjectService", request, project_pb2.GetProjectResponse)).project

    async def list_projects(self) -> AsyncIterator[project_pb2.Project]:
        """Every project, by name."""
        request = project_pb2.ListProjectsRequest(page_size=_PAGE)
        while True:
            page = await self.calls.unary("ProjectService", request, project_pb2.ListProjectsResponse)
            for project in page.projects:
                yield project
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token

    async def update_project(
        self,
        project_id: str,
        *,
        default_branch: str | None = None,
        work_dir: str | None = None,
        setup_command: str | None = None,
        test_command: str | None = None,
        gates: Iterable[str] | None = None,
        max_concurrent_jobs: int | None = None,
        export_documents: bool | None = None,
        approvers: project_pb2.ApproverRule | None = None,
        request_id: str = "",
    ) -> project_pb2.Project:
        """Change what is not None. `approvers`: see approver_rule; it replaces the rule."""
        request = project_pb2.UpdateProjectRequest(
            project_id=project_id,
            default_branch=default_branch,
            work_dir=work_dir,
            setup_command=setup_command,
            test_command=test_command,
            gates=gate_policy(gates),
            max_concurrent_jobs=max_concurrent_jobs,
            export_documents=export_documents,
            approvers=approvers,
            request_id=request_id,
        )
        return (await self.calls.unary("ProjectService", request, project_pb2.UpdateProjectResponse)).project
