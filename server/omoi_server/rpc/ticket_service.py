"""TicketService: shape in, use case or view, message out."""

from __future__ import annotations

from omoi.v1 import ticket_pb2 as pb
from omoi_server.domain.caller import Caller
from omoi_server.errors import InvalidArgument
from omoi_server.orchestrator import launch, tasks, tickets
from omoi_server.orchestrator.office import Office
from omoi_server.rpc import convert, paging
from omoi_server.rpc.launching import launch_command
from omoi_server.rpc.names import TASK_STATUS, TICKET_PHASE
from omoi_server.rpc.shape import required
from omoi_server.store import projects, specs, views_tasks
from omoi_server.store.views_tasks import TaskKey, TicketKey


class TicketService:
    """The board, quick tasks, and the tasks that agents do."""

    def __init__(self, office: Office) -> None:
        self._office = office

    async def CreateTicket(self, request: pb.CreateTicketRequest, caller: Caller) -> pb.CreateTicketResponse:
        made = await launch.create_ticket(self._office, caller, launch_command(request, None))
        return pb.CreateTicketResponse(
            ticket_id=made.ticket_id, task_id=made.task_id, spec_id=made.spec_id, message=made.message
        )

    async def GetTicket(self, request: pb.GetTicketRequest, _caller: Caller) -> pb.GetTicketResponse:
        return pb.GetTicketResponse(ticket=await self._ticket(required("ticket_id", request.ticket_id)))

    async def ListTickets(self, request: pb.ListTicketsRequest, caller: Caller) -> pb.ListTicketsResponse:
        size = paging.size(request.page_size, 50, 200)
        key = paging.key_of(request, str, str)
        after = TicketKey(paging.moment(key[0]), key[1]) if key else None
        async with self._office.db.read() as conn:
            if request.project_id:
                await projects.project(conn, request.project_id)
            if request.spec_id:
                await specs.spec(conn, request.spec_id)
            views = await views_tasks.list_tickets(
                conn, caller, request.project_id, request.spec_id, TICKET_PHASE.word(request.phase), size + 1, after
            )
        messages = [convert.ticket(view) for view in views[:size]]
        shown = paging.fitting(messages)
        token = ""
        if len(views) > shown:
            last = views[shown - 1].row
            token = paging.token(request, [last["created_at"].isoformat(), last["ticket_id"]])
        return pb.ListTicketsResponse(tickets=messages[:shown], next_page_token=token)

    async def MoveTicket(self, request: pb.MoveTicketRequest, caller: Caller) -> pb.MoveTicketResponse:
        required("ticket_id", request.ticket_id)
        phase = required("phase", TICKET_PHASE.word(request.phase), "Name a column.")
        await tickets.move_ticket(self._office, caller, request.ticket_id, phase, request.request_id)
        return pb.MoveTicketResponse(ticket=await self._ticket(request.ticket_id))

    async def StartTickets(self, request: pb.StartTicketsRequest, caller: Caller) -> pb.StartTicketsResponse:
        wanted = list(request.ticket_ids)
        if not wanted:
            raise InvalidArgument("ticket_ids", "is empty. Name 1 to 100 tickets.")
        for index, ticket_id in enumerate(wanted):
            required(f"ticket_ids[{index}]", ticket_id)
            if ticket_id in wanted[:index]:
                raise InvalidArgument(f"ticket_ids[{index}]", f"{ticket_id} is named twice. Name each ticket once.")
        started = await tickets.start_tickets(self._office, caller, wanted, request.request_id)
        return pb.StartTicketsResponse(task_ids=started)

    async def ListTasks(self, request: pb.ListTasksRequest, _caller: Caller) -> pb.ListTasksResponse:
        if not request.spec_id and not request.ticket_id:
            raise InvalidArgument("spec_id", "is required, unless ticket_id is given.")
        size = paging.size(request.page_size, 50, 200)
        key = paging.key_of(request, int, str)
        statuses = TASK_STATUS.filter(request.statuses)
        async with self._office.db.read() as conn:
            if request.spec_id:
                await specs.spec(conn, request.spec_id)
            if request.ticket_id:
                await views_tasks.get_ticket(conn, request.ticket_id)
            views = await views_tasks.list_tasks(
                conn,
                request.spec_id,
                request.ticket_id,
                statuses,
                size + 1,
                TaskKey(*key) if key else None,
                self._office.max_concurrent,
            )
        messages = [convert.task(view) for view in views[:size]]
        shown = paging.fitting(messages)
        token = ""
        if len(views) > shown:
            last = views[shown - 1].row
            token = paging.token(request, [last["position"], last["task_id"]])
        return pb.ListTasksResponse(tasks=messages[:shown], next_page_token=token)

    async def RetryTask(self, request: pb.RetryTaskRequest, caller: Caller) -> pb.RetryTaskResponse:
        required("task_id", request.task_id)
        await tasks.retry_task(self._office, caller, request.task_id, request.request_id)
        return pb.RetryTaskResponse(task=await self._task(request.task_id))

    async def CancelTask(self, request: pb.CancelTaskRequest, caller: Caller) -> pb.CancelTaskResponse:
        required("task_id", request.task_id)
        await tasks.cancel_task(self._office, caller, request.task_id, request.reason, request.request_id)
        return pb.CancelTaskResponse(task=await self._task(request.task_id))

    async def CompleteTask(self, request: pb.CompleteTaskRequest, caller: Caller) -> pb.CompleteTaskResponse:
        required("task_id", request.task_id)
        if bool(request.commit) == bool(request.reason):
            raise InvalidArgument("commit", "Give either commit or reason: what did it, or why nothing is needed.")
        await tasks.complete_task(
            self._office, caller, request.task_id, request.commit, request.reason, request.request_id
        )
        return pb.CompleteTaskResponse(task=await self._task(request.task_id))

    async def _ticket(self, ticket_id: str) -> pb.Ticket:
        async with self._office.db.read() as conn:
            return convert.ticket(await views_tasks.get_ticket(conn, ticket_id))

    async def _task(self, task_id: str) -> pb.Task:
        async with self._office.db.read() as conn:
            return convert.task(await views_tasks.get_task(conn, task_id, self._office.max_concurrent))
