"""Addresses of the bot's database."""

from __future__ import annotations

import pytest

from omoi_bot.store.engines import parse_url
from omoi_bot.store.errors import DatabaseRefused


@pytest.mark.parametrize(
    ("text", "driver"),
    [
        ("sqlite:////var/lib/bot.db", "sqlite+aiosqlite"),
        ("sqlite+aiosqlite:///bot.db", "sqlite+aiosqlite"),
        ("postgres://u:p@h/d", "postgresql+asyncpg"),
        ("postgresql://u@h/d?sslmode=require", "postgresql+asyncpg"),
    ],
)
def test_forms_that_people_write(text: str, driver: str) -> None:
    url = parse_url(text)
    assert url.drivername == driver
    assert "sslmode" not in url.query and (url.query.get("ssl") == "require") == ("sslmode" in text)


@pytest.mark.parametrize("text", ["", "bot.db", "sqlite://", "sqlite:///:memory:", "mysql://u:s3cret@h/d"])
def test_others_are_refused_with_the_setting_and_the_forms(text: str) -> None:
    with pytest.raises(DatabaseRefused, match=r"OMOI_BOT_DATABASE_URL .* Use sqlite:") as error:
        parse_url(text)
    assert "s3cret" not in str(error.value)
