"""A small server that speaks the contract, for trying the client against faults that a good server never shows.

It keeps what it is given in memory, follows a script, and fails on demand. It decides nothing by itself.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import grpc
import grpc.aio
from google.rpc import error_details_pb2, status_pb2  # type: ignore[import-untyped]  # ships no types
from grpc_status import rpc_status

from omoi.v1 import (
    event_pb2,
    project_pb2,
    project_pb2_grpc,
    spec_pb2,
    spec_pb2_grpc,
    ticket_pb2,
    ticket_pb2_grpc,
)

TOKEN = "peer-token"
Context = Any

SHOP = project_pb2.Project(project_id="prj-00000000-0000-0000-0000-000000000001", name="shop", default_branch="main")


def event(sequence: int, kind: str = "spec.note", message: str = "", **payload: Any) -> event_pb2.SpecEvent:
    """An event; its message says its number unless another is given."""
    made = event_pb2.SpecEvent(sequence=sequence, type=kind, message=message or f"event {sequence}", **payload)
    made.occurred_at.FromSeconds(1_700_000_000 + sequence)
    return made


@dataclass
class Cut:
    """What one stream does: sends these batches (sequences), then ends with `code` (None: stays open or settles)."""

    batches: Sequence[Sequence[int]] = ()
    code: grpc.StatusCode | None = None
    silent: bool = False


@dataclass
class Peer:
    """State, script, and what was asked."""

    specs: dict[str, spec_pb2.Spec] = field(default_factory=dict)
    events: dict[str, list[event_pb2.SpecEvent]] = field(default_factory=dict)
    outputs: dict[tuple[str, int, int], spec_pb2.GetPhaseOutputResponse] = field(default_factory=dict)
    tasks: list[ticket_pb2.Task] = field(default_factory=list)
    tickets: list[ticket_pb2.Ticket] = field(default_factory=list)
    projects: list[project_pb2.Project] = field(default_factory=lambda: [SHOP])
    transcript: list[spec_pb2.TranscriptLine] = field(default_factory=list)
    cuts: list[Cut] = field(default_factory=list)
    refuse: dict[str, list[tuple[grpc.StatusCode, str, str]]] = field(default_factory=dict)
    lose_answers: int = 0
    asked: list[Any] = field(default_factory=list)
    on_launch: Callable[[spec_pb2.Spec], None] | None = None
    page: int = 2
    port: int = 0
    _numbers: Any = field(default_factory=lambda: itertools.count(1))
    _server: grpc.aio.Server | None = None

    async def start(self) -> None:
        """Listen on loopback; the port of the first start is kept for later ones."""
        self._server = grpc.aio.server()
        spec_pb2_grpc.add_SpecServiceServicer_to_server(Specs(self), self._server)  # type: ignore[no-untyped-call]
        ticket_pb2_grpc.add_TicketServiceServicer_to_server(Tickets(self), self._server)  # type: ignore[no-untyped-call]
        project_pb2_grpc.add_ProjectServiceServicer_to_server(Projects(self), self._server)  # type: ignore[no-untyped-call]
        self.port = self._server.add_insecure_port(f"127.0.0.1:{self.port}")
        await self._server.start()

    async def stop(self) -> None:
        """Break off whatever runs."""
        if self._server is not None:
            await self._server.stop(None)
            self._server = None

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"

    def add_spec(self, digits: str = "7f3a", status: str = "COMPLETED", settled: bool = True, **more: Any) -> str:
        """A spec whose id begins with `digits`; its id."""
        full = digits + f"{next(self._numbers):032x}"[len(digits) :]
        spec_id = "spec-" + "-".join((full[:8], full[8:12], full[12:16], full[16:20], full[20:]))
        more.setdefault("title", f"Idea {digits}")
        self.specs[spec_id] = spec_pb2.Spec(
            spec_id=spec_id,
            project_id=SHOP.project_id,
            status=f"SPEC_STATUS_{status}",
            settled=settled,
            **more,
        )
        self.events[spec_id] = []
        return spec_id

    async def enter(self, request: Any, context: Context) -> None:
        """Every call: note it, look at the token, refuse when told to."""
        self.asked.append(request)
        if dict(context.invocation_metadata()).get("authorization") != f"Bearer {TOKEN}":
            await refuse(context, grpc.StatusCode.UNAUTHENTICATED, "BAD_TOKEN", "The token is not valid. Get another.")
        planned = self.refuse.get(type(request).__name__)
        if planned:
            await refuse(context, *planned.pop(0))

    def asked_for(self, kind: type[Any]) -> list[Any]:
        """The requests of one kind, oldest first."""
        return [one for one in self.asked if isinstance(one, kind)]

    async def spec(self, spec_id: str, context: Context) -> spec_pb2.Spec:
        if spec_id not in self.specs:
            await refuse(
                context, grpc.StatusCode.NOT_FOUND, "SPEC_NOT_FOUND", f"There is no spec {spec_id}. List them."
            )
        return self.specs[spec_id]


async def refuse(context: Context, code: grpc.StatusCode, reason: str, message: str) -> None:
    """Abort with a google.rpc.Status; an empty reason sends the bare status."""
    if not reason:
        await context.abort(code, message)
    number: int = code.value[0]
    status = status_pb2.Status(code=number, message=message)
    status.details.add().Pack(error_details_pb2.ErrorInfo(reason=reason, domain="omoi", metadata={"thing": "x"}))
    if code is grpc.StatusCode.INVALID_ARGUMENT:
        bad = error_details_pb2.BadRequest()
        bad.field_violations.add(field="title", description="is too long")
        bad.field_violations.add(field="page_size", description="is negative")
        status.details.add().Pack(bad)
    await context.abort_with_status(rpc_status.to_status(status))


def paged(items: Sequence[Any], request: Any, size: int) -> tuple[Sequence[Any], str]:
    """One page of `size` (a small one, so that clients must turn pages) and the next token."""
    begin = int(request.page_token or 0)
    end = begin + min(size, request.page_size or size)
    return items[begin:end], str(end) if end < len(items) else ""


class Specs(spec_pb2_grpc.SpecServiceServicer):
    """SpecService on a Peer."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer

    async def LaunchSpec(self, request: spec_pb2.LaunchSpecRequest, context: Context) -> spec_pb2.LaunchSpecResponse:
        await self.peer.enter(request, context)
        if self.peer.lose_answers:
            self.peer.lose_answers -= 1
            await context.abort(grpc.StatusCode.UNAVAILABLE, "the answer got lost")
        spec_id = self.peer.add_spec("1a2b", "EXECUTING", False, title=request.title or request.description[:80])
        if self.peer.on_launch:
            self.peer.on_launch(self.peer.specs[spec_id])
        return spec_pb2.LaunchSpecResponse(spec_id=spec_id, status="SPEC_STATUS_EXECUTING", message="Planning begins.")

    async def ExecuteSpec(self, request: spec_pb2.ExecuteSpecRequest, context: Context) -> spec_pb2.ExecuteSpecResponse:
        await self.peer.enter(request, context)
        return spec_pb2.ExecuteSpecResponse(spec_id=request.spec_id, message="Reused EXPLORE; DESIGN runs.")

    async def GetSpec(self, request: spec_pb2.GetSpecRequest, context: Context) -> spec_pb2.GetSpecResponse:
        await self.peer.enter(request, context)
        return spec_pb2.GetSpecResponse(spec=await self.peer.spec(request.spec_id, context))

    async def ListSpecs(self, request: spec_pb2.ListSpecsRequest, context: Context) -> spec_pb2.ListSpecsResponse:
        await self.peer.enter(request, context)
        found = [one for one in self.peer.specs.values() if request.include_archived or not one.archived]
        page, token = paged(found, request, self.peer.page)
        return spec_pb2.ListSpecsResponse(specs=page, next_page_token=token)

    async def UpdateSpec(self, request: spec_pb2.UpdateSpecRequest, context: Context) -> spec_pb2.UpdateSpecResponse:
        await self.peer.enter(request, context)
        spec = await self.peer.spec(request.spec_id, context)
        if request.HasField("labels"):
            spec.labels[:] = request.labels.values
        if request.HasField("archived"):
            spec.archived = request.archived
        return spec_pb2.UpdateSpecResponse(spec=spec)

    async def WatchSpecEvents(
        self, request: spec_pb2.WatchSpecEventsRequest, context: Context
    ) -> AsyncIterator[spec_pb2.WatchSpecEventsResponse]:
        await self.peer.enter(request, context)
        await self.peer.spec(request.spec_id, context)
        log = self.peer.events[request.spec_id]
        if request.after_sequence > len(log):
            await refuse(context, grpc.StatusCode.OUT_OF_RANGE, "BEYOND_LOG", "That is beyond the log.")
        if self.peer.cuts:
            cut = self.peer.cuts.pop(0)
            for sequences in cut.batches:
                chosen = [event(number) for number in sequences]
                yield spec_pb2.WatchSpecEventsResponse(events=chosen, last_sequence=max(sequences, default=0))
            if cut.silent:
                await asyncio.sleep(3600)
            if cut.code is not None:
                await context.abort(cut.code, "as planned")
            return
        sent = request.after_sequence
        while True:
            fresh = log[sent:]
            sent = len(log)
            yield spec_pb2.WatchSpecEventsResponse(events=fresh, last_sequence=sent, live=True)
            if request.until_settled and self.peer.specs[request.spec_id].settled and sent == len(log):
                return
            await asyncio.sleep(0.02)

    async def GetPhaseOutput(
        self, request: spec_pb2.GetPhaseOutputRequest, context: Context
    ) -> spec_pb2.GetPhaseOutputResponse:
        await self.peer.enter(request, context)
        versions = {
            key[2]: one for key, one in self.peer.outputs.items() if key[:2] == (request.spec_id, request.phase)
        }
        found = versions.get(request.version or max(versions, default=0))
        if found is None:
            await refuse(context, grpc.StatusCode.NOT_FOUND, "NO_OUTPUT", "There is no such output yet. Wait for it.")
        assert found is not None
        return found

    async def ReviewPhase(self, request: spec_pb2.ReviewPhaseRequest, context: Context) -> spec_pb2.ReviewPhaseResponse:
        await self.peer.enter(request, context)
        spec = await self.peer.spec(request.spec_id, context)
        versions = [(key[2], one.digest) for key, one in self.peer.outputs.items() if key[1] == request.phase]
        version, digest = max(versions)
        if request.digest != digest:
            text = f"This is version {version}, you saw another. Look at it and decide again."
            await refuse(context, grpc.StatusCode.FAILED_PRECONDITION, "STALE_DIGEST", text)
        return spec_pb2.ReviewPhaseResponse(spec=spec, message=f"Decided on v{version}.")

    async def CancelSpec(self, request: spec_pb2.CancelSpecRequest, context: Context) -> spec_pb2.CancelSpecResponse:
        await self.peer.enter(request, context)
        return spec_pb2.CancelSpecResponse(spec=await self.peer.spec(request.spec_id, context), message="Stopped.")

    async def GetTranscript(
        self, request: spec_pb2.GetTranscriptRequest, context: Context
    ) -> spec_pb2.GetTranscriptResponse:
        await self.peer.enter(request, context)
        begin = int(request.page_token or 0)
        lines = self.peer.transcript[begin : begin + 2]
        return spec_pb2.GetTranscriptResponse(lines=lines, next_page_token=str(begin + len(lines)))

    async def CreateBranch(
        self, request: spec_pb2.CreateBranchRequest, context: Context
    ) -> spec_pb2.CreateBranchResponse:
        await self.peer.enter(request, context)
        return spec_pb2.CreateBranchResponse(branch_name="spec/7f3a-idea", already_exists=True)

    async def CreatePullRequest(
        self, request: spec_pb2.CreatePullRequestRequest, context: Context
    ) -> spec_pb2.CreatePullRequestResponse:
        await self.peer.enter(request, context)
        return spec_pb2.CreatePullRequestResponse(pull_request_url="/home/pr/shop-1.md", pull_request_number=1)


