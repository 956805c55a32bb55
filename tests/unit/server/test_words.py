"""What people and workers write: what is refused, and what is made harmless."""

from __future__ import annotations

import pytest

from omoi_server.errors import InvalidArgument
from omoi_server.orchestrator import words


@pytest.mark.parametrize("bad", ["\x00", "\x1b[2J", "\x7f", "\x80", "\x84", "\x86", "\x9b31m", "\x9f"])
def test_control_characters_are_refused(bad: str) -> None:
    with pytest.raises(InvalidArgument, match="control characters"):
        words.text("description", f"Lock{bad} it", 100)
    assert words.clean(f"Lock{bad[0]} it") == "Lock it"


def test_white_space_and_other_scripts_stay() -> None:
    told = "Lock\tit.\r\nSoon\x85 思い é \u05d0\u200f 🙂"
    assert words.text("description", told, 100) == told == words.clean(told)
    assert words.line("title", " a\x85b\n c ", 100) == "a b c"


def test_the_order_of_writing_cannot_be_turned() -> None:
    turned = "gpj.\u202egnp\u2066.exe\u2069\u202c"
    assert words.line("title", turned, 100) == words.clean(turned) == "gpj.gnp.exe"
    with pytest.raises(InvalidArgument, match="is empty"):
        words.line("title", "\u202e", 100, required=True)
