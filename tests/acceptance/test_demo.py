"""`make demo` as people and scripts run it: in a pipe, on a terminal, again, interrupted, killed, with a repository of theirs."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
COMMAND = [sys.executable, "-P", "-m", "demo"]
SECONDS = 100.0


def environment(home: Path, **more: str) -> dict[str, str]:
    """A person's: settings of another server, a HOME that cannot be written, no git identity."""
    foreign = {
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
        "OMOI_ADDRESS": "127.0.0.1:1",
        "HOME": "/nonexistent",
    }
    return (
        os.environ
        | foreign
        | {"PYTHONPATH": str(ROOT / "clients"), "OMOI_DEMO_HOME": str(home), "TERM": "xterm"}
        | more
    )


def demo(home: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """One run in a pipe."""
    return subprocess.run(
        COMMAND, env=environment(home, **more), cwd=home.parent, stdin=subprocess.DEVNULL, capture_output=True,
        text=True, timeout=SECONDS, check=False,
    )  # fmt: skip


def git(folder: Path, *arguments: str) -> str:
    command = ["git", "-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-C", str(folder), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def server_runs(home: Path) -> bool:
    with (home / "lock").open() as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def below(label: str, output: str) -> list[str]:
    """The texts under a label, with those of the lines that follow it without one."""
    found = re.search(rf"^{label} {{2,}}(.*\n(?: {{10}}.*\n)*)", output, re.MULTILINE)
    assert found, f"no {label!r} in:\n{output}"
    return [line.strip() for line in found[1].splitlines()]


@dataclass(frozen=True)
class Run:
    home: Path
    output: str
    errors: str
    seconds: float


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """The first run, in a fresh folder whose path has a space."""
    home = tmp_path_factory.mktemp("a place") / ".omoi-demo"
    begun = time.monotonic()
    done = demo(home)
    seconds = time.monotonic() - begun
    assert done.returncode == 0, done.stdout + done.stderr
    yield Run(home, done.stdout, done.stderr, seconds)
    assert not server_runs(home)


def test_it_says_where_it_works_and_takes_its_time(run: Run) -> None:
    assert run.output.startswith("Omoi demo · SQLite, local sandboxes, engine: outline (no model, no account)\n")
    assert re.match(r"127\.0\.0\.1:\d+ ", below("server", run.output)[0])
    assert below("idea", run.output) == ["Lock an account after five failed logins and email its owner"]
    assert run.seconds < 60
    assert run.errors == ""
    assert "\x1b" not in run.output


def test_it_stops_at_the_gate_and_makes_one_change(run: Run) -> None:
    v1 = run.output.index("requirements v1 waits for a decision")
    change = run.output.index("review.changes_requested REQUIREMENTS")
    v2 = run.output.index("requirements v2 waits for a decision")
    approved = run.output.index("review.approved REQUIREMENTS")
    assert v1 < change < v2 < approved < run.output.index("spec.phase_started DESIGN")
    assert "# Requirements Document" in run.output[v1:change]
    difference = below("v2", run.output)
    assert any("REQ-001" in line and ("added" in line or "changed" in line) for line in difference)
    assert any(line.startswith("+") and "shall" in line for line in difference)


def test_it_ends_with_branch_commits_trace_and_pull_request(run: Run) -> None:
    repository = run.home / "repositories" / "shop"
    done = below("done", run.output)
    branch = done[0].split()[0]
    assert re.fullmatch(r"spec/[0-9a-f]{8}-[a-z0-9-]+", branch)
    log = git(repository, "log", "--reverse", "--format=%h %s", f"main..{branch}").splitlines()
    assert [line.split()[0] for line in done[1:]] == [line.split()[0] for line in log]
    assert f"{len(log)} commits" in done[0]
    assert len(log) >= 2
    shown = {sha for line in below("trace", run.output) for sha in re.findall(r"\b[0-9a-f]{7}\b", line)}
    assert shown == {git(repository, "rev-parse", "--short=7", line.split()[0]) for line in log[1:]}
    body = git(repository, "log", "-1", "--format=%B", branch)
    assert re.search(r"^Spec-Id: spec-", body, re.MULTILINE)
    review = run.home.parent / below("review", run.output)[0].strip("'")
    assert "| REQ-001" in review.read_text()
    assert git(repository, "status", "--porcelain") == ""
    assert git(repository, "branch", "--show-current") == "main"


def test_the_next_commands_work_as_pasted(run: Run) -> None:
    commands = below("next", run.output)
    assert len(commands) == 3
    for command in commands:
        done = subprocess.run(
            ["sh", "-c", command], cwd=run.home.parent, env=environment(run.home, PYTHONPATH=""), capture_output=True,
            text=True, timeout=SECONDS, check=False,
        )  # fmt: skip
        assert done.returncode == 0, command + done.stdout + done.stderr
        assert len(done.stdout.splitlines()) > 5
    assert not server_runs(run.home)


@pytest.mark.full
def test_two_calls_at_once_share_a_server(run: Run) -> None:
    calls = [
        subprocess.Popen(
            [run.home / "omoi", "list", "--json"], stdout=subprocess.PIPE, text=True, cwd="/", env=environment(run.home)
        )
        for _ in range(3)
    ]
    answers = [call.communicate(timeout=SECONDS)[0] for call in calls]
    assert [call.returncode for call in calls] == [0, 0, 0]
    assert answers[0] == answers[1] == answers[2]
    assert not server_runs(run.home)


@pytest.mark.full
def test_again_after_demo_and_server_were_killed(run: Run) -> None:
    first = subprocess.Popen(COMMAND, env=environment(run.home), cwd="/", stdout=subprocess.PIPE, text=True)
    assert first.stdout
    for line in first.stdout:
        if line.startswith("spec "):
            break
    first.kill()
    first.wait()
    first.stdout.close()
    assert server_runs(run.home), "the server outlives its starter; the next run has to deal with it"
    again = demo(run.home)
    assert again.returncode == 0, again.stdout + again.stderr
    assert below("review", again.stdout) != below("review", run.output)
    os.kill(start_for_a_call(run.home), signal.SIGKILL)
    listed = subprocess.run(
        [run.home / "omoi", "list"],
        env=environment(run.home),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert listed.returncode == 0, listed.stderr
    assert len(listed.stdout.splitlines()) == 3


def start_for_a_call(home: Path) -> int:
    """Begin a call that lasts, and end it without a word; the process id of the server that it leaves."""
    call = subprocess.Popen([home / "omoi", "list", "--json"], env=environment(home), stdout=subprocess.DEVNULL)
    deadline = time.monotonic() + SECONDS
    while not ((home / "address").exists() and server_runs(home)):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    call.kill()
    call.wait()
    return int((home / "lock").read_text())


def test_ctrl_c_stops_the_server(tmp_path: Path) -> None:
    home = tmp_path / "demo"
    process = subprocess.Popen(
        COMMAND, env=environment(home), cwd="/", stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout
    for line in process.stdout:
        if "waits for a decision" in line:
            break
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=SECONDS)
    assert process.returncode == 130
    assert "interrupted" in errors
    assert "omoi watch spec-" in errors
    assert "Traceback" not in errors
    assert not server_runs(home)


def test_a_given_repository_is_only_read(tmp_path: Path) -> None:
    theirs = tmp_path / "their project"
    (theirs / "src").mkdir(parents=True)
    (theirs / "src" / "report.py").write_text("def report() -> str:\n    return ''\n")
    git(theirs, "init", "--quiet", "-b", "trunk")
    git(theirs, "add", ".")
    git(theirs, "commit", "--quiet", "-m", "Report")
    (theirs / "src" / "report.py").write_text("changed = True\n")
    before = everything(theirs)
    done = demo(
        tmp_path / "demo",
        OMOI_DEMO_REPO=str(theirs / "src"),
        OMOI_DEMO_IDEA="Print the report's $TOTAL in bold; refuse an empty report",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert everything(theirs) == before
    assert "uncommitted changes are not in it" in below("project", done.stdout)[0]
    fetch = below("next", done.stdout)[-1]
    branch = below("done", done.stdout)[0].split()[0]
    subprocess.run(["sh", "-c", fetch], cwd=tmp_path, check=True, capture_output=True)
    assert git(theirs, "rev-parse", "--verify", branch)
    assert git(theirs, "merge-base", "trunk", branch) == git(theirs, "rev-parse", "trunk")


def everything(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """Every file with inode, time of change and content."""
    return {
        str(path): (status.st_ino, status.st_mtime_ns, path.read_bytes())
        for path in folder.rglob("*")
        if path.is_file() and (status := path.stat())
    }


@pytest.mark.parametrize(
    "kind", ["missing", *(pytest.param(kind, marks=pytest.mark.full) for kind in ("no repository", "empty", "shallow"))]
)
def test_a_repository_that_cannot_be_used_is_one_sentence(tmp_path: Path, kind: str) -> None:
    given = tmp_path / "given"
    if kind != "missing":
        given.mkdir()
    if kind == "empty":
        git(given, "init", "--quiet")
    if kind == "shallow":
        source = tmp_path / "source"
        source.mkdir()
        git(source, "init", "--quiet")
        for subject in ("One", "Two"):
            git(source, "commit", "--quiet", "--allow-empty", "-m", subject)
        git(tmp_path, "clone", "--quiet", "--depth=1", source.as_uri(), str(given))
    done = demo(tmp_path / "demo", OMOI_DEMO_REPO=str(given))
    assert done.returncode == 1
    assert done.stderr.startswith(f"demo: REPO={given}: ")
    assert done.stderr.count("\n") == 1


def test_on_a_terminal_it_asks(tmp_path: Path) -> None:
    home = tmp_path / "demo"
    code, output = on_terminal(home, ["x", "c", "REQ-002: also tell an administrator", "a"])
    assert code == 0, output
    assert "requirements v3 waits for a decision" in output
    assert output.count("[a]pprove, request [c]hanges, [r]eject or [q]uit?") == 3
    assert "✓ Build" in output


@pytest.mark.full
def test_who_leaves_at_the_gate_goes_on_later(tmp_path: Path) -> None:
    home = tmp_path / "demo"
    code, output = on_terminal(home, ["q"])
    assert code == 0, output
    assert "at its gate" in output
    approve = next(line for line in output.splitlines() if " approve spec-" in line).split()
    done = subprocess.run(
        [home / "omoi", *approve[1:], "--version", "2"], env=environment(home), capture_output=True, text=True,
        timeout=SECONDS, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    watched = subprocess.run(
        [home / "omoi", "watch", approve[-1]],
        env=environment(home),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert watched.returncode == 0, watched.stdout + watched.stderr


def on_terminal(home: Path, answers: list[str]) -> tuple[int, str]:
    """Run with a terminal, typing the next answer whenever a question ends the output; exit code and what was written."""
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(COMMAND[0], COMMAND, environment(home, COLUMNS="100", LINES="50"))
    written, answered = b"", 0
    questions = re.compile(rb"(?:\[q\]uit\? |\(REQ-001: \xe2\x80\xa6\) )$")
    while True:
        try:
            written += os.read(terminal, 65536)
        except OSError:
            break
        if questions.search(written) and answered < len(answers):
            os.write(terminal, answers[answered].encode() + b"\n")
            answered += 1
    os.close(terminal)
    _, status = os.waitpid(pid, 0)
    text = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", written.decode(errors="replace"))
    return os.waitstatus_to_exitcode(status), text
