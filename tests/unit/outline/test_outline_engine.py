"""The engine as the worker sees it: four phases that pass their evaluators, tasks, determinism."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from omoi_spec import evaluate, gherkin, graph, markdown, phases
from omoi_worker.engines import UnknownEngine, load

LOCK = "Lock an account after five failed logins and email its owner"


def test_unknown_engine_lists_the_known_ones() -> None:
    with pytest.raises(UnknownEngine, match=r'"openhands".*outline'):
        load("openhands")


def test_every_phase_passes_and_says_that_no_model_was_used(plan: Callable[..., Any]) -> None:
    outputs = plan(LOCK)
    for phase in phases.PLANNING_PHASES:
        judged = evaluate.evaluate(phase, outputs[phase], outputs)
        assert judged.passed, judged.feedback()
        assert not judged.findings
        assert "no model" in outputs[phase]["notice"]


def test_documents_parse_back(plan: Callable[..., Any]) -> None:
    outputs = plan(LOCK, "Also `log` the *address*.\n\n- keep | pipes\n- and _underscores_")
    for phase in ("REQUIREMENTS", "DESIGN", "TASKS"):
        assert markdown.parse(phase, markdown.render(phase, outputs[phase])) == outputs[phase]


def test_same_input_gives_same_output(plan: Callable[..., Any]) -> None:
    assert plan(LOCK) == plan(LOCK)


def test_tasks_cover_every_requirement_in_order(plan: Callable[..., Any]) -> None:
    outputs = plan(LOCK)
    tasks = outputs["TASKS"]["tasks"]
    assert [task["requirements"] for task in tasks] == [["REQ-001"], ["REQ-002"]]
    assert tasks[1]["depends_on"] == ["TSK-001"]
    assert graph.TaskGraph(tasks).waves() == [["TSK-001"], ["TSK-002"]]
    files = [path for task in tasks for path in task["files"]]
    assert len(set(files)) == len(files)
    assert tasks[0]["check"] == f"omoi-worker check {tasks[0]['files'][0]}"


def test_requirements_without_common_words_do_not_wait(plan: Callable[..., Any]) -> None:
    outputs = plan("Lock an account after five failed logins; export orders as CSV")
    assert graph.TaskGraph(outputs["TASKS"]["tasks"]).waves() == [["TSK-001", "TSK-002"]]


def test_design_names_the_files_of_each_requirement(plan: Callable[..., Any]) -> None:
    design = plan(LOCK)["DESIGN"]
    changes = {entry["path"]: entry["change"] for entry in design["files"]}
    assert changes["shop/auth.py"] == "modify"
    assert changes["features/lock-an-account.feature"] == "create"
    assert {"name": "Account"}.items() <= design["data_models"][0].items()
    assert "login" in [entry["name"] for entry in design["interfaces"]]
    assert "not run (outline changes no code)" in " ".join(design["testing"])


def test_work_writes_a_feature_file_that_holds_every_criterion(
    plan: Callable[..., Any], notebook: Callable[..., Any]
) -> None:
    outputs = plan(LOCK)
    engine = load("outline")
    for task in outputs["TASKS"]["tasks"]:
        wanted = [item for item in outputs["REQUIREMENTS"]["requirements"] if item["id"] in task["requirements"]]
        draft = engine.work(notebook(LOCK), {**task, "requirements": wanted})
        assert list(draft.files) == task["files"]
        assert draft.check_argv == ["omoi-worker", "check", *task["files"]]
        assert "No model" in draft.summary
        text = draft.files[task["files"][0]]
        assert "no model was used" in text.splitlines()[0]
        assert gherkin.check_feature(text, wanted[0]) == []


def test_a_quick_task_gets_its_requirements_from_its_words(notebook: Callable[..., Any]) -> None:
    task = {"title": LOCK, "description": "", "requirements": [], "files": [], "comments": []}
    draft = load("outline").work(notebook(""), task)
    assert list(draft.files) == ["features/lock-an-account.feature", "features/email-the-accounts-owner.feature"]
    commented = {**task, "comments": [{"id": "1", "author": "mara", "text": "after ten failed logins in REQ-001"}]}
    changed = load("outline").work(notebook(""), commented)
    assert "ten failed logins" in changed.files["features/lock-an-account.feature"]


def test_files_of_the_repository_are_never_written_over(plan: Callable[..., Any], repository: Any) -> None:
    taken = repository / "features" / "lock-an-account.feature"
    taken.parent.mkdir()
    taken.write_text("Feature: mine\n", encoding="utf-8")
    outputs = plan(LOCK)
    assert outputs["TASKS"]["tasks"][0]["files"] == ["features/lock-an-account-2.feature"]


def test_features_go_where_the_repository_keeps_them(plan: Callable[..., Any], repository: Any) -> None:
    own = repository / "spec" / "behaviour" / "login.feature"
    own.parent.mkdir(parents=True)
    own.write_text("Feature: login\n", encoding="utf-8")
    assert plan(LOCK)["TASKS"]["tasks"][0]["files"] == ["spec/behaviour/lock-an-account.feature"]


def test_work_dir_bounds_what_is_read_and_written(plan: Callable[..., Any]) -> None:
    outputs = plan(LOCK, work_dir="shop")
    assert all(entry["path"].startswith("shop/") for entry in outputs["EXPLORE"]["relevant_files"])
    assert outputs["TASKS"]["tasks"][0]["files"] == ["shop/features/lock-an-account.feature"]


def test_missing_upstream_and_foreign_phases_are_refused(notebook: Callable[..., Any]) -> None:
    engine = load("outline")
    with pytest.raises(ValueError, match="EXPLORE is missing"):
        engine.plan("REQUIREMENTS", notebook(LOCK), {}, None, [], "")
    with pytest.raises(ValueError, match="SYNC"):
        engine.plan("SYNC", notebook(LOCK), {}, None, [], "")


def test_planning_again_without_a_change_gives_the_same_data(plan: Callable[..., Any]) -> None:
    first = plan(LOCK)
    kept = copy.deepcopy(first)
    assert plan(LOCK, previous=first) == kept
    assert first == kept


def test_a_changed_requirement_leaves_other_tasks_word_for_word(plan: Callable[..., Any]) -> None:
    first = plan(LOCK)
    second = plan(LOCK, previous=first, feedback={"REQUIREMENTS": ["REQ-002: text the owner as well"]})
    assert second["TASKS"]["tasks"][0] == first["TASKS"]["tasks"][0]
    assert second["TASKS"]["tasks"][1]["files"] == first["TASKS"]["tasks"][1]["files"]
    assert second["TASKS"]["tasks"][1] != first["TASKS"]["tasks"][1]
    assert plan(LOCK, previous=second, feedback={"REQUIREMENTS": ["REQ-002: text the owner as well"]}) == second


def test_a_rewritten_idea_keeps_what_it_still_says(plan: Callable[..., Any]) -> None:
    first = plan("Lock an account after five failed logins; export orders as CSV")
    second = plan("Lock an account after five failed logins; print invoices", previous=first)
    ids = [item["id"] for item in second["REQUIREMENTS"]["requirements"]]
    assert ids == ["REQ-001", "REQ-003"]
    assert second["REQUIREMENTS"]["requirements"][0] == first["REQUIREMENTS"]["requirements"][0]
