"""The real programs as child processes: started, killed as kill -9 does, started again when they end unasked."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Awaitable, Callable, Iterable, Mapping
from pathlib import Path

from tests.peers.playground.errors import PlaygroundError

START_SECONDS = 60.0
STOP_SECONDS = 20.0
"""Longer than the drain of either program (10 s)."""

PAUSE = 1.0
"""Seconds until a program that ended is started again, so that a person sees that it is away."""

QUICK_ENDS = 5
"""So many ends in a row without having been ready: it is not started again."""


class Program:
    """One program. `state` is off, starting, up, or ended (it does not start any more)."""

    def __init__(
        self, name: str, command: Iterable[str], environment: Mapping[str, str], logs: Path, *,
        ready: Callable[[], Awaitable[bool]], changed: Callable[[], None], remember: Callable[[str, int], None],
    ) -> None:  # fmt: skip
        self.name = name
        self.state = "off"
        self.starts = 0
        self._command = list(command)
        self.environ = dict(environment)
        self._log = logs / f"{name}.log"
        self._ready, self._changed, self._remember = ready, changed, remember
        self._process: asyncio.subprocess.Process | None = None
        self._keeper: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int:
        """The number of the process that runs now, 0 for none."""
        return self._process.pid if self._process is not None and self._process.returncode is None else 0

    async def start(self) -> None:
        """Start it and wait until it is ready. Raises PlaygroundError with what it said last."""
        self._keeper = asyncio.create_task(self._keep(), name=f"keep {self.name}")
        async with asyncio.timeout(START_SECONDS):
            while self.state not in ("up", "ended"):
                await asyncio.sleep(0.02)
        if self.state == "ended":
            raise PlaygroundError(f"the {self.name} did not start: {self.said()}; see {self._log}.")

    def kill(self) -> None:
        """kill -9. It is started again."""
        if self.pid and self._process is not None:
            self._process.send_signal(signal.SIGKILL)

    async def stop(self) -> None:
        """Stop it in order: SIGTERM, then SIGKILL."""
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.gather(self._keeper, return_exceptions=True)
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), STOP_SECONDS)
        except TimeoutError:
            process.kill()
            await process.wait()
        self._set("off")

    def said(self) -> str:
        """The last line of its log."""
        lines = self._log.read_text(errors="replace").splitlines() if self._log.exists() else []
        return next((line.strip().rstrip(".")[:300] for line in reversed(lines) if line.strip()), "it did not say why")

    async def _keep(self) -> None:
        quick = 0
        while True:
            await self._launch()
            assert self._process is not None
            waiting = asyncio.create_task(self._until_ready())
            try:
                await self._process.wait()
            finally:
                waiting.cancel()
            quick = 0 if self.state == "up" else quick + 1
            if quick >= QUICK_ENDS or (self.starts == 1 and quick):
                self._set("ended")
                return
            self._set("off")
            await asyncio.sleep(PAUSE)

    async def _launch(self) -> None:
        self.starts += 1
        self._set("starting")
        with self._log.open("ab") as log:
            # A session of its own: Ctrl-C is for the playground, which then stops its programs in order.
            self._process = await asyncio.create_subprocess_exec(
                *self._command, cwd=self._log.parent, env=self.environ, stdin=asyncio.subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True,
            )  # fmt: skip
        self._remember(self.name, self._process.pid)

    async def _until_ready(self) -> None:
        while not await self._ready():
            await asyncio.sleep(0.05)
        self._set("up")

    def _set(self, state: str) -> None:
        self.state = state
        self._changed()
