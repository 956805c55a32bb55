"""Runs the check of a task and keeps what it showed: evidence about one tree."""

from __future__ import annotations

import json
import shlex
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omoi_worker.archive import own_archive
from omoi_worker.context import MAX_TAIL
from omoi_worker.frame import Frame
from omoi_worker.job import Task
from omoi_worker.journal import clip_start
from omoi_worker.processes import base_environment
from omoi_worker.transcript import MAX_OUTPUT

OWN_CHECK = "omoi-worker"
"""First word of a check that this program does itself."""

NO_CHECK = "no check configured"


@dataclass(frozen=True)
class Evidence:
    """What was run on which tree. Without a check `command` is "", and `exit_code` 0 says nothing."""

    command: str
    exit_code: int
    tail: str
    duration_ms: int
    tree: str

    @property
    def passed(self) -> bool:
        return self.exit_code == 0

    def fields(self) -> dict[str, Any]:
        return {
            "command": self.command,
            "exit_code": self.exit_code,
            "tail": self.tail,
            "duration_ms": self.duration_ms,
            "tree": self.tree,
        }


def run_check(frame: Frame, task: Task, command: str, tree: str) -> Evidence:
    """Run `command` (words quoted as in a shell, but no shell runs it) in the clone and journal a `check` line.

    The clone must hold exactly `tree`. "" means that there is no check; then nothing is journaled.
    Raises OSError when the program does not exist.
    """
    if not command:
        return Evidence("", 0, NO_CHECK, 0, tree)
    argv = shlex.split(command)
    if argv[0] == OWN_CHECK:
        argv = _own(frame, task, argv[1:])
    log = frame.sandbox.tmp / "check.log"
    with frame.context.command(command) as shown:
        finished = frame.processes.run(
            argv,
            frame.sandbox.work,
            base_environment(frame.sandbox.home, frame.sandbox.tmp),
            float(frame.job.seconds),
            log=log,
        )
        output = _end_of(log)
        tail = clip_start(output.decode("utf-8", "replace"), MAX_TAIL)
        shown.exit_code, shown.tail = finished.exit_code, tail
        frame.transcript.output(shown.id, output)
    evidence = Evidence(command, finished.exit_code, tail, finished.duration_ms, tree)
    frame.journal.append("check", **evidence.fields())
    return evidence


def project_check(command: str, engine: str) -> str:
    """What a reader is told about the project's own test command."""
    if command.split(" ", 1)[0] == OWN_CHECK:
        return f"not run ({engine} changes no code)"
    return command or NO_CHECK


def _own(frame: Frame, task: Task, arguments: Sequence[str]) -> list[str]:
    """This very program, isolated from the repository's Python files and settings.

    The requirements that came with the job are handed over too: the tree may have no documents of the spec.
    """
    argv = [sys.executable, "-I", str(own_archive(frame.sandbox.tmp)), *arguments]
    if arguments[:1] == ["check"] and task.requirements and "--requirements" not in arguments:
        given = frame.sandbox.tmp / "requirements.json"
        given.write_text(json.dumps({"requirements": list(task.requirements)}), encoding="utf-8")
        argv += ["--requirements", str(given)]
    return argv


def _end_of(log: Path) -> bytes:
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - MAX_OUTPUT))
        return file.read()
