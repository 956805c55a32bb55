"""Task jobs with engine outline: the commit, its evidence, and the conversation with the server."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from omoi_spec.markdown import render

REQUIREMENTS: dict[str, Any] = {
    "notice": "",
    "feature_name": "Lock an account",
    "introduction": "Accounts lock after five failed logins.",
    "glossary": [],
    "requirements": [
        {
            "id": "REQ-001",
            "title": "Lock the account",
            "user_story": {"role": "owner", "want": "my account locked", "benefit": "nobody guesses my password"},
            "statement": "WHEN five logins fail in a row, THE SYSTEM SHALL lock the account.",
            "criteria": [
                {"id": "REQ-001.1", "text": "WHEN the fifth login fails, THE SYSTEM SHALL lock the account."},
                {"id": "REQ-001.2", "text": "IF the account is locked, THEN THE SYSTEM SHALL answer 423."},
            ],
        }
    ],
    "assumptions": [],
    "out_of_scope": [],
    "open_questions": [],
    "changes": [],
}


def make_task(rig: Any, documents: bool = True) -> None:
    """Turn the job into the first task of a spec whose documents are on the branch."""
    spec_id = rig.job["spec_id"]
    if documents:
        files = {
            "specs/lock/requirements.md": render("REQUIREMENTS", REQUIREMENTS),
            "specs/lock/omoi.json": json.dumps({"spec_id": spec_id}),
        }
        rig.base_on(files, "the plan")
    rig.job.update(kind="task", plan=None)
    rig.job["task"] = {
        "task_id": "1f3a91c2-0000-4000-8000-000000000002",
        "key": "TSK-001" if documents else "",
        "title": "Write the scenarios of REQ-001: Lock the account",
        "description": "One scenario per criterion.",
        "requirements": REQUIREMENTS["requirements"] if documents else [],
        "files": ["features/lock-the-account.feature"] if documents else [],
        "check": "omoi-worker check features/lock-the-account.feature" if documents else "",
        "outputs": {"REQUIREMENTS": {"data": REQUIREMENTS}} if documents else {},
        "documents_dir": "specs/lock" if documents else "",
        "comments": [],
        "author": {"name": "Omoi", "email": "omoi@shop.test"},
        "trailers": [["Spec-Id", spec_id], ["Task-Id", "t"], ["Requirements", "REQ-001"], ["Omoi-Job", "job-1/4"]],
    }


@pytest.mark.parametrize("documents", [True, False])
def test_a_task_is_one_checked_commit_and_ends_when_accepted(rig: Any, tmp_path: Path, documents: bool) -> None:
    make_task(rig, documents)
    worker = rig.start()
    result = rig.wait_for("result")
    assert worker.poll() is None
    rig.send(1, kind="accepted")
    assert worker.wait(20) == 0
    assert rig.lines[-1]["outcome"] == "succeeded" and [r["id"] for r in rig.of("inbox")] == ["m1"]
    path = rig.root / result["bundle"]
    assert hashlib.sha256(path.read_bytes()).hexdigest() == result["sha256"]
    rig.git("fetch", "--quiet", str(path), "refs/omoi/tip-0:refs/heads/taken")
    assert rig.git("rev-list", f"{rig.tip}..taken") == result["commit"]
    assert rig.git("rev-parse", "taken^{tree}") == result["tree"] == result["evidence"]["tree"]
    assert rig.git("diff", "--name-only", rig.tip, "taken").splitlines() == result["files"]
    trailers = rig.git("log", "-1", "--format=%(trailers:only)", "taken").splitlines()
    assert trailers == [f"{key}: {value}" for key, value in rig.job["task"]["trailers"]]
    evidence = result["evidence"]
    assert evidence["exit_code"] == 0 and evidence["command"].startswith("omoi-worker check ")
    assert str(tmp_path) not in evidence["command"]
    assert result["project_check"] == "not run (outline changes no code)"
    assert rig.of("check")[0]["tree"] == result["tree"]
    if documents:
        # What a reviewer reads can be repeated on the branch.
        clone = tmp_path / "clone"
        rig.git("clone", "--quiet", "-b", "taken", str(rig.repository), str(clone))
        again = [sys.executable, "-I", str(rig.root / "worker.pyz"), *evidence["command"].split()[1:]]
        assert subprocess.run(again, cwd=clone, check=False).returncode == 0


def test_a_moved_branch_is_checked_again_on_the_new_tree(rig: Any) -> None:
    make_task(rig)
    worker = rig.start()
    first = rig.wait_for("result")
    tip = rig.move_branch(1, {"shop/limits.py": "LIMIT = 5\n"})
    second = rig.wait_for("result", 2)
    rig.send(2, kind="accepted")
    assert worker.wait(20) == 0
    assert second["parent"] == tip and second["tree"] != first["tree"] == rig.of("check")[0]["tree"]
    assert second["evidence"]["tree"] == second["tree"] == rig.of("check")[1]["tree"]


def test_a_moved_branch_with_other_requirements_is_no_evidence(rig: Any) -> None:
    make_task(rig)
    worker = rig.start()
    rig.wait_for("result")
    changed = json.loads(json.dumps(REQUIREMENTS))
    changed["requirements"][0]["criteria"][1]["text"] = "IF the mail bounces, THEN THE SYSTEM SHALL log it."
    rig.move_branch(1, {"specs/lock/requirements.md": render("REQUIREMENTS", changed)})
    assert worker.wait(20) == 1
    assert len(rig.of("result")) == 1 and rig.of("check")[-1]["exit_code"] == 1
    assert "REQ-001.2" in rig.lines[-1]["message"]


def test_a_conflict_keeps_the_work(rig: Any) -> None:
    make_task(rig)
    worker = rig.start()
    result = rig.wait_for("result")
    rig.move_branch(1, dict.fromkeys(result["files"], "a person wrote this\n"))
    assert worker.wait(20) == 3
    (conflict,) = rig.of("conflict")
    assert conflict["paths"] == result["files"] and conflict["bundle"] == result["bundle"]
    assert rig.lines[-1]["outcome"] == "conflict"


@pytest.mark.parametrize("how", ["signal", "inbox"])
def test_stop_ends_it_within_a_second(rig: Any, how: str) -> None:
    make_task(rig)
    worker = rig.start()
    rig.wait_for("result")
    began = time.monotonic()
    if how == "signal":
        os.killpg(worker.pid, signal.SIGTERM)
    else:
        rig.send(1, kind="stop", author="jon", text="wrong idea")
    assert worker.wait(10) == 5
    assert time.monotonic() - began < 2
    end = rig.lines[-1]
    reason = "Stopped by SIGTERM." if how == "signal" else "stopped by jon: wrong idea"
    assert (end["type"], end["outcome"], end["message"]) == ("end", "stopped", reason)


def test_a_killed_worker_goes_on_waiting_for_its_answer(rig: Any) -> None:
    make_task(rig)
    worker = rig.start()
    result = rig.wait_for("result")
    os.killpg(worker.pid, signal.SIGKILL)
    worker.wait(10)
    with (rig.root / "journal.jsonl").open("ab") as journal:
        journal.write(b'{"n":99,"at":"2026-')
    rig.send(1, kind="accepted")
    assert rig.run() == 0
    assert rig.of("result") == [result]
    assert [record["n"] for record in rig.lines] == list(range(1, len(rig.lines) + 1))
    assert rig.lines[-1]["outcome"] == "succeeded"


def test_no_answer_ends_at_the_time_limit_with_signs_of_life_before(rig: Any) -> None:
    make_task(rig)
    rig.job["limits"] = {"seconds": 3, "heartbeat_seconds": 1}
    assert rig.run() == 1
    result = rig.of("result")[0]
    assert rig.lines[-1]["message"] == (
        f"The time limit of the job is reached while waiting for the server's answer to commit {result['commit'][:12]}."
    )
    assert rig.of("heartbeat")


def test_a_bad_message_is_named_and_the_next_is_taken(rig: Any) -> None:
    make_task(rig)
    worker = rig.start()
    rig.wait_for("result")
    (rig.root / "inbox/0001-m1.json").write_text("{")
    rig.send(2, kind="accepted")
    assert worker.wait(20) == 0
    assert "inbox/0001-m1.json cannot be read" in rig.of("error")[0]["message"]
