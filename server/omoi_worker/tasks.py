"""Runs one task: the engine's files, the check, one commit; then waits for the server's answer."""

from __future__ import annotations

import shlex
import time

from omoi_worker import commits
from omoi_worker.checkout import check_out
from omoi_worker.commits import Bundle, Commit, RebaseConflict
from omoi_worker.context import Interrupted
from omoi_worker.engines import Engine, TaskDraft
from omoi_worker.evidence import Evidence, project_check, run_check
from omoi_worker.frame import Frame
from omoi_worker.git import GitError
from omoi_worker.inbox import Message
from omoi_worker.job import Task
from omoi_worker.supervisor import Outcome
from omoi_worker.writing import write_files

POLL = 0.1
"""Seconds between two looks into the inbox while waiting for the answer to a result."""


class TaskRun:
    """One task of one attempt. `run` is called once."""

    def __init__(self, frame: Frame, task: Task, engine: Engine) -> None:
        self._frame = frame
        self._task = task
        self._engine = engine
        self._results = sum(1 for record in frame.journal.history if record["type"] == "result")
        self._made: Commit
        self._bundle: Bundle
        self._summary = ""
        self._command = ""

    def run(self) -> Outcome:
        """Do the task, hand the result out, and see it accepted or rebased. Raises what the parts raise."""
        if not self._resume():
            failed = self._work()
            if failed is not None:
                return failed
        elif any(r["type"] == "inbox" and r["kind"] == "accepted" for r in self._frame.journal.history):
            return self._accepted()
        return self._wait()

    def _resume(self) -> bool:
        """Whether an earlier process of this sandbox handed out a result that its clone still has."""
        results = [record for record in self._frame.journal.history if record["type"] == "result"]
        if not results or not (self._frame.sandbox.work / ".git").is_dir():
            return False
        last = results[-1]
        try:
            self._made = commits.describe(self._frame.git, last["commit"])
        except GitError:
            return False
        self._bundle = Bundle(last["bundle"], last["sha256"])
        self._summary = last["summary"]
        self._command = last["evidence"]["command"]
        return True

    def _work(self) -> Outcome | None:
        """None once the result is handed out."""
        frame, context = self._frame, self._frame.context
        with context.command(f"checkout {frame.job.branch_tip[:12]}"):
            check_out(frame.git, frame.sandbox, frame.job)
        context.doing = "working on the task"
        draft = self._draft()
        with context.command(f"writing {_count(len(draft.files), 'file')}"):
            paths = write_files(frame.sandbox.work, draft.files)
            tree = commits.stage(frame.git, paths)
        self._summary = draft.summary
        self._command = shlex.join(draft.check_argv or [])
        evidence, failed = self._check(tree)
        if failed is not None:
            return failed
        text = commits.message(self._task, draft.summary)
        self._made = commits.commit(frame.git, self._task, tree, frame.job.branch_tip, text)
        if not self._made.files:
            context.note("Nothing changed: the files are on the branch already. The commit is empty.")
        self._hand_out(evidence)
        return None

    def _draft(self) -> TaskDraft:
        while True:
            try:
                return self._engine.work(self._frame.context, self._task.data)
            except Interrupted:
                continue

    def _check(self, tree: str) -> tuple[Evidence, Outcome | None]:
        """Evidence about `tree`, which the clone holds; an outcome when it must not be handed out."""
        self._frame.context.doing = "running the check"
        evidence = run_check(self._frame, self._task, self._command, tree)
        if not evidence.passed:
            why = f'The check "{evidence.command}" ended with exit code {evidence.exit_code}.'
            return evidence, Outcome("failed", f"{why}\n{evidence.tail}".strip())
        if evidence.command and not commits.untouched(self._frame.git):
            why = (
                f'The check "{evidence.command}" changed files of the repository, so it says nothing about the commit.'
            )
            return evidence, Outcome("failed", f"{why} Let it write outside the repository or to ignored files.")
        return evidence, None

    def _hand_out(self, evidence: Evidence) -> None:
        self._results += 1
        made = self._made
        self._bundle = commits.bundle(self._frame.git, self._frame.sandbox, made, f"result-{self._results}.bundle")
        self._frame.journal.append(
            "result",
            commit=made.sha,
            tree=made.tree,
            parent=made.parent,
            bundle=self._bundle.path,
            sha256=self._bundle.sha256,
            files=list(made.files),
            summary=self._summary,
            evidence=evidence.fields(),
            project_check=project_check(self._command, self._engine.name),
        )

    def _wait(self) -> Outcome:
        """Until the server accepts; a rebase on the way makes a new result. The time limit ends it otherwise."""
        context = self._frame.context
        while True:
            context.doing = f"waiting for the server's answer to commit {self._made.sha[:12]}"
            context.receive(waiting=True)
            while context.answers:
                answer = context.answers.pop(0)
                if answer.kind == "accepted":
                    return self._accepted()
                outcome = self._rebase(answer)
                if outcome is not None:
                    return outcome
            time.sleep(POLL)

    def _accepted(self) -> Outcome:
        return Outcome("succeeded", f"Commit {self._made.sha[:12]} is on the branch.")

    def _rebase(self, answer: Message) -> Outcome | None:
        """Put the commit onto the new tip, check that tree, hand it out. An outcome when that cannot be."""
        frame, made = self._frame, self._made
        frame.context.doing = "rebasing onto the moved branch"
        try:
            with frame.context.command(f"rebase onto {answer.tip[:12]}"):
                frame.git.fetch_bundle(frame.sandbox.input(answer.bundle, "inbox"), answer.tip)
                if frame.git.succeeds("merge-base", "--is-ancestor", made.sha, answer.tip):
                    return Outcome("failed", f"{answer.tip[:12]} holds commit {made.sha[:12]} already.")
                tree = commits.replay(frame.git, made, answer.tip)
        except RebaseConflict as conflict:
            frame.journal.append(
                "conflict",
                paths=conflict.paths,
                bundle=self._bundle.path,
                sha256=self._bundle.sha256,
                commit=made.sha,
            )
            return Outcome("conflict", f"The branch moved to {answer.tip[:12]}: {conflict}. The work is kept.")
        evidence, failed = self._check(tree)
        if failed is not None:
            return failed
        text = frame.git.run("log", "-1", "--format=%B", made.sha).decode("utf-8", "replace").rstrip("\n") + "\n"
        date = frame.git.line("log", "-1", "--format=@%ad", "--date=raw", made.sha)
        self._made = commits.commit(frame.git, self._task, tree, answer.tip, text, date)
        self._hand_out(evidence)
        return None


def _count(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
