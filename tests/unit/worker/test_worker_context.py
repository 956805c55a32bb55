from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from omoi_worker.checkout import check_out
from omoi_worker.context import MAX_TAIL, MAX_TEXT, Interrupted, StopRequested
from omoi_worker.engines import PastCommit
from omoi_worker.frame import Frame
from omoi_worker.history import MAX_SUBJECT
from omoi_worker.journal import JournalClosed

MakeFrame = Callable[..., Frame]


def lines(frame: Frame) -> list[dict[str, Any]]:
    return [json.loads(line) for line in frame.sandbox.journal.read_bytes().splitlines()]


def put(frame: Frame, number: int, **message: str) -> None:
    path = frame.sandbox.inbox / f"{number:04}-{message['id']}.json"
    path.write_text(json.dumps(message))


def test_a_command_is_bracketed_and_numbered(make_frame: MakeFrame) -> None:
    context = (frame := make_frame()).context
    with context.command("reading\n shop/auth.py"):
        pass
    with context.command("x" * 2 * MAX_TEXT) as command:
        command.exit_code, command.tail = 3, "y" * 2 * MAX_TAIL + "end"
    first, first_end, second, second_end = lines(frame)
    assert (first["type"], first["id"], first["text"]) == ("command_start", 1, "reading shop/auth.py")
    assert (first_end["type"], first_end["id"], first_end["exit_code"]) == ("command_end", 1, 0)
    assert "tail" not in first_end and first_end["duration_ms"] >= 0
    assert second["id"] == 2 and len(second["text"]) == MAX_TEXT
    assert second_end["exit_code"] == 3 and len(second_end["tail"]) == MAX_TAIL
    assert second_end["tail"].endswith("end")
    frame.journal.close()
    with make_frame().context.command("again") as command:
        assert command.id == 3


def test_a_failing_command_is_closed_and_says_why(make_frame: MakeFrame) -> None:
    frame = make_frame()
    with pytest.raises(KeyError), frame.context.command("looking"):
        raise KeyError("shop")
    end = lines(frame)[-1]
    assert (end["type"], end["exit_code"], end["tail"]) == ("command_end", 1, "KeyError: 'shop'")


def test_a_closed_journal_ends_the_work(make_frame: MakeFrame) -> None:
    frame = make_frame()
    with pytest.raises(JournalClosed), frame.context.command("looking"):
        frame.journal.end("stopped", "now")
    assert lines(frame)[-1]["type"] == "end"


def test_stop_is_heard_before_the_next_command(make_frame: MakeFrame) -> None:
    frame = make_frame()
    put(frame, 1, id="m", kind="message", text="hello", author="mara")
    put(frame, 2, id="s", kind="stop", author="jon", text="wrong idea")
    with pytest.raises(StopRequested, match="stopped by jon: wrong idea"), frame.context.command("reading"):
        pytest.fail("the command started")
    assert [(r["type"], r["id"], r["kind"]) for r in lines(frame)] == [
        ("inbox", "m", "message"),
        ("inbox", "s", "stop"),
    ]
    assert [message.text for message in frame.context.messages] == ["hello"]


def test_an_interruption_is_raised_only_while_working(make_frame: MakeFrame) -> None:
    frame = make_frame()
    put(frame, 1, id="i", kind="interrupt", author="jon")
    with pytest.raises(Interrupted, match="interrupted by jon"):
        frame.context.receive()
    put(frame, 2, id="j", kind="interrupt")
    frame.context.receive(waiting=True)
    assert [message.id for message in frame.context.messages] == ["i", "j"]


def test_bad_files_are_errors_and_answers_wait(make_frame: MakeFrame) -> None:
    frame = make_frame()
    (frame.sandbox.inbox / "0001-x.json").write_text("{")
    put(frame, 2, id="a", kind="accepted")
    frame.context.receive()
    error, taken = lines(frame)
    assert error["type"] == "error" and "inbox/0001-x.json cannot be read" in error["message"]
    assert taken["kind"] == "accepted" and [answer.id for answer in frame.context.answers] == ["a"]


def test_history_is_newest_first_limited_and_without_merges_or_renames(repository: Any, make_frame: MakeFrame) -> None:
    side = repository.git("rev-parse", "HEAD")
    repository.commit({"shop/mäil.py": "a\n", "two\nlines.py": "b\n"}, "Mail ä " + "x" * MAX_SUBJECT)
    repository.git("mv", "shop/auth.py", "shop/login.py")
    repository.commit({}, "Rename the login")
    repository.git("checkout", "-q", "-b", "side", side)
    repository.commit({"side.py": "s\n"}, "Aside")
    repository.git("checkout", "-q", "main")
    repository.git("merge", "-q", "--no-ff", "-m", "Merge side", "side")
    repository.commit({}, "Nothing")
    frame = make_frame()
    check_out(frame.git, frame.sandbox, frame.job)
    past = frame.context.history(10)
    subjects = [commit.subject for commit in past]
    assert subjects[0] == "Nothing" and subjects[-1] == "start" and "Merge side" not in subjects and len(past) == 5
    by_subject = {commit.subject[:6]: set(commit.files) for commit in past}
    assert by_subject == {
        "Nothin": set(),
        "Rename": {"shop/auth.py", "shop/login.py"},
        "Mail ä": {"shop/mäil.py", "two\nlines.py"},
        "Aside": {"side.py"},
        "start": {"README.md", "shop/auth.py"},
    }
    assert max(len(subject) for subject in subjects) == MAX_SUBJECT
    assert frame.context.history(2) == past[:2] and frame.context.history(0) == []
    assert list(frame.sandbox.tmp.iterdir()) == []


def test_history_ends_at_the_commit_of_the_job(repository: Any, make_frame: MakeFrame) -> None:
    repository.commit({"later.py": "1\n"}, "Later")
    frame = make_frame()
    check_out(frame.git, frame.sandbox, frame.job)
    frame.git.checkout("HEAD~1")
    assert [commit.subject for commit in frame.context.history(10)] == ["start"]


def test_history_of_a_clone_without_commits_is_empty(make_frame: MakeFrame) -> None:
    frame = make_frame()
    assert frame.context.history(10) == []
    frame.sandbox.work.mkdir(exist_ok=True)
    frame.git.init()
    assert frame.context.history(10) == []


def test_a_history_that_git_cannot_read_is_noted(make_frame: MakeFrame) -> None:
    frame = make_frame()
    check_out(frame.git, frame.sandbox, frame.job)
    tree = frame.git.line("rev-parse", "HEAD^{tree}")
    lost = frame.git.line(
        "hash-object", "-t", "commit", "-w", "--literally", "--stdin",
        stdin=f"tree {tree}\nparent {'1' * 40}\nauthor a <a> 1 +0000\ncommitter a <a> 1 +0000\n\nlost\n".encode(),
    )  # fmt: skip
    (frame.sandbox.work / ".git" / "HEAD").write_text(lost + "\n")
    assert frame.context.history(10) == []
    assert "working without the repository's history: git log failed" in lines(frame)[-1]["text"]


def test_control_characters_of_a_name_stay_in_the_history(repository: Any, make_frame: MakeFrame) -> None:
    repository.commit({"MARK\x02login": "1\n"}, "Odd")
    frame = make_frame()
    check_out(frame.git, frame.sandbox, frame.job)
    assert frame.context.history(10)[0] == PastCommit("Odd", ("MARK\x02login",))
