"""TicketService as methods: the board, quick tasks, and the tasks that agents do."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable, Sequence

from omoi.v1 import common_pb2, ticket_pb2
from omoi_client import names
from omoi_client.calls import Calls

_PAGE = 200


class TicketCalls:
    """Tickets and tasks. Every method raises OmoiError."""

    calls: Calls

    async def create_ticket(
        self,
        project_id: str,
        *,
        description: str = "",
        title: str = "",
        auto_execute: bool | None = None,
        base_branch: str = "",
        work_dir: str = "",
        attachments: Sequence[common_pb2.Attachment] = (),
        context: Sequence[common_pb2.ContextEntry] = (),
        source: common_pb2.Source | None = None,
        priority: str = "",
        request_id: str = "",
    ) -> ticket_pb2.CreateTicketResponse:
        """A quick task: one ticket, one task, no planning."""
        request = ticket_pb2.CreateTicketRequest(
            project_id=project_id,
            title=title,
            description=description,
            auto_execute=auto_execute,
            base_branch=base_branch,
            work_dir=work_dir,
            attachments=attachments,
            context=context,
            source=source,
            priority=names.priority(priority),
            request_id=request_id,
        )
        return await self.calls.unary("TicketService", request, ticket_pb2.CreateTicketResponse)

    async def get_ticket(self, ticket_id: str) -> ticket_pb2.Ticket:
        """One ticket."""
        request = ticket_pb2.GetTicketRequest(ticket_id=ticket_id)
        return (await self.calls.unary("TicketService", request, ticket_pb2.GetTicketResponse)).ticket

    async def list_tickets(
        self, *, project_id: str = "", column: str = "", spec_id: str = "", limit: int | None = None
    ) -> AsyncIterator[ticket_pb2.Ticket]:
        """Tickets, newest first, page by page as they are taken; at most `limit`."""
        request = ticket_pb2.ListTicketsRequest(
            page_size=min(limit or _PAGE, _PAGE), project_id=project_id, phase=names.column(column), spec_id=spec_id
        )
        given = 0
        while True:
            page = await self.calls.unary("TicketService", request, ticket_pb2.ListTicketsResponse)
            for ticket in page.tickets:
                if limit is not None and given >= limit:
                    return
                given += 1
                yield ticket
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token

    async def move_ticket(self, ticket_id: str, column: str, request_id: str = "") -> ticket_pb2.Ticket:
        """Put a ticket into a column by hand."""
        request = ticket_pb2.MoveTicketRequest(ticket_id=ticket_id, phase=names.column(column), request_id=request_id)
        return (await self.calls.unary("TicketService", request, ticket_pb2.MoveTicketResponse)).ticket

    async def start_tickets(self, ticket_ids: Iterable[str], request_id: str = "") -> list[str]:
        """Start the tasks of tickets that were made without auto_execute; the ids of the tasks that this queued."""
        request = ticket_pb2.StartTicketsRequest(ticket_ids=ticket_ids, request_id=request_id)
        return list((await self.calls.unary("TicketService", request, ticket_pb2.StartTicketsResponse)).task_ids)

    async def list_tasks(
        self, *, spec_id: str = "", ticket_id: str = "", statuses: Iterable[str] = ()
    ) -> AsyncIterator[ticket_pb2.Task]:
        """Tasks of a spec or of a ticket, in the order of the plan."""
        request = ticket_pb2.ListTasksRequest(
            page_size=_PAGE,
            spec_id=spec_id,
            ticket_id=ticket_id,
            statuses=[names.task_status(word) for word in statuses],
        )
        while True:
            page = await self.calls.unary("TicketService", request, ticket_pb2.ListTasksResponse)
            for task in page.tasks:
                yield task
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token

    async def retry_task(self, task_id: str, request_id: str = "") -> ticket_pb2.Task:
        """Queue a failed, paused or cancelled task again."""
        request = ticket_pb2.RetryTaskRequest(task_id=task_id, request_id=request_id)
        return (await self.calls.unary("TicketService", request, ticket_pb2.RetryTaskResponse)).task

    async def cancel_task(self, task_id: str, reason: str = "", request_id: str = "") -> ticket_pb2.Task:
        """Cancel one open task."""
        request = ticket_pb2.CancelTaskRequest(task_id=task_id, reason=reason, request_id=request_id)
        return (await self.calls.unary("TicketService", request, ticket_pb2.CancelTaskResponse)).task

    async def complete_task(
        self, task_id: str, *, commit: str = "", reason: str = "", request_id: str = ""
    ) -> ticket_pb2.Task:
        """A person finished it: the commit that does it, or why none is needed."""
        request = ticket_pb2.CompleteTaskRequest(task_id=task_id, commit=commit, reason=reason, request_id=request_id)
        return (await self.calls.unary("TicketService", request, ticket_pb2.CompleteTaskResponse)).task
