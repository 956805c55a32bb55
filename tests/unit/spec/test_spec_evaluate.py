"""Evaluators: hard faults fail whatever the score, and the score tells good from poor."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omoi_spec import evaluate, phases
from tests.unit.spec.spec_examples import output, task
from tests.unit.spec.spec_hostile import OUTPUTS

Change = Callable[[dict[str, Any]], object]


def _upstream(phase: str) -> dict[str, Any]:
    return {earlier: output(earlier) for earlier in phases.PLANNING_PHASES[: phases.PLANNING_PHASES.index(phase)]}


def _judge(phase: str, change: Change = lambda data: None) -> evaluate.Evaluation:
    data = output(phase)
    change(data)
    return evaluate.evaluate(phase, data, _upstream(phase))


@pytest.mark.parametrize("phase", phases.PLANNING_PHASES)
def test_sound_outputs_pass_without_a_word(phase: str) -> None:
    found = _judge(phase)
    assert (found.passed, found.score, found.findings, found.feedback()) == (True, 1.0, [], "")
    assert abs(sum(weight for _, weight, _ in found.criteria) - 1) < 1e-9


_HARD: list[tuple[str, str, Change]] = [
    ("REQUIREMENTS", "no_requirements", lambda d: d["requirements"].clear()),
    ("REQUIREMENTS", "requirement_without_criterion", lambda d: d["requirements"][0]["criteria"].clear()),
    ("REQUIREMENTS", "duplicate_id", lambda d: d["requirements"].append(d["requirements"][0])),
    ("REQUIREMENTS", "missing_shall", lambda d: d["requirements"][0].update(statement="Locks the account.")),
    ("REQUIREMENTS", "empty", lambda d: d["requirements"][1]["criteria"][1].update(text="")),
    ("REQUIREMENTS", "malformed", lambda d: d["requirements"][0].update(id="R1")),
    ("DESIGN", "no_components", lambda d: d["components"].clear()),
    ("DESIGN", "unknown_requirement", lambda d: d["components"][0]["requirements"].append("REQ-009")),
    ("DESIGN", "unknown_requirement", lambda d: d["errors"][0]["requirements"].append("REQ-001.9")),
    ("DESIGN", "not_text", lambda d: d.update(overview=None)),
    ("TASKS", "no_tasks", lambda d: d["tasks"].clear()),
    ("TASKS", "cycle", lambda d: d["tasks"][0]["depends_on"].append("TSK-003")),
    ("TASKS", "self_dependency", lambda d: d["tasks"][0]["depends_on"].append("TSK-001")),
    ("TASKS", "unknown_dependency", lambda d: d["tasks"][0]["depends_on"].append("TSK-009")),
    ("TASKS", "duplicate_task", lambda d: d["tasks"].append(task(1, "Another"))),
    ("TASKS", "requirement_without_task", lambda d: d["tasks"].pop()),
    ("TASKS", "task_without_requirement", lambda d: d["tasks"][0]["requirements"].clear()),
    ("TASKS", "unknown_requirement", lambda d: d["tasks"][0]["requirements"].append("REQ-002.3")),
]


@pytest.mark.parametrize(("phase", "code", "change"), _HARD, ids=lambda part: part if isinstance(part, str) else "")
def test_hard_faults_fail_whatever_the_score(phase: str, code: str, change: Change) -> None:
    found = _judge(phase, change)
    assert not found.passed
    assert code in [finding.code for finding in found.findings if finding.hard]
    assert found.feedback().startswith("Must be mended: ")


def test_a_cycle_fails_a_plan_that_scores_well() -> None:
    """In the seed system this plan passed: a cycle cost 0.15 of 1.0."""
    found = _judge("TASKS", lambda data: data["tasks"][0]["depends_on"].append("TSK-003"))
    assert found.score >= evaluate.THRESHOLD
    assert not found.passed
    assert "TSK-001 → TSK-003 → TSK-002 → TSK-001" in found.feedback()


def _poor_requirements(data: dict[str, Any]) -> None:
    for item in data["requirements"]:
        item["statement"] = "The account must be quickly handled as appropriate."
        item["user_story"] = {"role": "", "want": "", "benefit": ""}
        item["criteria"] = [{"id": item["id"] + ".1", "text": "It shall be fast and user-friendly."}]


def _poor_design(data: dict[str, Any]) -> None:
    data["overview"] = "We build it."
    data["components"] = [{"name": "Thing", "responsibility": "All.", "files": [], "requirements": ["REQ-001"]}]
    data["testing"], data["errors"], data["security"] = [], [], []


def _poor_tasks(data: dict[str, Any]) -> None:
    blank = {"description": "", "files": [], "check": "", "estimate_hours": 40}
    data["tasks"] = [task(1, "Do it", requirements=["REQ-001.1", "REQ-002.1"], **blank)]


def _poor_exploration(data: dict[str, Any]) -> None:
    data["summary"], data["languages"], data["structure"], data["relevant_files"] = "Code.", [], [], []


@pytest.mark.parametrize(
    ("phase", "change"),
    [
        ("EXPLORE", _poor_exploration),
        ("REQUIREMENTS", _poor_requirements),
        ("DESIGN", _poor_design),
        ("TASKS", _poor_tasks),
    ],
)
def test_poor_work_without_a_hard_fault_does_not_pass(phase: str, change: Change) -> None:
    found = _judge(phase, change)
    assert not any(finding.hard for finding in found.findings)
    assert found.score < evaluate.THRESHOLD
    assert "Could be better: " in found.feedback()
    assert f"needed {evaluate.THRESHOLD}" in found.feedback()


_NOTHING: dict[str, Any] = {
    **{name: [] for name in ("languages", "structure", "relevant_files", "manifests", "entry_points")},
    **dict.fromkeys(("setup_command", "test_command"), None),
}


@pytest.mark.parametrize("files", [0, 1, 40])
def test_a_repository_with_nothing_to_tell_is_explored_when_that_is_said(files: int) -> None:
    """After `git commit --allow-empty`, and in a repository without a word of the idea, work can begin."""
    found = _judge("EXPLORE", lambda data: data.update(_NOTHING, file_count=files))
    assert found.passed and found.score < 0.8
    assert [finding.code for finding in found.findings] == ["no_relevant_files" if files else "empty_repository"]


_SOFT: list[tuple[str, str, Change]] = [
    ("EXPLORE", "unexplained_file", lambda d: d["relevant_files"][0].update(why=" ")),
    ("EXPLORE", "no_relevant_files", lambda d: d["relevant_files"].clear()),
    ("EXPLORE", "empty_repository", lambda d: d.update(_NOTHING, file_count=0)),
    ("REQUIREMENTS", "few_criteria", lambda d: d["requirements"][0]["criteria"].pop(0)),
    ("REQUIREMENTS", "no_unwanted_behaviour", lambda d: d["requirements"][0]["criteria"].pop()),
    ("REQUIREMENTS", "vague_word", lambda d: d["requirements"][0].update(statement="The system shall be fast.")),
    (
        "REQUIREMENTS",
        "repeated_criterion",
        lambda d: d["requirements"][1]["criteria"][1].update(text=d["requirements"][0]["criteria"][1]["text"]),
    ),
    ("DESIGN", "uncovered_requirement", lambda d: d["components"].pop()),
    ("DESIGN", "unlisted_file", lambda d: d["files"].pop()),
    ("TASKS", "large_task", lambda d: d["tasks"][0].update(estimate_hours=4.5)),
    ("TASKS", "no_estimate", lambda d: d["tasks"][0].update(estimate_hours=0)),
    ("TASKS", "uncovered_criterion", lambda d: d["tasks"][2].update(requirements=["REQ-002.1"])),
    ("TASKS", "unordered_overlap", lambda d: d["tasks"][1].update(depends_on=[])),
]


@pytest.mark.parametrize(("phase", "code", "change"), _SOFT, ids=lambda part: part if isinstance(part, str) else "")
def test_weaknesses_lower_the_score_and_are_named(phase: str, code: str, change: Change) -> None:
    found = _judge(phase, change)
    assert found.score < 1.0
    assert code in [finding.code for finding in found.findings]
    assert not any(finding.hard for finding in found.findings)


@pytest.mark.parametrize("phase", ["DESIGN", "TASKS"])
@pytest.mark.parametrize("upstream", [{}, {"REQUIREMENTS": {"requirements": "none"}}])
def test_without_requirements_nothing_is_judged_good(phase: str, upstream: dict[str, Any]) -> None:
    found = evaluate.evaluate(phase, output(phase), upstream)
    assert not found.passed
    assert found.findings[0].code in ("upstream_missing", "unknown_requirement")
    assert "upstream_missing" in [finding.code for finding in found.findings]


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data())
def test_judgement_is_total(data: st.DataObject) -> None:
    upstream = {"REQUIREMENTS": data.draw(OUTPUTS["REQUIREMENTS"])}
    for phase, strategy in OUTPUTS.items():
        found = evaluate.evaluate(phase, data.draw(strategy), upstream)
        assert 0.0 <= found.score <= 1.0
        assert len(found.feedback().split("\n")) <= evaluate.MOST_FEEDBACK + 2
    assert not evaluate.evaluate("SYNC", {}, {}).passed
