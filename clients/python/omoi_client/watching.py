"""Following a spec's event log over restarts of either side.

The cursor is the sequence of the last event that was handed out. Sequences have no gaps, so the cursor alone decides:
an event at or below it was seen, the one after it is next, anything further means that something is missing. Then, as
after every broken stream, the log is asked again from the cursor.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass

from omoi.v1 import event_pb2, spec_pb2
from omoi_client.backoff import Backoff
from omoi_client.calls import Calls
from omoi_client.errors import LogGap, OmoiError, Unavailable

IDLE_SECONDS = 45.0
"""Three of the server's keep-alives (15 s each): longer silence is a dead connection that nobody noticed."""

STRIKES = 5
"""How often in a row a fault of the server's own is met without a new event before it is believed."""

_ALWAYS = frozenset({"UNAVAILABLE", "CANCELLED", "DEADLINE_EXCEEDED", "RESOURCE_EXHAUSTED"})
_SOMETIMES = frozenset({"INTERNAL", "UNKNOWN", "ABORTED", "DATA_LOSS"})

Interruption = Callable[[OmoiError, float], None]
"""Told of every interruption: why, and the seconds until the next try."""


@dataclass(frozen=True)
class Batch:
    """New events in order, possibly none. `live`: this was the end of the log at that moment."""

    events: tuple[event_pb2.SpecEvent, ...]
    last_sequence: int
    live: bool


BatchStream = AsyncGenerator["Batch", None]
"""Close it with aclose(), or by contextlib.aclosing, when it is left before its end."""


async def batches(
    calls: Calls,
    spec_id: str,
    after: int = 0,
    until_settled: bool = False,
    *,
    idle: float = IDLE_SECONDS,
    patience: float | None = None,
    on_interruption: Interruption | None = None,
) -> BatchStream:
    """Every event after `after`, each once, in order, resuming by itself.

    Ends only with `until_settled`. Raises the OmoiError that cannot be waited out (NotFound, OutOfRange …),
    Unavailable after `patience` seconds without the server (None: never), LogGap when events stay missing.
    """
    cursor = after
    trouble = _Trouble(patience)
    while True:
        request = spec_pb2.WatchSpecEventsRequest(spec_id=spec_id, after_sequence=cursor, until_settled=until_settled)
        call = calls.stream("SpecService", request, spec_pb2.WatchSpecEventsResponse)
        try:
            while (response := await calls.receive(call, idle)) is not None:
                batch, gap = continue_from(cursor, response)
                trouble.met(progress=bool(batch.events))
                cursor = batch.last_sequence
                yield batch
                if gap:
                    raise gap
            if until_settled:
                return
            error: OmoiError = Unavailable("The server ended the stream.", code="UNAVAILABLE")
        except OmoiError as fault:
            error = fault
        finally:
            call.cancel()
        pause = trouble.pause(error)
        if on_interruption is not None:
            on_interruption(error, pause)
        await asyncio.sleep(pause)


def continue_from(cursor: int, response: spec_pb2.WatchSpecEventsResponse) -> tuple[Batch, LogGap | None]:
    """What of `response` is new and connects to `cursor`, and the gap behind it if there is one."""
    fresh: list[event_pb2.SpecEvent] = []
    last = cursor
    for event in response.events:
        if event.sequence <= last:
            continue
        if event.sequence != last + 1:
            return Batch(tuple(fresh), last, False), _gap(last, event.sequence)
        fresh.append(event)
        last = event.sequence
    if response.last_sequence > last:
        return Batch(tuple(fresh), last, False), _gap(last, response.last_sequence + 1)
    return Batch(tuple(fresh), last, response.live), None


def _gap(last: int, found: int) -> LogGap:
    text = f"Events {last + 1} to {found - 1} are missing in what the server delivers."
    return LogGap(text, reason="LOG_GAP", metadata={"after": str(last), "before": str(found)})


class _Trouble:
    """Decides after each interruption: how long to wait, or that it is for good."""

    def __init__(self, patience: float | None) -> None:
        self._patience = patience
        self._backoff = Backoff()
        self._strikes = 0
        self._since: float | None = None

    def met(self, progress: bool) -> None:
        self._since = None
        if progress:
            self._strikes = 0
            self._backoff.reset()

    def pause(self, error: OmoiError) -> float:
        """Seconds to wait. Raises `error` when waiting does not help."""
        if error.code in _SOMETIMES or isinstance(error, LogGap):
            self._strikes += 1
            if self._strikes >= STRIKES:
                raise error
        elif error.code not in _ALWAYS:
            raise error
        seconds = self._backoff.pause()
        now = time.monotonic()
        self._since = now if self._since is None else self._since
        if self._patience is not None and now + seconds - self._since > self._patience:
            raise error
        return seconds
