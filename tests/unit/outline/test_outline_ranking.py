"""Ranking: names, identifiers, word forms, pairs and hints."""

from __future__ import annotations

import pytest

from omoi_worker.engines import PastCommit
from omoi_worker.engines.outline import query
from omoi_worker.engines.outline.kinds import kind_of
from omoi_worker.engines.outline.ranking import rank
from omoi_worker.engines.outline.tree import SourceFile
from omoi_worker.engines.outline.words import parts, stem


def ranked(title: str, files: dict[str, str], description: str = "") -> list[str]:
    tree = [SourceFile(path, len(text), text) for path, text in sorted(files.items())]
    return [entry.path for entry in rank(tree, title, description)]


FILES = {
    "app/auth.py": "class AccountLock:\n    pass\n",
    "app/mail.py": "def sendReminder(to):\n    pass\n",
    "app/config.py": "TIMEOUT = 3\n",
    "app/pool.py": "def acquire_connection(timeout):\n    # waits for a connection\n    pass\n",
    "tests/test_pool.py": "def test_wait(): pass\n",
    "docs/guide.md": "# Guide\n\nConnections and mail.\n",
    "pyproject.toml": "[project]\n",
    "CHANGELOG.md": "# Changes\n",
    ".github/workflows/ci.yml": "on: push\n",
}


@pytest.mark.parametrize(
    ("idea", "best"),
    [
        ("locking accounts", "app/auth.py"),
        ("send reminders", "app/mail.py"),
        ("read the configuration", "app/config.py"),
        ("`acquire_connection` blocks for ever", "app/pool.py"),
        ("Typo in app/config.py", "app/config.py"),
        ("docs: explain connections", "docs/guide.md"),
        ("Bump the dependencies", "pyproject.toml"),
        ("Version 1.2.3", "CHANGELOG.md"),
        ("run the workflow on push", ".github/workflows/ci.yml"),
    ],
)
def test_the_right_file_comes_first(idea: str, best: str) -> None:
    assert ranked(idea, FILES)[0] == best


def test_a_test_follows_its_source() -> None:
    found = ranked("acquire a connection", FILES)
    assert found.index("app/pool.py") < found.index("tests/test_pool.py")


def test_equal_files_are_in_path_order() -> None:
    assert ranked("alpha", {"b.py": "alpha", "a.py": "alpha", "c.py": "beta"}) == ["a.py", "b.py"]


def test_a_rare_word_outweighs_a_common_one() -> None:
    files = {f"m{number}.py": "request\n" * 20 for number in range(20)} | {"n.py": "request proxy\n"}
    assert ranked("proxy request", files)[0] == "n.py"


@pytest.mark.parametrize(
    "words", [("lock", "locked", "locking", "locks"), ("migrate", "migrations"), ("expire", "expiry")]
)
def test_forms_of_a_word_have_one_stem(words: tuple[str, ...]) -> None:
    assert len({stem(word) for word in words}) == 1


def test_identifiers_are_split() -> None:
    assert parts("failedLogins") == parts("failed_logins") == parts("FAILED_LOGINS") == ("failed", "logins")
    assert parts("HTTPServer2") == ("http", "server", "2")


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("src/app.ts", "source"),
        ("src/app.test.ts", "test"),
        ("pkg/app_test.go", "test"),
        ("uv.lock", "lock"),
        ("requirements/dev.txt", "manifest"),
        ("HISTORY.md", "changelog"),
        ("Dockerfile", "automation"),
        ("README", "document"),
        ("logo.png", "data"),
    ],
)
def test_kinds_of_files(path: str, kind: str) -> None:
    assert kind_of(path).name == kind


def with_past(title: str, *past: PastCommit) -> list[tuple[str, str]]:
    tree = [SourceFile(path, len(text), text) for path, text in sorted(FILES.items())]
    return [(entry.path, entry.why) for entry in rank(tree, title, "", past)]


def test_past_commits_that_speak_of_the_idea_point_at_their_files() -> None:
    past = [
        PastCommit("Harden the vestibule", ("app/config.py",)),
        PastCommit("Paint it", ("app/mail.py",)),
        PastCommit("Open the vestibule earlier", ("app/config.py", "app/pool.py", "gone.py")),
    ]
    found = with_past("Close the vestibule", *past)
    assert found == [
        ("app/config.py", "changed by 2 past commits that speak of vestibule"),
        ("app/pool.py", "changed by 1 past commit that speaks of vestibule"),
    ]
    assert with_past("Close the vestibule") == []


def test_words_of_the_files_outweigh_the_past() -> None:
    past = [PastCommit("Send reminders at night", ("app/config.py",))] * 20
    found = with_past("send reminders", *past)
    assert found[0][0] == "app/mail.py"
    assert found[1] == ("app/config.py", "changed by 20 past commits that speak of send")


def test_of_two_equal_files_the_one_changed_lately_comes_first() -> None:
    tree = [SourceFile(f"app/{name}.py", 9, "login = 1") for name in "ab"]
    assert [entry.path for entry in rank(tree, "login", "")] == ["app/a.py", "app/b.py"]
    past = [PastCommit("Tidy", ("app/b.py",)), PastCommit("Begin", ("app/a.py", "app/b.py"))]
    assert [entry.path for entry in rank(tree, "login", "", past)] == ["app/b.py", "app/a.py"]


def test_a_file_that_the_idea_names_stands_before_what_the_past_says() -> None:
    past = [PastCommit("Send reminders", ("app/mail.py",))] * 9
    assert with_past("Send reminders from app/pool.py", *past)[0][0] == "app/pool.py"


def test_one_endless_word_is_read() -> None:
    """A quadratic reading of it takes longer than any test may."""
    found = query._PATH.findall("x" * 200_000 + " see shop/auth.py and cart.py")
    assert found == ["shop/auth.py", "cart.py"]
