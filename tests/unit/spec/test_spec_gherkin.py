"""Features from requirements; the reference parser of Gherkin is the judge of what is written."""

from __future__ import annotations

from typing import Any

import pytest
from gherkin.parser import Parser
from hypothesis import HealthCheck, given, settings

from omoi_spec import gherkin
from tests.unit.spec.spec_examples import output
from tests.unit.spec.spec_hostile import REQUIREMENTS

NOTICE = "Written by rule (engine outline); no model was used."


def _requirement() -> dict[str, Any]:
    first: dict[str, Any] = output("REQUIREMENTS")["requirements"][0]
    first["criteria"].append(
        {
            "id": "REQ-001.4",
            "text": "Where SSO is included, while a user is logged in, if the token has expired, then the gate "
            "shall ask.",
        }
    )
    return first


def _official(text: str) -> dict[str, Any]:
    document: Any = Parser().parse(text)
    feature: dict[str, Any] = document["feature"]
    return feature


def _steps(scenario: dict[str, Any]) -> list[tuple[str, str]]:
    return [(step["keyword"].strip(), step["text"]) for step in scenario["steps"]]


def test_one_scenario_for_each_criterion() -> None:
    text = gherkin.render_feature(_requirement(), NOTICE, "spec-1")
    assert text.startswith(f"# {NOTICE}\n# Spec spec-1\n@REQ-001\nFeature: Lock after five failed logins\n")
    feature = _official(text)
    scenarios = [child["scenario"] for child in feature["children"]]
    assert [[tag["name"] for tag in scenario["tags"]] for scenario in scenarios] == [
        ["@REQ-001.1"],
        ["@REQ-001.2"],
        ["@REQ-001.4"],
    ]
    assert _steps(scenarios[1]) == [
        ("When", "a login names a locked account"),
        ("Then", "the login service shall answer 423"),
    ]
    assert _steps(scenarios[2]) == [
        ("Given", "SSO is included"),
        ("And", "a user is logged in"),
        ("When", "the token has expired"),
        ("Then", "the gate shall ask"),
    ]
    assert gherkin.check_feature(text, _requirement()) == []


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(REQUIREMENTS)
def test_hostile_text_stays_text(data: dict[str, Any]) -> None:
    for requirement in data["requirements"]:
        text = gherkin.render_feature(requirement, data["notice"], "spec-1")
        feature = _official(text)
        assert [tag["name"] for tag in feature["tags"]] == [f"@{requirement['id']}"]
        assert feature["language"] == "en"
        scenarios = [child["scenario"] for child in feature["children"]]
        assert [tag["name"] for s in scenarios for tag in s["tags"]] == [f"@{c['id']}" for c in requirement["criteria"]]
        unique = {criterion["id"] for criterion in requirement["criteria"]}
        if len(unique) == len(requirement["criteria"]):
            assert gherkin.check_feature(text, requirement) == []


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("@REQ-001\n", "", "missing_tag"),
        ("@REQ-001\n", "@REQ-002\n", "missing_tag"),
        ("  @REQ-001.2\n", "", "scenario_tag"),
        ("  @REQ-001.2\n", "  @REQ-001.1\n", "scenario_count"),
        ("  @REQ-001.2\n", "  @REQ-001.2 @REQ-001.1\n", "scenario_tag"),
        ("    Then the login service shall answer 423", "    Then the login service shall answer 200", "step_differs"),
        ("    When a login names a locked account\n", "", "step_differs"),
        ("    Given SSO is included\n", "    Given SSO is there\n", "step_differs"),
        ("    Then the gate shall ask", "    Whatever the gate", "not_gherkin"),
        ("Feature: ", "Feature ", "not_gherkin"),
        ("@REQ-001\n", "@REQ-001\nFeature: x\n@REQ-001\n", "feature_count"),
    ],
)
def test_what_a_feature_may_not_lose(old: str, new: str, code: str) -> None:
    text = gherkin.render_feature(_requirement(), "", "spec-1")
    assert old in text
    found = gherkin.check_feature(text.replace(old, new, 1), _requirement())
    assert code in [finding.code for finding in found]
    assert all(finding.hard and finding.remedy for finding in found)


def test_a_feature_may_be_made_more_exact() -> None:
    text = gherkin.render_feature(_requirement(), "", "spec-1")
    longer = text.replace(
        "    Then the gate shall ask",
        '    Then the gate shall ask\n    And the question names the user\n      """\n      Feature: no\n      """\n'
        "      | a | b |\n    # a comment",
    )
    assert longer != text
    assert _official(longer)
    assert gherkin.check_feature(longer, _requirement()) == []


def test_an_empty_or_foreign_file() -> None:
    assert {finding.code for finding in gherkin.check_feature("", _requirement())} == {
        "feature_count",
        "missing_tag",
        "scenario_count",
    }
    assert gherkin.check_feature("<html>\x00", _requirement())[0].code == "not_gherkin"


def test_a_sentence_without_trigger_has_no_when() -> None:
    assert gherkin.steps("The system shall log in UTC.") == [("Then", "The system shall log in UTC")]
    assert gherkin.steps("Log in UTC") == [("Then", "Log in UTC")]
