from __future__ import annotations

import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from omoi_worker import commits
from omoi_worker.checkout import CheckoutError, check_out
from omoi_worker.commits import RebaseConflict
from omoi_worker.frame import Frame
from omoi_worker.git import GitError
from omoi_worker.job import Task
from omoi_worker.sandbox import SandboxPathError

MakeFrame = Callable[..., Frame]
ATTRIBUTES = "* filter=evil text=auto eol=crlf ident\n*.bin filter=lfs diff=lfs merge=lfs\n"
POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n"


def task_of(frame: Frame) -> Task:
    assert frame.job.task is not None
    return frame.job.task


def test_a_subject_holds_only_what_can_be_printed() -> None:
    def subject(title: str) -> str:
        return commits.subject(Task({}, "", "TSK-001", title, "", (), "", "", ()))

    assert subject("Lock\x1b[2J \u202eit\x9b\u2028now 思い") == "Lock[2J it now 思い"
    assert subject("\u202e\x07") == "TSK-001"


def test_a_hostile_repository_is_only_unpacked(tmp_path: Path, repository: Any, make_frame: MakeFrame) -> None:
    marker = tmp_path / "executed"
    hook = repository.root / ".git/hooks/post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\ntouch {marker}\n")
    hook.chmod(hook.stat().st_mode | stat.S_IXUSR)
    # The owner's own git would run the filter, so it is configured only after the commit.
    repository.commit({".gitattributes": ATTRIBUTES, "a.bin": POINTER, "line.txt": "one\n$Id$\n"}, "hostile")
    repository.git("config", "filter.evil.smudge", f"touch {marker}")
    repository.git("config", "core.fsmonitor", f"touch {marker}")
    marker.unlink(missing_ok=True)
    frame = make_frame()
    check_out(frame.git, frame.sandbox, frame.job)
    assert (frame.sandbox.work / "a.bin").read_text() == POINTER
    assert (frame.sandbox.work / "line.txt").read_bytes() == b"one\n$Id$\n"
    hooks = frame.sandbox.work / ".git/hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("post-checkout", "pre-commit", "post-rewrite", "reference-transaction"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {marker}\n")
        (hooks / name).chmod(0o755)
    frame.git.checkout(frame.job.branch_tip)
    assert not marker.exists()


def test_unknown_commits_and_bundles_are_named(make_frame: MakeFrame) -> None:
    def other_tip(data: dict[str, Any]) -> None:
        data["branch_tip"] = "b" * 40

    def outside(data: dict[str, Any]) -> None:
        data["bundle"] = "in/../../shop"

    frame = make_frame(change=other_tip)
    with pytest.raises(CheckoutError, match=r"in/repo\.bundle does not give commit b{40}"):
        check_out(frame.git, frame.sandbox, frame.job)
    with pytest.raises(SandboxPathError, match="not a path inside in/"):
        check_out(frame.git, frame.sandbox, make_frame(change=outside).job)


def test_only_bundles_are_fetched(tmp_path: Path, repository: Any, make_frame: MakeFrame) -> None:
    frame = make_frame()
    check_out(frame.git, frame.sandbox, frame.job)
    marker = tmp_path / "executed"
    with pytest.raises(GitError, match="not allowed"):
        frame.git.run("fetch", f"ext::touch {marker}")
    with pytest.raises(GitError, match="not allowed"):
        frame.git.run("fetch", "https://shop.test/x.git")
    assert not marker.exists()


def test_the_subject_is_cut_at_a_word(make_frame: MakeFrame) -> None:
    def title(text: str) -> str:
        return commits.subject(task_of(make_frame(change=lambda data: data["task"].update(title=text))))

    assert title("Lock the\n account ") == "Lock the account"
    assert title("") == "TSK-001"
    assert title("x" * 72) == "x" * 72
    assert title("x" * 73) == "x" * 71 + "…"
    assert title("Lock an account after five failed logins and tell its owner by mail, please") == (
        "Lock an account after five failed logins and tell its owner by mail…"
    )


