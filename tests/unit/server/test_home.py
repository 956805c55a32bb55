"""What the server keeps in OMOI_HOME."""

from __future__ import annotations

from pathlib import Path

from omoi_server import home


def test_a_secret_is_never_written_through_a_link(tmp_path: Path) -> None:
    place, public = tmp_path / "home", tmp_path / "public"
    place.mkdir()
    public.write_text("before")
    (place / "token.new").symlink_to(public)
    (place / "address.new").write_text("left by a server that died")
    (place / "address.new").chmod(0o644)
    token = home.token(place)
    home.write_address(place, "127.0.0.1:1")
    assert public.read_text() == "before" and token == home.token(place)
    for name in ("token", "address"):
        assert not (place / name).is_symlink() and (place / name).stat().st_mode & 0o777 == 0o600
    assert not list(place.glob("*.new"))


def test_scratch_is_emptied_whatever_lies_there(tmp_path: Path) -> None:
    """A folder that may not be entered, and a link to a folder of somebody else's."""
    mine, closed = tmp_path / "mine", tmp_path / "tmp" / "deep" / "closed"
    mine.mkdir()
    (mine / "kept").write_text("x")
    closed.mkdir(parents=True)
    (closed / "file").write_text("x")
    (closed / "link").symlink_to(mine)
    closed.chmod(0o000)
    home.empty_scratch(tmp_path)
    assert not (tmp_path / "tmp").exists() and (mine / "kept").exists()
    home.empty_scratch(tmp_path)
