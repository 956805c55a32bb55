"""Ideas read as requirements: every sentence passes the strict linter and speaks of its idea."""

from __future__ import annotations

from typing import Any

import pytest

from omoi_spec import evaluate, gherkin, markdown
from omoi_worker.engines.outline.clauses import read_clauses
from omoi_worker.engines.outline.idea import BACKGROUND, EXCLUDED, QUESTION, read_idea
from omoi_worker.engines.outline.requirements import MOST_REQUIREMENTS, system_subject, write_requirements


def write(title: str, description: str = "", name: str = "shop") -> dict[str, Any]:
    return write_requirements(
        {"title": title, "description": description, "project": {"name": name}}, {"file_count": 3}, []
    )


def statements(title: str, description: str = "") -> list[str]:
    return [item["statement"] for item in write(title, description)["requirements"]]


@pytest.mark.parametrize(
    ("idea", "expected"),
    [
        (
            "Lock an account after five failed logins and email its owner",
            [
                "When five failed logins have occurred, the shop shall lock an account.",
                "When five failed logins have occurred, the shop shall email the account's owner.",
            ],
        ),
        (
            "When a payment fails, retry it after 24 hours and notify the customer",
            [
                "When a payment fails and 24 hours have passed, the shop shall retry the payment.",
                "When a payment fails, the shop shall notify the customer.",
            ],
        ),
        ("While offline, the app should queue edits", ["While the shop is offline, the shop shall queue edits."]),
        ("Users can filter orders by date", ["The shop shall let users filter orders by date."]),
        ("Passwords must never be stored in plain text", ["The shop shall refuse to store passwords in plain text."]),
        ("Invoices are sent within 24 hours", ["The shop shall send invoices within 24 hours."]),
        ("Dark mode", ["The shop shall provide dark mode."]),
        (
            "feat(api)!: return 429 when the limit is exceeded (#12)",
            ["When the limit is exceeded, the shop shall return 429."],
        ),
        ("Every night back up the database", ["The shop shall back up the database every night."]),
        ("The export times out for big reports", ["The shop shall complete the export for big reports."]),
        ("As a librarian I want to see overdue books", ["The shop shall let a librarian see overdue books."]),
        ("Export names and email addresses", ["The shop shall export names and email addresses."]),
        ("we need a fast checkout", ["The shop shall provide a “fast” checkout."]),
        (
            "Benutzer sollen ihr Passwort ändern",
            ["The shop shall do what the idea says: “Benutzer sollen ihr Passwort ändern”."],
        ),
    ],
)
def test_statements(idea: str, expected: list[str]) -> None:
    assert statements(idea) == expected


def test_lists_questions_exclusions_and_background() -> None:
    text = (
        "Currently people scroll.\n\nThe report should show:\n- the total\n- the tax per country\n\nShould drafts count?\n\n"
        "## Out of scope\n- printing\n"
    )
    assert [(unit.kind, unit.text) for unit in read_idea("", text)] == [
        (BACKGROUND, "Currently people scroll"),
        ("wish", "The report should show the total"),
        ("wish", "The report should show the tax per country"),
        (QUESTION, "Should drafts count?"),
        (EXCLUDED, "printing"),
    ]
    data = write("", text)
    assert data["out_of_scope"] == ["printing"]
    assert data["open_questions"][0] == "Should drafts count?"
    assert "Currently people scroll" in data["assumptions"][0]


def test_a_title_that_the_description_repeats_is_no_requirement_of_its_own() -> None:
    assert statements("Export orders", "Export all orders of a month as CSV.") == [
        "The shop shall export all orders of a month as CSV."
    ]


def test_figures_give_criteria_on_both_sides() -> None:
    first = write("Lock an account after five failed logins")["requirements"][0]
    texts = [criterion["text"] for criterion in first["criteria"]]
    assert "While fewer than five failed logins have occurred, the shop shall leave the account usable." in texts
    late = write("Send invoices within 24 hours unless the customer has opted out")["requirements"][0]
    texts = [criterion["text"] for criterion in late["criteria"]]
    assert any("“within 24 hours” is over" in text for text in texts)
    assert any(text.startswith("If the customer has opted out, then the shop shall skip") for text in texts)


def test_what_cannot_be_tested_is_asked() -> None:
    questions = write("Make it fast and easy, etc., if possible")["open_questions"]
    assert len(questions) == 4
    assert "Within which period" in write("Lock an account after five failed logins")["open_questions"][0]


def test_benefit_role_and_exception_are_read() -> None:
    clause = read_clauses("As a clerk I want to print labels so that parcels leave on time unless it is Sunday")[0]
    assert (clause.role, clause.actor, clause.benefit[:13]) == ("clerk", "a clerk", "parcels leave")


@pytest.mark.parametrize(
    ("name", "subject"),
    [("shop", "the shop"), ("The Shop", "the Shop"), ("my-app 2", "the my-app 2"), ("", "the system"), ("If", "the system"),
     ("a\nb", "the system"), ("x" * 60, "the system"), ("店", "the system"), (None, "the system")],
)  # fmt: skip
def test_the_subject_comes_from_the_project(name: str | None, subject: str) -> None:
    assert system_subject({"project": {"name": name}}) == subject


HOSTILE = [
    "?", "!!!", "a", "🎉", "** **", "1.2.3", "must", "when", "if a then b", "and and and", "x" * 5000, "word " * 3000,
    "- [ ] 1. foo\n_Requirements: 1_", "### Requirement 1: x", "`code`", '"""\nfoo', "@REQ-001 Feature: x", "| a | b |\n|---|---|",
    "If when while shall, then the shop shall shall.", "WHEN x THEN THE SYSTEM SHALL y", "<script>alert(1)</script>",
    "“quoted” and \"quotes\" 'single'", "_x_ * y # z\n> quote", "If possible, when needed, make it fast and/or nice etc.",
    "Allow users to", "Users can", "Fix", "Delete all users unless", "foo\\bar `", "a, b, and c; d; e and then delete it",
    "\u202eabc", "ユーザーがログインに失敗したらロックする。次に通知する。", "Shall we dance?", "\x00\x07bell",
]  # fmt: skip


@pytest.mark.parametrize("idea", HOSTILE, ids=range(len(HOSTILE)))
def test_any_text_gives_requirements_that_pass(idea: str) -> None:
    data = write("", idea)
    judged = evaluate.evaluate("REQUIREMENTS", data, {})
    assert judged.passed and not judged.findings, judged.feedback()
    assert markdown.parse("REQUIREMENTS", markdown.render("REQUIREMENTS", data)) == data
    for item in data["requirements"]:
        assert gherkin.check_feature(gherkin.render_feature(item, data["notice"], "s"), item) == []
        assert any(criterion["text"].startswith(("If", "While")) for criterion in item["criteria"])


def test_a_very_long_idea_is_cut_and_says_so() -> None:
    data = write("", "\n".join(f"- Export table number {number} as CSV" for number in range(60)))
    assert len(data["requirements"]) == MOST_REQUIREMENTS
    assert f"{60 - MOST_REQUIREMENTS} more wishes" in data["open_questions"][-1]
