"""What goes wrong before or around the work is said in the journal or, failing that, in worker.log."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest


def assert_ended(rig: Any, outcome: str, reason: str) -> None:
    *_, end = rig.lines
    assert end["type"] == "end" and end["outcome"] == outcome and reason in end["message"]
    assert [record["n"] for record in rig.lines] == list(range(1, len(rig.lines) + 1))
    start = rig.lines[0]
    assert (start["type"], start["n"]) == ("start", 1)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"version": 9}, "job.json: version is 9"),
        ({"plan": None}, "job.json: plan is missing"),
        ({"engine": "openhands"}, 'engine "openhands" does not exist'),
        ({"bundle": "in/missing.bundle"}, '"in/missing.bundle" does not exist in the sandbox'),
        ({"branch_tip": "b" * 40}, "does not give commit " + "b" * 40),
    ],
)
def test_a_job_that_cannot_be_done_is_journaled(rig: Any, change: dict[str, Any], reason: str) -> None:
    rig.job.update(change)
    assert rig.run() == 1
    assert_ended(rig, "failed", reason)
    assert rig.of("error")[-1]["message"] == rig.lines[-1]["message"]
    start = rig.lines[0]
    assert (start["job"], start["fence"], start["spec"], start["sandbox"]) == (
        "job-1",
        4,
        rig.job["spec_id"],
        "sbx-job-1-4",
    )


def test_a_torn_bundle_is_journaled(rig: Any) -> None:
    bundle = rig.root / "in/repo.bundle"
    bundle.write_bytes(bundle.read_bytes()[:-40])
    assert rig.run() == 1
    assert_ended(rig, "failed", "in/repo.bundle does not give commit")


def test_a_torn_job_is_journaled_with_what_the_environment_says(rig: Any) -> None:
    worker = rig.start("/bin/sh", "-c", 'printf "{" > "$0/job.json"; exec "$@"', str(rig.root))
    assert worker.wait(60) == 1
    assert_ended(rig, "failed", "job.json cannot be read")
    assert rig.lines[0]["job"] == "job-1" and rig.lines[0]["fence"] == -1


def test_an_attempt_that_ended_is_not_begun_again(rig: Any) -> None:
    rig.job["engine"] = "openhands"
    assert rig.run() == 1
    before = (rig.root / "journal.jsonl").read_bytes()
    assert rig.run() == 2
    assert (rig.root / "journal.jsonl").read_bytes() == before
    assert "this attempt has ended" in rig.log


def test_a_fault_of_the_frame_itself_is_journaled(rig: Any) -> None:
    (rig.root / "journal.jsonl").write_text('{"n":1,"type":"start"}\n')
    assert rig.run() == 1
    assert_ended(rig, "failed", "KeyError: 'at'")
    assert "Traceback" in rig.of("error")[-1]["traceback"]


def test_a_corrupt_journal_is_left_alone(rig: Any) -> None:
    (rig.root / "journal.jsonl").write_bytes(b"lies\n")
    assert rig.run() == 4
    assert (rig.root / "journal.jsonl").read_bytes() == b"lies\n"
    assert "line 1 of the journal cannot be read" in rig.log


LIMITED = """
import os, resource, sys
limit = int(sys.argv[1])
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
os.execv(sys.argv[2], sys.argv[2:])
"""


@pytest.mark.parametrize("limit", [20, 200, 700, 1200, 2000])
def test_a_file_size_limit_ends_it_with_an_exit_code_and_a_reason(rig: Any, limit: int) -> None:
    assert rig.run(sys.executable, "-c", LIMITED, str(limit)) in (1, 4)
    numbers = [record["n"] for record in rig.lines]
    assert numbers == list(range(1, len(numbers) + 1))
    journal = rig.root / "journal.jsonl"
    content = journal.read_bytes() if journal.exists() else b""
    assert content == b"" or content.endswith(b"\n")
    assert len(content) <= limit and not [end for end in rig.of("end") if end["outcome"] == "succeeded"]
    if limit > 100:
        assert "File too large" in rig.log + json.dumps(rig.lines)


def test_a_folder_that_is_none_and_wrong_usage(archive: Path, tmp_path: Path) -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-I", str(archive), *arguments]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    missing, wrong = run("run", "missing"), run("dance")
    assert missing.returncode == 2 and "missing is no folder" in missing.stderr
    assert wrong.returncode == 2 and "dance" in wrong.stderr
