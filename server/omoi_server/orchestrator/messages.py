"""SendMessage: a person's words, kept as discussion, on their way to the agent."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from omoi_server.domain.caller import Caller
from omoi_server.domain.events import EventDraft, by_user
from omoi_server.domain.states import Delivery, JobStatus
from omoi_server.errors import InvalidArgument, NotFound
from omoi_server.orchestrator import ticketing, words
from omoi_server.orchestrator.office import Office
from omoi_server.store import comments, jobs, requests, specs, tasks
from omoi_server.store.requests import Request
from omoi_server.store.transaction import Transaction

MAX_TEXT = 10_000
MAX_LINK = 2_000
SHOWN = 500
"""Characters of a comment that go into its event; ListComments has all of them."""

_BUSY = (JobStatus.CLAIMED, JobStatus.RUNNING)


async def send_message(
    office: Office,
    caller: Caller,
    spec_id: str,
    text: str,
    delivery: str,
    task_id: str,
    permalink: str,
    request_id: str,
) -> tuple[str, str]:
    """Keep the words and let a running worker hear them; (comment_id, what happens with it in words).

    `delivery` is one of `Delivery`, or empty for QUEUED. Raises InvalidArgument, NotFound.
    """
    content = {"spec_id": spec_id, "text": text, "delivery": delivery, "task_id": task_id, "permalink": permalink}
    request = Request(caller.user_id, "SendMessage", request_id, content)
    request.check()
    words.text("text", text, MAX_TEXT, required=True)
    link = words.line("permalink", permalink, MAX_LINK)
    if link and not link.startswith(("https://", "http://")):
        raise InvalidArgument("permalink", "is no web address. Send one that begins with https://, or none.")
    chosen = Delivery(delivery or Delivery.QUEUED)

    async def work(tx: Transaction) -> tuple[str, str]:
        spec = await specs.locked(tx, spec_id)
        task = await _task(tx, spec_id, task_id)
        told = await _told(tx, spec_id, task, chosen)
        if earlier := await requests.find_earlier(tx, request):
            return earlier, told
        comment_id = f"cmt-{uuid4()}"
        author = words.line("name", caller.name or caller.user_id, 200)
        await comments.insert_comment(
            tx,
            {
                "comment_id": comment_id,
                "spec_id": spec_id,
                "task_id": task_id,
                "user_id": caller.user_id,
                "author": author,
                "text": text,
                "permalink": link,
                "delivery": chosen,
            },
        )
        shown = words.clean(text)[:SHOWN]
        payload = {"comment": {"comment_id": comment_id, "author": author, "text": shown, "task_id": task_id}}
        message = f"{author}: {' '.join(shown.split())[:200]}"
        source = by_user(caller.user_id, caller.via)
        tx.emit(EventDraft(spec_id, "comment.added", message, source, _phase(spec), payload))
        await requests.remember(tx, request, comment_id)
        return comment_id, told

    return await office.write("message", work)


def _phase(spec: Any) -> str:
    return str(spec.current_phase) if spec.current_phase != "COMPLETE" else ""


async def _task(tx: Transaction, spec_id: str, task_id: str) -> Any:
    if not task_id:
        return None
    task = await tasks.task(tx.conn, task_id)
    if task.spec_id != spec_id:
        raise NotFound("TASK_NOT_FOUND", f"{task_id} does not belong to {spec_id}.")
    return task


async def _told(tx: Transaction, spec_id: str, task: Any, delivery: Delivery) -> str:
    """What happens with the words, as things stand in this transaction."""
    if delivery is Delivery.COMMENT:
        return "Kept as a comment; the next attempt reads it."
    busy = [row for row in await jobs.open_jobs(tx.conn, spec_id) if row.status in _BUSY]
    if task is not None:
        busy = [row for row in busy if row.task_id == task.task_id]
    if not busy:
        return "Nothing is running that could read it now; the next attempt does."
    who = "The running worker" if task is None else f"The worker of {ticketing.label(task)}"
    if delivery is Delivery.INTERRUPT:
        return f"{who} stops what it does and reads it."
    return f"{who} reads it at its next step."
