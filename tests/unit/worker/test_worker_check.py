from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from omoi_spec.gherkin import render_feature
from omoi_spec.markdown import render
from omoi_worker.check import run_check

REQUIREMENTS: dict[str, Any] = {
    "notice": "",
    "feature_name": "Lock an account",
    "introduction": "Accounts lock after five failed logins.",
    "glossary": [],
    "requirements": [
        {
            "id": "REQ-001",
            "title": "Lock",
            "user_story": {"role": "owner", "want": "my account locked", "benefit": "nobody guesses my password"},
            "statement": "WHEN five logins fail in a row, THE SYSTEM SHALL lock the account.",
            "criteria": [
                {"id": "REQ-001.1", "text": "WHEN the fifth login fails, THE SYSTEM SHALL lock the account."},
                {"id": "REQ-001.2", "text": "IF the account is locked, THEN THE SYSTEM SHALL answer 423."},
            ],
        }
    ],
    "assumptions": [],
    "out_of_scope": [],
    "open_questions": [],
    "changes": [],
}
LOCK = REQUIREMENTS["requirements"][0]


def other_spec() -> dict[str, Any]:
    data = copy.deepcopy(REQUIREMENTS)
    data["requirements"][0]["criteria"][0]["text"] = "WHEN a mail bounces, THE SYSTEM SHALL log it."
    return data


def put_spec(root: Path, slug: str, spec_id: str, data: dict[str, Any]) -> Path:
    folder = root / "specs" / slug
    folder.mkdir(parents=True)
    (folder / "requirements.md").write_text(render("REQUIREMENTS", data), encoding="utf-8")
    if spec_id:
        (folder / "omoi.json").write_text(json.dumps({"spec_id": spec_id}))
    return folder


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    put_spec(tmp_path, "lock", "spec-1", REQUIREMENTS)
    (tmp_path / "a.feature").write_text(render_feature(LOCK, "By rule.", "spec-1"), encoding="utf-8")
    return tmp_path


def test_a_feature_that_holds_its_requirement_passes(tree: Path) -> None:
    assert run_check(["a.feature"], None, tree) == (
        ["a.feature: ok (REQ-001 of specs/lock)", "specs/lock: documents parse back"],
        True,
    )


def test_of_several_specs_the_one_that_the_feature_names_counts(tree: Path) -> None:
    put_spec(tree, "bounce", "spec-2", other_spec())
    assert run_check(["a.feature"], None, tree)[1]
    (tree / "a.feature").write_text(render_feature(LOCK, "By rule.", "spec-2"), encoding="utf-8")
    lines, well = run_check(["a.feature"], None, tree)
    assert not well and "REQ-001.1" in lines[0]


@pytest.mark.parametrize(
    ("old", "new", "named"),
    [
        ("  @REQ-001.2\n", "", "has 0 tags of criteria of REQ-001"),
        ("@REQ-001.2\n", "@REQ-001.1\n", "REQ-001.1"),
        ("@REQ-001\n", "", "names no requirement"),
        ("@REQ-001\n", "@REQ-001 @REQ-002\n", "names REQ-001, REQ-002"),
        ("@REQ-001\n", "@REQ-009\n", "REQ-009 is not among the requirements of its spec"),
        ("Feature: Lock", "Lock", "a.feature: "),
    ],
)
def test_a_fault_is_one_readable_line(tree: Path, old: str, new: str, named: str) -> None:
    text = (tree / "a.feature").read_text(encoding="utf-8")
    assert old in text
    (tree / "a.feature").write_text(text.replace(old, new, 1), encoding="utf-8")
    lines, well = run_check(["a.feature"], None, tree)
    assert not well and lines[0].startswith("a.feature: ") and named in lines[0]
    assert all("\n" not in line for line in lines)


def test_documents_that_do_not_parse_back_fail(tree: Path) -> None:
    (tree / "specs/lock/design.md").write_text("Shopping: milk\n")
    lines, well = run_check(["a.feature"], None, tree)
    assert not well and lines[0].startswith("a.feature: ok") and lines[1].startswith("specs/lock/design.md: ")


def test_folders_of_other_people_and_other_specs_are_left_alone(tree: Path) -> None:
    put_spec(tree, "earlier", "spec-0", other_spec())
    (tree / "specs/earlier/design.md").write_text("Edited by hand\n")
    (tree / "specs/notes").mkdir()
    (tree / "specs/notes/requirements.md").write_text("# My own notes\n")
    (tree / "specs/README.md").write_text("x")
    assert run_check(["a.feature"], None, tree)[1]


