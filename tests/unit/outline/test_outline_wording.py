"""Ordinary ideas in many forms: what is written of them is English, keeps their nouns and invents none."""

from __future__ import annotations

import re
from typing import Any

import pytest

from omoi_spec import ears_lint, evaluate
from omoi_worker.engines.outline.articles import mend_articles, with_article
from omoi_worker.engines.outline.requirements import write_requirements
from omoi_worker.engines.outline.scenarios import feature_paths
from omoi_worker.engines.outline.tongue import is_english

ENGLISH = {
    "Export the monthly report as CSV and mail it to the accountant": "monthly report CSV accountant",
    "Create the weekly summary and send it to all managers": "weekly summary managers",
    "Generate a daily backup and upload it to the bucket": "daily backup bucket",
    "Export weekly and monthly reports and mail them": "weekly monthly reports",
    "Resize images and upload to the server": "images server",
    "Import the customer list and show it as a table": "customer list table",
    "Add a search box and highlight its matches": "search box matches",
    "Delete older files and log their names": "older files names",
    "Show online users in the sidebar": "online users sidebar",
    "List the larger orders first": "larger orders",
    "Write the back button in blue": "back button blue",
    "Add an user list": "user list",
    "Send an unique link to a owner": "unique link owner",
    "As an user I want to export an URL list": "URL list",
    "As an hourly worker I want to see my shifts": "shifts",
    "Make login faster": "login",
    "Make the checkout page easier to use": "checkout page",
    "Make search results more relevant": "search results relevant",
    "Load pages faster": "pages",
    "Render the product images lazily": "product images",
    "Automatically archive the automatically generated reports": "generated reports",
    "Sort orders by date": "orders date",
    "Integrate with Slack": "Slack",
    "Dark mode": "dark mode",
    "Search": "search",
    "Login page": "login page",
    "Los Angeles office page": "los angeles office page",
    "CSV export": "CSV export",
    "Can users export their invoices as PDF?": "users invoices PDF",
    "Could you please add a logout button?": "logout button",
    "Should the app remember the last filter?": "last filter",
    "Why is the login slow?": "login slow",
    "Is there a way to reset the password?": "password",
    "Notify me when the nightly build fails": "nightly build",
    "When an order is paid, pack it and ship it": "order",
    "If the card expires, remind the owner and block it": "card owner",
    "Users can upload an avatar and crop it": "avatar",
    "Fix the typo in the footer": "typo footer",
    "Fix the broken link on the home page": "broken link home page",
    "Validate the uploaded CSV and reject it if a column is missing": "uploaded CSV column",
    "Log in with Google": "Google",
    "Show names, emails and phone numbers and let admins edit them": "names emails phone numbers admins",
    "Limit the number of API calls to 100 per hour": "number API calls",
}  # fmt: skip

THIN = [
    "Fix it",
    "Delete them",
    "???",
    "Fix",
    "Improve it",
    "Do something",
    "Help",
    "Remove this",
    "…",
    "Change everything",
]
OTHER_TONGUES = [
    "Füge eine Suche hinzu",
    "Benutzer sollen ihr Passwort ändern",
    "Exportiere den Bericht als CSV und schicke ihn an die Buchhaltung",
    "Ajouter une page de connexion",
    "Agregar un botón para exportar los informes",
    "Aggiungi una pagina di ricerca",
    "Adicionar um botão de busca",
    "Voeg een zoekveld toe",
    "Dodaj wyszukiwarkę",
    "Добавить поиск по заказам",
    "検索を追加する",
]

_ARTICLE = r"(?:a|an|the)"
_GARBAGE = re.compile(
    rf"(?i)(?<![\w'-]){_ARTICLE} (?:{_ARTICLE}|it|its|their|them|this|that|these|those|me|us|as|at|by|for|from|if|in|into|is|"
    rf"are|of|on|onto|or|and|than|to|with|when|can|exactly)\b|(?<![\w'-]){_ARTICLE}(?=\s*(?:[.,;:!?”)]|$))|\b(\w+) \1\b"
)
_WRONG_SOUND = re.compile(
    r"(?i)\ba (?=hour|honest|[aeio](?!ne\b|nce\b|u)|u(?!ni[qtvocfx]|s[ea]|rl|uid|til|i\b))|\ban (?=[bcdfgjklpqtvwyz][a-z]|user|unique|url|unit|one\b)"
)


