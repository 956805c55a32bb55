"""The small parts of the command: cleaning, times, ids, what was shown, failures."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omoi_client.cli import cleaning, failures, ids, perform, screen, shown, times
from omoi_client.cli.failures import Exit, Refusal
from omoi_client.cli.work.projects import repo_url
from omoi_client.errors import ConfigurationError, InvalidArgument, NotFound, OmoiError, Unavailable

NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
A, B = "spec-7f3a91c2-0000-0000-0000-000000000001", "spec-7f3a91c2-0000-0000-0000-000000000002"
C = "spec-beef0000-0000-0000-0000-000000000003"


@pytest.mark.parametrize(
    ("dirty", "clean"),
    [
        ("\x1b[31mred\x1b[0m", "red"),
        ("a\x1b]8;;http://x\x1b\\link\x1b]8;;\x07b", "alinkb"),
        ("\x1b]0;title never ends", ""),
        ("\x9b31mred\x90dcs\x9crest", "redrest"),
        ("\x1bcreset\x1b", "reset"),
        ("admin\u202e txt\u2066", "admin txt"),
        ("a\r\nb\u2028c\td\x00\x07", "a b c d"),
        ("思い é 🙂 [bold]x[/bold]", "思い é 🙂 [bold]x[/bold]"),
    ],
)
def test_cleaning(dirty: str, clean: str) -> None:
    assert cleaning.one_line(dirty) == clean


@given(st.text())
def test_nothing_clean_acts_on_a_terminal(text: str) -> None:
    kept = cleaning.lines(text)
    assert all(char in "\n\t" or (ord(char) >= 32 and not 127 <= ord(char) < 160) for char in kept)
    assert cleaning.lines(kept) == kept
    assert "\n" not in cleaning.one_line(text)


def test_documents_keep_their_lines() -> None:
    assert cleaning.lines("# A\n\n\tcode\x1b[2J\r\nend") == "# A\n\n\tcode\nend"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-5, "just now"), (1, "just now"), (12, "12 s ago"), (130, "2 m ago"), (7300, "2 h ago"), (200_000, "2 d ago")],
)
def test_ago(seconds: int, text: str) -> None:
    assert times.ago(NOW - timedelta(seconds=seconds), NOW) == text


def test_clocks() -> None:
    assert times.ago(NOW - timedelta(days=40), NOW) == "2026-03-25"
    assert [times.clock(one) for one in (-1, 6, 760, 3723)] == ["0:00", "0:06", "12:40", "1:02:03"]
    assert [times.took(one) for one in (0.04, 0.44, 9.96, 12, 75)] == ["0.0 s", "0.4 s", "10 s", "12 s", "1:15"]
    assert times.stamp(NOW) == "2026-05-04T12:00:00Z"


def test_short_ids_are_as_long_as_they_must_be() -> None:
    assert ids.short(C, [A, B, C]) == "spec-beef"
    assert ids.short(A, [A]) == "spec-7f3a"
    assert ids.short(A, [A, B]) == A
    assert ids.short(A, [A, "spec-7f3a0000-0000-0000-0000-000000000009"]) == "spec-7f3a9"


def test_the_widest_column_gives_way() -> None:
    assert screen.fitted([9, 9, 90], 60) == [9, 9, 38]
    assert screen.fitted([9, 40, 90], 60) == [9, 23, 24]
    assert screen.fitted([9, 9, 9], 60) == [9, 9, 9]
    assert screen.fitted([30, 30], 5) == [8, 8]


@pytest.mark.parametrize("typed", ["beef", "spec-beef", "SPEC-BEEF00", C, C.replace("-", "").replace("spec", "spec-")])
def test_choosing(typed: str) -> None:
    assert ids.choose(typed, "spec-", [(A, "a"), (B, "b"), (C, "c")]) == C


def test_choosing_refuses() -> None:
    with pytest.raises(Refusal) as several:
        ids.choose("7f3a", "spec-", [(A, "a"), (B, "b")])
    assert several.value.code == Exit.USAGE and several.value.remedy.splitlines() == [f"{A}: a", f"{B}: b"]
    with pytest.raises(Refusal) as none:
        ids.choose("0000", "spec-", [(A, "a")])
    assert none.value.code == Exit.REFUSED and "omoi list" in none.value.remedy


def test_what_was_shown_is_remembered_per_phase(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMOI_HOME", str(tmp_path))
    assert shown.recall(A, "DESIGN") is None
    shown.remember(A, "DESIGN", 1, "d1")
    shown.remember(A, "DESIGN", 2, "d2")
    shown.remember(A, "TASKS", 1, "t1")
    seen = shown.recall(A, "DESIGN")
    assert seen is not None and (seen.version, seen.digest) == (2, "d2")
    assert datetime.fromisoformat(seen.at).tzinfo is not None
    folder = tmp_path / "cli" / "shown"
    assert [one.name for one in folder.iterdir()] == [f"{A}.json"]
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    (folder / f"{A}.json").write_text("{torn")
    assert shown.recall(A, "DESIGN") is None
    shown.remember("../../escape", "DESIGN", 1, "d")
    assert list(tmp_path.rglob("*escape*")) == []


def test_a_home_that_cannot_be_written_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("OMOI_HOME", str(tmp_path / "file"))
    shown.remember(A, "DESIGN", 1, "d1")
    assert shown.recall(A, "DESIGN") is None


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NotFound("x", code="NOT_FOUND"), Exit.REFUSED),
        (InvalidArgument("x", code="INVALID_ARGUMENT"), Exit.REFUSED),
        (InvalidArgument("x"), Exit.USAGE),
        (Unavailable("x", code="UNAVAILABLE"), Exit.UNREACHABLE),
        (ConfigurationError("x", reason="NO_ADDRESS"), Exit.UNREACHABLE),
        (ConfigurationError("x", reason="PLAINTEXT_REFUSED"), Exit.USAGE),
    ],
)
def test_exit_codes(error: OmoiError, code: Exit, capsys: pytest.CaptureFixture[str]) -> None:
    assert failures.report(error) == code
    assert capsys.readouterr().err == "omoi: x.\n"


def test_complaints_are_clean(capsys: pytest.CaptureFixture[str]) -> None:
    failures.complain("bad \x1b[31mthing\nhere", "do\x07 this\n\nthen that")
    assert capsys.readouterr().err == "omoi: bad thing here.\n      do this\n      then that\n"


def test_a_repository_path_is_absolute_and_nothing_else_is_touched(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "here").mkdir()
    assert repo_url("here") == repo_url("./here") == str(tmp_path / "here")
    for written in ("owner/repo", "https://x/y.git", "ext::sh -c id", "--upload-pack=x", "git@host:x/y"):
        assert repo_url(written) == written


def test_a_repository_path_that_cannot_be_followed(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for written in ("~no-such-user-of-this-machine/shop", "x/" * 3000, f"{tmp_path}/loop/shop"):
        try:
            # Python 3.13 and newer resolve what cannot be followed; then the server refuses it.
            assert repo_url(written) in (written, str(tmp_path / "loop" / "shop"))
        except Refusal as refused:
            assert refused.code == Exit.USAGE and refused.remedy
    with pytest.raises(Refusal):
        repo_url("~no-such-user-of-this-machine/shop")


def test_an_argument_that_is_no_text_is_wrong_usage(capsys: pytest.CaptureFixture[str]) -> None:
    assert perform(["launch", "Lock \udcff it"]) == Exit.USAGE
    said = capsys.readouterr().err
    assert "'Lock ? it' is not valid UTF-8" in said and "Traceback" not in said