class Tickets(ticket_pb2_grpc.TicketServiceServicer):
    """TicketService on a Peer."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer

    async def CreateTicket(
        self, request: ticket_pb2.CreateTicketRequest, context: Context
    ) -> ticket_pb2.CreateTicketResponse:
        await self.peer.enter(request, context)
        spec_id = self.peer.add_spec("aa11", "COMPLETED", False)
        return ticket_pb2.CreateTicketResponse(ticket_id="tkt-1", task_id="tsk-1", spec_id=spec_id, message="Queued.")

    async def ListTickets(
        self, request: ticket_pb2.ListTicketsRequest, context: Context
    ) -> ticket_pb2.ListTicketsResponse:
        await self.peer.enter(request, context)
        page, token = paged(self.peer.tickets, request, self.peer.page)
        return ticket_pb2.ListTicketsResponse(tickets=page, next_page_token=token)

    async def MoveTicket(
        self, request: ticket_pb2.MoveTicketRequest, context: Context
    ) -> ticket_pb2.MoveTicketResponse:
        await self.peer.enter(request, context)
        return ticket_pb2.MoveTicketResponse(ticket=ticket_pb2.Ticket(ticket_id=request.ticket_id, phase=request.phase))

    async def StartTickets(
        self, request: ticket_pb2.StartTicketsRequest, context: Context
    ) -> ticket_pb2.StartTicketsResponse:
        await self.peer.enter(request, context)
        return ticket_pb2.StartTicketsResponse(task_ids=[f"task-of-{one}" for one in request.ticket_ids])

    async def ListTasks(self, request: ticket_pb2.ListTasksRequest, context: Context) -> ticket_pb2.ListTasksResponse:
        await self.peer.enter(request, context)
        page, token = paged([one for one in self.peer.tasks if one.spec_id == request.spec_id], request, self.peer.page)
        return ticket_pb2.ListTasksResponse(tasks=page, next_page_token=token)

    async def RetryTask(self, request: ticket_pb2.RetryTaskRequest, context: Context) -> ticket_pb2.RetryTaskResponse:
        await self.peer.enter(request, context)
        task = next(one for one in self.peer.tasks if one.task_id == request.task_id)
        task.status = ticket_pb2.TASK_STATUS_QUEUED
        return ticket_pb2.RetryTaskResponse(task=task)

    async def CancelTask(
        self, request: ticket_pb2.CancelTaskRequest, context: Context
    ) -> ticket_pb2.CancelTaskResponse:
        await self.peer.enter(request, context)
        task = next(one for one in self.peer.tasks if one.task_id == request.task_id)
        return ticket_pb2.CancelTaskResponse(task=task)

    async def CompleteTask(
        self, request: ticket_pb2.CompleteTaskRequest, context: Context
    ) -> ticket_pb2.CompleteTaskResponse:
        await self.peer.enter(request, context)
        task = next(one for one in self.peer.tasks if one.task_id == request.task_id)
        return ticket_pb2.CompleteTaskResponse(task=task)


class Projects(project_pb2_grpc.ProjectServiceServicer):
    """ProjectService on a Peer."""

    def __init__(self, peer: Peer) -> None:
        self.peer = peer

    async def CreateProject(
        self, request: project_pb2.CreateProjectRequest, context: Context
    ) -> project_pb2.CreateProjectResponse:
        await self.peer.enter(request, context)
        made = project_pb2.Project(project_id="prj-new", name=request.name, repo_url=request.repo_url)
        self.peer.projects.append(made)
        return project_pb2.CreateProjectResponse(project=made, message="2 changed files are not seen.")

    async def GetProject(
        self, request: project_pb2.GetProjectRequest, context: Context
    ) -> project_pb2.GetProjectResponse:
        await self.peer.enter(request, context)
        for one in self.peer.projects:
            if request.project_id in (one.project_id, one.name):
                return project_pb2.GetProjectResponse(project=one)
        await refuse(context, grpc.StatusCode.NOT_FOUND, "PROJECT_NOT_FOUND", "There is no such project.")
        raise AssertionError("not reached")

    async def ListProjects(
        self, request: project_pb2.ListProjectsRequest, context: Context
    ) -> project_pb2.ListProjectsResponse:
        await self.peer.enter(request, context)
        page, token = paged(self.peer.projects, request, self.peer.page)
        return project_pb2.ListProjectsResponse(projects=page, next_page_token=token)
