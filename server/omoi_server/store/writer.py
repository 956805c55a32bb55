"""One task that writes, and groups what is pending: many callers, one flush to disk."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, cast

from omoi_server.errors import Unavailable
from omoi_server.store.transaction import Transaction

T = TypeVar("T")
Work = Callable[[Transaction], Awaitable[Any]]

MAX_GROUP = 128
"""Works in one transaction: beyond this the flush is shared well enough, and a replay stays short."""


class OutcomeUnknown(Unavailable):
    """The connection broke during COMMIT: it may have happened. Such a group is never replayed."""

    def __init__(self) -> None:
        super().__init__(
            "OUTCOME_UNKNOWN",
            "The connection to the database broke while storing. Repeat the call with the same request_id.",
        )


def closed() -> Unavailable:
    """What a writer answers that takes no more."""
    return Unavailable("SHUTTING_DOWN", "The server is shutting down. Try again in a moment.")


@dataclass
class _Item:
    work: Work
    done: asyncio.Future[Any]


class Writer:
    """Runs works in the order they came. `run` runs some in one transaction, or raises and leaves no trace of any.

    When a group fails, each of its works runs again alone: only the culprit sees the error. Hence a work may run more
    than once and must have no effect but through its transaction.
    """

    def __init__(self, run: Callable[[Sequence[Work]], Awaitable[list[Any]]], name: str) -> None:
        self._run = run
        self._pending: deque[_Item] = deque()
        self._wake = asyncio.Event()
        self._closing = False
        self._task = asyncio.create_task(self._serve(), name=name)

    async def submit(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """The work's result after its commit, or its error. Cancelling the caller leaves the work to be done."""
        if self._closing or self._task.done():
            raise closed()
        item = _Item(work, asyncio.get_running_loop().create_future())
        self._pending.append(item)
        self._wake.set()
        return cast("T", await asyncio.shield(item.done))

    async def close(self) -> None:
        """Take no more, finish what is pending."""
        self._closing = True
        self._wake.set()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _serve(self) -> None:
        group: list[_Item] = []
        try:
            while True:
                while self._pending:
                    group = [self._pending.popleft() for _ in range(min(MAX_GROUP, len(self._pending)))]
                    await self._write(group)
                if self._closing:
                    return
                self._wake.clear()
                await self._wake.wait()
        finally:
            # Only when the whole loop is torn down: nobody may wait for ever.
            for item in (*group, *self._pending):
                if not item.done.done():
                    item.done.set_exception(closed())
                    item.done.exception()

    async def _write(self, group: Sequence[_Item]) -> None:
        try:
            results = await self._run([item.work for item in group])
        except Exception as error:
            if len(group) == 1 or isinstance(error, OutcomeUnknown):
                for item in group:
                    item.done.set_exception(error)
                    item.done.exception()  # the caller may be gone
                return
        else:
            for item, result in zip(group, results, strict=True):
                item.done.set_result(result)
            return
        for item in group:
            await self._write([item])
