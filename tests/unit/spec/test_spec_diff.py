"""Differences between versions, in lines."""

from __future__ import annotations

import pytest

from omoi_spec import phases
from omoi_spec.diff import difference
from tests.unit.spec.spec_examples import output, task


@pytest.mark.parametrize("phase", phases.PLANNING_PHASES)
def test_equal_versions_have_no_difference(phase: str) -> None:
    new = output(phase)
    new["notice"] = "another"
    assert difference(phase, output(phase), new) == []


def test_requirements() -> None:
    new = output("REQUIREMENTS")
    second = new["requirements"][1]
    second["criteria"].append({"id": "REQ-002.3", "text": "The system shall log in UTC."})
    second["criteria"][0]["text"] = "The system shall mail."
    second["title"] = "Mail the owner"
    new["requirements"].append({**output("REQUIREMENTS")["requirements"][0], "id": "REQ-003", "criteria": []})
    new["assumptions"] = []
    new["introduction"] = "Shorter."
    assert difference("REQUIREMENTS", output("REQUIREMENTS"), new) == [
        "introduction changed",
        'REQ-002 changed: title is now "Mail the owner"',
        'REQ-002.1 changed: "The system shall mail."',
        "1 criterion added to REQ-002: REQ-002.3",
        'REQ-003 added: "Lock after five failed logins"',
        'assumption "ASSUMED: a lock ends by itself." removed',
        "REQ-001 unchanged",
    ]
    assert "2 criteria removed from REQ-001: REQ-001.1, REQ-001.2" in difference(
        "REQUIREMENTS",
        output("REQUIREMENTS"),
        {**new, "requirements": [{**output("REQUIREMENTS")["requirements"][0], "criteria": []}]},
    )


def test_design_and_tasks() -> None:
    new = output("DESIGN")
    new["components"][0]["responsibility"], new["components"][0]["files"] = "Less.", []
    new["files"].pop()
    assert difference("DESIGN", output("DESIGN"), new) == [
        'component "LoginService" changed: responsibility, files',
        'file "shop/mail.py" removed',
    ]
    plan = output("TASKS")
    plan["tasks"][0]["depends_on"] = ["TSK-004"]
    plan["tasks"].append(task(4, "First"))
    assert difference("TASKS", output("TASKS"), plan) == [
        "TSK-001 changed: depends on",
        'TSK-004 added: "First"',
        "TSK-002, TSK-003 unchanged",
    ]


def test_order_and_repeated_items() -> None:
    new = output("TASKS")
    new["tasks"].reverse()
    assert difference("TASKS", output("TASKS"), new) == ["tasks: order changed", "TSK-003, TSK-002, TSK-001 unchanged"]
    twice = output("DESIGN")
    twice["testing"] *= 2
    assert difference("DESIGN", output("DESIGN"), twice) == [
        'testing note "One scenario for each criterion. (2)" added'
    ]


def test_phases_without_an_output() -> None:
    with pytest.raises(ValueError, match="SYNC"):
        difference("SYNC", {}, {})
