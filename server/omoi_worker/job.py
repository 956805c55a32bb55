"""`job.json`: what the server asks for, read once and checked field by field."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omoi_spec.phases import PLANNING_PHASES

VERSION = 1
"""Version of job.json and of the journal that this worker speaks."""

_COMMIT = re.compile(r"^[0-9a-f]{40}([0-9a-f]{24})?$")
_TRAILER = re.compile(r"^[A-Za-z][A-Za-z0-9-]*$")


class JobError(ValueError):
    """A field of job.json is missing or wrong. Names the field, the reason and the remedy."""


@dataclass(frozen=True)
class Plan:
    """Phases to run, in order, and what is known already. All mappings are keyed by phase."""

    phases: tuple[str, ...]
    outputs: Mapping[str, dict[str, Any]]
    previous: Mapping[str, dict[str, Any]]
    feedback: Mapping[str, list[dict[str, str]]]
    stop_after: frozenset[str]
    attempts_used: Mapping[str, int]
    max_attempts: int


@dataclass(frozen=True)
class Task:
    """One task. `data` is the whole object, as the engine gets it; `trailers` in the order of the commit."""

    data: dict[str, Any]
    task_id: str
    key: str
    title: str
    documents_dir: str
    requirements: tuple[dict[str, Any], ...]
    author_name: str
    author_email: str
    trailers: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Job:
    """A checked job. Exactly one of `plan` and `task` is set. `seconds` limits the whole attempt."""

    data: dict[str, Any]
    job_id: str
    fence: int
    sandbox_id: str
    spec_id: str
    engine: str
    bundle: str
    branch_tip: str
    plan: Plan | None
    task: Task | None
    seconds: int
    heartbeat_seconds: int


class _Fields:
    """Reads one JSON object and says where something is wrong."""

    def __init__(self, data: object, where: str) -> None:
        if not isinstance(data, dict):
            raise JobError(f"{where} is {_kind(data)}, not an object. Send what the interface of the worker asks for.")
        self.data: dict[str, Any] = data
        self._where = where

    def name(self, field: str) -> str:
        return f"{self._where}.{field}" if self._where != "job.json" else f"job.json: {field}"

    def wrong(self, field: str, reason: str, remedy: str) -> JobError:
        return JobError(f"{self.name(field)} {reason}. {remedy}")

    def get(self, field: str, kind: type, described: str, default: Any = None) -> Any:
        value = self.data.get(field, default)
        if value is None and default is None:
            raise self.wrong(field, "is missing", f"Send {described}.")
        if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
            raise self.wrong(field, f"is {_kind(value)}", f"Send {described}.")
        return value

    def text(self, field: str, default: str | None = None) -> str:
        value: str = self.get(field, str, "a string", default)
        if default is None and not value:
            raise self.wrong(field, "is empty", "Send a string with content.")
        return value

    def number(self, field: str, least: int, default: int | None = None) -> int:
        value: int = self.get(field, int, f"a whole number of at least {least}", default)
        if value < least:
            raise self.wrong(field, f"is {value}", f"Send a whole number of at least {least}.")
        return value

    def commit(self, field: str) -> str:
        value = self.text(field)
        if not _COMMIT.match(value):
            raise self.wrong(field, f'"{value[:80]}" is no commit id', "Send 40 or 64 hexadecimal digits.")
        return value

    def items(self, field: str) -> list[Any]:
        value: list[Any] = self.get(field, list, "a list", [])
        return value

    def child(self, field: str) -> _Fields:
        return _Fields(self.data.get(field), self.name(field))

    def by_phase(self, field: str) -> dict[str, Any]:
        value: dict[str, Any] = self.get(field, dict, "an object keyed by phase", {})
        for phase in value:
            self.phase(field, phase)
        return value

    def phase(self, field: str, phase: object) -> str:
        if not isinstance(phase, str) or phase not in PLANNING_PHASES:
            raise self.wrong(field, f"names the phase {phase!r:.80}", f"Known: {', '.join(PLANNING_PHASES)}.")
        return phase


def read_job(path: Path) -> dict[str, Any]:
    """The JSON object in `job.json`. Raises JobError when it is missing or no object."""
    try:
        data = json.loads(path.read_bytes().decode("utf-8"))
    except FileNotFoundError:
        raise JobError(f"job.json is missing in {path.parent}. Start the worker in a sandbox of the server.") from None
    except (OSError, ValueError, RecursionError) as error:
        raise JobError(f"job.json cannot be read: {error}. Write it whole before the worker starts.") from error
    return _Fields(data, "job.json").data


def parse_job(data: dict[str, Any]) -> Job:
    """Check the decoded job. Raises JobError for the first field that is wrong."""
    fields = _Fields(data, "job.json")
    version = fields.number("version", 1)
    if version != VERSION:
        raise fields.wrong("version", f"is {version}", f"This worker speaks {VERSION}; ship the one of the server.")
    kind = fields.text("kind")
    if kind not in ("plan", "task"):
        raise fields.wrong("kind", f'is "{kind[:80]}"', 'Send "plan" or "task".')
    limits = fields.child("limits")
    fields.text("title", "")
    fields.text("description", "")
    fields.child("project")
    for name in ("context", "attachments"):
        fields.items(name)
    return Job(
        data=data,
        job_id=fields.text("job_id"),
        fence=fields.number("fence", 0),
        sandbox_id=fields.text("sandbox_id"),
        spec_id=fields.text("spec_id"),
        engine=fields.text("engine"),
        bundle=fields.text("bundle"),
        branch_tip=fields.commit("branch_tip"),
        plan=_plan(fields.child("plan")) if kind == "plan" else None,
        task=_task(fields.child("task")) if kind == "task" else None,
        seconds=limits.number("seconds", 1),
        heartbeat_seconds=limits.number("heartbeat_seconds", 1, 10),
    )


def _plan(fields: _Fields) -> Plan:
    phases = [fields.phase("phases", phase) for phase in fields.items("phases")]
    if not phases:
        raise fields.wrong("phases", "is empty", "Name at least one phase to run.")
    if phases != [phase for phase in PLANNING_PHASES if phase in phases]:
        raise fields.wrong("phases", "is out of order or has a phase twice", f"Order: {', '.join(PLANNING_PHASES)}.")
    used = fields.by_phase("attempts_used")
    for phase, count in used.items():
        if not isinstance(count, int) or isinstance(count, bool) or count < 0:
            raise fields.wrong(f"attempts_used.{phase}", f"is {_kind(count)}", "Send a whole number from 0.")
    for name in ("outputs", "previous"):
        for phase, output in fields.by_phase(name).items():
            _Fields(output, fields.name(f"{name}.{phase}")).get("data", dict, "the data of the phase output")
    for phase, comments in fields.by_phase("feedback").items():
        if not isinstance(comments, list):
            raise fields.wrong(f"feedback.{phase}", f"is {_kind(comments)}", "Send a list of comments.")
        for comment in comments:
            _Fields(comment, fields.name(f"feedback.{phase}")).text("text")
    return Plan(
        phases=tuple(phases),
        outputs=fields.by_phase("outputs"),
        previous=fields.by_phase("previous"),
        feedback=fields.by_phase("feedback"),
        stop_after=frozenset(fields.phase("stop_after", phase) for phase in fields.items("stop_after")),
        attempts_used=used,
        max_attempts=fields.number("max_attempts", 1, 3),
    )


def _task(fields: _Fields) -> Task:
    author = fields.child("author")
    trailers: list[tuple[str, str]] = []
    for pair in fields.items("trailers"):
        if not (isinstance(pair, list) and len(pair) == 2 and all(isinstance(part, str) for part in pair)):
            raise fields.wrong("trailers", f"holds {_kind(pair)}", "Send pairs of strings: [key, value].")
        key, value = pair
        if not _TRAILER.match(key) or not value.strip() or "\n" in value or "\r" in value:
            raise fields.wrong("trailers", f'holds "{key[:40]}"', "A key is letters and hyphens, a value one line.")
        trailers.append((key, value.strip()))
    requirements = [_Fields(item, fields.name("requirements")).data for item in fields.items("requirements")]
    for item in fields.items("files"):
        if not isinstance(item, str):
            raise fields.wrong("files", f"holds {_kind(item)}", "Send paths relative to the repository.")
    return Task(
        data=fields.data,
        task_id=fields.text("task_id"),
        key=fields.text("key", ""),
        title=fields.text("title", ""),
        documents_dir=fields.text("documents_dir", ""),
        requirements=tuple(requirements),
        author_name=author.text("name"),
        author_email=author.text("email"),
        trailers=tuple(trailers),
    )


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a string", bool: "a truth value", type(None): "missing"}
    return names.get(type(value), "a number")