def test_the_commit_has_the_trailers_the_author_and_only_its_files(repository: Any, make_frame: MakeFrame) -> None:
    repository.commit({".gitignore": "*.feature\n", "tool.sh": "#!/bin/sh\n"}, "ignore")
    frame = make_frame()
    check_out(frame.git, frame.sandbox, frame.job)
    work, task = frame.sandbox.work, task_of(frame)
    (work / "features").mkdir()
    (work / "features/a.feature").write_text("Feature: a\n")
    (work / "stray.txt").write_text("not mine")
    tree = commits.stage(frame.git, ["features/a.feature"])
    summary = "Spec-Id: forged\n\n# not a comment\n" + "word " * 40
    made = commits.commit(frame.git, task, tree, frame.job.branch_tip, commits.message(task, summary))
    assert made.files == ("features/a.feature",) and made.parent == frame.job.branch_tip
    body = frame.git.line("log", "-1", "--format=%an <%ae> %cn <%ce>%n%B", made.sha)
    assert body.startswith("Omoi <omoi@shop.test> Omoi <omoi@shop.test>\nLock the account\n\n")
    assert "# not a comment" in body
    assert max(len(line) for line in body.splitlines()[1:]) <= 72
    trailers = frame.git.line("log", "-1", "--format=%(trailers:only)", made.sha).splitlines()
    assert trailers == ["Spec-Id: spec-1", "Task-Id: task-1", "Omoi-Job: job-1/4"]


def test_the_bundle_has_one_commit_and_needs_its_parent(repository: Any, make_frame: MakeFrame) -> None:
    frame = make_frame()
    check_out(frame.git, frame.sandbox, frame.job)
    (frame.sandbox.work / "a.txt").write_text("a\n")
    task = task_of(frame)
    tree = commits.stage(frame.git, ["a.txt"])
    made = commits.commit(frame.git, task, tree, frame.job.branch_tip, commits.message(task, "s"))
    bundle = commits.bundle(frame.git, frame.sandbox, made, "result-1.bundle")
    assert bundle.path == "out/result-1.bundle" and len(bundle.sha256) == 64
    path = str(frame.sandbox.root / bundle.path)
    assert repository.git("bundle", "list-heads", path) == f"{made.sha} refs/omoi/tip-0"
    repository.git("fetch", "--quiet", path, "refs/omoi/tip-0:refs/heads/taken")
    assert repository.git("rev-list", "--count", f"{made.parent}..taken") == "1"
    assert repository.git("rev-parse", "taken^{tree}") == made.tree


def _made(frame: Frame, path: str, content: str) -> commits.Commit:
    check_out(frame.git, frame.sandbox, frame.job)
    (frame.sandbox.work / path).write_text(content)
    task = task_of(frame)
    tree = commits.stage(frame.git, [path])
    return commits.commit(frame.git, task, tree, frame.job.branch_tip, commits.message(task, "s"))


def test_replay_keeps_both_changes(repository: Any, make_frame: MakeFrame) -> None:
    frame = make_frame()
    made = _made(frame, "a.txt", "a\n")
    tip = repository.commit({"b.txt": "b\n"}, "a person's")
    repository.bundle(frame.sandbox.inbox / "tip.bundle", tip)
    frame.git.fetch_bundle(frame.sandbox.inbox / "tip.bundle", tip)
    tree = commits.replay(frame.git, made, tip)
    assert frame.git.paths("ls-tree", "-z", "--name-only", tree) == ["README.md", "a.txt", "b.txt", "shop"]


def test_replay_of_an_empty_or_repeated_change_is_the_tip(repository: Any, make_frame: MakeFrame) -> None:
    frame = make_frame()
    empty = _made(frame, "README.md", "# Shop\n")
    assert empty.files == ()
    tip = repository.commit({"a.txt": "a\n"}, "the same change")
    repository.bundle(frame.sandbox.inbox / "tip.bundle", tip)
    frame.git.fetch_bundle(frame.sandbox.inbox / "tip.bundle", tip)
    tree = repository.git("rev-parse", f"{tip}^{{tree}}")
    assert commits.replay(frame.git, empty, tip) == tree
    (frame.sandbox.work / "x").write_text("stray")
    frame.git.checkout(frame.job.branch_tip)
    (frame.sandbox.work / "a.txt").write_text("a\n")
    same_tree = commits.stage(frame.git, ["a.txt"])
    task = task_of(frame)
    same = commits.commit(frame.git, task, same_tree, frame.job.branch_tip, commits.message(task, "s"))
    assert commits.replay(frame.git, same, tip) == tree


def test_a_conflict_names_the_paths_and_keeps_the_work(repository: Any, make_frame: MakeFrame) -> None:
    frame = make_frame()
    made = _made(frame, "README.md", "# Ours\n")
    tip = repository.commit({"README.md": "# Theirs\n"}, "a person's")
    repository.bundle(frame.sandbox.inbox / "tip.bundle", tip)
    frame.git.fetch_bundle(frame.sandbox.inbox / "tip.bundle", tip)
    with pytest.raises(RebaseConflict) as caught:
        commits.replay(frame.git, made, tip)
    assert caught.value.paths == ["README.md"]
    assert frame.git.line("rev-parse", "HEAD") == made.sha
    assert (frame.sandbox.work / "README.md").read_text() == "# Ours\n"
