"""What the demo puts on the screen: a live picture on a terminal, a line per event in a pipe."""

from __future__ import annotations

import asyncio
import difflib
from collections.abc import Sequence
from contextlib import aclosing

from rich.console import Console
from rich.live import Live

from omoi_client.cli import cleaning
from omoi_client.cli.display import Picture
from omoi_client.cli.progress import Progress, event_line
from omoi_client.cli.screen import on_terminal
from omoi_client.cli.times import utc_now
from omoi_client.client import OmoiClient

REFRESH_SECONDS = 0.2
PATIENCE_SECONDS = 30.0
LABEL = 10
HEAD_LINES = 34
DIFFERENCE_LINES = 12


def row(label: str, text: str) -> None:
    """ "label     text"; lines of a text after the first stand below it."""
    for number, line in enumerate(cleaning.lines(text).splitlines() or [""]):
        print(f"{label if number == 0 else '':<{LABEL}}{line}".rstrip(), flush=True)


def rows(label: str, texts: Sequence[str]) -> None:
    """The same for several texts."""
    for number, text in enumerate(texts):
        row(label if number == 0 else "", text)


async def watch(omoi: OmoiClient, spec_id: str, name: str, title: str, after: int) -> int:
    """Show what happens until the spec is settled; the sequence of its last event. Lines begin after `after`."""
    if on_terminal():
        return await _draw(omoi, spec_id, name, title)
    last = after
    async with aclosing(omoi.watch(spec_id, after, until_settled=True, patience=PATIENCE_SECONDS)) as events:
        async for event in events:
            print(cleaning.one_line(event_line(event)), flush=True)
            last = event.sequence
    return last


async def _draw(omoi: OmoiClient, spec_id: str, name: str, title: str) -> int:
    progress = Progress()
    picture = Picture(name, title, progress, utc_now())
    stream = omoi.watch_batches(spec_id, 0, until_settled=True, patience=PATIENCE_SECONDS)
    print()
    with Live(picture, console=Console(highlight=False, markup=False), auto_refresh=False) as live:
        painter = asyncio.create_task(_repaint(live, picture), name="repaint")
        try:
            async with aclosing(stream):
                async for batch in stream:
                    for event in batch.events:
                        progress.take(event)
            picture.settled = True
        finally:
            painter.cancel()
            await asyncio.gather(painter, return_exceptions=True)
            picture.now = utc_now()
            live.refresh()
    print()
    return progress.last_sequence


async def _repaint(live: Live, picture: Picture) -> None:
    while True:
        picture.now = utc_now()
        live.refresh()
        await asyncio.sleep(REFRESH_SECONDS)


def head(markdown: str, more: str) -> None:
    """The first lines of a document; `more` says how to read the rest."""
    lines = cleaning.lines(markdown).strip().splitlines()
    print()
    for line in lines[:HEAD_LINES]:
        print(f"    {line}".rstrip())
    if len(lines) > HEAD_LINES:
        print(f"    … {len(lines) - HEAD_LINES} more lines: {more}")
    print(flush=True)


def difference(old: str, new: str) -> list[str]:
    """The lines that went and came, marked - and +, empty ones left out; at most DIFFERENCE_LINES and a count.

    The new version's own account of its changes, its last section, is no change itself.
    """
    old, new = (text.partition("\n## Changes\n")[0] for text in (old, new))
    changed = [
        f"{line[0]} {line[1:]}"
        for line in difflib.unified_diff(old.splitlines(), new.splitlines(), n=0, lineterm="")
        if line[:1] in "+-" and line[1:].strip() and not line.startswith(("---", "+++"))
    ]
    more = len(changed) - DIFFERENCE_LINES
    return changed[:DIFFERENCE_LINES] + ([f"… {more} more lines"] if more > 0 else [])
