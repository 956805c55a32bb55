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


_LABEL_WIDTH = 20
"""Cells: what is longer, such as a full id as a label, does not push its neighbours to the right."""

_NARROWEST = 8


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
    """One line to stderr: for people, never part of the result. Nothing for no words."""
    if text.strip():
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
    shown = [(cleaning.one_line(label), cleaning.one_line(text)) for label, text in rows if text]
    width = max((len(label) for label, _ in shown if len(label) <= _LABEL_WIDTH), default=0)
    for label, text in shown:
        print(f"{label:<{max(width, 10)}}  {text}", flush=True)


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Columns with headings on a terminal, fitted to its width; tab-separated lines without headings in a pipe."""
    cleaned = [[cleaning.one_line(cell) for cell in row] for row in rows]
    if not on_terminal():
        for row in cleaned:
            print("\t".join(row), flush=True)
        return
    from rich.cells import cell_len
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, markup=False)
    everything = [list(headings), *cleaned]
    widths = fitted([max(cell_len(row[at]) for row in everything) for at in range(len(headings))], console.width)
    for number, row in enumerate(everything):
        line = Text(no_wrap=True)
        for cell, width in zip(row, widths, strict=True):
            part = Text(cell, style=_STYLES.get(cell, "") if number else "dim")
            part.truncate(width, overflow="ellipsis", pad=True)
            line.append_text(part).append("  ")
        line.rstrip()
        console.print(line)


def fitted(widths: Sequence[int], room: int) -> list[int]:
    """Column widths that fit into `room` with two cells between: the widest gives way first, to eight at least."""
    found = list(widths)
    while found and sum(found) + 2 * (len(found) - 1) > room and max(found) > _NARROWEST:
        found[found.index(max(found))] -= 1
    return found
