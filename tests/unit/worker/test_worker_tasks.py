from __future__ import annotations

import json
import shlex
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from omoi_worker.context import StopRequested
from omoi_worker.engines import Context, PhaseDraft, TaskDraft
from omoi_worker.frame import Frame
from omoi_worker.supervisor import Outcome
from omoi_worker.tasks import TaskRun
from omoi_worker.writing import UnsafePath

MakeFrame = Callable[..., Frame]
Data = dict[str, Any]


class Writer:
    """An engine that writes prepared files and asks for a prepared check."""

    name, version, prompt_version, model = "prepared", "7", "p3", None

    def __init__(self, files: dict[str, str], check: list[str] | None = None) -> None:
        self.draft = TaskDraft(files, "Write what was asked.", check)
        self.tasks: list[Data] = []

    def plan(
        self,
        phase: str,
        context: Context,
        upstream: Mapping[str, Data],
        previous: Data | None,
        feedback: Sequence[Mapping[str, str]],
        evaluator_feedback: str,
    ) -> PhaseDraft:
        raise NotImplementedError("works only")

    def work(self, context: Context, task: Data) -> TaskDraft:
        self.tasks.append(task)
        with context.command("reading README.md"):
            assert (context.root / "README.md").is_file()
        return self.draft


def python(program: str) -> list[str]:
    return [sys.executable, "-c", program]


def task_run(frame: Frame, engine: Writer) -> TaskRun:
    assert frame.job.task is not None
    return TaskRun(frame, frame.job.task, engine)


def lines(frame: Frame, *types: str) -> list[Data]:
    found = [
        json.loads(line) for line in frame.sandbox.journal.read_bytes().splitlines(keepends=True) if line[-1:] == b"\n"
    ]
    return [record for record in found if record["type"] in types or not types]


def send(frame: Frame, number: int, **message: str) -> None:
    folder = frame.sandbox.inbox
    (folder / "new.tmp").write_text(json.dumps({"id": f"m{number}", **message}))
    (folder / "new.tmp").rename(folder / f"{number:04}-m{number}.json")


@contextmanager
def running(frame: Frame, engine: Writer) -> Iterator[tuple[threading.Thread, list[Outcome]]]:
    outcomes: list[Outcome] = []
    thread = threading.Thread(target=lambda: outcomes.append(task_run(frame, engine).run()))
    thread.start()
    yield thread, outcomes
    thread.join(20)
    assert not thread.is_alive()


def wait_for(frame: Frame, type_: str, count: int = 1) -> Data:
    pause = threading.Event()
    for _ in range(1000):
        found = lines(frame, type_)
        if len(found) >= count:
            return found[count - 1]
        pause.wait(0.02)
    pytest.fail(f"no {type_} line came: {lines(frame)}")


def test_a_task_is_one_commit_with_evidence_about_its_tree(repository: Any, make_frame: MakeFrame) -> None:
    frame = make_frame()
    command = python("print(open('features/a.feature').read())")
    send(frame, 1, kind="accepted")
    engine = Writer({"features/a.feature": "Feature: a\n", "README.md": "# Shop\n"}, command)
    assert task_run(frame, engine).run().outcome == "succeeded"
    assert engine.tasks == [frame.job.data["task"]]
    (check,), (result,) = lines(frame, "check"), lines(frame, "result")
    assert check["exit_code"] == 0 and check["tail"] == "Feature: a\n\n" and check["command"] == shlex.join(command)
    assert result["evidence"] == {name: check[name] for name in ("command", "exit_code", "tail", "duration_ms", "tree")}
    assert result["tree"] == check["tree"] and result["parent"] == frame.job.branch_tip
    assert result["files"] == ["features/a.feature"] and result["summary"] == "Write what was asked."
    repository.git("fetch", "--quiet", str(frame.sandbox.root / result["bundle"]), "refs/omoi/tip-0:refs/heads/taken")
    assert repository.git("rev-parse", "taken", "taken^{tree}").split() == [result["commit"], result["tree"]]
    assert repository.git("log", "-1", "--format=%s", "taken") == "Lock the account"


def test_an_unchanged_tree_makes_an_empty_commit_that_says_so(make_frame: MakeFrame) -> None:
    frame = make_frame()
    send(frame, 1, kind="accepted")
    assert task_run(frame, Writer({"README.md": "# Shop\n"})).run().outcome == "succeeded"
    (result,) = lines(frame, "result")
    assert result["files"] == [] and result["commit"] != result["parent"]
    assert result["evidence"]["command"] == "" and result["project_check"] == "no check configured"
    assert "Nothing changed" in lines(frame, "note")[0]["text"] and lines(frame, "check") == []


def test_a_red_check_hands_nothing_out(make_frame: MakeFrame) -> None:
    frame = make_frame()
    outcome = task_run(frame, Writer({"a.txt": "a"}, python("import sys; sys.exit('3 scenarios fail')"))).run()
    assert outcome.outcome == "failed"
    assert "ended with exit code 1" in outcome.message and outcome.message.endswith("3 scenarios fail")
    assert lines(frame, "result") == [] and lines(frame, "check")[0]["exit_code"] == 1


def test_a_check_that_changes_the_tree_is_no_evidence(make_frame: MakeFrame) -> None:
    frame = make_frame()
    outcome = task_run(frame, Writer({"a.txt": "a"}, python("open('README.md', 'a').write('x')"))).run()
    assert outcome.outcome == "failed" and "changed files of the repository" in outcome.message


