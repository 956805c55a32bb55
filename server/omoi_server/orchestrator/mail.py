"""People's words on their way to a worker: into its inbox while it runs, or into what its attempt is started with.

One rule divides them without a gap: the place in the discussion at which the attempt's sandbox was recorded. What stands
before it may be in job.json, what stands behind it goes into the inbox. Places are given under the spec's lock; a time would
not do, for a transaction takes its time before it waits for that lock. Both are read from the store, so that a server that
adopts the sandbox sends the same again; a worker takes each id once.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from functools import partial
from typing import Any

from omoi_server.domain.events import EventDraft, by_worker
from omoi_server.domain.states import CommentState, Delivery
from omoi_server.errors import SandboxFileError
from omoi_server.orchestrator.journal import Line
from omoi_server.orchestrator.office import Office
from omoi_server.orchestrator.words import clean
from omoi_server.store import comments, jobs, sandboxes, specs
from omoi_server.store.transaction import Transaction

MAX_ID = 80
"""Characters of an id; a worker may write anything."""

UNRUNG_SECONDS = 2.0
"""How long words wait at most when the wake-up for them was lost."""

KINDS = {Delivery.QUEUED: "message", Delivery.INTERRUPT: "interrupt"}
"""How the worker's inbox calls the two ways of being heard."""


def briefed(rows: Iterable[Any]) -> list[dict[str, str]]:
    """Comments as job.json carries them: attributed data, never instructions."""
    return [{"id": row.comment_id, "author": row.author, "text": row.text} for row in rows]


class Mail:
    """What one attempt still has to be told."""

    def __init__(self, office: Office, job: Any, sandbox_id: str) -> None:
        self._office = office
        self._job = job
        self._sandbox_id = sandbox_id
        self._after = 0
        self._looked = 0.0

    async def look(self, rung: bool) -> None:
        """Deliver what is new when the spec's bell rang, and now and then because a ring may be lost.

        Raises StaleFence when the attempt no longer counts.
        """
        if rung or time.monotonic() - self._looked > UNRUNG_SECONDS:
            self._looked = time.monotonic()
            try:
                await self._deliver()
            except SandboxFileError as error:
                # The next look finds the worker lost; what nobody took is for the attempt after it.
                if error.reason != "SANDBOX_FILE_MISSING":
                    raise

    async def _deliver(self) -> None:
        while rows := await self._next():
            for row in rows:
                message = {"id": row.comment_id, "kind": KINDS[row.delivery], "text": row.text, "author": row.author}
                await self._office.sandboxes.send(self._sandbox_id, message, {})
                if row.state == CommentState.WAITING:
                    await self._office.write("mail", partial(self._delivered, comment_id=row.comment_id))
                self._after = row.position

    async def _next(self) -> list[Any]:
        async with self._office.db.read() as conn:
            box = await sandboxes.find(conn, self._sandbox_id)
            return [] if box is None else await comments.for_inbox(conn, box, self._after)

    async def _delivered(self, tx: Transaction, comment_id: str) -> None:
        await specs.locked(tx, self._job.spec_id)
        await jobs.held(tx, self._job.job_id, self._job.fence)
        await comments.move(
            tx, comment_id, [CommentState.WAITING], state=CommentState.DELIVERED, sandbox_id=self._sandbox_id
        )


async def started_with(tx: Transaction, box: Any, comment_ids: Sequence[str]) -> None:
    """The attempt starts: what is in its job.json is taken from now on, and nothing else is."""
    for row in await comments.mark_briefed(tx, comment_ids, box.sandbox_id):
        _tell(tx, row, box.sandbox_id, f"A new attempt starts with what {row.author} said.")


async def taken(tx: Transaction, spec_id: str, task_id: str, sandbox_id: str, line: Line) -> None:
    """An inbox line: the worker took a message. Ids that are no comment of this spec mean nothing here."""
    if line.fields["kind"] not in KINDS.values():
        return
    row = await comments.comment(tx.conn, clean(line.fields["id"])[:MAX_ID])
    if row is None or row.spec_id != spec_id or row.task_id not in ("", task_id):
        return
    before = [CommentState.WAITING, CommentState.DELIVERED]
    values = {"state": CommentState.TAKEN, "sandbox_id": sandbox_id, "taken_at": tx.now}
    if await comments.move(tx, row.comment_id, before, **values):
        _tell(tx, row, sandbox_id, f"The worker read what {row.author} said.")


def _tell(tx: Transaction, row: Any, sandbox_id: str, message: str) -> None:
    payload = {
        "comment": {
            "comment_id": row.comment_id,
            "author": row.author,
            "text": row.text[:500],
            "task_id": row.task_id,
            "sandbox_id": sandbox_id,
        }
    }
    tx.emit(EventDraft(row.spec_id, "comment.taken", message, by_worker(sandbox_id), payload=payload))
