from __future__ import annotations

from pathlib import Path

import pytest

from omoi_worker.writing import UnsafePath, write_files


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    root = tmp_path / "work"
    (root / ".git").mkdir(parents=True)
    (root / "docs").mkdir()
    (root / "out").symlink_to(tmp_path)
    (root / "in").symlink_to("docs")
    (root / "git").symlink_to(".git")
    (root / "secret").symlink_to("/etc/passwd")
    (root / "plain").write_text("x")
    return root


def test_whole_files_are_written_and_named_by_their_real_path(clone: Path) -> None:
    paths = write_files(clone, {"features/a.feature": "Feature: ä\r\n", "in/b.md": "b", "plain": "y"})
    assert paths == ["docs/b.md", "features/a.feature", "plain"]
    assert (clone / "features/a.feature").read_bytes() == "Feature: ä\r\n".encode()
    assert (clone / "docs/b.md").read_text() == "b"


def test_an_executable_stays_one(clone: Path) -> None:
    (clone / "plain").chmod(0o755)
    write_files(clone, {"plain": "y"})
    assert (clone / "plain").stat().st_mode & 0o111


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("", "no file name"),
        ("docs/", "no file name"),
        ("a\0b", "no file name"),
        ("a\nb", "no file name"),
        ("/etc/cron.d/x", "out of the repository"),
        ("../x", "out of the repository"),
        ("docs/../../x", "out of the repository"),
        ("out/x", "through a link"),
        ("out/new/x", "through a link"),
        (".git/hooks/post-commit", "inside .git"),
        (".GIT/config", "inside .git"),
        ("git/config", "inside .git"),
        ("docs/.git/config", "inside .git"),
        ("GIT~1/config", "inside .git"),
        ("secret", "is a link"),
        ("docs", "is a folder"),
        (".omoi.toml", "only people change"),
        (".gitmodules", "only people change"),
    ],
)
def test_a_path_that_leads_astray_writes_nothing_at_all(clone: Path, path: str, reason: str) -> None:
    before = sorted(clone.parent.rglob("*"))
    with pytest.raises(UnsafePath, match=reason):
        write_files(clone, {"docs/fine.md": "x", path: "bad"})
    assert sorted(clone.parent.rglob("*")) == before
    assert Path("/etc/passwd").read_text() != "bad"


def test_a_file_is_no_folder(clone: Path) -> None:
    with pytest.raises((UnsafePath, OSError)):
        write_files(clone, {"plain/x": "bad"})
    assert (clone / "plain").read_text() == "x"
