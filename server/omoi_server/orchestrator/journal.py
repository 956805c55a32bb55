"""Reading a sandbox's journal: untrusted lines become checked ones, or the attempt fails (`journal_corrupt`).

Rules (design section 4): complete lines only, numbered without gaps, known types, the first line names this job and fence,
1 MiB a line and 64 MiB in all. A torn tail is left for the next read.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeGuard

from omoi_server.orchestrator.words import clean, legible

MAX_LINE = 1024 * 1024
MAX_JOURNAL = 64 * 1024 * 1024
MAX_LINES = 200_000
"""More is no work but a flood: an hour of heartbeats, tools and notes is a few thousand."""

_NEEDS: dict[str, dict[str, type | tuple[type, ...]]] = {
    "start": {"job": str, "fence": int, "spec": str, "sandbox": str},
    "heartbeat": {},
    "command_start": {"id": int, "text": str},
    "command_end": {"id": int, "exit_code": int, "duration_ms": int},
    "note": {"text": str},
    "phase_start": {"phase": str, "attempt": int},
    "phase_output": {"phase": str, "attempt": int, "facts": list, "provenance": dict},
    "phase_failed": {"phase": str, "attempt": int, "message": str},
    "gate": {"phase": str},
    "inbox": {"id": str, "kind": str},
    "check": {"command": str, "exit_code": int, "tree": str},
    "result": {
        "commit": str,
        "tree": str,
        "parent": str,
        "bundle": str,
        "sha256": str,
        "summary": str,
        "evidence": dict,
    },
    "conflict": {"paths": list, "bundle": str, "sha256": str, "commit": str},
    "transcript": {"file": str, "sha256": str},
    "error": {"message": str},
    "end": {"outcome": str, "message": str},
}
"""The types that exist and the fields each must have."""


class JournalCorrupt(Exception):
    """The journal cannot be believed any more; the message says at which line and why."""


@dataclass(frozen=True)
class Line:
    """One complete line. `end` is the offset behind it."""

    number: int
    type: str
    at: datetime | None
    fields: dict[str, Any]
    end: int


def parse(chunk: bytes, number: int, offset: int) -> list[Line]:
    """The complete lines of a chunk that begins at `offset`, after line `number`. Raises JournalCorrupt."""
    lines: list[Line] = []
    start = 0
    while (stop := chunk.find(b"\n", start)) >= 0:
        end = offset + stop + 1
        number += 1
        lines.append(_line(chunk[start:stop], number, end))
        start = stop + 1
    if len(chunk) - start > MAX_LINE:
        raise JournalCorrupt(f"line {number + 1} is longer than {MAX_LINE:,} bytes")
    if number > MAX_LINES:
        raise JournalCorrupt(f"the journal has more than {MAX_LINES:,} lines")
    if offset + len(chunk) > MAX_JOURNAL:
        raise JournalCorrupt(f"the journal is longer than {MAX_JOURNAL:,} bytes")
    return lines


def _line(raw: bytes, number: int, end: int) -> Line:
    if len(raw) > MAX_LINE:
        raise JournalCorrupt(f"line {number} is longer than {MAX_LINE:,} bytes")
    try:
        fields = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise JournalCorrupt(f"line {number} is not readable") from error
    if not isinstance(fields, dict) or fields.get("n") != number:
        raise JournalCorrupt(f"line {number} has another number: a line is missing or doubled")
    kind = fields.get("type")
    if not isinstance(kind, str) or kind not in _NEEDS:
        raise JournalCorrupt(f"line {number} has an unknown type")
    if (number == 1) != (kind == "start"):
        raise JournalCorrupt(f"line {number} is {kind}; line 1 and only line 1 is start")
    for name, expected in _NEEDS[kind].items():
        value = fields.get(name)
        if not (is_number(value) if expected is int else isinstance(value, expected)):
            raise JournalCorrupt(f"line {number} ({kind}) lacks {name}")
    return Line(number, kind, _time(fields.get("at")), fields, end)


def is_number(value: object) -> TypeGuard[int]:
    """A whole number that fits everywhere: events carry counts, ids and exit codes as int32."""
    return isinstance(value, int) and not isinstance(value, bool) and -(2**31) <= value < 2**31


def check_start(line: Line, job_id: str, fence: int, spec_id: str, sandbox_id: str) -> None:
    """JournalCorrupt unless the first line names exactly this attempt."""
    told = (line.fields["job"], line.fields["fence"], line.fields["spec"], line.fields["sandbox"])
    if told != (job_id, fence, spec_id, sandbox_id):
        raise JournalCorrupt("line 1 names another job, fence, spec or sandbox")


def _time(value: object) -> datetime | None:
    """A worker's clock reading as naive UTC, or None when it makes no sense."""
    if not isinstance(value, str):
        return None
    try:
        parsed = datetime.fromisoformat(value.replace("Z", "+00:00"))
        return parsed.astimezone(UTC).replace(tzinfo=None) if parsed.tzinfo else parsed
    except (ValueError, OverflowError):
        return None


def told(line: Line, limit: int = 2_000) -> str:
    """The line as one sentence for the transcript."""
    fields = line.fields
    match line.type:
        case "command_start" | "note":
            words = fields["text"]
        case "command_end":
            words = f"exit code {fields['exit_code']} after {fields['duration_ms']} ms\n{fields.get('tail', '')}"
        case "phase_start" | "gate":
            words = f"{fields['phase']}"
        case "phase_output":
            words = f"{fields['phase']} attempt {fields['attempt']}: {', '.join(map(str, fields['facts']))}"
        case "phase_failed" | "error":
            words = fields["message"]
        case "check":
            words = f"{fields['command']}: exit code {fields['exit_code']}\n{fields.get('tail', '')}"
        case "result":
            words = f"commit {fields['commit']}: {fields['summary']}"
        case "conflict":
            words = f"conflict in {', '.join(map(str, fields['paths']))}"
        case "end":
            words = f"{fields['outcome']}: {fields['message']}"
        case "inbox":
            words = f"{fields['kind']} {fields['id']}"
        case _:
            words = ""
    return clean(words).strip()[:limit]


def storable(value: Any) -> Any:
    """A JSON value from a worker with text that every database takes (no NUL, no lone surrogates) and people can trust."""
    if isinstance(value, str):
        return legible(value).replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, list):
        return [storable(item) for item in value]
    if isinstance(value, dict):
        return {storable(key): storable(item) for key, item in value.items()}
    return value
