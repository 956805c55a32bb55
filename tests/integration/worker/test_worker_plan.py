"""Planning jobs with engine outline, in a worker process of its own."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from omoi_spec.evaluate import evaluate
from omoi_spec.phases import PLANNING_PHASES
from omoi_worker.lock import WorkerLock, process_started, read_holder


def outputs(rig: Any) -> dict[str, Any]:
    return {record["phase"]: record["data"] for record in rig.of("phase_output")}


def test_four_phases_pass_and_the_journal_is_whole(rig: Any, archive: Path) -> None:
    assert rig.run() == 0
    lines = rig.lines
    assert [record["n"] for record in lines] == list(range(1, len(lines) + 1))
    start, end = lines[0], lines[-1]
    assert (start["type"], start["job"], start["fence"], start["sandbox"]) == ("start", "job-1", 4, "sbx-job-1-4")
    assert start["worker"] == hashlib.sha256(archive.read_bytes()).hexdigest()
    assert (end["type"], end["outcome"]) == ("end", "succeeded")
    assert [(r["phase"], r["attempt"]) for r in rig.of("phase_start")] == [(phase, 1) for phase in PLANNING_PHASES]
    known: dict[str, Any] = {}
    for phase, data in outputs(rig).items():
        assert evaluate(phase, data, known).passed
        known[phase] = data
    assert list(known) == list(PLANNING_PHASES) and known["EXPLORE"]["file_count"] == 7
    opened = [record["id"] for record in rig.of("command_start")]
    assert opened == [record["id"] for record in rig.of("command_end")] == list(range(1, len(opened) + 1))
    (transcript,) = rig.of("transcript")
    content = (rig.root / transcript["file"]).read_bytes()
    assert transcript["sha256"] == hashlib.sha256(content).hexdigest()
    assert transcript["lines"] == len(content.splitlines())
    assert rig.log == ""


def test_nothing_of_the_repository_is_executed_or_followed(rig: Any, tmp_path: Path) -> None:
    marker = tmp_path / "executed"
    secret = tmp_path / "secret.txt"
    secret.write_text("s3cr3t-0f-the-host")
    for name in ("conftest.py", "setup.py", "sitecustomize.py", "json.py"):
        (rig.repository / name).write_text(f"open({str(marker)!r}, 'w')\n")
    (rig.repository / ".gitattributes").write_text("* filter=evil\n")
    (rig.repository / "AGENTS.md").unlink()
    (rig.repository / "AGENTS.md").symlink_to(secret)
    rig.base_on({"login.py": "def login(): pass\n"}, "hostile")
    assert rig.run() == 0
    assert not marker.exists()
    assert "s3cr3t" not in (rig.root / "journal.jsonl").read_text()


def test_a_gate_stops_and_the_rest_is_done_with_the_given_outputs(make_rig: Any) -> None:
    first = make_rig()
    first.job["plan"]["stop_after"] = ["REQUIREMENTS"]
    assert first.run() == 0
    assert [record["phase"] for record in first.of("gate")] == ["REQUIREMENTS"]
    assert first.lines[-1]["outcome"] == "gated"
    second = make_rig()
    second.job["plan"].update(
        phases=["DESIGN", "TASKS"],
        outputs={phase: {"data": data, "version": 1, "digest": "d"} for phase, data in outputs(first).items()},
    )
    assert second.run() == 0
    assert list(outputs(second)) == ["DESIGN", "TASKS"]
    third = make_rig()
    assert third.run() == 0
    assert {**outputs(first), **outputs(second)} == outputs(third)


def test_a_second_worker_finds_the_lock_held(rig: Any) -> None:
    with WorkerLock(rig.root / "worker.lock"):
        assert rig.run() == 2
        assert f"held by process {os.getpid()}" in rig.log and not (rig.root / "journal.jsonl").exists()
    assert rig.run() == 0


@pytest.mark.parametrize("kept", ["phase_start", "phase_output"])
def test_a_worker_started_again_cuts_the_torn_line_and_goes_on(rig: Any, kept: str) -> None:
    assert rig.run() == 0
    whole = (rig.root / "journal.jsonl").read_bytes().splitlines(keepends=True)
    wanted = outputs(rig)
    cut = [n for n, line in enumerate(whole) if json.loads(line)["type"] == kept][1] + 1
    (rig.root / "journal.jsonl").write_bytes(b"".join(whole[:cut]) + whole[cut][:-20])
    assert rig.run() == 0
    assert (rig.root / "journal.jsonl").read_bytes().startswith(b"".join(whole[:cut]))
    assert [record["n"] for record in rig.lines] == list(range(1, len(rig.lines) + 1))
    assert len(rig.of("start")) == 1 and len(rig.of("end")) == 1 and outputs(rig) == wanted
    assert sum(record["phase"] == "EXPLORE" for record in rig.of("phase_start")) == 1
    assert f"worker started again after line {cut}" in [record["text"] for record in rig.of("note")]


def test_kill_at_any_moment_leaves_whole_lines_and_a_free_lock(rig: Any) -> None:
    for lines in (1, 3, 5):
        before = len(rig.lines)
        worker = rig.start()
        while len(rig.lines) < before + lines and worker.poll() is None:
            time.sleep(0.001)
        holder = read_holder(rig.root / "worker.lock")
        assert holder is not None and holder.pid == worker.pid
        assert worker.poll() is not None or process_started(worker.pid) == holder.started
        if worker.poll() is None:
            os.killpg(worker.pid, signal.SIGKILL)
        worker.wait(10)
        with WorkerLock(rig.root / "worker.lock"):
            pass
    assert rig.run() in (0, 2)
    assert [record["n"] for record in rig.lines] == list(range(1, len(rig.lines) + 1))
    assert rig.lines[-1]["outcome"] == "succeeded" and len(rig.of("start")) == 1


def test_the_time_limit_counts_from_the_first_line(rig: Any) -> None:
    first = {"n": 1, "at": "2020-01-01T00:00:00.000Z", "type": "start", "job": "job-1", "fence": 4}
    (rig.root / "journal.jsonl").write_text(json.dumps(first) + "\n")
    assert rig.run() == 1
    assert "The time limit of the job is reached" in rig.lines[-1]["message"]
