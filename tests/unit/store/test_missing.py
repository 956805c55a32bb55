"""What is said of a thing that does not exist tells how to go on."""

from __future__ import annotations

from omoi_server.store import missing


def test_a_name_where_an_id_belongs_is_called_a_name() -> None:
    error = missing.project("Shop", ["shop", "web"])
    assert error.reason == "PROJECT_NOT_FOUND"
    assert error.message.startswith('"Shop" is the name of a project, and its id is needed here.')
    assert "GetProject" in error.message
    assert missing.project("shpo", ["shop"]).message == 'project "shpo" does not exist. Known projects: shop.'


def test_somebody_never_seen_speaks_first() -> None:
    assert "They speak to Omoi once" in missing.user("slack:T1/U2").message
    assert "whoami" in missing.user("kim").message
