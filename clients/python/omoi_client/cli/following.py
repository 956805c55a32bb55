"""Watching a spec until it is settled: a live picture on a terminal, lines or JSON in a pipe."""

from __future__ import annotations

import asyncio
from contextlib import aclosing
from datetime import UTC

from rich.console import Console
from rich.live import Live

from omoi.v1.spec_pb2 import Spec
from omoi_client.cli import ids, screen
from omoi_client.cli.display import Picture
from omoi_client.cli.ending import Ending, ending, trace
from omoi_client.cli.failures import Exit, program
from omoi_client.cli.progress import Progress, event_line
from omoi_client.cli.running import Invocation
from omoi_client.cli.times import utc_now
from omoi_client.client import OmoiClient
from omoi_client.errors import NotFound, OmoiError

PATIENCE_SECONDS = 300.0
"""How long a watch waits for a server that is away before it gives up (exit code 4)."""

_REFRESH_SECONDS = 0.25
_LOOK_SECONDS = 3.0


async def follow(
    omoi: OmoiClient, spec_id: str, state: Invocation, after: int = 0, as_json: bool = False, forever: bool = False
) -> int:
    """Show what happens to a spec until it is settled (`forever`: until interrupted); the exit code of its end."""
    spec = await omoi.get_spec(spec_id)
    if screen.on_terminal() and not as_json:
        name = await ids.short_spec(omoi, spec_id)
        await _draw(omoi, spec, name, state, forever)
    else:
        name = spec_id
        await _print(omoi, spec_id, state, after, as_json, forever)
    spec = await omoi.get_spec(spec_id)
    end = ending(spec, name)
    await _say_end(omoi, spec, end, as_json)
    return end.code


async def _print(omoi: OmoiClient, spec_id: str, state: Invocation, after: int, as_json: bool, forever: bool) -> None:
    state.resume = _resume(spec_id, after)
    told = False

    def interrupted(error: OmoiError, pause: float) -> None:
        nonlocal told
        if not told:
            screen.note(f"omoi: {error.headline} Trying again.")
        told = True

    events = omoi.watch(spec_id, after, not forever, patience=PATIENCE_SECONDS, on_interruption=interrupted)
    async with aclosing(events):
        async for event in events:
            told = False
            if as_json:
                screen.emit(event)
            else:
                screen.say(event_line(event))
            state.resume = _resume(spec_id, event.sequence)


async def _draw(omoi: OmoiClient, spec: Spec, name: str, state: Invocation, forever: bool) -> None:
    state.resume = _resume(name, 0)
    progress = Progress()
    picture = Picture(name, spec.title, progress, utc_now())

    def interrupted(error: OmoiError, pause: float) -> None:
        picture.connection = f"{error.headline} Trying again."

    stream = omoi.watch_batches(spec.spec_id, 0, not forever, patience=PATIENCE_SECONDS, on_interruption=interrupted)
    console = Console(highlight=False, markup=False)
    with Live(picture, console=console, auto_refresh=False) as live:
        painter = asyncio.create_task(_repaint(live, picture), name="repaint")
        looker = asyncio.create_task(_look(omoi, spec.spec_id, picture), name="look")
        try:
            async with aclosing(stream):
                async for batch in stream:
                    picture.connection = ""
                    for event in batch.events:
                        progress.take(event)
            picture.settled = True
        finally:
            painter.cancel()
            looker.cancel()
            await asyncio.gather(painter, looker, return_exceptions=True)
            picture.now = utc_now()
            live.refresh()


async def _repaint(live: Live, picture: Picture) -> None:
    """From the loop itself, so that nothing changes while it is drawn."""
    while True:
        picture.now = utc_now()
        live.refresh()
        await asyncio.sleep(_REFRESH_SECONDS)


async def _look(omoi: OmoiClient, spec_id: str, picture: Picture) -> None:
    """What no event says: the place in the queue, what it waits for, the last sign of life."""
    while True:
        try:
            spec = await omoi.get_spec(spec_id)
        except OmoiError:
            # The stream notices the same, and says so.
            picture.heartbeat = None
        else:
            position = f"a free slot, {spec.queue_position} jobs before it" if spec.queue_position else ""
            picture.waiting = spec.waiting_for or position
            alive = spec.HasField("last_heartbeat")
            picture.heartbeat = spec.last_heartbeat.ToDatetime(tzinfo=UTC) if alive else None
        await asyncio.sleep(_LOOK_SECONDS)


async def _say_end(omoi: OmoiClient, spec: Spec, end: Ending, as_json: bool) -> None:
    if as_json:
        return
    if not screen.on_terminal():
        for label, text in end.rows:
            screen.note(f"{label}: {text}")
        return
    rows = list(end.rows)
    if end.code == Exit.DONE and spec.execution_status.total:
        rows[1:1] = await trace_rows(omoi, spec)
    screen.say()
    screen.labelled(rows)


async def trace_rows(omoi: OmoiClient, spec: Spec) -> list[tuple[str, str]]:
    """Requirement → criteria → tasks → commits; nothing for a spec without requirements."""
    try:
        requirements = await omoi.get_phase_output(spec.spec_id, "REQUIREMENTS")
    except NotFound:
        return []
    return trace(requirements.data, [one async for one in omoi.list_tasks(spec_id=spec.spec_id)])


def _resume(name: str, after: int) -> str:
    tail = f" --after {after}" if after else ""
    return f"The run goes on. Watch it again: {program()} watch {name}{tail}\nStop it: {program()} cancel {name}"
