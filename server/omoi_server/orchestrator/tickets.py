"""MoveTicket and StartTickets."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from omoi_server.domain.caller import Caller
from omoi_server.domain.events import by_user
from omoi_server.domain.states import SpecKind, SpecStatus, TaskStatus, TicketPhase
from omoi_server.errors import FailedPrecondition, InvalidArgument
from omoi_server.orchestrator import ticketing
from omoi_server.orchestrator.office import Office
from omoi_server.store import requests, specs, tasks
from omoi_server.store.requests import Request
from omoi_server.store.transaction import Transaction

MAX_TICKETS = 100


async def move_ticket(office: Office, caller: Caller, ticket_id: str, phase: str, request_id: str) -> None:
    """Put a ticket into a column by hand. Raises InvalidArgument, NotFound, AlreadyExists (request_id reused)."""
    request = Request(caller.user_id, "MoveTicket", request_id, {"ticket_id": ticket_id, "phase": phase})
    request.check()
    if phase not in tuple(TicketPhase):
        raise InvalidArgument("phase", f"is not set; use {', '.join(TicketPhase)}.")

    async def work(tx: Transaction) -> None:
        ticket = await tasks.ticket(tx.conn, ticket_id)
        await specs.locked(tx, ticket.spec_id)
        if await requests.find_earlier(tx, request):
            return
        await tasks.update_ticket(tx, ticket, phase=phase, moved_by_hand=True)
        if ticket.phase != phase:
            ticketing.emit_ticket(tx, ticket, TicketPhase(phase), by_user(caller.user_id, caller.via))
        await requests.remember(tx, request, ticket_id)

    await office.write("ticket", work)


async def start_tickets(office: Office, caller: Caller, ticket_ids: Sequence[str], request_id: str) -> list[str]:
    """Queue the tasks of tickets made without auto_execute; the ids queued by this call (none for a repetition). All
    tickets or none.

    Raises InvalidArgument, NotFound, FailedPrecondition (NOT_STARTABLE: a spec's tasks wait for its planning).
    """
    request = Request(caller.user_id, "StartTickets", request_id, {"ticket_ids": list(ticket_ids)})
    request.check()
    if not 1 <= len(ticket_ids) <= MAX_TICKETS:
        raise InvalidArgument("ticket_ids", f"has {len(ticket_ids)} entries; name 1 to {MAX_TICKETS} tickets.")
    office.require_engine()

    async def work(tx: Transaction) -> list[str]:
        if await requests.find_earlier(tx, request):
            return []
        tickets = [await tasks.ticket(tx.conn, ticket_id) for ticket_id in dict.fromkeys(ticket_ids)]
        await tx.lock_specs(*(ticket.spec_id for ticket in tickets))
        queued: list[str] = []
        for ticket in tickets:
            queued += await _start(tx, ticket, by_user(caller.user_id, caller.via))
        await requests.remember(tx, request, tickets[0].ticket_id)
        return queued

    return await office.write("start", work)


async def _start(tx: Transaction, ticket: Any, source: str) -> list[str]:
    spec_id = ticket.spec_id
    spec = await specs.spec(tx.conn, spec_id)
    rows = [row for row in await tasks.active_tasks(tx.conn, spec_id) if row.status == TaskStatus.DRAFT]
    if rows and spec.kind != SpecKind.QUICK:
        raise FailedPrecondition("NOT_STARTABLE", f"{spec_id} is still being planned; its tasks start by themselves.")
    if rows:
        await specs.update_spec(tx, spec_id, status=SpecStatus.COMPLETED)
    for row in rows:
        await ticketing.queue_task(tx, spec, row, source)
    return [row.task_id for row in rows]
