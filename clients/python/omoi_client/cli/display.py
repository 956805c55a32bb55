"""The live picture of a spec on a terminal."""

from __future__ import annotations

from datetime import datetime

from rich.console import Console, ConsoleOptions, RenderResult
from rich.table import Table
from rich.text import Text

from omoi_client.cli.cleaning import one_line
from omoi_client.cli.progress import DONE, FAILED, GATE, OPEN, RUNNING, STOPPED, PhaseLine, Progress
from omoi_client.cli.times import clock, took

_MARKS = {
    OPEN: ("○", "dim"),
    RUNNING: ("●", "cyan"),
    DONE: ("✓", "green"),
    GATE: ("◆", "yellow"),
    FAILED: ("✗", "red"),
    STOPPED: ("–", "dim"),
}
_QUIET_SECONDS = 60.0
"""The server calls a worker lost after a minute without a sign of life (no cheerful spinner over a dead run)."""


class Picture:
    """Renders `progress` as it is at that moment; `now` is set by who draws."""

    def __init__(self, name: str, title: str, progress: Progress, now: datetime) -> None:
        self.name = one_line(name)
        self.title = one_line(title)
        self.progress = progress
        self.now = now
        self.settled = False
        self.waiting = ""
        self.heartbeat: datetime | None = None
        self.connection = ""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """See rich's console protocol."""
        width = min(options.max_width, 100)
        yield self._head(width)
        if self.progress.planned or not self.progress.tasks:
            yield self._phases(width)
        if self.progress.tasks:
            yield self._building(width)
        for text, style in self._footer():
            line = Text("    " + one_line(text), style=style, no_wrap=True)
            line.truncate(width, overflow="ellipsis")
            yield line

    def _head(self, width: int) -> Text:
        begun, end = self.progress.begun, self.progress.last if self.settled else self.now
        elapsed = clock((end - begun).total_seconds()) if begun and end else ""
        line = Text(f"{self.name}  {self.title}", style="bold", no_wrap=True)
        line.truncate(max(10, width - len(elapsed) - 2), overflow="ellipsis", pad=True)
        return line.append(f"  {elapsed}", style="dim")

    def _phases(self, width: int) -> Table:
        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.width = width
        grid.add_column(no_wrap=True, width=17)
        grid.add_column(no_wrap=True, ratio=1, overflow="ellipsis")
        grid.add_column(no_wrap=True, width=10)
        grid.add_column(no_wrap=True, width=8, justify="right")
        for phase in self.progress.phases.values():
            mark, style = _MARKS[phase.state]
            name = Text.assemble("  ", (mark, style), f" {phase.name.capitalize()}")
            score = "" if phase.score is None else f"score {phase.score:.2f}"
            grid.add_row(name, Text(self._facts(phase)), Text(score, "dim"), Text(self._time(phase), "dim"))
        return grid

    def _facts(self, phase: PhaseLine) -> str:
        parts = [one_line(", ".join(phase.facts))]
        if phase.version > 1:
            parts.append(f"v{phase.version}")
        if phase.state == GATE:
            parts.append("waits for approval")
        elif phase.state == RUNNING and phase.attempt > 1:
            parts.append(f"attempt {phase.attempt} of 3")
        parts.append(one_line(phase.remark))
        return " · ".join(part for part in parts if part)

    def _time(self, phase: PhaseLine) -> str:
        if phase.state == RUNNING and phase.started:
            return clock((self.now - phase.started).total_seconds())
        return "" if phase.seconds is None else took(phase.seconds)

    def _building(self, width: int) -> Text:
        counts = self.progress.counts()
        total = sum(counts.values()) - counts.get("CANCELLED", 0)
        done = counts.get("SUCCEEDED", 0)
        parts = [f"{done} of {total} done"]
        running = [self._running(one.key, one.started) for one in self.progress.running_tasks()]
        if running:
            parts.append("running " + ", ".join(running))
        for status in ("FAILED", "BLOCKED", "PAUSED", "CANCELLED"):
            if counts.get(status):
                parts.append(f"{counts[status]} {status.lower()}")
        state = RUNNING
        if counts.get("FAILED") and not running:
            state = FAILED
        elif total and done == total:
            state = DONE
        elif counts.get("PAUSED") and not running:
            state = GATE
        elif not running and not counts.get("QUEUED"):
            state = STOPPED
        mark, style = _MARKS[state]
        line = Text.assemble(
            "  ", (mark, style), f" {'Build' if state == DONE else 'Building':<13}  ", " · ".join(parts)
        )
        line.no_wrap = True
        line.truncate(width, overflow="ellipsis")
        return line

    def _running(self, key: str, started: datetime | None) -> str:
        since = f" ({clock((self.now - started).total_seconds())})" if started else ""
        return one_line(key) + since

    def _footer(self) -> list[tuple[str, str]]:
        if self.connection:
            return [(self.connection, "yellow")]
        if self.settled:
            return []
        rows = []
        silent = (self.now - self.heartbeat).total_seconds() if self.heartbeat else 0.0
        if silent > _QUIET_SECONDS:
            rows.append(
                (f"No sign of work since {clock(silent)}; last: {self.progress.command or 'nothing'}", "yellow")
            )
        elif self.progress.command:
            since = self.progress.command_since
            ran = f" ({clock((self.now - since).total_seconds())})" if since else ""
            rows.append((self.progress.command + ran, "dim"))
        elif self.waiting:
            rows.append((f"waits for {self.waiting}", "dim"))
        elif self.progress.note:
            rows.append((self.progress.note, "dim"))
        return rows