def test_files_that_are_none_are_not_read(tree: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    (elsewhere / "secret").write_text("# omoi_TOPSECRET\n")
    for slug, fill in (
        ("deep", lambda path: path.write_text("[" * 100_000)),
        ("pipe", os.mkfifo),
        ("large", lambda path: path.write_text('{"spec_id": "spec-1"}' + " " * (1 << 20))),
        ("link", lambda path: path.symlink_to(tree / "specs/lock/omoi.json")),
    ):
        fill(put_spec(tree, slug, "", other_spec()) / "omoi.json")
    (tree / "specs/loop").symlink_to(tree / "specs/loop")
    (tree / "specs/twin").symlink_to(tree / "specs/lock")
    assert run_check(["a.feature"], None, tree)[1]
    (tree / "specs/lock/design.md").symlink_to(elsewhere / "secret")
    (tree / "b.feature").symlink_to(elsewhere / "secret")
    lines, well = run_check(["a.feature", "b.feature"], None, tree)
    assert not well and "TOPSECRET" not in "".join(lines)
    assert any(line.startswith("specs/lock/design.md: ") for line in lines)


def test_a_spec_id_counts_as_a_whole(tree: Path) -> None:
    put_spec(tree, "longer", "spec-1-2", other_spec())
    put_spec(tree, "shorter", "spec", other_spec())
    assert run_check(["a.feature"], None, tree)[1]
    (tree / "a.feature").write_text(render_feature(LOCK, "", "spec-1-2"), encoding="utf-8")
    lines, well = run_check(["a.feature"], None, tree)
    assert not well and not any("specs/lock" in line for line in lines)


def test_without_documents_a_feature_must_agree_with_itself(tmp_path: Path) -> None:
    put_spec(tmp_path, "earlier", "spec-0", other_spec())
    text = render_feature(LOCK, "", "spec-1")
    (tmp_path / "a.feature").write_text(text, encoding="utf-8")
    lines, well = run_check(["a.feature"], None, tmp_path)
    assert well and lines[0] == "a.feature: ok (REQ-001 by its own titles; no document of its spec is here)"
    for old, new, named in (
        ("    Then THE SYSTEM shall answer 423\n", "", "REQ-001.2"),
        ("@REQ-001.2", "@REQ-001.1", "REQ-001.1"),
        ("  @REQ-001.2\n", "", "has 0 tags of criteria"),
        ("Feature:", "Story:", "a.feature: "),
    ):
        assert old in text
        (tmp_path / "a.feature").write_text(text.replace(old, new), encoding="utf-8")
        lines, well = run_check(["a.feature"], None, tmp_path)
        assert not well and named in lines[0]
    (tmp_path / "a.feature").write_text("@REQ-001\nFeature: nothing\n", encoding="utf-8")
    assert not run_check(["a.feature"], None, tmp_path)[1]


def test_given_requirements_and_documents_both_count(tree: Path) -> None:
    (tree / "given.json").write_text(json.dumps(REQUIREMENTS))
    lines, well = run_check(["a.feature"], "given.json", tree)
    assert well and lines[0] == "a.feature: ok (REQ-001 as given, REQ-001 of specs/lock)"
    (tree / "specs/lock/requirements.md").write_text(render("REQUIREMENTS", other_spec()), encoding="utf-8")
    assert not run_check(["a.feature"], "given.json", tree)[1]


@pytest.mark.parametrize("shape", [LOCK, [LOCK], REQUIREMENTS])
def test_requirements_can_be_given(tmp_path: Path, shape: object) -> None:
    (tmp_path / "a.feature").write_text(render_feature(LOCK, "", "spec-1"), encoding="utf-8")
    (tmp_path / "given.json").write_text(json.dumps(shape))
    assert run_check(["a.feature"], "given.json", tmp_path) == (["a.feature: ok (REQ-001 as given)"], True)
    (tmp_path / "given.json").write_text(json.dumps(other_spec()))
    assert not run_check(["a.feature"], "given.json", tmp_path)[1]
    (tmp_path / "given.json").write_text("[1")
    assert "given.json: cannot be read" in run_check(["a.feature"], "given.json", tmp_path)[0][0]
    (tmp_path / "given.json").write_text("[1]")
    assert "given.json: holds no requirements" in run_check(["a.feature"], "given.json", tmp_path)[0][0]


def test_the_command_prints_lines_and_exits_with_the_verdict(tree: Path) -> None:
    def check(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "omoi_worker", "check", *arguments]
        env = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        return subprocess.run(command, cwd=tree, env=env, capture_output=True, text=True, check=False)

    good, bad, wrong = check("a.feature"), check("a.feature", "missing.feature"), check()
    assert (good.returncode, good.stdout) == (
        0,
        "a.feature: ok (REQ-001 of specs/lock)\nspecs/lock: documents parse back\n",
    )
    assert bad.returncode == 1 and "missing.feature: cannot be read" in bad.stdout
    assert wrong.returncode == 2 and "FEATURE" in wrong.stderr
