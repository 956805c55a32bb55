"""Change requests: what is named changes, everything else stays byte for byte."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from omoi_spec import evaluate
from omoi_worker.engines.outline.changes import apply_feedback
from omoi_worker.engines.outline.requirements import write_requirements

SUBJECT = "the shop"


@pytest.fixture
def base() -> dict[str, Any]:
    job = {
        "title": "Lock an account after five failed logins and email its owner; export orders as CSV",
        "project": {"name": "shop"},
    }
    return write_requirements(job, {"file_count": 3}, [])


def ask(data: dict[str, Any], *texts: str) -> dict[str, Any]:
    before = copy.deepcopy(data)
    feedback = [{"id": str(number), "author": "mara", "text": text} for number, text in enumerate(texts)]
    changed = apply_feedback(data, feedback, SUBJECT)
    assert data == before, "the old version is not touched"
    assert apply_feedback(changed, feedback, SUBJECT) == changed, "a comment is done once"
    judged = evaluate.evaluate("REQUIREMENTS", changed, {})
    assert judged.passed and not judged.findings, judged.feedback()
    return changed


def by_id(data: dict[str, Any]) -> dict[str, Any]:
    return {item["id"]: item for item in data["requirements"]}


def unchanged(old: dict[str, Any], new: dict[str, Any], *but: str) -> None:
    for identity, item in by_id(old).items():
        if identity not in but:
            assert by_id(new)[identity] == item
    for key in ("introduction", "glossary", "out_of_scope", "assumptions", "feature_name"):
        assert new[key] == old[key]


def test_an_addition_becomes_a_criterion_of_the_named_requirement(base: dict[str, Any]) -> None:
    new = ask(base, "REQ-001: lock per IP as well")
    unchanged(base, new, "REQ-001")
    added = by_id(new)["REQ-001"]["criteria"][-1]
    assert added == {
        "id": "REQ-001.4",
        "text": "When five failed logins have occurred, the shop shall lock per IP.",
    }
    assert new["changes"] == [
        {
            "comment": "REQ-001: lock per IP as well",
            "effect": "REQ-001: 1 criterion added (REQ-001.4)",
            "ids": ["REQ-001", "REQ-001.4"],
        }
    ]


@pytest.mark.parametrize(
    "text",
    [
        "ten instead of five in requirement 1",
        "make it ten in REQ-001",
        "after ten failed logins",
        "REQ-001: five → ten",
    ],
)
def test_a_number_is_exchanged_in_one_requirement(base: dict[str, Any], text: str) -> None:
    new = ask(base, text)
    unchanged(base, new, "REQ-001")
    assert by_id(new)["REQ-001"]["statement"] == "When ten failed logins have occurred, the shop shall lock an account."
    assert "five" not in str(by_id(new)["REQ-001"])
    assert new["changes"][0]["ids"] == ["REQ-001"]


def test_a_word_is_exchanged_where_it_is_best_matched(base: dict[str, Any]) -> None:
    new = ask(base, "Export the orders as JSON instead of CSV")
    assert "JSON" in by_id(new)["REQ-003"]["statement"] or "json" in str(by_id(new)["REQ-003"]).lower()
    unchanged(base, new, "REQ-003")


@pytest.mark.parametrize("text", ["Remove REQ-002", "drop the email requirement", "The email is not needed"])
def test_a_requirement_is_removed(base: dict[str, Any], text: str) -> None:
    new = ask(base, text)
    assert list(by_id(new)) == ["REQ-001", "REQ-003"]
    unchanged(base, new, "REQ-002")


def test_a_criterion_is_removed_and_its_number_not_used_again(base: dict[str, Any]) -> None:
    more = ask(base, "REQ-001: lock per IP as well")
    without = ask(more, "1.4 should be removed")
    assert [item["id"] for item in by_id(without)["REQ-001"]["criteria"]] == ["REQ-001.1", "REQ-001.2", "REQ-001.3"]
    again = ask(without, "REQ-001: lock per browser as well")
    assert by_id(again)["REQ-001"]["criteria"][-1]["id"] == "REQ-001.5"


def test_the_number_of_a_removed_requirement_is_not_used_again(base: dict[str, Any]) -> None:
    new = ask(ask(base, "Remove REQ-003"), "Add a requirement: unlock accounts after 30 minutes")
    assert list(by_id(new)) == ["REQ-001", "REQ-002", "REQ-004"]


def test_a_new_wish_is_added(base: dict[str, Any]) -> None:
    new = ask(base, "Print a receipt when a customer has paid")
    unchanged(base, new)
    assert by_id(new)["REQ-004"]["statement"] == "When a customer has paid, the shop shall print a receipt."


def test_an_ears_sentence_is_taken_word_for_word(base: dict[str, Any]) -> None:
    wish = "If the mail server is down, then the shop shall hold the email for 24 hours."
    new = ask(base, f"REQ-002: {wish}")
    assert by_id(new)["REQ-002"]["criteria"][-1]["text"] == wish


def test_one_comment_may_change_several_requirements(base: dict[str, Any]) -> None:
    new = ask(base, "REQ-001: lock per IP as well. REQ-003: also include the customer's name.")
    unchanged(base, new, "REQ-001", "REQ-003")
    assert new["changes"][0]["ids"] == ["REQ-001", "REQ-001.4", "REQ-003", "REQ-003.3"]


def test_a_question_is_kept_as_an_open_question(base: dict[str, Any]) -> None:
    new = ask(base, "Why not per IP?")
    unchanged(base, new)
    assert new["open_questions"] == [*base["open_questions"], "Why not per IP?"]


@pytest.mark.parametrize("text", ["Looks good", "LGTM, thanks!", "ok", "REQ-009: five → ten", "", "REQ-002"])
def test_nothing_to_change_gives_exactly_the_old_data(base: dict[str, Any], text: str) -> None:
    assert ask(base, text) == base


def test_the_last_requirement_is_never_removed() -> None:
    only = write_requirements({"title": "Print invoices", "project": {"name": "shop"}}, {"file_count": 1}, [])
    assert ask(only, "Remove REQ-001") == only
