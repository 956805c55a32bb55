"""`python -m tests.peers.playground` as a process: Ctrl-C leaves nothing running, and it can be started again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SECONDS = 60.0

pytestmark = [pytest.mark.full, pytest.mark.timeout(300)]


class Run:
    """One start of it."""

    def __init__(self, home: Path, number: int, **environment: str) -> None:
        self._home = home
        self._log = home.parent / f"run-{number}.log"
        env = {**os.environ, "PYTHONPATH": "clients", "OMOI_PLAYGROUND_HOME": str(home), **environment}
        with self._log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "tests.peers.playground"], cwd=ROOT, env=env, stdout=log, stderr=log,
                stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip

    def said(self) -> str:
        return self._log.read_text(errors="replace")

    def until(self, holds: Callable[[], bool], what: str) -> None:
        deadline = time.monotonic() + SECONDS
        while not holds():
            assert time.monotonic() < deadline, f"{what} not within {SECONDS:g} s:\n{self.said()}"
            time.sleep(0.05)

    def is_ready(self) -> None:
        self.until(lambda: "ready" in self.said() or self.process.poll() is not None, "ready")
        assert self.process.poll() is None, self.said()

    def address(self) -> str:
        return next(line.split()[-1] for line in self.said().splitlines() if line.startswith("open"))

    def family(self) -> dict[int, str]:
        """Processes that were started for this home, by number, with their commands; proc(5)."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                if str(self._home).encode() in (folder / "environ").read_bytes():
                    found[int(folder.name)] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
            except OSError:
                continue  # it ended meanwhile, or is another user's
        return found

    def stop(self) -> int:
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(SECONDS)


@contextmanager
def running(home: Path, number: int, **environment: str) -> Iterator[Run]:
    run = Run(home, number, **environment)
    try:
        yield run
    finally:
        if run.process.poll() is None:
            run.stop()


def test_stopped_started_again_and_killed(tmp_path: Path) -> None:
    home = tmp_path / "ground"
    with running(home, 1, OMOI_DEMO_IDEA="Greet the customer by name") as first:
        first.is_ready()
        assert {"omoi_server", "omoi_bot"} <= {each.split()[-1] for each in first.family().values()}
        with running(home, 2) as second:
            assert second.process.wait(SECONDS) == 1
            assert "a playground runs in" in second.said() and "Traceback" not in second.said()
        assert first.stop() == 0, first.said()
        assert not first.family() and "Traceback" not in first.said()
    with running(home, 3) as third:
        third.is_ready()
        third.process.kill()
        third.process.wait()
        orphans = third.family()
        assert orphans, "kill -9 leaves them, until the next start"
        with running(home, 4) as fourth:
            fourth.is_ready()
            assert not set(orphans) & set(fourth.family())
        assert not third.family()


def test_the_page_answers_this_machine_only(tmp_path: Path) -> None:
    with running(tmp_path / "ground", 1) as run:
        run.until(lambda: "open" in run.said(), "an address")
        with urllib.request.urlopen(run.address(), timeout=10) as answer:
            assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
        page = urllib.request.Request(run.address(), headers={"Host": "rebound.example"})
        with pytest.raises(urllib.error.HTTPError, match="403") as refused:
            urllib.request.urlopen(page, timeout=10)
        refused.value.close()
        live = urllib.request.Request(f"{run.address()}live", headers={"Origin": "https://foreign.example"})
        with pytest.raises(urllib.error.HTTPError, match="403") as refused:
            urllib.request.urlopen(live, timeout=10)
        refused.value.close()


def test_a_wish_that_cannot_be_is_one_sentence(tmp_path: Path) -> None:
    with running(tmp_path / "ground", 1, OMOI_DEMO_REPO=str(tmp_path / "nowhere")) as run:
        assert run.process.wait(SECONDS) == 1
        said = [line for line in run.said().splitlines() if line.startswith("playground: ")]
        assert len(said) == 1 and "there is no such folder" in said[0] and "Traceback" not in run.said()
