"""The supervisor owns a process's main thread and signals, so every case here is a process of its own."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

PROGRAM = """
import sys, threading, time
from pathlib import Path
from omoi_worker.journal import Journal, JournalFull
from omoi_worker.context import StopRequested
from omoi_worker.supervisor import Outcome, Supervisor

journal = Journal(Path(sys.argv[1]))
supervisor = Supervisor()
supervisor.listen()

def forever():
    print("up", flush=True)
    while True:
        time.sleep(60)

def raises(error):
    raise error

CASES = {
    "done": lambda: Outcome("succeeded", "all of it"),
    "raises": lambda: raises(KeyError("shop")),
    "exits": lambda: raises(SystemExit(0)),
    "stops": lambda: raises(StopRequested("stopped by jon")),
    "full": lambda: raises(JournalFull("no room")),
    "forever": forever,
    "beats": lambda: time.sleep(0.5) or Outcome("succeeded", "beaten"),
}
outcome = supervisor.run(CASES[sys.argv[2]], journal, 0.1, float(sys.argv[3]), lambda: "looping")
if outcome.traceback:
    journal.error(outcome.message, outcome.traceback)
journal.end(outcome.outcome, outcome.message)
print(outcome.journal_broken, supervisor.working, flush=True)
"""


def start(tmp_path: Path, case: str, seconds: float = 60) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / "journal.jsonl"), case, str(seconds)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def lines(tmp_path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (tmp_path / "journal.jsonl").read_bytes().splitlines()]


@pytest.mark.parametrize(
    ("case", "outcome", "message", "broken"),
    [
        ("done", "succeeded", "all of it", False),
        ("raises", "failed", "KeyError: 'shop'", False),
        ("exits", "failed", "SystemExit: 0", False),
        ("stops", "stopped", "stopped by jon", False),
        ("full", "failed", "no room", True),
    ],
)
def test_whatever_the_work_does_has_an_outcome(
    tmp_path: Path, case: str, outcome: str, message: str, broken: bool
) -> None:
    with start(tmp_path, case) as process:
        stdout, stderr = process.communicate(timeout=30)
    end = lines(tmp_path)[-1]
    assert (end["type"], end["outcome"], end["message"]) == ("end", outcome, message)
    assert stdout.startswith(str(broken)) and stderr == ""
    errors = [record for record in lines(tmp_path) if record["type"] == "error"]
    assert len(errors) == (case in ("raises", "exits"))
    assert all("in raises" in record["traceback"] for record in errors)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_it_within_a_second(tmp_path: Path, number: signal.Signals) -> None:
    with start(tmp_path, "forever") as process:
        assert process.stdout is not None and process.stdout.readline() == "up\n"
        began = time.monotonic()
        process.send_signal(number)
        assert process.stdout.readline() == "False True\n"
        assert time.monotonic() - began < 1
        process.wait(10)
    end = lines(tmp_path)[-1]
    assert (end["outcome"], end["message"]) == ("stopped", f"Stopped by {number.name}.")


def test_the_time_limit_says_what_was_going_on(tmp_path: Path) -> None:
    with start(tmp_path, "forever", 0.3) as process:
        process.communicate(timeout=30)
    end = lines(tmp_path)[-1]
    assert end["outcome"] == "failed" and end["message"] == "The time limit of the job is reached while looping."


def test_it_beats_while_the_work_goes_on(tmp_path: Path) -> None:
    with start(tmp_path, "beats") as process:
        process.communicate(timeout=30)
    types = [record["type"] for record in lines(tmp_path)]
    assert types[-1] == "end" and set(types[:-1]) == {"heartbeat"} and 3 <= len(types[:-1]) <= 5
