"""Documents: Markdown as blocks, in pages of one view, each requirement reachable."""

from __future__ import annotations

from dataclasses import replace

import pytest

from omoi_bot.blocks import actions, documents
from omoi_bot.blocks.actions import read
from omoi_bot.blocks.limits import check
from omoi_bot.blocks.markdown import headings, inline
from omoi_bot.blocks.markdown import read as parts
from tests.unit.bot.blocks.samples import MARKDOWN, OUTPUT, long_markdown

LONG = long_markdown(120)


@pytest.mark.parametrize(
    ("markdown", "mrkdwn"),
    [
        ("**bold** and `a*b` and __more__", "*bold* and `a*b` and *more*"),
        ("[the plan](https://evil.example/x)", "the plan (https://evil.example/x)"),
        ("[https://a.example](https://b.example)", "https://a.example (https://b.example)"),
        ("![logo](logo.png)", "logo (logo.png)"),
        (r"a \*literal\* star & a &#60;tag&#62;", "a ∗literal∗ star &amp; a &lt;tag&gt;"),
        ("``code with ` tick``", "`code with ˋ tick`"),
        ("un`closed **open", "unˋclosed ∗∗open"),
        ("<!channel> <https://evil.example|x>", "&lt;!channel&gt; &lt;https://evil.example|x&gt;"),
        ("- not this_one_ nor _that", "- not this_one\u02cd nor \u02cdthat"),
        ("_Requirements: 1.1, 2_ and _Priority: medium_", "_Requirements: 1.1, 2_ and _Priority: medium_"),
        (r"_Boundary: a\_file, b_c_", "_Boundary: a_file, b_c_"),
        ("_<!here> *x*_", "_&lt;!here&gt; \u2217x\u2217_"),
        (r"**REQ\-001\: also record** [a\]", "*REQ-001: also record* [a]"),
        (r"REQ-001\: also record", "REQ-001: also record"),
        ("**<!here>**", "*&lt;!here&gt;*"),
    ],
)
def test_inline_markdown_is_written_anew(markdown: str, mrkdwn: str) -> None:
    assert inline(markdown) == mrkdwn


def test_blocks_of_markdown() -> None:
    found = list(
        parts("# A\n\npara\ngraph\n\n- one\n  more\n  - two\n- [x] 3. three\n12) four\n> said\n---\n```py\nx\n\ny")
    )
    assert [(one.kind, one.text) for one in found] == [
        ("heading", "A"),
        ("line", "para graph"),
        ("line", "• one more"),
        ("line", "    • two"),
        ("line", "☑ 3. three"),
        ("line", "12) four"),
        ("line", "&gt; said"),
        ("rule", ""),
        ("fence", "x\n\ny"),
    ]


def test_a_table_is_aligned_text_and_a_comment_is_gone() -> None:
    found = list(parts("<!-- hidden -->\n| Requirement | Tasks |\n|---|:-:|\n| `REQ-001` | a \\| b |\n"))
    assert [one.text for one in found] == ["Requirement | Tasks\n------------+------\nREQ-001     | a | b"]


def test_headings_are_the_words_of_headings() -> None:
    assert headings(MARKDOWN) == [
        "Requirements Document",
        "Introduction",
        "Requirement 1: Count failed logins",
        "Acceptance Criteria",
    ]


def test_a_long_document_has_pages_that_say_where_they_are() -> None:
    of = documents.pages(LONG)
    assert 2 <= of <= documents.MOST_PAGES
    seen = []
    for page in range(1, of + 1):
        view = documents.view(replace(OUTPUT, markdown=LONG), page)
        assert check(view, "modal") == []
        assert view["title"]["text"] == f"Requirements v1 · {page}/{of}"
        assert len(view["blocks"]) <= documents.MOST_BLOCKS + 3
        assert read(view["private_metadata"]).page == page
        assert page == of or view["blocks"][-2]["type"] != "header", "a heading stays with what follows"
        turns = [one["action_id"] for one in view["blocks"][-1]["elements"]]
        assert turns == [actions.PAGE_BACK] * (page > 1) + [actions.PAGE_NEXT] * (page < of)
        seen += [one["text"]["text"] for one in view["blocks"] if one["type"] == "header"]
    assert seen == [one for one in headings(LONG) if one != "Acceptance Criteria"]


def test_a_named_requirement_is_reached_directly() -> None:
    for wanted in ("Requirement 1", "Requirement 12", "requirement 119"):
        page = documents.page_of(LONG, wanted)
        shown = [one["text"]["text"] for one in documents.view(replace(OUTPUT, markdown=LONG), page)["blocks"] if one["type"] == "header"]  # fmt: skip
        assert any(one.casefold().startswith(f"{wanted.casefold()}:") for one in shown)
    assert documents.page_of(LONG, "Requirement 4000") == 1
    menu = documents.view(replace(OUTPUT, markdown=LONG))["blocks"][1]["elements"][0]
    options = [one for group in menu.get("option_groups", [menu]) for one in group["options"]]
    assert len(options) == 121
    assert {read(one["value"]).page for one in options} == set(range(1, documents.pages(LONG) + 1))


def test_a_page_beyond_the_end_is_the_last_and_nothing_is_said_to_be_nothing() -> None:
    assert documents.view(OUTPUT, 99)["title"]["text"] == "Requirements v1"
    empty = documents.view(replace(OUTPUT, markdown=" \n"))
    assert check(empty, "modal") == []
    assert empty["blocks"][1]["text"]["text"] == "This version is empty."


def test_a_long_paragraph_is_shown_whole() -> None:
    words = [f"word{n}" for n in range(3000)]
    shown = " ".join(one.text for one in parts("- " + " ".join(words)))
    assert shown.split()[1:] == words


@pytest.mark.parametrize(
    "markdown", ["x" * 100_000, "```\n" + "y" * 50_000, "思" * 60_000, "- a\n" * 20_000, "# h\n" * 3000]
)
def test_any_amount_of_text_makes_pages_that_slack_takes(markdown: str) -> None:
    output = replace(OUTPUT, markdown=markdown)
    for page in range(1, min(documents.pages(markdown), 4) + 1):
        assert check(documents.view(output, page), "modal") == []


@pytest.mark.parametrize(
    ("phase", "version", "page", "of"), [("REQUIREMENTS", 12, 10, 10), ("TASKS", 1, 1, 1), ("X" * 40, 3, 2, 9)]
)
def test_a_title_fits(phase: str, version: int, page: int, of: int) -> None:
    title = documents.view_title(phase, version, page, of)
    assert len(title) <= 24
    assert f"v{version}" in title


def test_headings_and_cells_lose_their_marks() -> None:
    assert headings(r"# _One_ **REQ-001\: two**") == ["One REQ-001: two"]
