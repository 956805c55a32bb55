"""tickets list, move, start."""

from __future__ import annotations

from omoi_client.cli import ids, screen
from omoi_client.cli.failures import Exit
from omoi_client.client import OmoiClient
from omoi_client.data import as_data
from omoi_client.names import column_word


async def list_tickets(omoi: OmoiClient, project: str, column: str, limit: int, as_json: bool) -> int:
    """The board as a list, newest first."""
    project_id = (await ids.find_project(omoi, project)).project_id if project else ""
    tickets = [one async for one in omoi.list_tickets(project_id=project_id, column=column, limit=limit)]
    if as_json:
        screen.emit({"tickets": [as_data(one) for one in tickets]})
        return Exit.DONE
    terminal = screen.on_terminal()
    every = [one.ticket_id async for one in omoi.list_tickets()] if terminal and tickets else []
    rows = [
        (
            ids.short(one.ticket_id, every) if terminal else one.ticket_id,
            column_word(one.phase),
            f"{one.tasks_done}/{one.tasks_total}",
            screen.when(one.updated_at),
            one.title,
        )
        for one in tickets
    ]
    if rows:
        screen.table(("TICKET", "COLUMN", "DONE", "CHANGED", "TITLE"), rows)
    elif terminal:
        screen.say("No tickets.")
    return Exit.DONE


async def move(omoi: OmoiClient, typed: str, column: str, as_json: bool) -> int:
    """Put a ticket into a column by hand."""
    ticket = await omoi.move_ticket((await ids.find_ticket(omoi, typed)).ticket_id, column)
    if as_json:
        screen.emit(ticket)
    else:
        screen.say(f"{ticket.ticket_id} is in {column_word(ticket.phase)}.")
    return Exit.DONE


async def start(omoi: OmoiClient, typed: tuple[str, ...], as_json: bool) -> int:
    """Start tickets that were made without starting."""
    queued = await omoi.start_tickets([(await ids.find_ticket(omoi, one)).ticket_id for one in typed])
    if as_json:
        screen.emit({"task_ids": list(queued)})
    else:
        for task_id in queued:
            screen.say(f"{task_id} queued")
        if not queued:
            screen.note("Nothing to start: their tasks are under way or done.")
    return Exit.DONE
