"""Articles go by sound, not by letter."""

from __future__ import annotations

import pytest

from omoi_spec.articles import article


@pytest.mark.parametrize(
    "phrase",
    [
        "a user",
        "a unique name",
        "a URL",
        "a one-time code",
        "a login",
        "an hour",
        "an admin",
        "an HTML page",
        "a UUID",
    ],
)
def test_an_article_goes_by_sound(phrase: str) -> None:
    given, _, noun = phrase.partition(" ")
    assert article(noun) == given
