"""The inbox: what the server tells a running worker, one file a message, each taken once."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

KINDS = ("accepted", "rebase", "stop", "message", "interrupt")

MAX_MESSAGE = 1024 * 1024
"""Bytes of one message file; files of any size travel beside it."""

# The server writes `<name>.tmp` and renames it, so anything else is unfinished or not a message.
_NAME = re.compile(r"^\d{4,}-[A-Za-z0-9._-]+\.json$")
_COMMIT = re.compile(r"^[0-9a-f]{40}([0-9a-f]{24})?$")


@dataclass(frozen=True)
class Message:
    """One message. `bundle` ("inbox/….bundle") and `tip` (a commit) come with kind "rebase"."""

    id: str
    kind: str
    text: str = ""
    author: str = ""
    bundle: str = ""
    tip: str = ""


class InboxError(Exception):
    """A file in the inbox is no message. Names the file, the reason and the remedy."""


class Inbox:
    """Reads `inbox/` in the order of the file names. `taken` are ids that an earlier process took."""

    def __init__(self, folder: Path, taken: frozenset[str] = frozenset()) -> None:
        self._folder = folder
        self._ids = set(taken)
        self._names: set[str] = set()

    def take(self) -> tuple[list[Message], list[InboxError]]:
        """What is new since the last call. A bad file is reported once and never taken."""
        messages: list[Message] = []
        faults: list[InboxError] = []
        if not self._folder.is_dir():
            return messages, faults
        found = {path.name for path in self._folder.iterdir() if _NAME.match(path.name)}
        for name in sorted(found - self._names, key=_order):
            self._names.add(name)
            try:
                message = _read(self._folder / name)
            except InboxError as fault:
                faults.append(fault)
                continue
            if message.id not in self._ids:
                self._ids.add(message.id)
                messages.append(message)
        return messages, faults


def _order(name: str) -> tuple[int, str]:
    return int(name.partition("-")[0]), name


def _read(path: Path) -> Message:
    where = f"inbox/{path.name}"
    try:
        if path.stat().st_size > MAX_MESSAGE:
            raise InboxError(f"{where} is larger than {MAX_MESSAGE:,} bytes. Send large content as a file beside it.")
        data = json.loads(path.read_bytes().decode("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InboxError(f"{where} cannot be read: {error}. Write it whole, then rename it.") from error
    if not isinstance(data, dict):
        raise InboxError(f"{where} is no JSON object. Send one with id and kind.")
    fields: dict[str, str] = {}
    for name in ("id", "kind", "text", "author", "bundle", "tip"):
        value = data.get(name)
        if value is not None and not isinstance(value, str):
            raise InboxError(f"{where}: {name} is no string. Send text or leave it out.")
        fields[name] = value or ""
    if not fields["id"]:
        raise InboxError(f"{where}: id is missing. It is what makes a message count once.")
    if fields["kind"] not in KINDS:
        raise InboxError(f'{where}: kind "{fields["kind"]}" is unknown. Known kinds: {", ".join(KINDS)}.')
    if fields["kind"] == "rebase" and not (fields["bundle"] and _COMMIT.match(fields["tip"])):
        raise InboxError(f"{where}: a rebase needs bundle (inbox/….bundle) and tip (a full commit id).")
    return Message(**fields)