def write(idea: str) -> dict[str, Any]:
    job = {"title": idea, "description": "", "project": {"name": "shop"}}
    return write_requirements(job, {"file_count": 3}, [])


def texts(data: dict[str, Any]) -> list[str]:
    found = [*data["assumptions"], *data["open_questions"]]
    for item in data["requirements"]:
        found += [item["title"], item["statement"], *item["user_story"].values()]
        found += [criterion["text"] for criterion in item["criteria"]]
    return found


def outside_quotes(text: str, idea: str) -> str:
    """What the engine wrote itself: an idea in another language is the requester's."""
    return text if is_english(idea) else text.replace(idea, "X")


@pytest.mark.parametrize("idea", [*ENGLISH, *THIN, *OTHER_TONGUES])
def test_no_garbage_is_written(idea: str) -> None:
    data = write(idea)
    for text in texts(data):
        assert not _GARBAGE.search(outside_quotes(text, idea)), text
        assert not _WRONG_SOUND.search(outside_quotes(text, idea)), text
    for item in data["requirements"]:
        for sentence in [item["statement"], *(criterion["text"] for criterion in item["criteria"])]:
            assert ears_lint.lint(sentence, ["shop"]) == [], sentence
    judged = evaluate.evaluate("REQUIREMENTS", data, {})
    assert judged.passed and not judged.findings, judged.feedback()
    for path in feature_paths(data["requirements"], "features", [], {}).values():
        assert not is_english(idea) or not _GARBAGE.search(
            re.sub(r"^features/|\.feature$", "", path).replace("-", " ")
        ), path


@pytest.mark.parametrize(("idea", "nouns"), ENGLISH.items())
def test_every_noun_of_the_idea_is_in_a_statement(idea: str, nouns: str) -> None:
    stated = " ".join(item["statement"] for item in write(idea)["requirements"]).lower()
    assert [noun for noun in nouns.lower().split() if not re.search(rf"\b{re.escape(noun)}\b", stated)] == [], stated


@pytest.mark.parametrize("idea", THIN)
def test_an_idea_that_names_nothing_is_asked_about(idea: str) -> None:
    data = write(idea)
    assert data["open_questions"]
    assert [item["statement"] for item in data["requirements"]] == [f"The shop shall do what the idea says: “{idea}”."]


@pytest.mark.parametrize("idea", OTHER_TONGUES)
def test_another_language_is_quoted_whole_and_said_so(idea: str) -> None:
    data = write(idea)
    assert [item["statement"] for item in data["requirements"]] == [f"The shop shall do what the idea says: “{idea}”."]
    assert any("not English" in text and idea in text for text in data["assumptions"])


@pytest.mark.parametrize("idea", ENGLISH)
def test_english_is_told_from_other_languages(idea: str) -> None:
    assert is_english(idea)


def test_a_pronoun_stands_for_the_noun_before_it() -> None:
    first, second = write("Export the monthly report as CSV and mail it to the accountant")["requirements"]
    assert first["statement"] == "The shop shall export the monthly report as CSV."
    assert second["statement"] == "The shop shall mail the monthly report to the accountant."
    assert any("each entry of the monthly report" in criterion["text"] for criterion in first["criteria"])


@pytest.mark.parametrize(
    ("noun", "expected"),
    [("user", "a user"), ("URL", "a URL"), ("hour", "an hour"), ("unique key", "a unique key"), ("API", "an API"),
     ("HTML page", "an HTML page"), ("PDF", "a PDF"), ("umbrella", "an umbrella"), ("uninvited guest", "an uninvited guest"),
     ("one-off job", "a one-off job"), ("order", "an order"), ("European", "a European"), ("unit", "a unit"), ("SMS", "an SMS")],
)  # fmt: skip
def test_articles_go_by_sound(noun: str, expected: str) -> None:
    assert with_article(noun) == expected
    assert mend_articles(f"send an {noun}").endswith(("n " + noun, "a " + noun))


def test_a_letter_is_no_article() -> None:
    assert mend_articles("plan a and b, option A is an user") == "plan a and b, option A is a user"
