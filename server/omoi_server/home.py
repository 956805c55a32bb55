"""OMOI_HOME: the folder that is the server's memory. One server at a time; its address and token for the clients."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from omoi_server.settings import SettingsError
from omoi_worker.removal import delete_tree


@contextmanager
def exclusive(home: Path) -> Iterator[None]:
    """Hold the home's lock for life. SettingsError when it cannot be made or another server holds it.

    Who has the lock knows that its predecessor is dead, also after kill -9: the kernel gives the lock back.
    """
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(home / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise SettingsError(
            f"OMOI_HOME: {home} cannot be used: {error.strerror}. Name a folder you may write."
        ) from error
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(descriptor, 32, 0).decode(errors="replace").strip()
            who = f" (process {holder})" if holder else ""
            raise SettingsError(
                f"OMOI_HOME: another server{who} uses {home}. Stop it, or start this one with another OMOI_HOME."
            ) from error
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def host_id(home: Path) -> str:
    """This host's id: made once, kept in the home. Sandboxes and leases name it."""
    return _made_once(home / "host-id", lambda: f"host-{uuid4()}")


def token(home: Path) -> str:
    """The token of user `local`: made once, mode 0600."""
    return _made_once(home / "token", lambda: f"omoi_{secrets.token_urlsafe(32)}")


def _made_once(path: Path, make: object) -> str:
    if path.exists():
        path.chmod(0o600)
        content = path.read_text().strip()
        if content:
            return content
    assert callable(make)
    value = str(make())
    _write(path, value)
    return value


def write_address(home: Path, address: str) -> None:
    """Where clients find this server."""
    _write(home / "address", address)


def remove_address(home: Path) -> None:
    """Nobody listens any more."""
    (home / "address").unlink(missing_ok=True)


def _write(path: Path, content: str) -> None:
    """All or nothing, readable by this user only."""
    new = path.with_name(f"{path.name}.new")
    # Left by a server that died, or a link that somebody laid there: a secret goes into a file of our own only.
    new.unlink(missing_ok=True)
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(f"{content}\n")
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)


def empty_scratch(home: Path) -> None:
    """Files on their way belong to calls that are over. SettingsError when they cannot be removed."""
    try:
        delete_tree(home / "tmp")
    except OSError as error:
        raise SettingsError(
            f"OMOI_HOME: {home / 'tmp'} cannot be emptied: {error.strerror}. Give it back to the server's user, or remove it."
        ) from error
