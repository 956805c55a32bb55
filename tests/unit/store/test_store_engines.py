from __future__ import annotations

import json
from pathlib import Path

import pytest

from omoi_server.errors import InvalidArgument
from omoi_server.store.engines import dumps, parse_url, sqlite_path


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("sqlite:////a/b.db", "sqlite+aiosqlite:////a/b.db"),
        ("sqlite+aiosqlite:///b.db", "sqlite+aiosqlite:///b.db"),
        ("postgres://u:p@h/d", "postgresql+asyncpg://u:p@h/d"),
        ("postgresql+asyncpg://h/d?host=/run/pg", "postgresql+asyncpg://h/d?host=%2Frun%2Fpg"),
        ("postgresql://h:6432/d?sslmode=require", "postgresql+asyncpg://h:6432/d?ssl=require"),
    ],
)
def test_addresses_get_their_driver(given: str, expected: str) -> None:
    assert parse_url(given).render_as_string(hide_password=False) == expected


def test_the_path_is_the_file() -> None:
    assert sqlite_path(parse_url("sqlite:////a/with space.db")) == Path("/a/with space.db")


def test_a_password_is_never_in_the_message() -> None:
    with pytest.raises(InvalidArgument) as caught:
        parse_url("mysql://user:sesame@host/db")
    assert "sesame" not in caught.value.message


def test_json_is_ascii_and_comes_back() -> None:
    value = {"text": "思い \x00 \ud800", "n": [1, 2.5, None, True]}
    assert dumps(value).isascii()
    assert json.loads(dumps(value)) == value
