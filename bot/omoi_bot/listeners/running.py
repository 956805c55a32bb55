"""Stopping work and setting it going again."""

from __future__ import annotations

from omoi_bot.blocks.model import SpecView
from omoi_bot.listeners import failures
from omoi_bot.listeners.turn import Told, Turn
from omoi_client import OmoiClient
from omoi_client.errors import NotFound, OmoiError, PermissionDenied

_ALREADY_RUNNING = 2
"""ExecuteSpecStatus in spec.proto."""

_TRIED_AGAIN = ("FAILED", "PAUSED")
"""Tasks that a retry of the whole spec queues again; what only waited for them follows by itself."""


async def cancel(turn: Turn, spec_id: str, reason: str = "") -> str:
    """Stop the spec wherever it is; what is done and what is left. Raises Told when it cannot be stopped by this person."""
    person = await turn.person()
    omoi = await turn.desk.people.acting(person)
    try:
        answer = await omoi.cancel_spec(
            spec_id, reason or f"Stopped by {person.name} in Slack.", turn.request_id(f"cancel/{spec_id}")
        )
    except OmoiError as error:
        raise await told(turn, error, spec_id) from error
    return answer.message


async def again(turn: Turn, spec_id: str) -> str:
    """Go on: a spec that failed, paused, was cancelled or never started by itself goes on where it stood; of a planned one
    the tasks that failed or paused are queued again. What happens, in words. Raises Told when there is nothing to go on with."""
    omoi = await turn.omoi()
    view = await turn.desk.backend.snapshot(spec_id)
    try:
        if view.status == "COMPLETED":
            return await _tasks_again(turn, omoi, view)
        answer = await omoi.execute_spec(spec_id, request_id=turn.request_id(f"execute/{spec_id}"))
    except OmoiError as error:
        raise await told(turn, error, spec_id) from error
    if answer.status == _ALREADY_RUNNING:
        raise Told("It is running already; nothing was changed.")
    return answer.message


async def task_again(turn: Turn, spec_id: str, task_id: str) -> str:
    """Queue one task again. Raises Told when it cannot be."""
    omoi = await turn.omoi()
    try:
        task = await omoi.retry_task(task_id, turn.request_id(f"retry/{task_id}"))
    except OmoiError as error:
        raise await told(turn, error, spec_id) from error
    return f"{task.key or 'The task'} is queued again."


async def _tasks_again(turn: Turn, omoi: OmoiClient, view: SpecView) -> str:
    tasks = [one for one in view.tasks if one.status in _TRIED_AGAIN]
    if not tasks:
        if view.counts.cancelled or view.counts.blocked:
            answer = await omoi.execute_spec(view.spec_id, request_id=turn.request_id(f"execute/{view.spec_id}"))
            return answer.message
        raise Told("No task failed or waits for you, so there is nothing to try again.")
    for task in tasks:
        await omoi.retry_task(task.task_id, turn.request_id(f"retry/{task.task_id}"))
    names = ", ".join(task.key or "the task" for task in tasks)
    return f"Queued again: {names}."


async def told(turn: Turn, error: OmoiError, spec_id: str) -> Exception:
    """The error as something to say to the person; itself when trying again later may help."""
    if failures.passing(error):
        return error
    if not isinstance(error, PermissionDenied | NotFound):
        return Told(await failures.refusal(turn, error))
    try:
        view = await turn.desk.backend.snapshot(spec_id)
    except NotFound:
        return Told("This spec does not exist any more.")
    if isinstance(error, NotFound):
        # It exists, but not for this person; what the server says of unknown ids would only puzzle them.
        may = await failures.who_may(turn, view.project_id, "contributor")
        return Told(f"You have no role in the project of this spec. {may}".strip())
    return Told(await failures.refusal(turn, error, view.project_id))
