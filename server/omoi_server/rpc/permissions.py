"""What each RPC needs, in one table, and the one place that holds calls to it.

Every RPC of the contract has a row; the server does not start while one is missing (handlers.py). A row says which kind
of scope the token needs, which role the user needs, and how the request names the project. What only the content of a
request decides (leaving out a gate, who may approve) is judged by the use cases, in their transactions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from google.protobuf.message import Message

from omoi_server.domain.access import ACT_AS, ADMIN, READ, READ_ALL, WRITE, Role, holds, systems_acted_for
from omoi_server.domain.caller import Caller
from omoi_server.errors import PermissionDenied
from omoi_server.store import roles, views_access
from omoi_server.store.database import Database
from omoi_server.store.views_access import Kind


class Use(Enum):
    """What a call uses its token for."""

    SELF = "to ask who one is, and what others are called"
    READ = "to read"
    WRITE = "to change what is in projects"
    ADMIN = "to manage tokens and projects"
    PROVISION = "to make users of another system's people"
    CLAIM = "to claim admin for the person acted for"


@dataclass(frozen=True)
class Need:
    """A row. `role` None: no project is involved; `admin`: only admins, by a token of their own.

    `names`: the request fields that name something, and what they name. All of them that are set are judged. A request
    without any is a list, which shows only what the caller may see, or is refused by its service.
    """

    use: Use
    role: Role | None = None
    names: Mapping[str, Kind] = field(default_factory=dict)
    admin: bool = False


def _reads(**names: Kind) -> Need:
    return Need(Use.READ, Role.VIEWER, names)


def _works(**names: Kind) -> Need:
    return Need(Use.WRITE, Role.CONTRIBUTOR, names)


def _maintains(**names: Kind) -> Need:
    return Need(Use.WRITE, Role.MAINTAINER, names)


NEEDS: Mapping[str, Need] = {
    "SpecService.LaunchSpec": _works(project_id=Kind.PROJECT),
    "SpecService.ExecuteSpec": _works(spec_id=Kind.SPEC),
    "SpecService.WatchSpecEvents": _reads(spec_id=Kind.SPEC),
    "SpecService.GetSpec": _reads(spec_id=Kind.SPEC),
    "SpecService.ListSpecs": _reads(project_id=Kind.PROJECT),
    "SpecService.UpdateSpec": _works(spec_id=Kind.SPEC),
    "SpecService.ListSpecEvents": _reads(spec_id=Kind.SPEC),
    "SpecService.GetPhaseOutput": _reads(spec_id=Kind.SPEC),
    "SpecService.ReviewPhase": _works(spec_id=Kind.SPEC),
    "SpecService.CancelSpec": _works(spec_id=Kind.SPEC),
    "SpecService.GetTranscript": _reads(spec_id=Kind.SPEC, task_id=Kind.TASK),
    "SpecService.SendMessage": _works(spec_id=Kind.SPEC, task_id=Kind.TASK),
    "SpecService.ListComments": _reads(spec_id=Kind.SPEC),
    "SpecService.CreateBranch": _works(spec_id=Kind.SPEC),
    "SpecService.CreatePullRequest": _works(spec_id=Kind.SPEC),
    "SpecService.GetPullRequest": _reads(spec_id=Kind.SPEC),
    "TicketService.CreateTicket": _works(project_id=Kind.PROJECT),
    "TicketService.GetTicket": _reads(ticket_id=Kind.TICKET),
    "TicketService.ListTickets": _reads(project_id=Kind.PROJECT, spec_id=Kind.SPEC),
    "TicketService.MoveTicket": _works(ticket_id=Kind.TICKET),
    "TicketService.StartTickets": _works(ticket_ids=Kind.TICKET),
    "TicketService.ListTasks": _reads(spec_id=Kind.SPEC, ticket_id=Kind.TICKET),
    "TicketService.RetryTask": _works(task_id=Kind.TASK),
    "TicketService.CancelTask": _works(task_id=Kind.TASK),
    "TicketService.CompleteTask": _works(task_id=Kind.TASK),
    "ProjectService.CreateProject": Need(Use.ADMIN, admin=True),
    "ProjectService.GetProject": _reads(project_id=Kind.PROJECT_OR_NAME),
    "ProjectService.ListProjects": _reads(),
    "ProjectService.UpdateProject": _maintains(project_id=Kind.PROJECT),
    "AuthService.CreateToken": Need(Use.ADMIN),
    "AuthService.ListTokens": Need(Use.ADMIN),
    "AuthService.RevokeToken": Need(Use.ADMIN),
    "AuthService.GetCaller": Need(Use.SELF),
    "AuthService.GetUser": Need(Use.SELF),
    "AuthService.ProvisionUser": Need(Use.PROVISION),
    "AuthService.ClaimAdmin": Need(Use.CLAIM),
    "AuthService.SetRole": _maintains(project_id=Kind.PROJECT_OR_NAME),
    "AuthService.ListRoles": _reads(project_id=Kind.PROJECT_OR_NAME),
}
"""Keyed by service and RPC."""


def need_of(full_name: str) -> Need:
    """The row of `omoi.v1.SpecService.GetSpec`. LookupError while it has none: such a server must not start."""
    service, _, rpc = full_name.rpartition(".")
    key = f"{service.rpartition('.')[2]}.{rpc}"
    if key not in NEEDS:
        raise LookupError(f"{key} has no row in the table of what each RPC needs (rpc/permissions.py).")
    return NEEDS[key]


async def permit(db: Database, need: Need, request: Message, caller: Caller) -> tuple[str, ...]:
    """Let the call pass, or raise; the ids of the projects that it was held to, none where no role decides.

    PermissionDenied: SCOPE_NEEDED, NOT_WHILE_ACTING, ONLY_WHILE_ACTING, ADMIN_NEEDED, ROLE_NEEDED. NotFound for what
    does not exist and, in the same words, for what is in a project where the caller has no role.
    """
    check_use(need, caller)
    if need.role is None or caller.is_admin or (need.role is Role.VIEWER and caller.reads_all):
        return ()
    named = list(_named(need, request))
    if not named:
        return ()
    projects: list[str] = []
    async with db.read() as conn:
        for kind, thing in named:
            project_id, role = await views_access.project_and_role(conn, caller, kind, thing)
            if project_id is None or role is None:
                raise await views_access.missing_thing(conn, caller, kind, thing)
            if not holds(role, need.role):
                raise await roles.refusal(conn, project_id, role, need.role)
            projects.append(project_id)
    return tuple(projects)


def _named(need: Need, request: Message) -> list[tuple[Kind, str]]:
    found: list[tuple[Kind, str]] = []
    for name, kind in need.names.items():
        value = getattr(request, name)
        found += [(kind, thing) for thing in ([value] if isinstance(value, str) else value) if thing]
    return found


def check_use(need: Need, caller: Caller) -> None:
    """PermissionDenied unless the token, and for what only admins do the user, is good for this RPC."""
    _check_token(need.use, caller)
    if need.admin and not caller.administers:
        raise PermissionDenied("ADMIN_NEEDED", "only an admin does this. Ask one.", {"needed": "ADMIN"})


def _check_token(use: Use, caller: Caller) -> None:
    if use is Use.SELF:
        return
    if use is Use.CLAIM:
        if not caller.acting:
            raise PermissionDenied(
                "ONLY_WHILE_ACTING", "admin is claimed for a person of another system. Send omoi-act-as with it."
            )
        return
    if caller.acting:
        if use in (Use.ADMIN, Use.PROVISION):
            raise PermissionDenied(
                "NOT_WHILE_ACTING", "this is not available while acting for somebody. Call it without omoi-act-as."
            )
        return  # What the person's roles allow.
    if not _has_scope(use, caller):
        raise _scope_needed(use, caller)


_SCOPES = {
    Use.READ: (READ, WRITE, ADMIN, READ_ALL),
    Use.WRITE: (WRITE, ADMIN),
    Use.ADMIN: (ADMIN,),
}


def _has_scope(use: Use, caller: Caller) -> bool:
    if caller.has_every_scope:
        return True
    if use is Use.PROVISION:
        return bool(systems_acted_for(caller.scopes))
    return not caller.scopes.isdisjoint(_SCOPES[use])


def _scope_needed(use: Use, caller: Caller) -> PermissionDenied:
    needed = f"{ACT_AS}<system>" if use is Use.PROVISION else _SCOPES[use][0]
    own = ", ".join(sorted(caller.scopes)) or "none"
    remedy = "Use a token that has it."
    if use is not Use.PROVISION and systems_acted_for(caller.scopes):
        remedy = "Say with omoi-act-as for whom this is."
    return PermissionDenied(
        "SCOPE_NEEDED",
        f"this token may not be used {use.value}: that needs scope {needed}, and it has {own}. {remedy}",
        {"scope": needed},
    )
