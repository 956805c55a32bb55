"""One request for every RPC of the contract, and what kind of right it takes, written down beside the server's own table.

A new RPC without a line here fails test_rpc_permissions.py.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import Message

from omoi.v1 import auth_pb2, common_pb2, project_pb2, spec_pb2, ticket_pb2

ap: Any = auth_pb2
cp: Any = common_pb2
pp: Any = project_pb2
sp: Any = spec_pb2
tp: Any = ticket_pb2


@dataclass(frozen=True)
class Side:
    """The things of one project; or ids of none, all of the right form."""

    project: str
    spec: str
    ticket: str
    task: str
    user: str = ""
    token: str = ""
    repository: str = ""

    def ids(self) -> tuple[str, ...]:
        return (self.project, self.spec, self.ticket, self.task)


Build = Callable[[Side], Message]

READS: dict[str, Build] = {
    "WatchSpecEvents": lambda s: sp.WatchSpecEventsRequest(spec_id=s.spec, until_settled=True),
    "GetSpec": lambda s: sp.GetSpecRequest(spec_id=s.spec),
    "ListSpecs": lambda s: sp.ListSpecsRequest(project_id=s.project),
    "ListSpecEvents": lambda s: sp.ListSpecEventsRequest(spec_id=s.spec),
    "GetPhaseOutput": lambda s: sp.GetPhaseOutputRequest(spec_id=s.spec, phase=cp.SPEC_PHASE_EXPLORE),
    "GetTranscript": lambda s: sp.GetTranscriptRequest(task_id=s.task),
    "ListComments": lambda s: sp.ListCommentsRequest(spec_id=s.spec),
    "GetPullRequest": lambda s: sp.GetPullRequestRequest(spec_id=s.spec),
    "GetTicket": lambda s: tp.GetTicketRequest(ticket_id=s.ticket),
    "ListTickets": lambda s: tp.ListTicketsRequest(project_id=s.project),
    "ListTasks": lambda s: tp.ListTasksRequest(ticket_id=s.ticket),
    "GetProject": lambda s: pp.GetProjectRequest(project_id=s.project),
    "ListRoles": lambda s: ap.ListRolesRequest(project_id=s.project),
}
"""Viewer."""

WORKS: dict[str, Build] = {
    "LaunchSpec": lambda s: sp.LaunchSpecRequest(project_id=s.project, title="Lock"),
    "ExecuteSpec": lambda s: sp.ExecuteSpecRequest(spec_id=s.spec, from_phase=cp.SPEC_PHASE_TASKS),
    "UpdateSpec": lambda s: sp.UpdateSpecRequest(spec_id=s.spec),
    "ReviewPhase": lambda s: sp.ReviewPhaseRequest(
        spec_id=s.spec, phase=cp.SPEC_PHASE_TASKS, digest="0", decision=sp.REVIEW_DECISION_APPROVE
    ),
    "CancelSpec": lambda s: sp.CancelSpecRequest(spec_id=s.spec),
    "SendMessage": lambda s: sp.SendMessageRequest(spec_id=s.spec, text="Mind the admins."),
    "CreateBranch": lambda s: sp.CreateBranchRequest(spec_id=s.spec),
    "CreatePullRequest": lambda s: sp.CreatePullRequestRequest(spec_id=s.spec),
    "CreateTicket": lambda s: tp.CreateTicketRequest(project_id=s.project, title="Lock"),
    "MoveTicket": lambda s: tp.MoveTicketRequest(ticket_id=s.ticket, phase=tp.TICKET_PHASE_INITIAL),
    "StartTickets": lambda s: tp.StartTicketsRequest(ticket_ids=[s.ticket]),
    "RetryTask": lambda s: tp.RetryTaskRequest(task_id=s.task),
    "CancelTask": lambda s: tp.CancelTaskRequest(task_id=s.task),
    "CompleteTask": lambda s: tp.CompleteTaskRequest(task_id=s.task, reason="done"),
}
"""Contributor."""

MAINTAINS: dict[str, Build] = {
    "UpdateProject": lambda s: pp.UpdateProjectRequest(project_id=s.project, max_concurrent_jobs=3),
    "SetRole": lambda s: ap.SetRoleRequest(project_id=s.project, user_id="usr-bystander", role=ap.ROLE_VIEWER),
}
"""Maintainer."""

OTHERS: dict[str, Build] = {
    "ListProjects": lambda _s: pp.ListProjectsRequest(),
    "CreateProject": lambda s: pp.CreateProjectRequest(name="other", repo_url=s.repository),
    "CreateToken": lambda s: ap.CreateTokenRequest(name="laptop", scopes=["read"], user_id=s.user),
    "ListTokens": lambda _s: ap.ListTokensRequest(),
    "RevokeToken": lambda s: ap.RevokeTokenRequest(token_id=s.token),
    "GetCaller": lambda _s: ap.GetCallerRequest(),
    "GetUser": lambda s: ap.GetUserRequest(user_id="usr-bystander"),
    "ProvisionUser": lambda _s: ap.ProvisionUserRequest(identity="slack:T1/U9", name="Mina"),
    "ClaimAdmin": lambda _s: ap.ClaimAdminRequest(code="0000-0000"),
}
"""What no role in a project decides. Own and foreign: one's own token and user, or somebody else's."""
