"""Hostile text all the way: from the idea, the repository, the worker and the reviewers to git and the pull request."""

from __future__ import annotations

import itertools
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from omoi_server.orchestrator.launch import LaunchCommand, launch_spec
from omoi_server.orchestrator.publish import create_pull_request
from omoi_server.orchestrator.review import review_phase
from omoi_spec import markdown
from tests.hostile import HOSTILE, respoken
from tests.integration.orchestrator.stage import Stage, design_of, explore, requirements_of, task
from tests.offices import House, git
from tests.pull_request_reader import SECTIONS, Shown, read

RAW = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
STORED = tuple(
    text for text in HOSTILE if len(text) < 300 and not re.search(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]", text)
)
"""Those that the shape of an output lets through."""

SAID = tuple(text for text in STORED if not RAW.search(text))
NAMES = tuple(
    text.replace("/", "∕")[:60]
    for text in HOSTILE
    if 0 < len(text.encode("utf-8", "replace")) < 80 and "\0" not in text
)
BRANCH = "we`ird@mara\u202e|<b>"
TRAILERS = {"Spec-Id", "Task-Id", "Requirements", "Omoi-Job"}


async def finished(house: House, spec_id: str) -> tuple[Any, Shown]:
    """The spec once its tasks are done, and its pull request as a forge shows it."""
    spec = await house.settled(spec_id)
    told = [(row.type, row.message[:300]) for row in await house.events(spec_id)]
    assert spec.status == "COMPLETED", told
    assert {row.status for row in await house.tasks(spec_id)} == {"SUCCEEDED"}, told
    made, _ = await create_pull_request(house.office, house.caller, spec_id, False, False, "")
    head, body = Path(made.url).read_text("utf-8").removeprefix("---\n").split("\n---\n", 1)
    assert head.isascii()
    shown = read(body)
    assert shown.faults == []
    assert shown.headings[1:] == SECTIONS
    assert {len(row) for row in shown.rows} == {5}
    return spec, shown


def check_branch(repository: Path, spec: Any) -> None:
    """Messages, trailers, authors and documents of the commits that the server pushed."""
    span = f"{spec.base_commit}..{spec.branch_name}"
    log = git(repository, "log", "--format=%an%x1e%s%x1e%B%x1e%(trailers:only=true,key_value_separator=%x3a)%x1d", span)
    commits = [one.strip("\n").split("\x1e") for one in log.split("\x1d") if one.strip()]
    assert len(commits) >= 2
    for author, subject, message, trailers in commits:
        assert author == "Omoi"
        assert subject and not RAW.search(message), message
        assert {line.split(":")[0] for line in trailers.strip().splitlines()} <= TRAILERS, message
        assert f"Spec-Id:{spec.spec_id}" in trailers
    paths = git(repository, "diff", "-z", "--name-only", span).split("\0")
    for phase, name in markdown.FILE_NAMES.items():
        (path,) = [one for one in paths if one.endswith(f"/{name}")]
        text = git(repository, "show", f"{spec.branch_name}:{path}")
        assert not RAW.search(text)
        assert markdown.parse(phase, text)


class OnSqlite:
    @pytest.fixture
    def database_url(self, sqlite_url: str) -> str:
        return sqlite_url


class TestWorker(OnSqlite):
    """Everything that a worker brings is hostile."""

    @pytest.fixture
    def stage(self, tmp_path: Path) -> Stage:
        return Stage(tmp_path / "stage")

    @pytest.fixture
    def worker_archive(self, stage: Stage) -> Path:
        return stage.archive

    async def test_its_words_reach_git_and_the_pull_request_without_effect(
        self, house: House, stage: Stage, repository: Path
    ) -> None:
        words = itertools.cycle(STORED[number * 89 % len(STORED)] for number in range(len(STORED)))  # of each kind some

        def say(text: str) -> str:
            return f"{text} {next(words)}" if not text.startswith(("When ", "If ")) else text

        plan = [task(n, requirements=[f"REQ-{2 * n - 1:03d}", f"REQ-{2 * n:03d}"]) for n in (1, 2, 3)]
        stage.plan(*(respoken(one, say) for one in plan), requirements=6)
        for phase, data in {"EXPLORE": explore(), "REQUIREMENTS": requirements_of(6), "DESIGN": design_of(6)}.items():
            stage.output(phase, respoken(data, say))
        spec_id = await _launched(house)
        await house.start()
        spec = await house.until(spec_id, lambda row: row.status in ("AWAITING_REVIEW", "FAILED"))
        assert spec.status == "AWAITING_REVIEW", spec.reason
        digest = (await house.outputs(spec_id))["TASKS"].digest
        await review_phase(house.office, house.caller, spec_id, "TASKS", digest, "APPROVE", "\n".join(SAID[:40]), "")
        spec, _ = await finished(house, spec_id)
        check_branch(repository, spec)
        opened = await house.spec(spec_id)
        text = Path(opened.pull_request_url).read_text("utf-8")
        assert [word for word in ("channel", "evil") if word not in text] == [], "they are shown"
        for row in await house.events(spec_id):
            assert not RAW.search(row.message), row.message


async def _launched(house: House) -> str:
    command = LaunchCommand(
        title="",
        description="Lock an account. " + "\n".join(SAID),
        project_id=house.project_id,
        gates=["TASKS"],
        context=[{"author": text[:80], "time": None, "permalink": "", "text": text} for text in SAID[:50]],
        source={"kind": "slack", "label": " ".join(SAID)[:150], "permalink": ""},
    )
    return (await launch_spec(house.office, house.caller, command)).spec_id


def hostile_repository(folder: Path) -> None:
    """File names, contents, subjects and authors that were made to do harm, on a branch of an odd name."""
    for number, name in enumerate(NAMES):
        path = folder / f"f{number}" / name.encode("utf-8", "replace").decode()
        path.parent.mkdir()
        path.write_text(f"def login_{number}(): pass\n", encoding="utf-8")
    rules = "\n".join(f"- {text}" for text in SAID[:80])
    (folder / "AGENTS.md").write_text(f"# Rules\n\n{rules}\n", encoding="utf-8")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "All of them")
    git(folder, "checkout", "-q", "-b", BRANCH)
    stream: list[bytes] = []
    for text in HOSTILE[:150]:
        raw = f"lock account {text}".encode("utf-8", "replace")
        who = re.sub(r"[<>\n\0]", "", text)[:60].encode("utf-8", "replace")
        start = b"from " + git(folder, "rev-parse", BRANCH).encode() + b"\n" if not stream else b""
        stream.append(
            b"commit refs/heads/%s\nauthor %s <a@b> 1700000000 +0000\ncommitter M <m@b> 1700000000 +0000\n"
            % (BRANCH.encode(), who)
        )
        stream.append(b"data %d\n%s\n%s" % (len(raw), raw, start))
        stream.append(b"M 100644 inline shop/auth.py\ndata 5\n%05d\n" % len(stream))
    subprocess.run(["git", "fast-import", "--quiet", "--force"], cwd=folder, input=b"".join(stream), check=True)
    git(folder, "checkout", "-q", "main")


class TestRepository(OnSqlite):
    """Everything that the repository holds is hostile; the engine and the worker are the real ones."""

    async def test_its_names_and_subjects_have_no_effect(self, house: House, repository: Path) -> None:
        hostile_repository(repository)
        spec_id = await house.launch("Lock an account after five failed logins in shop/auth.py.", base_branch=BRANCH)
        await house.start()
        spec, shown = await finished(house, spec_id)
        check_branch(repository, spec)
        assert "we'ird@mara|<b>" in shown.code
