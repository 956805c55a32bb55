"""The pull request with hostile text in every field that people, models and repositories write."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omoi_server.domain.foreign_words import code, fenced, inline
from omoi_server.orchestrator.pull_request_body import Material, body
from omoi_server.ports import CommitFacts
from tests.hostile import HOSTILE
from tests.pull_request_reader import SECTIONS, read

AT = datetime(2026, 11, 21, 10, 2)
PLAIN = "plain words"
COMMIT = CommitFacts("4c1e9ab" * 5 + "00000", "0" * 40, (), "", "", (), (), "", "")
WRITTEN = (
    "description", "title", "user", "label", "base", "component", "responsibility", "file", "notice", "assumed",
    "requirement", "task", "summary", "reason", "command", "checks", "comment", "name", "subject", "author", "diffstat",
)  # fmt: skip
"""The fields that are not ours."""


def material(words: dict[str, str]) -> Material:
    """A spec with one task in each of four states; `words` by field, plain ones where nothing is said."""

    def said(name: str) -> str:
        return words.get(name, PLAIN)

    def task(key: str, **values: Any) -> Any:
        made = {"key": key, "title": said("task"), "summary": said("summary"), "reason": said("reason"), "code": ""}
        return SimpleNamespace(
            **{**made, "status": "SUCCEEDED", "requirements": ["REQ-001"], "commit_sha": "9d02f31" * 5, "evidence": {}, **values}
        )  # fmt: skip

    evidence = {"command": said("command"), "exit_code": 0, "duration_ms": 12, "tree": "a" * 40}
    required = {
        "assumptions": [said("assumed")],
        "requirements": [{"id": "REQ-001", "title": said("requirement"), "criteria": [{"id": "REQ-001.1"}]}],
    }
    component = {"name": said("component"), "responsibility": said("responsibility"), "files": [said("file")] * 2}
    newest = {
        "REQUIREMENTS": SimpleNamespace(data={"notice": said("notice"), **required}),
        "DESIGN": SimpleNamespace(data={"notice": "", "components": [component] * 2}),
    }
    if words.get("no design"):
        del newest["DESIGN"]
    tasks = [task("TSK-001", evidence=evidence), task("", code="BY_HAND"), task("TSK-003"), task("", status="FAILED")]
    decision = {"decided_by": said("user"), "decision": "APPROVE", "phase": "TASKS", "version": 1, "decided_at": AT}
    return Material(
        spec=SimpleNamespace(
            spec_id="spec-7f3a91c2", title=said("title"), description=said("description"), user_id=said("user"),
            source={"kind": "slack", "label": said("label")}, created_at=AT, branch_name="spec/7f3a91c2-x",
            base_branch=said("base"),
        ),
        newest=newest,
        decisions=[SimpleNamespace(**decision, comment=said("comment"))],
        tasks=tasks,
        missing=tasks[3:],
        commits=[replace(COMMIT, subject=said("subject"), author=said("author"))] * 2,
        diffstat=f" {said('diffstat')} | 2 +-\n 1 file changed",
        behind=2,
        project_checks=[said("checks")],
        names={said("user"): said("name")},
    )  # fmt: skip


def faults(words: dict[str, str]) -> list[str]:
    """What is alive in the body, and where its make-up is not that of plain words."""
    found, calm = read(body(material(words))), read(body(material({key: words[key] and PLAIN for key in words})))
    wrong = list(found.faults)
    if found.headings != SECTIONS:
        wrong.append(f"headings {found.headings}")
    if [len(row) for row in found.rows] != [5] * 2:
        wrong.append(f"table {found.rows}")
    if found.blocks != calm.blocks:
        wrong.append(f"blocks {found.blocks} instead of {calm.blocks}")
    return wrong


def test_plain_words_are_shown_as_they_are() -> None:
    assert faults({}) == []
    assert read(body(material({}))).rows[1][0] == f"REQ-001 {PLAIN}"


@pytest.mark.parametrize("start", range(0, len(HOSTILE), 60))
def test_hostile_text_in_every_field_at_once(start: int) -> None:
    for hostile in HOSTILE[start : start + 60]:
        assert faults(dict.fromkeys(WRITTEN, hostile)) == [], hostile[:80]


@pytest.mark.parametrize("field", WRITTEN)
def test_hostile_text_in_one_field_alone(field: str) -> None:
    for hostile in HOSTILE[WRITTEN.index(field) :: 40]:
        assert faults({field: hostile}) == [], hostile[:80]


@pytest.mark.full
@pytest.mark.parametrize("field", WRITTEN)
def test_every_hostile_text_in_one_field_alone(field: str) -> None:
    for hostile in HOSTILE:
        assert faults({field: hostile}) == [], hostile[:80]
        assert faults({field: hostile, "no design": "yes"}) == [], hostile[:80]


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(st.characters(), max_size=40), st.lists(st.sampled_from(HOSTILE), max_size=4).map("".join)))
def test_no_text_at_all_comes_alive(text: str) -> None:
    for shown in (inline(text), code(text), code(text, in_table=True)):
        assert (
            read(
                f"- **{shown}**: x\n\n| a | b |\n| --- | --- |\n| {inline(text)} | {code(text, in_table=True)} |\n"
            ).faults
            == []
        )
        assert [
            len(row) for row in read(f"| a | b |\n| - | - |\n| {inline(text)} | {code(text, in_table=True)} |").rows
        ] == [2, 2]
    assert read(f"{fenced(text)}\n").blocks == ["fence"]
    assert read(f"{fenced(text)}\n").faults == []


def test_words_stay_readable() -> None:
    assert read(inline("Lock 5% of C++ & Rust (a_b) at 3 < 4")).faults == []
    assert inline("Sperre Konten; 思い 👨‍👩‍👧") == "Sperre Konten; 思い 👨‍👩‍👧"
    assert code("pytest -q") == "`pytest -q`"
    assert inline("1. x") == "1\\. x"
    assert inline("x" * 400, 10) == "x" * 10


def test_a_private_place_and_its_discussion_stay_out() -> None:
    """slack-rules 22: a launch from a DM or private channel sends no label, and nothing of the thread is ever quoted."""
    given = material({"label": ""})
    given.spec.source["permalink"] = "https://acme.slack.com/archives/C1/p1"
    given.spec.context = [{"author": "jon", "text": "between us", "permalink": "https://acme.slack.com/archives/C1/p2"}]
    told = body(given)
    assert "Asked by plain words in slack, " in told
    assert "acme.slack.com" not in told and "between us" not in told
