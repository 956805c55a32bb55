"""Ranking: names, identifiers, word forms, pairs and hints."""

from __future__ import annotations

import pytest

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
