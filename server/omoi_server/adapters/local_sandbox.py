"""The Sandboxes port on this machine: a directory and a process per sandbox, `OMOI_HOME/sandboxes/<name>`.

A worker is no child that has to be kept: it has its own session, talks to files only, and goes on when the server dies.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from omoi_server.adapters.local_sandbox_files import (
    copy_out,
    file_error,
    opened_file,
    opened_folder,
    put,
    split,
)
from omoi_server.adapters.local_sandbox_process import group_lives, signal_group, with_variable
from omoi_server.adapters.local_sandbox_start import (
    JOURNAL,
    Launch,
    home_of,
    read_mark,
    start_once,
    worker_lives,
    worker_of,
)
from omoi_server.errors import InvalidArgument, SandboxFileError
from omoi_server.ports import SandboxRequest, SandboxStatus
from omoi_worker.removal import delete_tree

FOLDERS = ("in", "inbox", "out", "work", "home", "tmp")
SENT = "sent"
REMOVE_GRACE = 1.0
KILL_SECONDS = 5.0
_POLL = 0.02
# No dot: what follows a dot in a directory's name says that the sandbox is half made or half gone.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,119}")
_MESSAGE_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class LocalSandboxes:
    """Implements ports.Sandboxes.

    home: OMOI_HOME. location: this host's id. python: the interpreter that runs workers. file_size_limit: bytes of the
    largest file a worker may write (RLIMIT_FSIZE; None: any). environ: PATH and LANG are taken from it.
    """

    def __init__(
        self,
        home: Path,
        location: str,
        *,
        python: str | Path = sys.executable,
        file_size_limit: int | None = None,
        environ: Mapping[str, str] | None = None,
    ) -> None:
        self._root = home.resolve() / "sandboxes"
        self._location = location
        self._python = str(python)
        self._file_size_limit = file_size_limit
        source = os.environ if environ is None else environ
        self._base = {"PATH": source.get("PATH", os.defpath), "LANG": source.get("LANG", "C.UTF-8")}
        self._children: dict[int, subprocess.Popen[bytes]] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    @property
    def location(self) -> str:
        """The id of this host."""
        return self._location

    async def create(self, request: SandboxRequest) -> None:
        """Prepare beside, rename, start once (see local_sandbox_start). InvalidArgument for a bad name or path,
        ResourceExhausted STORAGE_FULL, Unavailable WORKER_NOT_STARTED; after each it may be called again."""
        folder = self._folder(request.name)
        async with self._lock(request.name):
            await asyncio.to_thread(self._create, folder, request)

    async def status(self, name: str) -> SandboxStatus:
        """Looks at files and processes anew each time; a worker that died is seen at once."""
        return await asyncio.to_thread(self._status, self._folder(name))

    async def read_journal(self, name: str, offset: int, limit: int) -> bytes:
        """Bytes from `offset`; b"" at the end and while there is no journal. SandboxFileError if it is a link, no
        ordinary file, or the sandbox is gone."""
        return await asyncio.to_thread(_read_journal, self._folder(name), offset, limit)

    async def fetch_file(self, name: str, path: str, target: Path, sha256: str | None, limit: int) -> None:
        """See local_sandbox_files.copy_out."""
        await asyncio.to_thread(copy_out, self._folder(name), path, target, sha256, limit)

    async def send(self, name: str, message: Mapping[str, object], attachments: Mapping[str, Path]) -> None:
        """Attachments (`inbox/NAME` or NAME) first, then the message `<NNNN>-<id>.json`, each in one step.

        `sent/<id>` reserves the number before, so a repetition after a crash writes the same file name again, and one
        after success nothing. SandboxFileError when the sandbox is gone or its inbox is a link.
        """
        folder = self._folder(name)
        async with self._lock(name):
            await asyncio.to_thread(_send, folder, message, attachments)

    async def stop(self, name: str, grace: float) -> None:
        """SIGTERM to the worker's group (and SIGCONT, for a stopped one could not obey), `grace` seconds, SIGKILL.

        Then whatever left the group is killed: it is known by the HOME it was started with.
        """
        folder = self._folder(name)
        worker = None if folder.is_symlink() else await asyncio.to_thread(worker_of, folder)
        if worker is not None:
            for number in (signal.SIGTERM, signal.SIGCONT):
                await asyncio.to_thread(signal_group, worker, number)
            if not await _until_gone(lambda: not group_lives(worker), grace):
                await asyncio.to_thread(signal_group, worker, signal.SIGKILL)
                await _until_gone(lambda: not group_lives(worker), KILL_SECONDS)
        await _until_gone(lambda: not _kill_strays(folder), KILL_SECONDS)
        self._reap()

    async def remove(self, name: str) -> None:
        """Stop and delete, half-made and half-deleted directories of that name too."""
        folder = self._folder(name)
        async with self._lock(name):
            await self.stop(name, REMOVE_GRACE)
            await asyncio.to_thread(self._delete, folder)
        self._locks.pop(name, None)

    async def names(self) -> list[str]:
        """Names of all directories below `sandboxes`, half-made and half-deleted ones too."""
        return await asyncio.to_thread(self._names)

    def _folder(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise InvalidArgument("sandbox", f"{name[:80]!r} is not a name; use letters, digits, “-” and “_”.")
        return self._root / name

    def _lock(self, name: str) -> asyncio.Lock:
        return self._locks.setdefault(name, asyncio.Lock())

    def _create(self, folder: Path, request: SandboxRequest) -> None:
        try:
            if folder.is_symlink():  # nobody but a stranger makes one; a worker must not be started elsewhere
                folder.unlink(missing_ok=True)
            if not folder.is_dir():
                self._prepare(folder, request)
            environment = {
                **self._base,
                **request.env,
                "HOME": str(folder / "home"),
                "TMPDIR": str(folder / "tmp"),
            }
            command = [self._python, "-I", str(folder / "worker.pyz"), "run", str(folder)]
            child = start_once(folder, Launch(command, environment, self._file_size_limit))
        except OSError as error:
            raise file_error(f"sandbox {folder.name}", error) from error
        if child is not None:
            self._children[child.pid] = child

    def _prepare(self, folder: Path, request: SandboxRequest) -> None:
        """The directory has its final name only when everything is in it; of two that prepare, one wins."""
        self._root.mkdir(mode=0o700, parents=True, exist_ok=True)
        making = Path(tempfile.mkdtemp(dir=self._root, prefix=f"{folder.name}.tmp-"))
        try:
            for name in (*FOLDERS, SENT):
                (making / name).mkdir(mode=0o700)
            for path, content in request.files.items():
                parts = split(path)
                for depth in range(1, len(parts)):
                    making.joinpath(*parts[:depth]).mkdir(mode=0o700, exist_ok=True)
                with opened_folder(making, parts[:-1]) as place:
                    put(place, parts[-1], content)
            making.rename(folder)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
        finally:
            delete_tree(making)

    def _status(self, folder: Path) -> SandboxStatus:
        self._reap()
        if folder.is_symlink() or not folder.is_dir():
            return SandboxStatus(exists=folder.name in self._names(), started=False, alive=False)
        return SandboxStatus(exists=True, started=read_mark(folder) is not None, alive=worker_lives(folder))

    def _delete(self, folder: Path) -> None:
        try:
            if folder.is_symlink():
                folder.unlink(missing_ok=True)
            elif folder.is_dir():
                folder.rename(tempfile.mkdtemp(dir=self._root, prefix=f"{folder.name}.gone-"))
            for left in self._root.glob(f"{folder.name}.*"):
                delete_tree(left)
        except OSError as error:
            raise file_error(f"sandbox {folder.name}", error) from error

    def _names(self) -> list[str]:
        self._reap()
        if not self._root.is_dir():
            return []
        return sorted({path.name.split(".")[0] for path in self._root.iterdir() if _NAME.match(path.name)})

    def _reap(self) -> None:
        """Collect workers that ended, so that none stays behind as a dead entry in the process table."""
        for pid, child in list(self._children.items()):
            if child.poll() is not None:
                self._children.pop(pid, None)


def _read_journal(folder: Path, offset: int, limit: int) -> bytes:
    try:
        with opened_file(folder, [JOURNAL]) as descriptor:
            return os.pread(descriptor, limit, offset)
    except SandboxFileError as error:
        if error.reason == "SANDBOX_FILE_MISSING" and folder.is_dir():
            return b""
        raise


def _send(folder: Path, message: Mapping[str, object], attachments: Mapping[str, Path]) -> None:
    message_id = str(message.get("id", ""))
    if not _MESSAGE_ID.fullmatch(message_id):
        raise InvalidArgument("message.id", f"{message_id[:80]!r} cannot be part of a file name.")
    with opened_folder(folder, [SENT]) as sent, opened_folder(folder, ["inbox"]) as inbox:
        number, done = _reserve(sent, message_id)
        if done:
            return
        for name, source in attachments.items():
            (part,) = split(name.removeprefix("inbox/"))[:1]
            put(inbox, part, source)
        put(inbox, f"{number:04d}-{message_id}.json", json.dumps(dict(message), ensure_ascii=False).encode())
        put(sent, message_id, f"{number} done".encode())


def _reserve(sent: int, message_id: str) -> tuple[int, bool]:
    """The number of a message, given once for all, and whether it was written already."""
    taken: dict[str, list[str]] = {}
    for name in os.listdir(sent):
        descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=sent)
        with os.fdopen(descriptor, encoding="ascii") as file:
            taken[name] = file.read().split()
    if message_id in taken:
        return int(taken[message_id][0]), taken[message_id][-1] == "done"
    number = 1 + max((int(words[0]) for name, words in taken.items() if not name.startswith(".")), default=0)
    put(sent, message_id, f"{number}".encode())
    return number, False


def _kill_strays(folder: Path) -> bool:
    """Kill what was started in this sandbox and still lives; whether there was any."""
    found = with_variable(home_of(folder))
    for pid in found:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    return bool(found)


async def _until_gone(gone: Callable[[], bool], seconds: float) -> bool:
    """Whether `gone` came true within `seconds`; asked in a thread, for it reads /proc."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not await asyncio.to_thread(gone):
        if asyncio.get_running_loop().time() >= deadline:
            return False
        await asyncio.sleep(_POLL)
    return True
