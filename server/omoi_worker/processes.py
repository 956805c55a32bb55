"""The programs that a worker starts. They stay in its process group and end with it."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


class Stopping(Exception):
    """The worker is ending: nothing new is started."""


class ProcessTimeout(Exception):
    """A program took longer than its limit and was killed."""


@dataclass(frozen=True)
class Finished:
    """How a program ended. `output` is stdout; for a logged run it is empty and the file has it all."""

    exit_code: int
    output: bytes
    errors: bytes
    duration_ms: int


class Processes:
    """Starts programs without a shell and kills the running ones on demand, from any thread.

    They are not put into sessions of their own: the server signals the worker's whole group, and what has left
    the group would outlive it.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._running: set[subprocess.Popen[bytes]] = set()
        self._stopping = False

    def run(
        self,
        argv: Sequence[str],
        cwd: Path,
        env: Mapping[str, str],
        timeout: float,
        stdin: bytes = b"",
        log: Path | None = None,
    ) -> Finished:
        """Run to the end. With `log`, stdout and stderr go to that file, whatever their size.

        Raises ProcessTimeout after `timeout` seconds, Stopping when the worker ends, OSError when it cannot start.
        """
        began = time.monotonic()
        if log is None:
            process = self._start(argv, cwd, env, subprocess.PIPE, subprocess.PIPE)
        else:
            with log.open("wb") as target:
                process = self._start(argv, cwd, env, target.fileno(), subprocess.STDOUT)
        try:
            output, errors = process.communicate(stdin, timeout)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise ProcessTimeout(f"{argv[0]} took longer than {timeout:g} s and was ended.") from None
        finally:
            with self._lock:
                self._running.discard(process)
        if self._stopping:
            raise Stopping(f"{argv[0]} was ended because the worker stops")
        return Finished(process.returncode, output or b"", errors or b"", round((time.monotonic() - began) * 1000))

    def stop(self) -> None:
        """Kill what runs and start nothing more."""
        with self._lock:
            self._stopping = True
            for process in self._running:
                process.kill()

    def _start(
        self, argv: Sequence[str], cwd: Path, env: Mapping[str, str], stdout: int, stderr: int
    ) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._stopping:
                raise Stopping(f"{argv[0]} was not started because the worker stops")
            process = subprocess.Popen(
                list(argv), cwd=cwd, env=dict(env), stdin=subprocess.PIPE, stdout=stdout, stderr=stderr
            )
            self._running.add(process)
            return process


def base_environment(home: Path, tmp: Path) -> dict[str, str]:
    """What every program gets: where programs are, a home and a temporary folder of the sandbox, a fixed language."""
    return {
        "PATH": os.environ.get("PATH", "/usr/local/bin:/usr/bin:/bin"),
        "HOME": str(home),
        "TMPDIR": str(tmp),
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
    }


def end_group() -> None:
    """Terminate what is left in the worker's process group, if the worker was given a session of its own.

    Started by hand from a shell, its group also holds the rest of a pipeline.
    """
    if os.getsid(0) == os.getpid() == os.getpgrp():
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.killpg(0, signal.SIGTERM)
