"""Change requests on DESIGN and TASKS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from omoi_spec import evaluate, graph

LOCK = "Lock an account after five failed logins and email its owner; export orders as CSV"


def judged(outputs: dict[str, Any]) -> dict[str, Any]:
    for phase in ("REQUIREMENTS", "DESIGN", "TASKS"):
        result = evaluate.evaluate(phase, outputs[phase], outputs)
        assert result.passed, result.feedback()
    return outputs


def test_a_named_file_is_added_and_taken_out(plan: Callable[..., Any]) -> None:
    first = plan(LOCK)
    second = judged(plan(LOCK, previous=first, feedback={"DESIGN": ["REQ-001 also needs shop/web.py"]}))
    added = [entry for entry in second["DESIGN"]["files"] if entry not in first["DESIGN"]["files"]]
    assert added == [{"path": "shop/web.py", "change": "modify", "why": "REQ-001: asked for in review"}]
    assert second["DESIGN"]["changes"][0]["effect"] == "shop/web.py added (modify)"
    third = judged(plan(LOCK, previous=second, feedback={"DESIGN": ["Leave out shop/auth.py"]}))
    assert "shop/auth.py" not in [entry["path"] for entry in third["DESIGN"]["files"]]
    assert "shop/web.py" in [entry["path"] for entry in third["DESIGN"]["files"]], "earlier changes stay"


def test_words_on_a_design_are_quoted_where_they_belong(plan: Callable[..., Any]) -> None:
    comments = ["Mind the security of the password", "shop.mail: use one connection"]
    outputs = judged(plan(LOCK, feedback={"DESIGN": comments}))
    assert "Mind the security" in outputs["DESIGN"]["security"][-1]
    mail = next(item for item in outputs["DESIGN"]["components"] if item["name"] == "shop.mail")
    assert "use one connection" in mail["responsibility"]
    assert [change["comment"] for change in outputs["DESIGN"]["changes"]] == comments


def test_approval_of_a_design_changes_nothing(plan: Callable[..., Any]) -> None:
    first = plan(LOCK)
    assert plan(LOCK, previous=first, feedback={"DESIGN": ["Looks good"], "TASKS": ["ok"]}) == first


def test_order_priority_and_estimate_of_tasks(plan: Callable[..., Any]) -> None:
    first = plan(LOCK)
    comments = ["TSK-003 after TSK-002", "TSK-003: critical", "task 1 takes 2 hours", "TSK-001 depends on TSK-003"]
    outputs = judged(plan(LOCK, previous=first, feedback={"TASKS": comments}))
    tasks = {task["id"]: task for task in outputs["TASKS"]["tasks"]}
    assert tasks["TSK-003"]["depends_on"] == ["TSK-002"]
    assert tasks["TSK-003"]["priority"] == "critical"
    assert tasks["TSK-001"]["estimate_hours"] == 2.0
    assert tasks["TSK-001"]["depends_on"] == [], "a cycle is not made"
    assert graph.TaskGraph(outputs["TASKS"]["tasks"]).waves() == [["TSK-001"], ["TSK-002"], ["TSK-003"]]
    assert [change["comment"] for change in outputs["TASKS"]["changes"]] == comments[:3]
    assert tasks["TSK-002"] == first["TASKS"]["tasks"][1]


def test_changes_outlive_a_new_plan(plan: Callable[..., Any]) -> None:
    first = plan(LOCK, feedback={"TASKS": ["TSK-003 after TSK-002"]})
    second = judged(plan(LOCK, previous=first, feedback={"REQUIREMENTS": ["REQ-001: lock per IP as well"]}))
    assert second["TASKS"]["tasks"][2] == first["TASKS"]["tasks"][2]
    assert second["TASKS"]["changes"] == first["TASKS"]["changes"]


def test_words_on_a_task_go_into_its_description(plan: Callable[..., Any]) -> None:
    outputs = judged(plan(LOCK, feedback={"TASKS": ["The export of orders must mention the time zone"]}))
    assert "time zone" in outputs["TASKS"]["tasks"][2]["description"]
    assert "time zone" not in outputs["TASKS"]["tasks"][0]["description"]
