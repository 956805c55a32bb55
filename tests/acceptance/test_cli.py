"""The `omoi` command against the real server: what a person types, and the exit codes that scripts use."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.test_start import Process
from tests.offices import IDEA, git, sample_repository

OMOI = str(Path(sys.executable).with_name("omoi"))


class Person:
    """Types commands; the server is found by OMOI_HOME."""

    def __init__(self, home: Path) -> None:
        self.home = home

    def types(self, *arguments: str, code: int = 0, said: str = "") -> str:
        """stdout and stderr of a command that must end with this code."""
        done = subprocess.run(
            [OMOI, *arguments],
            env={"PATH": os.environ["PATH"], "HOME": str(self.home.parent), "OMOI_HOME": str(self.home)},
            input=said,
            capture_output=True,
            text=True,
            timeout=100,
        )
        told = done.stdout + done.stderr
        assert done.returncode == code, told
        assert "Traceback" not in told
        return told


@pytest.fixture
def person(tmp_path: Path) -> Iterator[Person]:
    """A person beside a running server."""
    server = Process(tmp_path / "home")
    server.first_line()
    yield Person(tmp_path / "home")
    code, told = server.stop()
    assert code == 0, told


def test_a_day_with_the_command(person: Person, tmp_path: Path) -> None:
    repository = sample_repository(tmp_path / "shop")
    person.types("project", "add", "shop", "--repo", str(repository))
    assert "shop" in person.types("project", "list")
    told = person.types("launch", IDEA, "--project", "shop", "--gate", "requirements", "--watch", code=5)
    assert "review.requested" in told
    spec = json.loads(person.types("list", "--json"))["specs"][0]
    short = spec["spec_id"][:10]
    assert spec["status"] == "SPEC_STATUS_AWAITING_REVIEW"
    assert "Requirement 1" in person.types("output", short, "requirements")
    person.types("request-changes", short, "REQ-001: also write it to the audit log")
    person.types("watch", short, code=5)
    refused = person.types("approve", short, "--version", "1", code=1)
    assert "this is version 2, you saw version 1" in refused
    person.types("approve", short, "--version", "2")
    assert "spec.execution_completed" in person.types("watch", short)
    tasks = person.types("task", "list", short)
    assert "TSK-001" in tasks
    assert "refs" not in person.types("logs", short)
    branch = person.types("branch", short)
    assert spec["spec_id"][5:13] in branch
    pull_request = person.types("pr", short)
    path = next(word for word in pull_request.split() if word.endswith(".md"))
    assert "REQ-001" in Path(path).read_text()
    assert path in person.types("pr", short)
    shown = person.types("show", short)
    assert "COMPLETED" in shown
    assert "ALREADY" not in person.types("label", short, "login", "urgent")
    assert short in person.types("list", "--label", "login")
    person.types("cancel", short, code=1)
    assert git(repository, "status", "--porcelain") == ""


def test_a_quick_task(person: Person, tmp_path: Path) -> None:
    repository = sample_repository(tmp_path / "shop")
    person.types("project", "add", "shop", "--repo", str(repository))
    person.types("tickets", "add", "Show the number of items in the cart", "--project", "shop")
    spec = json.loads(person.types("list", "--json"))["specs"][0]
    person.types("watch", spec["spec_id"])
    spec = json.loads(person.types("list", "--json"))["specs"][0]
    assert (spec["kind"], spec["execution_status"]["outcome"]) == ("SPEC_KIND_QUICK", "EXECUTION_OUTCOME_SUCCEEDED")
    assert spec["branch_name"].startswith("task/")
    assert git(repository, "rev-list", "--count", f"main..{spec['branch_name']}") == "1"


def test_errors_name_the_thing_the_reason_and_the_next_step(person: Person, tmp_path: Path) -> None:
    repository = sample_repository(tmp_path / "shop")
    person.types("project", "add", "shop", "--repo", str(repository))
    assert "Known projects: shop" in person.types("launch", "x", "--project", "shpo", code=1)
    assert "there is no idea" in person.types("launch", "-", "--project", "shop", code=2, said="  ")
    assert "title" in person.types("launch", "x", "--title", "y" * 201, "--project", "shop", code=2)
    assert "description" in person.types("launch", "-", "--project", "shop", code=2, said="z" * 10_000_000)
    for bad in ("ext::sh -c id", "--upload-pack=x", str(tmp_path / "nowhere"), str(tmp_path)):
        told = person.types("project", "add", "bad", f"--repo={bad}", code=1)
        assert "repo_url" in told or bad in told, told
    empty = tmp_path / "empty"
    empty.mkdir()
    git(empty, "init", "-q")
    assert "commit" in person.types("project", "add", "empty", "--repo", str(empty), code=1)
    (repository / "shop" / "cart.py").write_text("changed")
    assert "uncommitted" in person.types("launch", "Show a total", "--project", "shop", "--no-execute")
    person.types("show", "zzzz", code=2)
    person.types("watch", "spec-00000000", code=1)
    assert "--after" in person.types("watch", "spec-00000000", "--after", "-1", code=2)


def test_no_server(tmp_path: Path) -> None:
    told = Person(tmp_path / "home").types("list", code=4)
    assert "omoi-server" in told


def test_an_interrupted_watch_goes_on_without_the_watcher(person: Person, tmp_path: Path) -> None:
    repository = sample_repository(tmp_path / "shop")
    person.types("project", "add", "shop", "--repo", str(repository))
    watching = subprocess.Popen(
        [OMOI, "launch", IDEA, "--project", "shop", "--watch"],
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "OMOI_HOME": str(person.home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert watching.stdout is not None
    watching.stdout.readline()
    watching.send_signal(signal.SIGINT)
    _, told = watching.communicate(timeout=20)
    assert watching.returncode == 130, told
    assert "watch" in told
    spec = json.loads(person.types("list", "--json"))["specs"][0]
    person.types("watch", spec["spec_id"])
