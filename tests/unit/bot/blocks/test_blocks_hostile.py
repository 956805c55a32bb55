"""Hostile text in every string field of the model, through every builder: nothing live comes out, and Slack takes it."""

from __future__ import annotations

from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omoi_bot.blocks import documents, live, text
from omoi_bot.blocks.limits import check
from omoi_bot.blocks.model import PhaseOutput, Who
from tests.hostile import SLACK as HOSTILE
from tests.peers.slack.mentions import Reach
from tests.unit.bot.blocks import samples
from tests.unit.bot.blocks.hostile import harm, poisoned
from tests.unit.bot.blocks.screens import screens

OURS = frozenset({f"<{samples.LINK}|live message>", f"<{samples.LINK}|the whole document as a file>"})
ANY = st.one_of(
    st.text(st.characters(), max_size=60),
    st.lists(st.sampled_from(HOSTILE).filter(lambda one: len(one) < 500), min_size=1, max_size=4).map("".join),
)


def faults(hostile: str, words_too: bool, crowded: bool = False) -> list[str]:
    found = []
    for name, (surface, payload) in screens(partial(poisoned, text=hostile, words_too=words_too), crowded).items():
        found += [f"{name}: {one}" for one in (*check(payload, surface), *harm(payload, OURS))]
    return found


def test_there_are_200() -> None:
    assert len(set(HOSTILE)) >= 200


@pytest.mark.parametrize("start", range(0, len(HOSTILE), 10))
def test_hostile_text_in_every_field_does_nothing(start: int) -> None:
    for hostile in HOSTILE[start : start + 10]:
        assert faults(hostile, words_too=False) == [], hostile[:80]


@pytest.mark.full
@pytest.mark.parametrize("start", range(0, len(HOSTILE), 10))
def test_nor_where_our_own_words_stand(start: int) -> None:
    for hostile in HOSTILE[start : start + 10]:
        assert faults(hostile, words_too=True) == [], hostile[:80]


@pytest.mark.parametrize("hostile", HOSTILE[::9])
def test_some_of_them_where_our_own_words_stand(hostile: str) -> None:
    assert faults(hostile, words_too=True) == []


@settings(max_examples=15, deadline=None)
@given(ANY)
def test_no_text_at_all_does_anything(hostile: str) -> None:
    assert faults(hostile, words_too=False) == []


@settings(max_examples=150, deadline=None)
@given(st.lists(ANY, max_size=12).map("\n".join), st.integers(1, 3))
def test_no_document_does_anything(markdown: str, page: int) -> None:
    view = documents.view(PhaseOutput(samples.SPEC_ID, "DESIGN", 1, markdown), page)
    assert check(view, "modal") == []
    assert harm(view, OURS) == []


@settings(max_examples=300, deadline=None)
@given(ANY, st.integers(10, 300))
def test_escaped_text_keeps_its_limit_and_is_escaped_once(hostile: str, limit: int) -> None:
    for held in (text.escape(hostile, limit), text.code(hostile, limit), text.quote(hostile, 600)):
        assert harm({"blocks": [{"type": "mrkdwn", "text": held}]}, OURS) == []
    assert len(text.escape(hostile, limit)) <= limit
    assert len(text.code(hostile, limit)) <= limit
    assert len(text.plain(hostile, limit)) <= limit


@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_title_reaches_anybody(hostile: str) -> None:
    """The peer's reading of a message: whom it would notify, which links it would show under which label."""
    spec = poisoned(samples.BUILDING, hostile)
    message = live.message(spec)
    reach = Reach()
    reach.read_mrkdwn(message.text)
    reach.read_blocks(message.blocks)
    assert reach.mentioned == set()
    assert [label for url, label in reach.links if label != url] == []


@pytest.mark.parametrize("hostile", HOSTILE)
def test_no_id_of_a_person_is_made_from_text(hostile: str) -> None:
    assert Who(slack_user=hostile, group=hostile).mention == ""
    assert Who.of(hostile).mention == ""
