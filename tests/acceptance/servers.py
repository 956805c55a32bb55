"""Real servers in processes of their own: start, kill -9, stop, wake, and look at what they left."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omoi_client import OmoiClient
from omoi_server.adapters.local_sandbox import LocalSandboxes
from omoi_server.adapters.local_sandbox_process import Process, lives
from omoi_server.adapters.local_sandbox_start import worker_of
from tests.acceptance.faulty_server import MET

ROOT = Path(__file__).parents[2]
START_SECONDS = 30.0
POLL = 0.01

QUICK: Mapping[str, Any] = {"watchdog": 0.3, "heartbeat": 1, "end_of_journal": 1.0}
"""Limits with which a test waits less; nothing in them changes what is right."""


@dataclass(frozen=True)
class Fault:
    """What is to happen at the `count`-th reaching of `point` in one process."""

    point: str
    count: int = 1
    action: str = "SIGKILL"


class Server:
    """A server on one home, and its successors there. The port stays the same, as on a real machine."""

    def __init__(
        self, home: Path, *, settings: Mapping[str, str] | None = None, limits: Mapping[str, Any] | None = None
    ) -> None:
        self.home = home
        self.address = f"127.0.0.1:{_free_port()}"
        self._settings = {"OMOI_HOME": str(home), "OMOI_LISTEN": self.address, **(settings or {})}
        self._limits = {**QUICK, **(limits or {})}
        self._logs = home.parent / f"{home.name}-logs"
        self._logs.mkdir(parents=True, exist_ok=True)
        self._runs = 0
        self._process: subprocess.Popen[bytes] | None = None

    def limit(self, **limits: Any) -> None:
        """Change limits of the processes to come."""
        self._limits.update(limits)

    @property
    def process(self) -> subprocess.Popen[bytes]:
        """The newest process."""
        assert self._process is not None, "never started"
        return self._process

    def launch(self, fault: Fault | None = None) -> None:
        """Start the process and return at once."""
        assert self._process is None or self._process.poll() is not None, "it runs already"
        (self.home / "address").unlink(missing_ok=True)
        self._runs += 1
        orders: dict[str, Any] = {"log": str(self._logs / f"points-{self._runs}"), "limits": self._limits}
        if fault is not None:
            orders |= {"point": fault.point, "count": fault.count, "action": fault.action}
        with (self._logs / f"server-{self._runs}").open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.acceptance.faulty_server", json.dumps(orders)],
                cwd=ROOT, env={**os.environ, **self._settings}, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip

    async def start(self, fault: Fault | None = None) -> None:
        """Start the process; returns once it listens, or once its fault happened."""
        self.launch(fault)
        await self._until(lambda: (self.home / "address").exists() or self.fallen, "started")
        if not self.fallen:
            assert self.process.poll() is None, f"it ended at its start\n{self.told()}"
        elif fault is None:
            raise AssertionError(f"it ended at its start\n{self.told()}")

    @property
    def fallen(self) -> bool:
        """Whether the process is dead or stands still."""
        if self.process.poll() is not None:
            return True
        wanted = os.WSTOPPED | os.WEXITED | os.WNOHANG | os.WNOWAIT
        return os.waitid(os.P_PID, self.process.pid, wanted) is not None

    async def fell(self, seconds: float = 60.0) -> None:
        """Until the fault happened."""
        await self._until(lambda: self.fallen, "met its fault", seconds)

    def met(self) -> str:
        """The point at which the newest process met its fault, or ""."""
        found = [line.removeprefix(MET) for line in self._lines(self._runs) if line.startswith(MET)]
        return found[0] if found else ""

    def points(self) -> list[str]:
        """Every point that the newest process reached, in order."""
        return [line.removeprefix(MET) for line in self._lines(self._runs)]

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to this very process."""
        self.process.send_signal(number)

    def kill(self) -> None:
        """kill -9; the process is gone afterwards."""
        self.process.kill()
        self.process.wait()

    async def stop(self, seconds: float = 30.0) -> int:
        """SIGTERM, then the exit code."""
        self.process.terminate()
        await self._until(lambda: self.process.poll() is not None, "stopped", seconds)
        return int(self.process.returncode)

    def client(self, patience: float = 60.0) -> OmoiClient:
        """A client of user `local`."""
        return OmoiClient(self.address, (self.home / "token").read_text().strip(), patience=patience)

    def sandboxes(self) -> list[str]:
        """Names of the sandbox directories that are there now."""
        folder = self.home / "sandboxes"
        return sorted(path.name for path in folder.iterdir()) if folder.exists() else []

    def workers(self) -> dict[str, Process]:
        """The living worker of each sandbox."""
        folders = [self.home / "sandboxes" / name for name in self.sandboxes()]
        found = {folder.name: worker_of(folder) for folder in folders}
        return {name: process for name, process in found.items() if process is not None and lives(process)}

    async def clear(self) -> None:
        """End everything that this server and its workers left running."""
        if self._process is not None and self._process.poll() is None:
            self.kill()
        places = LocalSandboxes(self.home, "host-test")
        for name in await places.names():
            await places.remove(name)

    def told(self) -> str:
        """The end of the newest process's log, for a failed assertion."""
        log = self._logs / f"server-{self._runs}"
        text = log.read_text(errors="replace") if log.exists() else ""
        return f"{self.home.name}, run {self._runs}, met {self.met() or 'no fault'}:\n{text[-6000:]}"

    def failures(self) -> list[str]:
        """Lines of any run's log that tell of an error of the server's own."""
        found = []
        for log in sorted(self._logs.glob("server-*")):
            lines = log.read_text(errors="replace").splitlines()
            found += [f"{log.name}: {line}" for line in lines if "internal_error" in line or "Traceback" in line]
        return found

    def _lines(self, run: int) -> list[str]:
        log = self._logs / f"points-{run}"
        return log.read_text().splitlines() if log.exists() else []

    async def _until(self, condition: Callable[[], bool], what: str, seconds: float = START_SECONDS) -> None:
        deadline = asyncio.get_running_loop().time() + seconds
        while not condition():
            assert asyncio.get_running_loop().time() < deadline, f"not {what} within {seconds:g} s\n{self.told()}"
            await asyncio.sleep(POLL)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
