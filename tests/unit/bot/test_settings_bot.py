"""The bot's settings: everything that is missing at once, nothing secret shown, hours as people write them."""

from __future__ import annotations

from datetime import datetime

import pytest
from cryptography.fernet import Fernet

from omoi_bot.settings import SettingsError, WorkingHours, load

GOOD = {"SLACK_BOT_TOKEN": "xoxb-1-secret", "SLACK_APP_TOKEN": "xapp-1-secret"}


def test_two_tokens_are_enough() -> None:
    settings = load(GOOD)
    assert settings.socket_mode
    assert not settings.several_workspaces
    assert settings.database_url.endswith("/bot.db")
    assert settings.slack_api_url == "https://slack.com/api/"
    assert "1-secret" not in repr(settings)
    assert set(settings.secrets) == set(GOOD.values())


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({}, ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN")),
        ({"SLACK_BOT_TOKEN": "xoxb-1"}, ("SLACK_APP_TOKEN",)),
        ({"SLACK_BOT_TOKEN": "xoxb-1", "OMOI_BOT_LISTEN": "127.0.0.1:3000"}, ("SLACK_SIGNING_SECRET",)),
        (
            {"SLACK_CLIENT_ID": "1.2"},
            (
                "SLACK_APP_TOKEN",
                "SLACK_CLIENT_SECRET",
                "OMOI_BOT_SECRET_KEY",
                "OMOI_BOT_LISTEN",
                "OMOI_BOT_PUBLIC_URL",
            ),
        ),
    ],
)
def test_what_is_missing_is_named_at_once_with_where_to_get_it(given: dict[str, str], named: tuple[str, ...]) -> None:
    with pytest.raises(SettingsError) as refused:
        load(given)
    lines = str(refused.value).splitlines()
    assert tuple(line.partition(" ")[0] for line in lines) == named
    assert all("missing. " in line for line in lines)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SLACK_BOT_TOKEN", "xapp-9-tellnobody"),
        ("SLACK_APP_TOKEN", "xoxb-9-tellnobody"),
        ("OMOI_BOT_SECRET_KEY", "tellnobody"),
        ("SLACK_API_URL", "slack.com/api"),
        ("OMOI_BOT_LISTEN", "3000"),
        ("OMOI_BOT_WORKING_HOURS", "always"),
        ("OMOI_BOT_SILENCE_MINUTES", "0"),
        ("OMOI_LOG_LEVEL", "loud"),
    ],
)
def test_a_wrong_value_is_named_and_secrets_are_not_quoted(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=name) as refused:
        load({**GOOD, name: value})
    assert "tellnobody" not in str(refused.value)


def test_several_workspaces() -> None:
    settings = load(
        {
            "SLACK_CLIENT_ID": "1.2", "SLACK_CLIENT_SECRET": "s", "SLACK_SIGNING_SECRET": "t",
            "OMOI_BOT_SECRET_KEY": Fernet.generate_key().decode(), "OMOI_BOT_LISTEN": "0.0.0.0:3000",
            "OMOI_BOT_PUBLIC_URL": "https://omoi.example.org",
        }
    )  # fmt: skip
    assert settings.several_workspaces
    assert not settings.socket_mode


@pytest.mark.parametrize(
    ("written", "moment", "inside"),
    [
        ("Mon-Fri 9-17", datetime(2026, 11, 20, 9, 0), True),
        ("Mon-Fri 9-17", datetime(2026, 11, 20, 17, 0), False),
        ("Mon-Fri 9-17", datetime(2026, 11, 21, 12, 0), False),
        ("Sun-Thu 8:00-16:00", datetime(2026, 11, 22, 8, 0), True),
        ("sat 0-24", datetime(2026, 11, 21, 23, 59), True),
    ],
)
def test_working_hours(written: str, moment: datetime, inside: bool) -> None:
    assert WorkingHours.parse(written).contains(moment) is inside


@pytest.mark.parametrize("written", ["", "9-17", "Mon-Fri 17-9", "Mon-Fri 9-25", "Foo-Fri 9-17"])
def test_hours_that_are_none(written: str) -> None:
    with pytest.raises(ValueError, match="hours"):
        WorkingHours.parse(written)


@pytest.mark.parametrize("name", ["OMOI_TOKEN", "OMOI_ADDRESS"])
@pytest.mark.parametrize("blank", ["", " \n"])
def test_a_variable_set_but_empty_never_makes_the_bot_an_admin(name: str, blank: str) -> None:
    with pytest.raises(SettingsError, match=f"{name}: is set, but empty; .*unset it"):
        load({**GOOD, name: blank})


def test_neither_of_them_must_be_set() -> None:
    settings = load(GOOD)
    assert (settings.address, settings.token.get_secret_value()) == ("", "")
