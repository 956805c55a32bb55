"""Where the playground keeps things: .omoi-playground in the checkout, or OMOI_PLAYGROUND_HOME.

Slack's side of a run lives in memory, so each run begins anew: server, bot and logs of the last one are deleted first. The
repositories stay, with the branches that were made in them.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import shutil
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from demo.place import CHECKOUT, Place
from omoi_server.adapters.local_sandbox import LocalSandboxes
from omoi_server.adapters.local_sandbox_process import Process, lives, look
from tests.peers.playground.errors import PlaygroundError

SECONDS_TO_DIE = 10.0


@dataclass(frozen=True)
class Ground:
    """`home` is absolute; `server` and `bot` are the OMOI_HOMEs of the two programs."""

    home: Path

    @property
    def server(self) -> Path:
        return self.home / "server"

    @property
    def bot(self) -> Path:
        return self.home / "bot"

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    @property
    def demo(self) -> Place:
        """The same folder, as the demo's repositories want it."""
        return Place(self.home)

    @property
    def _running(self) -> Path:
        return self.home / "running.json"

    def environment(self) -> dict[str, str]:
        """The person's, without settings for a server, bot or Slack of their own."""
        kept = self.demo.environment()
        return {name: value for name, value in kept.items() if not name.startswith(("OMOI_", "SLACK_"))}

    def begin(self) -> None:
        """Empty what belongs to one run."""
        for folder in (self.server, self.bot, self.logs):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(mode=0o700)

    def remember(self, name: str, pid: int) -> None:
        """Note a child, so that a later run can end it if this one is killed."""
        seen = look(pid)
        known = self._known()
        if seen is not None:
            self._running.write_text(json.dumps({**known, name: {"pid": pid, "started": seen.started}}))

    def _known(self) -> dict[str, dict[str, object]]:
        try:
            found = json.loads(self._running.read_text())
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) else {}

    async def clear(self) -> None:
        """End every process that this run, or one that was killed, left behind."""
        for entry in self._known().values():
            process = Process(int(str(entry["pid"])), str(entry["started"]))
            if lives(process):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process.pid, signal.SIGKILL)
            for _ in range(int(SECONDS_TO_DIE * 50)):
                if not lives(process):
                    break
                await asyncio.sleep(0.02)
        self._running.unlink(missing_ok=True)
        sandboxes = LocalSandboxes(self.server, "playground")
        for name in await sandboxes.names():
            await sandboxes.remove(name)


@contextlib.contextmanager
def taken(home: str = "") -> Iterator[Ground]:
    """The folder, for this process alone. Raises PlaygroundError."""
    found = Path(home or os.environ.get("OMOI_PLAYGROUND_HOME") or CHECKOUT / ".omoi-playground")
    ground = Ground(found.expanduser().absolute())
    try:
        ground.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        (ground.home / ".gitignore").write_text("*\n")
        (ground.home / "repositories").mkdir(exist_ok=True)
        lock = (ground.home / "lock").open("w")
    except OSError as error:
        raise PlaygroundError(
            f"{ground.home} cannot be used: {error.strerror}; set OMOI_PLAYGROUND_HOME to a folder that you may write."
        ) from error
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise PlaygroundError(
                f"a playground runs in {ground.home} already; stop it with Ctrl-C, or set OMOI_PLAYGROUND_HOME for another."
            ) from error
        yield ground
