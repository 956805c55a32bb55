"""Text for Slack: escaped once, cut to size, times as tokens."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from omoi_bot.blocks import text
from omoi_bot.blocks.model import Who

NOW = datetime(2026, 11, 20, 10, 5, tzinfo=UTC)


@pytest.mark.parametrize(
    ("untrusted", "shown"),
    [
        ("<!channel> & <@U1>", "&lt;!channel&gt; &amp; &lt;@U1&gt;"),
        ("&lt;!here&gt;", "&amp;lt;!here&amp;gt;"),
        ("*bold* ~gone~ `code`", "∗bold∗ ∼gone∼ ˋcodeˋ"),
        ("user_id in __init__ _it_", "user_id in ˍˍinitˍˍ ˍitˍ"),
        ("a\u202eb\u200bc\x1b[31md\x1b[0m\x00\ud800", "abcd\ufffd"),
        ("two\nlines\tand  more ", "two lines and more"),
        ("👨‍👩‍👧 思い é", "👨‍👩‍👧 思い é"),
        ("", ""),
    ],
)
def test_escape_shows_letter_by_letter(untrusted: str, shown: str) -> None:
    assert text.escape(untrusted) == shown


def test_escape_never_cuts_an_entity_in_two() -> None:
    for limit in range(6, 40):
        held = text.escape("a&b<c>" * 20, limit)
        assert len(held) <= limit
        assert held.endswith("…")
        assert text.escape(text.shown(held[:-1]), 1000) == held[:-1]


def test_code_keeps_what_is_exact() -> None:
    assert text.code("pytest -q *_test.py && echo `x`") == "`pytest -q *_test.py &amp;&amp; echo ˋxˋ`"
    assert text.code(" \n ") == ""


def test_a_fence_cannot_be_closed_from_inside_and_keeps_the_end() -> None:
    held = text.fenced("\n".join(f"line {n} ```" for n in range(1000)), 300)
    assert held.count("```") == 2
    assert len(held) <= 300
    assert held.startswith("```\n…\n") and "line 999 ˋˋˋ" in held


def test_quote_marks_every_line() -> None:
    assert text.quote("one\n> two\n\nthree") == "&gt; one\n&gt; &gt; two\n&gt; \n&gt; three"
    assert text.quote("\n".join("abcdefghijkl"), most_lines=3) == "&gt; a\n&gt; b\n&gt; c …"
    assert text.quote("  ") == ""


def test_only_commands_of_ours_are_code_in_a_sentence() -> None:
    held = text.sentences(
        "No spec “`x` <!here>”. `/omoi list` shows yours, `/omoi claim CODE` and `/omoi <!here>` too."
    )
    assert held.count("`") == 4
    assert "`/omoi list`" in held and "`/omoi claim CODE`" in held and "ˋxˋ &lt;!here&gt;" in held


def test_push_lets_the_title_give_way() -> None:
    held = text.push("Plan v1 of “", "& " * 300, "” waits for a review.")
    assert len(text.shown(held)) <= text.PUSH
    assert held.startswith("Plan v1 of “&amp; &amp;") and held.endswith("…” waits for a review.")


def test_a_time_is_a_token_with_a_readable_fallback() -> None:
    assert text.date(NOW) == f"<!date^{int(NOW.timestamp())}^{{time}}|10:05 UTC>"
    assert text.date(NOW.replace(tzinfo=None)) == text.date(NOW)
    assert text.at(NOW - timedelta(days=2), NOW).endswith("^{date_short_pretty} {time}|2026-11-18 10:05 UTC>")


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.02, "&lt; 0.1 s"),
        (0.0, "0 s"),
        (0.41, "0.4 s"),
        (12, "12 s"),
        (99, "99 s"),
        (1320, "22 min"),
        (11_100, "3 h 5 min"),
        (7200, "2 h"),
    ],
)
def test_a_duration_of_what_is_over(seconds: float, words: str) -> None:
    assert text.lasted(seconds) == words


@pytest.mark.parametrize(
    "whole", ["word " * 3000, "x" * 9000, "one line\n" * 900, "para\n\n" * 1500, "&amp;" * 2000, ""]
)
def test_split_loses_nothing_and_keeps_the_limit(whole: str) -> None:
    pieces = text.split(whole, 1000)
    assert all(len(one) <= 1000 for one in pieces)
    assert "".join("".join(pieces).split()) == "".join(whole.split())
    assert not any(one.startswith(("amp;", "mp;", ";")) for one in pieces)


def test_a_mention_comes_only_from_an_id() -> None:
    assert Who.of("slack:T0TEAM/U0MARA00001").mention == "<@U0MARA00001>"
    assert Who.of("slack:E0GRID/W0MARA00001", "mara").mention == "<@W0MARA00001>"
    assert Who(group="S0REVIEW001").mention == "<!subteam^S0REVIEW001>"
    assert Who(name="<@U0MARA00001>").mention == ""
    assert Who.of("local").name == "local"
