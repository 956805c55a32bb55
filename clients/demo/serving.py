"""The demo's server: started when none runs, stopped when its last user has gone.

Who starts or looks for a server holds `starting.lock`. Who uses one holds `using.lock` shared; who started it waits for it
alone before stopping, so that a second terminal is not cut off. A server whose starter was killed is found by the lock on
its home and, when nobody uses it, replaced.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from demo.errors import DemoError
from demo.place import Place

START_SECONDS = 60.0
STOP_SECONDS = 20.0
"""Longer than the server's own drain (10 s)."""

_LOOK_SECONDS = 0.05


@contextlib.contextmanager
def serving(place: Place) -> Iterator[str]:
    """A server to talk to, as its address. Raises DemoError when none can be had."""
    with (place.home / "using.lock").open("w") as using:
        process = None
        try:
            with (place.home / "starting.lock").open("w") as starting:
                fcntl.flock(starting, fcntl.LOCK_EX)
                fcntl.flock(using, fcntl.LOCK_SH)
                if _held(place):
                    _replace_orphan(place, using)
                if not _held(place):
                    process = _start(place)
                address = _wait_for_address(place, process)
            yield address
        except BaseException:
            if process is not None:
                _stop(process)
            raise
        if process is not None:
            fcntl.flock(using, fcntl.LOCK_EX)
            _stop(process)


def _held(place: Place) -> bool:
    """Whether a server lives in this home: it holds the lock for life, and the kernel takes it from the dead."""
    try:
        with (place.home / "lock").open() as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except BlockingIOError:
        return True
    return False


def _replace_orphan(place: Place, using: IO[str]) -> None:
    """Stop the server if nobody else uses it."""
    try:
        fcntl.flock(using, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        fcntl.flock(using, fcntl.LOCK_SH)
        return
    pid = _first_line(place.home / "lock")
    for number in (signal.SIGTERM, signal.SIGKILL):
        if pid.isdigit() and _held(place):
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(pid), number)
            _until(lambda: not _held(place), STOP_SECONDS)
    fcntl.flock(using, fcntl.LOCK_SH)


def _start(place: Place) -> subprocess.Popen[bytes]:
    # An address left by a server that was killed would be believed.
    (place.home / "address").unlink(missing_ok=True)
    with place.log.open("wb") as log:
        # A session of its own: Ctrl-C is for the demo, which then stops the server in order.
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "omoi_server"],
            cwd=place.home,
            env=place.environment(),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def _wait_for_address(place: Place, process: subprocess.Popen[bytes] | None) -> str:
    found = ""

    def ready() -> bool:
        nonlocal found
        found = _first_line(place.home / "address")
        return bool(found) or (process is not None and process.poll() is not None)

    _until(ready, START_SECONDS)
    if found:
        return found
    said = [line for line in _lines(place.log) if line.startswith("omoi-server: ")]
    reason = said[-1].removeprefix("omoi-server: ").rstrip(".") if said else "it did not say why"
    raise DemoError(
        f"the demo's server did not start: {reason}; see {place.shown(place.log)}, or start afresh: rm -r {place.shown()}."
    )


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _until(holds: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not holds() and time.monotonic() < deadline:
        time.sleep(_LOOK_SECONDS)


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(errors="replace").splitlines()
    except OSError:
        return []


def _first_line(path: Path) -> str:
    return next(iter(_lines(path)), "").strip()
