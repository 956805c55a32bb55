"""An engine that plays a script: the worker around it is the real one. Travels inside a test's worker.pyz.

The script and the signals lie in a folder of the test, so that a test can change the play while it runs.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from omoi_worker.engines import Context, PhaseDraft, TaskDraft

STAGE = Path("@STAGE@")
PATIENCE = 60.0
"""Seconds to wait for a test's signal."""


class OutlineEngine:
    """Stands where `outline` stands, so that nothing else of the worker has to know it."""

    name = "outline"
    version = "scripted"
    prompt_version = "1"
    model = None

    def plan(
        self,
        phase: str,
        context: Context,
        upstream: Mapping[str, dict[str, Any]],
        previous: dict[str, Any] | None,
        feedback: Sequence[Mapping[str, str]],
        evaluator_feedback: str,
    ) -> PhaseDraft:
        script = _script()
        step = script["steps"].get(phase, {})
        _play(phase, step, context)
        data = script["phases"][phase]
        if feedback and phase == "REQUIREMENTS":
            data["introduction"] += " ".join(entry["text"] for entry in feedback)
        return PhaseDraft(data, [f"{phase.lower()} as scripted"])

    def work(self, context: Context, task: dict[str, Any]) -> TaskDraft:
        name = str(task["key"] or task["title"])
        step = _script()["steps"].get(name, {})
        _play(name, step, context)
        path = (task["files"] or ["quick.txt"])[0]
        files = step.get("files", {path: f"{task['title']}\n"})
        check = step.get("check", ["test", "-e", path])
        return TaskDraft(files, f"Does {name}.", check)


def _script() -> dict[str, Any]:
    return dict(json.loads((STAGE / "script.json").read_text(encoding="utf-8")))


def _play(name: str, step: Mapping[str, Any], context: Context) -> None:
    """Say that it began, wait for the test if it is held, fail if it is to fail, say that it ended."""
    for comment in context.job.get("comments", []):
        _say(f"briefed {os.getpid()} {name} {comment['author']}: {comment['text']}")
    _say(f"begin {os.getpid()} {name}")
    if step.get("hold"):
        deadline = time.monotonic() + PATIENCE
        while not (STAGE / f"go-{name}").exists():
            if time.monotonic() > deadline:
                raise TimeoutError(f"nobody let {name} go")
            if step.get("listens"):
                _listen(name, context)
            if step.get("chatters"):
                context.note("and another thing")
            time.sleep(step.get("pause", 0.01))
    if step.get("fail"):
        raise ValueError(step["fail"])
    _say(f"end {os.getpid()} {name}")


def _listen(name: str, context: Any) -> None:
    """Look into the inbox as a tool loop does between two steps; an interrupt is heard and the step begins anew."""
    known = len(context.messages)
    try:
        context.receive()
    finally:
        for message in context.messages[known:]:
            _say(f"heard {os.getpid()} {name} {message.kind} {message.author}: {message.text}")


def _say(line: str) -> None:
    with (STAGE / "log").open("a", encoding="utf-8") as log:
        log.write(line + "\n")
