"""The transcript: the journal without heartbeats, plus what commands printed, as one file in out/."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MAX_TOTAL = 16 * 1024 * 1024
"""Bytes; what comes later is left out and one line says so."""

MAX_OUTPUT = 1024 * 1024
"""Bytes kept of one command's output: its end."""


@dataclass(frozen=True)
class Closed:
    """The finished file: SHA-256 of its bytes, and how many lines it has. `fault` says why it is incomplete."""

    sha256: str
    lines: int
    fault: str


class Transcript:
    """JSON lines: journal lines as they are, and {"type": "output", "command": id, "text": str}.

    It is evidence, not state: a line that cannot be written is reported by `close` and ends nothing.
    """

    def __init__(self, path: Path, earlier: Iterable[dict[str, Any]]) -> None:
        """Start the file anew with the journal lines of an earlier process. Raises OSError."""
        self._file = path.open("wb")
        self._lock = threading.Lock()
        self._digest = hashlib.sha256()
        self._lines = 0
        self._size = 0
        self._fault = ""
        for record in earlier:
            self.record(str(record.get("type")), json.dumps(record, ensure_ascii=False).encode("utf-8") + b"\n")

    def record(self, type_: str, line: bytes) -> None:
        """Take one journal line."""
        if type_ != "heartbeat":
            self._write(line)

    def output(self, command: int, content: bytes) -> None:
        """Take what a command printed."""
        text = content[-MAX_OUTPUT:].decode("utf-8", "replace")
        if len(content) > MAX_OUTPUT:
            text = f"({len(content) - MAX_OUTPUT:,} bytes before this are left out)\n{text}"
        record = {"type": "output", "command": command, "text": text}
        self._write(json.dumps(record, ensure_ascii=False).encode("utf-8") + b"\n")

    def close(self) -> Closed:
        """Finish the file; what comes later is dropped."""
        with self._lock:
            try:
                self._file.close()
            except OSError as error:
                self._fault = self._fault or f"the transcript could not be finished: {error.strerror}"
            return Closed(self._digest.hexdigest(), self._lines, self._fault)

    def _write(self, line: bytes) -> None:
        with self._lock:
            if self._fault or self._file.closed:
                return
            if self._size + len(line) > MAX_TOTAL:
                self._fault = f"the transcript ends at its limit of {MAX_TOTAL:,} bytes"
                line = json.dumps({"type": "output", "command": 0, "text": self._fault}).encode() + b"\n"
            try:
                self._file.write(line)
                self._file.flush()
            except OSError as error:
                self._fault = f"the transcript could not be written: {error.strerror}"
                return
            self._digest.update(line)
            self._lines += 1
            self._size += len(line)
