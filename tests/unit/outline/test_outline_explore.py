"""EXPLORE: what is read, what is never read, and what is said of it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from omoi_worker.engines.outline import manifests as reading
from omoi_worker.engines.outline.explore import explore
from omoi_worker.engines.outline.rules import find_rules
from omoi_worker.engines.outline.tree import MAX_FILE_BYTES, SourceFile, read_tree

LOCK = "Lock an account after five failed logins and email its owner"


def tree(**files: str) -> list[SourceFile]:
    return [SourceFile(path, len(text), text) for path, text in sorted(files.items())]


def test_the_sample_is_read(plan: Callable[..., Any]) -> None:
    data = plan(LOCK)["EXPLORE"]
    assert data["file_count"] == 9
    assert data["languages"][0] == {"name": "Python", "files": 6, "lines": 34}
    assert data["manifests"] == [{"path": "pyproject.toml", "kind": "Python project"}]
    assert data["test_command"] == {"command": "pytest", "source": "pyproject.toml"}
    assert data["setup_command"] == {"command": "pip install -e .", "source": "pyproject.toml"}
    assert {"path": "pyproject.toml", "kind": "command", "name": "shop = shop.web:main"} in data["entry_points"]
    assert {"path": "shop/web.py", "kind": "web application", "name": "app (Flask)"} in data["entry_points"]
    assert data["rules"] == [
        {"path": "AGENTS.md", "line": 3, "text": "Never log a password."},
        {"path": "AGENTS.md", "line": 4, "text": "Run `pytest` before every commit."},
    ]
    assert data["relevant_files"][0]["path"] == "shop/auth.py"
    assert "flask" in data["project_type"]
    assert "sells books" in data["summary"]


def test_the_project_s_own_commands_win(repository: Path) -> None:
    (repository / ".omoi.toml").write_text(
        'test_command = "make check"\nsetup_command = "make env"\n', encoding="utf-8"
    )
    files = read_tree(repository)
    own, _ = explore(files, {"title": LOCK, "project": {}}, "")
    assert own["test_command"] == {"command": "make check", "source": ".omoi.toml"}
    given, _ = explore(files, {"title": LOCK, "project": {"test_command": "tox -e py"}}, "")
    assert given["test_command"] == {"command": "tox -e py", "source": "project settings"}
    assert given["setup_command"] == {"command": "make env", "source": ".omoi.toml"}


@pytest.mark.parametrize(
    ("files", "test", "setup"),
    [
        ({"Makefile": "all:\n\ntest: all\n\tx\n", "go.mod": "module x\n"}, "make test", "go mod download"),
        (
            {"package.json": '{"scripts": {"test": "jest"}}', "yarn.lock": ""},
            "yarn test",
            "yarn install --frozen-lockfile",
        ),
        ({"package.json": '{"scripts": {"test": "echo \\"Error: no test specified\\""}}'}, None, "npm install"),
        ({"package.json": "{broken"}, None, "npm install"),
        ({"Cargo.toml": "[package]\n"}, "cargo test", "cargo fetch"),
        ({"test_it.py": "import unittest\n"}, "python -m unittest", None),
        ({"a.txt": "nothing"}, None, None),
    ],
)
def test_commands_are_proposed_from_manifests(files: dict[str, str], test: str | None, setup: str | None) -> None:
    manifests = reading.Manifests(tree(**files), "")
    found = reading.test_command(manifests, {})
    assert (found and found["command"]) == test
    prepared = reading.setup_command(manifests, {})
    assert (prepared and prepared["command"]) == setup
    assert reading.entry_points(manifests) == []


def test_commands_of_a_work_dir_come_from_it() -> None:
    files = tree(**{"Makefile": "test:\n", "web/package.json": '{"scripts": {"test": "jest"}}'})
    found = reading.test_command(reading.Manifests(files, "web"), {})
    assert found == {"command": "npm test", "source": "web/package.json scripts.test"}


def test_rules_are_quoted_with_file_and_line() -> None:
    text = "# Contributing\n\nWelcome to this project\n\n* You must sign\n  your work.\n1. Add tests for it\n| never | table |\n"
    files = tree(**{"docs/CONTRIBUTING.md": text, "CLAUDE.md": "Do not push to main.\n", "README.md": "- Never read\n"})
    assert find_rules(files) == [
        {"path": "CLAUDE.md", "line": 1, "text": "Do not push to main."},
        {"path": "docs/CONTRIBUTING.md", "line": 5, "text": "You must sign"},
        {"path": "docs/CONTRIBUTING.md", "line": 7, "text": "Add tests for it"},
    ]


def test_secrets_behind_links_pipes_binaries_and_giants_are_not_read(repository: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret.txt"
    secret.write_text("hunter2 password login", encoding="utf-8")
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "key.py").write_text("login = 'hunter2'", encoding="utf-8")
    (repository / "linked.py").symlink_to(secret)
    (repository / "linked").symlink_to(folder)
    (repository / "AGENTS.md").unlink()
    (repository / "AGENTS.md").symlink_to(secret)
    os.mkfifo(repository / "pipe.py")
    (repository / "image.py").write_bytes(b"login\0\1\2" * 10)
    (repository / "giant.py").write_text("login\n" * (MAX_FILE_BYTES // 6 + 1), encoding="utf-8")
    (repository / "node_modules" / "x").mkdir(parents=True)
    (repository / "node_modules" / "x" / "login.js").write_text("login", encoding="utf-8")
    (repository / ".git").mkdir()
    (repository / ".git" / "login").write_text("login", encoding="utf-8")
    files = {file.path: file.text for file in read_tree(repository)}
    assert {"linked.py", "linked/key.py", "pipe.py", "AGENTS.md", ".git/login", "node_modules/x/login.js"}.isdisjoint(
        files
    )
    assert files["image.py"] is None
    assert files["giant.py"] is None
    data, _ = explore(read_tree(repository), {"title": "login", "project": {}}, "")
    assert "hunter2" not in str(data)


def test_latin_1_is_read_and_bad_names_are_not(repository: Path) -> None:
    (repository / "alt.py").write_bytes("# Prüfung der Anmeldung\n".encode("latin-1"))
    (repository / "bad\nname.py").write_text("login", encoding="utf-8")
    files = {file.path: file.text for file in read_tree(repository)}
    assert files["alt.py"] == "# Prüfung der Anmeldung\n"
    assert "bad\nname.py" not in files


@pytest.mark.parametrize("title", ["", "…", "the of and", "zzzqqq", "🎉"])
def test_an_idea_without_known_words_finds_nothing(repository: Path, title: str) -> None:
    data, facts = explore(read_tree(repository), {"title": title, "project": {}}, "")
    assert data["relevant_files"] == []
    assert "No file of the repository holds a word of the idea." in data["summary"]
    assert facts[0] == "9 files"


def test_an_empty_repository_gives_empty_data(tmp_path: Path) -> None:
    data, facts = explore(read_tree(tmp_path), {"title": LOCK, "project": {}}, "")
    assert (data["file_count"], data["languages"], data["relevant_files"]) == (0, [], [])
    assert facts == ["0 files"]


@pytest.mark.parametrize("work_dir", ["../..", "/", "missing", "shop/../..", "."])
def test_a_work_dir_that_is_no_folder_of_the_clone_is_not_used(repository: Path, work_dir: str) -> None:
    data, _ = explore(read_tree(repository), {"title": LOCK, "project": {"work_dir": work_dir}}, "")
    assert data["file_count"] == 9


def test_reviewers_words_are_searched_too(plan: Callable[..., Any]) -> None:
    data = plan(LOCK, feedback={"EXPLORE": ["Look at shop/orders.py"]})["EXPLORE"]
    assert data["relevant_files"][0]["path"] == "shop/orders.py"


def test_two_thousand_files_take_a_few_seconds(tmp_path: Path) -> None:
    body = "\n".join(f"def step_{line}(account):\n    '''Count logins.'''\n    return {line}" for line in range(60))
    for number in range(2000):
        folder = tmp_path / f"part{number % 40}"
        folder.mkdir(exist_ok=True)
        (folder / f"module{number}.py").write_text(body, encoding="utf-8")
    began = time.monotonic()
    data, _ = explore(read_tree(tmp_path), {"title": LOCK, "project": {}}, "")
    assert data["file_count"] == 2000
    assert time.monotonic() - began < 15, "about 2 s on an idle core"


@pytest.mark.parametrize("piece", ["<", "<!--", "```", "<a ", "login ", "aB", "=", '"'])
@pytest.mark.parametrize("name", ["README.md", "shop.min.js", "pyproject.toml"])
def test_a_line_of_a_megabyte_takes_a_moment(name: str, piece: str) -> None:
    text = piece * ((MAX_FILE_BYTES - 10) // len(piece))
    began = time.monotonic()
    explore([SourceFile(name, len(text), text)], {"title": LOCK, "project": {}}, "")
    assert time.monotonic() - began < 5, "half a second on an idle core; a square of the length would be hours"
