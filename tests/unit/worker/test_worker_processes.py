from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import pytest

from omoi_worker.processes import Processes, ProcessTimeout, Stopping, base_environment


def test_output_errors_input_and_exit_code(tmp_path: Path) -> None:
    program = "import sys; print(sys.stdin.read()); print('bad', file=sys.stderr); sys.exit(3)"
    done = Processes().run([sys.executable, "-c", program], tmp_path, {}, 30, stdin=b"hello")
    assert (done.exit_code, done.output, done.errors) == (3, b"hello\n", b"bad\n") and done.duration_ms > 0


def test_a_log_takes_both_streams(tmp_path: Path) -> None:
    program = "import sys; print('one', flush=True); print('two', file=sys.stderr)"
    Processes().run([sys.executable, "-c", program], tmp_path, {}, 30, log=tmp_path / "log")
    assert (tmp_path / "log").read_bytes() == b"one\ntwo\n"


def test_a_program_that_takes_too_long_is_killed(tmp_path: Path) -> None:
    began = time.monotonic()
    with pytest.raises(ProcessTimeout, match=r"took longer than 0\.2 s"):
        Processes().run([sys.executable, "-c", "import time; time.sleep(60)"], tmp_path, {}, 0.2)
    assert time.monotonic() - began < 20


def test_stop_kills_what_runs_and_starts_nothing_more(tmp_path: Path) -> None:
    processes = Processes()
    caught: list[BaseException] = []
    program = "import pathlib, time; pathlib.Path('up').touch(); time.sleep(60)"

    def run() -> None:
        try:
            processes.run([sys.executable, "-c", program], tmp_path, {}, 60)
        except Stopping as error:
            caught.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    pause = threading.Event()
    while not (tmp_path / "up").exists():
        pause.wait(0.01)
    processes.stop()
    thread.join(10)
    assert len(caught) == 1 and not thread.is_alive()
    with pytest.raises(Stopping):
        processes.run([sys.executable, "-c", ""], tmp_path, {}, 60)


def test_the_environment_has_nothing_of_the_server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMOI_DATABASE_URL", "secret")
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    env = base_environment(tmp_path / "home", tmp_path / "tmp")
    assert set(env) == {"PATH", "HOME", "TMPDIR", "LANG", "LC_ALL"} and env["HOME"] == str(tmp_path / "home")
