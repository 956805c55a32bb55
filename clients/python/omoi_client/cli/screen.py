"""Where words go: a terminal gets colour, relative times and columns; a pipe gets plain, stable lines with tabs.

Everything is cleaned here, so that no caller can forget it.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from datetime import UTC
from typing import TYPE_CHECKING, Any

from omoi_client.cli import cleaning, times

if TYPE_CHECKING:
    from google.protobuf.message import Message
    from google.protobuf.timestamp_pb2 import Timestamp

_STYLES = {
    "SUCCEEDED": "green",
    "COMPLETED": "green",
    "APPROVE": "green",
    "RUNNING": "cyan",
    "EXECUTING": "cyan",
    "AWAITING_REVIEW": "yellow",
    "PAUSED": "yellow",
    "BLOCKED": "yellow",
    "FAILED": "red",
    "CANCELLED": "dim",
    "DRAFT": "dim",
}


def on_terminal() -> bool:
    """A person reads along, on something that can move its cursor."""
    return sys.stdout.isatty() and os.environ.get("TERM", "") != "dumb"


def can_ask() -> bool:
    """Somebody is there to answer a question."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def say(text: str = "") -> None:
    """One line to stdout."""
    print(cleaning.one_line(text), flush=True)


def document(text: str) -> None:
    """Several lines to stdout, as they are."""
    print(cleaning.lines(text).rstrip("\n"), flush=True)


def note(text: str) -> None:
    """One line to stderr: for people, never part of the result."""
    print(cleaning.one_line(text), file=sys.stderr, flush=True)


def emit(value: Message | dict[str, Any] | list[Any]) -> None:
    """One JSON value on a line. ASCII only, so nothing in it can act on a terminal."""
    from google.protobuf.message import Message as AnyMessage

    from omoi_client.data import as_data

    plain = as_data(value) if isinstance(value, AnyMessage) else value
    print(json.dumps(plain, separators=(",", ":")), flush=True)


def when(moment: Timestamp) -> str:
    """A time for this output: relative on a terminal, absolute in a pipe, empty when it is not set."""
    if not moment.seconds:
        return ""
    then = moment.ToDatetime(tzinfo=UTC)
    return times.ago(then, times.utc_now()) if on_terminal() else times.stamp(then)


def labelled(rows: Sequence[tuple[str, str]]) -> None:
    """Lines "label  text" with the texts under each other; an empty text leaves the line out."""
    for label, text in rows:
        if text:
            print(f"{cleaning.one_line(label):<12}{cleaning.one_line(text)}", flush=True)


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Columns with headings on a terminal, fitted to its width; tab-separated lines without headings in a pipe."""
    cleaned = [[cleaning.one_line(cell) for cell in row] for row in rows]
    if not on_terminal():
        for row in cleaned:
            print("\t".join(row), flush=True)
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    grid = Table(box=None, pad_edge=False, header_style="dim", padding=(0, 2, 0, 0))
    for heading in headings:
        grid.add_column(heading, overflow="ellipsis", no_wrap=True)
    for row in cleaned:
        grid.add_row(*(Text(cell, style=_STYLES.get(cell, "")) for cell in row))
    Console(highlight=False, markup=False).print(grid)
