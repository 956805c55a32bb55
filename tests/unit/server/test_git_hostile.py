"""What git stores of hostile text: the messages of both kinds of commits, and the documents on the branch."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from omoi_server.errors import InvalidArgument
from omoi_server.orchestrator import documents, words
from omoi_server.orchestrator.journal import storable
from omoi_spec import gherkin, markdown, schemas
from omoi_spec.slugs import slug
from omoi_worker import commits
from omoi_worker.job import Task
from tests.hostile import HOSTILE, respoken
from tests.integration.orchestrator.stage import design_of, requirements_of, task

TRAILERS = (("Spec-Id", "spec-7f3a"), ("Task-Id", "tsk-1"), ("Requirements", "REQ-001"), ("Omoi-Job", "job-1/2"))
SPEC = {"spec_id": "spec-7f3a", "engine": "outline", "branch_name": "spec/7f3a-x"}
_RAW = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def of_task(hostile: str) -> str:
    made = Task({}, "tsk-1", "TSK-001", hostile, "", (), "Omoi", "omoi@localhost", TRAILERS)
    return commits.message(made, f"{hostile}\n\n{hostile}")


def of_documents(hostile: str) -> str:
    row = SimpleNamespace(version=1)
    spec = SimpleNamespace(**SPEC, title=hostile)
    return documents.message(spec, {"TASKS": row}, SimpleNamespace(job_id="job-1", fence=2))


def git(folder: Path, *arguments: str, stdin: str = "") -> str:
    done = subprocess.run(["git", *arguments], cwd=folder, input=stdin.encode(), check=True, capture_output=True)
    return done.stdout.decode()


def stored(folder: Path, messages: Sequence[str]) -> list[list[str]]:
    """Subject, message and trailers of a commit for each message, as git tells them."""
    git(folder, "init", "-q", "--bare", "x")
    stream = []
    for message in messages:
        raw = message.encode()
        stream.append(
            f"commit refs/heads/main\ncommitter Omoi <omoi@localhost> 1700000000 +0000\ndata {len(raw)}\n{message}\n"
        )
    git(folder / "x", "fast-import", "--quiet", stdin="".join(stream))
    told = git(folder / "x", "log", "--reverse", "-z", "--format=%s%x1e%B%x1e%(trailers:only=true,unfold=true)", "main")
    return [one.split("\x1e") for one in told.removesuffix("\0").split("\0")]


@pytest.mark.parametrize(("make", "trailers"), [(of_task, TRAILERS), (of_documents, (TRAILERS[0], TRAILERS[3]))])
def test_a_message_has_our_trailers_one_subject_and_no_control_characters(
    tmp_path: Path, make: Any, trailers: tuple[tuple[str, str], ...]
) -> None:
    rows = stored(tmp_path, [make(hostile) for hostile in HOSTILE])
    assert len(rows) == len(HOSTILE)
    for hostile, (subject, message, told) in zip(HOSTILE, rows, strict=True):
        assert told.strip().split("\n") == [f"{key}: {value}" for key, value in trailers], hostile[:80]
        assert not _RAW.search(message), hostile[:80]
        assert subject.strip() and len(subject) <= 80 and message.split("\n")[1] == "", hostile[:80]
        assert not re.match(r"(fixup|squash|amend)! ", subject)


def parsed(message: str) -> list[str]:
    """What a person's own git makes of it, where a line of --- ends a message."""
    return git(Path("/"), "interpret-trailers", "--parse", stdin=message).splitlines()


def check_parsed(chosen: Sequence[str]) -> None:
    for hostile in chosen:
        assert parsed(of_task(hostile)) == [f"{key}: {value}" for key, value in TRAILERS], hostile[:80]
        assert parsed(of_documents(hostile)) == ["Spec-Id: spec-7f3a", "Omoi-Job: job-1/2"], hostile[:80]


def test_a_persons_git_reads_the_same_trailers() -> None:
    check_parsed([one for one in HOSTILE if "---" in one or "Spec-Id" in one or "diff -" in one or "by:" in one])


@pytest.mark.full
def test_a_persons_git_reads_the_same_trailers_of_every_one() -> None:
    check_parsed(HOSTILE)


def _instead(hostile: str, _: str) -> str:
    return hostile


PLAN = {"notice": "x", "feature_name": "x", "tasks": [task(1), task(2, depends_on=["TSK-001"])], "changes": []}
OUTPUTS = {"REQUIREMENTS": requirements_of(2), "DESIGN": design_of(2), "TASKS": PLAN}


@pytest.mark.parametrize("phase", OUTPUTS)
def test_documents_parse_back_and_hold_no_control_characters(phase: str) -> None:
    refused = 0
    for hostile in HOSTILE:
        data = storable(respoken(OUTPUTS[phase], partial(_instead, hostile)))
        if schemas.validate(phase, data):
            refused += 1
            assert _RAW.search(hostile.replace("\u200e", "").replace("\u200f", "")), hostile[:80]
            continue
        text = markdown.render(phase, data)
        assert markdown.parse(phase, text) == data, hostile[:80]
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069]", text), hostile[:80]
    assert 0 < refused < 40


def test_a_feature_holds_its_criteria_whatever_they_say() -> None:
    for hostile in HOSTILE:
        requirement = storable(respoken(requirements_of(1), partial(_instead, hostile)))["requirements"][0]
        text = gherkin.render_feature(requirement, hostile, SPEC["spec_id"])
        assert gherkin.check_feature(text, requirement) == [], hostile[:80]


def test_facts_about_the_documents_are_json_and_their_folder_is_ours() -> None:
    for hostile in HOSTILE:
        row = SimpleNamespace(version=1, digest="d", provenance={}, data=PLAN)
        decision = SimpleNamespace(phase="TASKS", version=1, digest="d", decided_by="usr-1", decided_at=datetime(2026, 1, 1), decision="APPROVE")  # fmt: skip
        spec = SimpleNamespace(**{**SPEC, "branch_name": f"spec/7f3a-{slug(hostile)}"}, title=words.clean(hostile))
        files = documents.documents(spec, {"TASKS": row}, [decision], {"TSK-001": "tsk-1"})
        assert all(re.fullmatch(r"specs/[a-z0-9-]{1,60}/(tasks\.md|omoi\.json)", path) for path in files), hostile[:80]
        facts = next(content for path, content in files.items() if path.endswith("omoi.json"))
        assert json.loads(facts)["title"] == words.clean(hostile)
        assert re.fullmatch(r"spec/7f3a-[a-z0-9][a-z0-9-]{0,49}", spec.branch_name)


def test_a_title_is_one_line_without_what_turns_it_or_is_refused() -> None:
    for hostile in HOSTILE:
        for title, description in ((hostile, ""), ("", hostile), ("", f"{hostile}. And more.")):
            try:
                made = words.title_of(title, description)
            except InvalidArgument:
                continue
            assert made and not re.search(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]", made), hostile[
                :80
            ]
            assert made == " ".join(made.split()) and len(made) <= words.MAX_TITLE
