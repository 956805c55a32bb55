"""The journal: what a worker tells the server, as numbered JSON lines that are on the disk once written."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

Record = dict[str, Any]

MAX_LINE = 1024 * 1024
"""Bytes in one line, line feed included. The reader refuses longer ones; larger results are files in out/."""

MAX_TOTAL = 64 * 1024 * 1024
"""Bytes in all. A journal that grows further fails the attempt."""

RESERVE = 128 * 1024
"""Bytes kept free below MAX_TOTAL for the lines that say why the worker ended."""

_LAST_WORDS = frozenset({"error", "transcript", "end"})
_MAX_MESSAGE = 8 * 1024
_MAX_TRACEBACK = 32 * 1024

# fdatasync also writes the new length, and spares the times; not every system has it.
_sync: Callable[[int], None] = getattr(os, "fdatasync", os.fsync)


class JournalError(Exception):
    """The journal cannot take a line. The message names the reason and the remedy."""


class JournalClosed(JournalError):
    """The `end` line is written; nothing may follow it."""


class JournalFull(JournalError):
    """The disk, a file size limit or MAX_TOTAL is reached."""


class JournalLineTooLong(JournalError):
    """One line would pass MAX_LINE."""


class JournalCorrupt(JournalError):
    """An existing journal has a complete line that cannot be read, or a gap."""


def clip(text: str, limit: int) -> str:
    """The first `limit` characters, marked when something is missing."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def clip_start(text: str, limit: int) -> str:
    """The last `limit` characters, marked when something is missing: the end of an output says most."""
    return text if len(text) <= limit else "…" + text[1 - limit :]


class Journal:
    """An append-only file; safe to use from several threads. `history` holds the lines found on opening."""

    def __init__(self, path: Path, max_total: int = MAX_TOTAL) -> None:
        """Open or create. Cuts a torn last line off, so call it only while holding the worker's lock.

        Raises JournalCorrupt for an unreadable or misnumbered line, JournalFull and OSError.
        """
        self.path = path
        self.history: list[Record] = []
        self._max_total = max_total
        self._lock = threading.Lock()
        self._ended = False
        self._last = 0
        self._copy: Callable[[str, bytes], None] | None = None
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            self._size = self._recover()
        except BaseException:
            os.close(self._fd)
            raise
        self._sync_directory()

    @property
    def ended(self) -> bool:
        return self._ended

    def copy_to(self, receiver: Callable[[str, bytes], None]) -> None:
        """Hand (type, line) of everything written from now on to `receiver`, in the order of the journal."""
        self._copy = receiver

    def append(self, type_: str, **fields: Any) -> int:
        """Write one line and return its number once it is on the disk.

        Raises JournalClosed after `end`, JournalLineTooLong, JournalFull; then nothing of the line remains.
        """
        with self._lock:
            if self._ended:
                raise JournalClosed(f"the journal has ended; a {type_} line came too late")
            return self._write(type_, fields)

    def error(self, message: str, traceback: str = "") -> int:
        """An `error` line; message and traceback are cut to fit the reserve."""
        fields: Record = {"message": clip(message, _MAX_MESSAGE)}
        if traceback:
            fields["traceback"] = clip_start(traceback, _MAX_TRACEBACK)
        return self.append("error", **fields)

    def end(self, outcome: str, message: str) -> None:
        """Write the last line. A second call is JournalClosed."""
        with self._lock:
            if self._ended:
                raise JournalClosed("the journal has ended already")
            self._write("end", {"outcome": outcome, "message": clip(message, _MAX_MESSAGE)})
            self._ended = True

    def close(self) -> None:
        """Give the file back; a second call does nothing."""
        with self._lock:
            self._ended = True
            if self._fd >= 0:
                os.close(self._fd)
            self._fd = -1

    def _write(self, type_: str, fields: Record) -> int:
        number = self._last + 1
        now = datetime.now(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        record: Record = {"n": number, "at": now, "type": type_, **fields}
        text = json.dumps(record, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        # A lone surrogate (an undecodable file name) is no UTF-8; the reader refuses the line if it stays.
        line = text.encode("utf-8", "replace") + b"\n"
        if len(line) > MAX_LINE:
            raise JournalLineTooLong(
                f"a {type_} line of {len(line):,} bytes passes the limit of {MAX_LINE:,}. "
                "Larger results go to a file in out/ that a line names."
            )
        room = self._max_total - (0 if type_ in _LAST_WORDS else RESERVE)
        if self._size + len(line) > room:
            raise JournalFull(
                f"the journal has {self._size:,} bytes and a {type_} line of {len(line):,} would pass its limit of "
                f"{self._max_total:,}. Split the task or let it report less."
            )
        self._put(line, type_)
        self._last = number
        self._size += len(line)
        if self._copy is not None:
            self._copy(type_, line)
        return number

    def _put(self, line: bytes, type_: str) -> None:
        rest = line
        try:
            while rest:
                rest = rest[os.write(self._fd, rest) :]
            _sync(self._fd)
        except OSError as error:
            self._cut(self._size)
            raise JournalFull(
                f"{self.path.name} cannot take {len(line):,} bytes ({type_}) after {self._size:,}: "
                f"{error.strerror} (errno {error.errno}). Free disk space or raise the file size limit of the worker."
            ) from error

    def _cut(self, size: int) -> None:
        """Drop a partly written line; if even that fails, readers still ignore a line without its line feed."""
        try:
            os.ftruncate(self._fd, size)
            _sync(self._fd)
        except OSError as error:
            raise JournalFull(f"{self.path.name} can be neither written nor cut: {error.strerror}") from error

    def _recover(self) -> int:
        with open(self._fd, "rb", closefd=False) as file:
            content = file.read()
        size = content.rfind(b"\n") + 1
        for number, line in enumerate(content[:size].splitlines(), start=1):
            self.history.append(_decode(line, number))
        self._last = len(self.history)
        if size < len(content):
            self._cut(size)
        if self.history and self.history[-1].get("type") == "end":
            self._ended = True
        return size

    def _sync_directory(self) -> None:
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def _decode(line: bytes, number: int) -> Record:
    try:
        record = json.loads(line.decode("utf-8"))
    except ValueError as error:
        raise JournalCorrupt(f"line {number} of the journal cannot be read: {error}. Start a new sandbox.") from error
    if not isinstance(record, dict) or record.get("n") != number or not isinstance(record.get("type"), str):
        raise JournalCorrupt(f"line {number} of the journal is not numbered {number}. Start a new sandbox.")
    return record