def test_an_engine_cannot_write_outside(tmp_path: Path, make_frame: MakeFrame) -> None:
    frame = make_frame()
    with pytest.raises(UnsafePath):
        task_run(frame, Writer({"../../escaped": "x"})).run()
    assert not list(tmp_path.rglob("escaped")) and lines(frame, "result") == []


def test_a_moved_branch_is_rebased_and_checked_again(repository: Any, make_frame: MakeFrame) -> None:
    frame = make_frame()
    engine = Writer({"a.txt": "a\n"}, python("import os; print(sorted(os.listdir('.')))"))
    with running(frame, engine) as (_, outcomes):
        first = wait_for(frame, "result")
        tip = repository.commit({"b.txt": "b\n"}, "a person's")
        repository.bundle(frame.sandbox.inbox / "0001-m1.bundle", tip)
        send(frame, 1, kind="rebase", bundle="inbox/0001-m1.bundle", tip=tip)
        second = wait_for(frame, "result", 2)
        send(frame, 2, kind="accepted")
    assert outcomes[0].outcome == "succeeded" and len(engine.tasks) == 1
    assert second["parent"] == tip and second["commit"] != first["commit"] and second["tree"] != first["tree"]
    assert second["evidence"]["tree"] == second["tree"] and "'b.txt'" in second["evidence"]["tail"]
    assert first["bundle"] != second["bundle"] and second["files"] == ["a.txt"]
    repository.git("fetch", "--quiet", str(frame.sandbox.root / second["bundle"]), "refs/omoi/tip-0:refs/heads/taken")
    assert repository.git("rev-list", "--count", "main..taken") == "1"
    trailers = repository.git("log", "-1", "--format=%(trailers:only)", "taken").splitlines()
    assert trailers == ["Spec-Id: spec-1", "Task-Id: task-1", "Omoi-Job: job-1/4"]
    kept = "--format=%an %ae %ad %cn %s"
    assert frame.git.line("log", "-1", kept, first["commit"]) == repository.git("log", "-1", kept, "taken")


def test_a_conflict_ends_the_attempt_with_paths_and_the_work(repository: Any, make_frame: MakeFrame) -> None:
    frame = make_frame()
    with running(frame, Writer({"README.md": "# Ours\n"})) as (_, outcomes):
        first = wait_for(frame, "result")
        tip = repository.commit({"README.md": "# Theirs\n"}, "a person's")
        repository.bundle(frame.sandbox.inbox / "0001-m1.bundle", tip)
        send(frame, 1, kind="rebase", bundle="inbox/0001-m1.bundle", tip=tip)
    assert outcomes[0].outcome == "conflict" and "README.md" in outcomes[0].message
    (conflict,) = lines(frame, "conflict")
    assert conflict["paths"] == ["README.md"]
    assert all(conflict[name] == first[name] for name in ("commit", "bundle", "sha256"))


def test_a_check_that_fails_on_the_new_tip_hands_nothing_more_out(repository: Any, make_frame: MakeFrame) -> None:
    frame = make_frame()
    engine = Writer({"a.txt": "a\n"}, python("import os, sys; sys.exit(os.path.exists('b.txt'))"))
    with running(frame, engine) as (_, outcomes):
        wait_for(frame, "result")
        tip = repository.commit({"b.txt": "b\n"}, "a person's")
        repository.bundle(frame.sandbox.inbox / "0001-m1.bundle", tip)
        send(frame, 1, kind="rebase", bundle="inbox/0001-m1.bundle", tip=tip)
    assert outcomes[0].outcome == "failed" and len(lines(frame, "result")) == 1
    assert [check["exit_code"] for check in lines(frame, "check")] == [0, 1]


def test_a_tip_that_has_the_commit_already_is_not_rebased_on(repository: Any, make_frame: MakeFrame) -> None:
    frame = make_frame()
    with running(frame, Writer({"a.txt": "a\n"})) as (_, outcomes):
        first = wait_for(frame, "result")
        repository.git(
            "fetch", "--quiet", str(frame.sandbox.root / first["bundle"]), "refs/omoi/tip-0:refs/heads/taken"
        )
        repository.bundle(frame.sandbox.inbox / "0001-m1.bundle", first["commit"])
        send(frame, 1, kind="rebase", bundle="inbox/0001-m1.bundle", tip=first["commit"])
    assert outcomes[0].outcome == "failed" and "already" in outcomes[0].message


def test_a_worker_started_again_waits_for_the_answer_to_its_result(repository: Any, make_frame: MakeFrame) -> None:
    first = make_frame()
    send(first, 1, kind="stop")
    engine = Writer({"a.txt": "a\n"}, python("print('ok')"))
    (first.sandbox.inbox / "0001-m1.json").rename(first.sandbox.root / "later.json")
    run = task_run(first, engine)
    with pytest.raises(StopRequested):
        _stop_after_result(first, run)
    first.journal.close()
    second = make_frame()
    send(second, 2, kind="accepted")
    assert task_run(second, engine).run().outcome == "succeeded"
    assert len(engine.tasks) == 1 and len(lines(second, "result")) == 1


def _stop_after_result(frame: Frame, run: TaskRun) -> None:
    def watch() -> None:
        wait_for(frame, "result")
        (frame.sandbox.root / "later.json").rename(frame.sandbox.inbox / "0001-m1.json")

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        run.run()
    finally:
        watcher.join()
