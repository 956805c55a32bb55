"""Every setting of the bot, read from the environment once; what is missing is named all at once, each with its source."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from pathlib import Path
from typing import Any

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from omoi_client.endpoint import omoi_home

SLACK_API = "https://slack.com/api/"
APP_PAGE = "https://api.slack.com/apps → your app"

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_HOURS = re.compile(
    r"(?P<first>[a-z]{3})(?:-(?P<last>[a-z]{3}))?\s+(?P<start>\d{1,2})(?::00)?-(?P<end>\d{1,2})(?::00)?"
)


class SettingsError(Exception):
    """The environment cannot be used; a line for each setting that is wrong or missing, with the remedy."""


@dataclass(frozen=True)
class WorkingHours:
    """When people are reminded: days (0 = Monday) and hours [start, end) in the person's own zone."""

    days: frozenset[int]
    start: time
    end: time

    @classmethod
    def parse(cls, written: str) -> WorkingHours:
        """`Mon-Fri 9-17`. Raises ValueError."""
        found = _HOURS.fullmatch(written.strip().lower())
        first, last = (found["first"], found["last"] or found["first"]) if found else ("", "")
        if found is None or first not in _DAYS or last not in _DAYS:
            raise ValueError(f"{written!r} must be days and hours, such as Mon-Fri 9-17")
        start, end = int(found["start"]), int(found["end"])
        if not 0 <= start < end <= 24:
            raise ValueError(f"{written!r}: the hours must be two numbers from 0 to 24, the first one smaller")
        count = (_DAYS.index(last) - _DAYS.index(first)) % 7 + 1
        days = frozenset((_DAYS.index(first) + step) % 7 for step in range(count))
        return cls(days, time(start), time(end) if end < 24 else time.max)

    def contains(self, local: datetime) -> bool:
        """Whether `local`, a time in the person's zone, lies in them."""
        return local.weekday() in self.days and self.start <= local.time() < self.end


class Settings(BaseSettings):
    """The bot's settings; each field's alias is its environment variable. Secrets are masked wherever they are shown."""

    model_config = SettingsConfigDict(extra="ignore")

    home: Path = Field(default_factory=omoi_home, validation_alias="OMOI_HOME")
    """Where the bot keeps its database; with a server on this machine also where its address and token are."""
    bot_token: SecretStr = Field(default=SecretStr(""), validation_alias="SLACK_BOT_TOKEN")
    """Bot User OAuth Token, xoxb-…, for one workspace."""
    app_token: SecretStr = Field(default=SecretStr(""), validation_alias="SLACK_APP_TOKEN")
    """App-level token, xapp-…, with connections:write: Socket Mode."""
    signing_secret: SecretStr = Field(default=SecretStr(""), validation_alias="SLACK_SIGNING_SECRET")
    """Proves that a request over HTTP comes from Slack. Not needed with Socket Mode."""
    slack_api_url: str = Field(default=SLACK_API, validation_alias="SLACK_API_URL")
    """Slack's Web API; ends with a slash."""
    client_id: str = Field(default="", validation_alias="SLACK_CLIENT_ID")
    """With the client secret: several workspaces install the app by OAuth, instead of one bot token."""
    client_secret: SecretStr = Field(default=SecretStr(""), validation_alias="SLACK_CLIENT_SECRET")
    """Secret of the OAuth client."""
    secret_key: SecretStr = Field(default=SecretStr(""), validation_alias="OMOI_BOT_SECRET_KEY")
    """Encrypts the tokens of installed workspaces in the database: a Fernet key."""
    public_url: str = Field(default="", validation_alias="OMOI_BOT_PUBLIC_URL")
    """Where browsers and Slack reach OMOI_BOT_LISTEN, https://…; needed for OAuth."""
    address: str = Field(default="", validation_alias="OMOI_ADDRESS", validate_default=False)
    """The Omoi server; not set: the file `address` in OMOI_HOME."""
    token: SecretStr = Field(default=SecretStr(""), validation_alias="OMOI_TOKEN", validate_default=False)
    """The bot's own token at the server; not set: the file `token` in OMOI_HOME (loopback only)."""
    database: str = Field(default="", validation_alias="OMOI_BOT_DATABASE_URL")
    """Empty: SQLite in OMOI_HOME. Or postgresql://… / sqlite:///…"""
    listen: str = Field(default="", validation_alias="OMOI_BOT_LISTEN")
    """host:port for requests over HTTP and for OAuth. Empty: none, Socket Mode only."""
    hours: str = Field(default="Mon-Fri 9-17", validation_alias="OMOI_BOT_WORKING_HOURS")
    """When an unanswered review is reminded, in the reviewer's zone."""
    remind_hours: float = Field(default=3.0, gt=0, le=100, validation_alias="OMOI_BOT_REMIND_HOURS")
    """Working hours until the first reminder."""
    silence_minutes: float = Field(default=5.0, gt=0, le=240, validation_alias="OMOI_BOT_SILENCE_MINUTES")
    """Minutes without a sign of work after which the live message says so."""
    log_level: str = Field(default="info", validation_alias="OMOI_LOG_LEVEL")
    """debug, info, warning or error."""
    drain_seconds: float = Field(default=10.0, ge=0, le=300, validation_alias="OMOI_DRAIN_SECONDS")
    """How long a stop waits for what is under way."""

    @field_validator("home")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @field_validator("address", "token")
    @classmethod
    def _not_blank(cls, value: str | SecretStr) -> str | SecretStr:
        # Blank is what a failed $(cat token) leaves; falling back to the file would make the bot the server's admin.
        written = value.get_secret_value() if isinstance(value, SecretStr) else value
        if not written.strip():
            raise ValueError("is set, but empty; give it its value, or unset it")
        return value

    @field_validator("slack_api_url")
    @classmethod
    def _api(cls, value: str) -> str:
        if not value.startswith(("https://", "http://")):
            raise ValueError(f"{value!r} must be an address such as {SLACK_API}")
        return value.rstrip("/") + "/"

    @field_validator("listen")
    @classmethod
    def _host_and_port(cls, value: str) -> str:
        host, _, port = value.rpartition(":")
        if value and (not host or not port.isascii() or not port.isdigit() or int(port) > 65535):
            raise ValueError(f"{value!r} must be host:port, such as 127.0.0.1:3000")
        return value

    @field_validator("hours")
    @classmethod
    def _readable_hours(cls, value: str) -> str:
        WorkingHours.parse(value)
        return value

    @field_validator("log_level")
    @classmethod
    def _known_level(cls, value: str) -> str:
        if value.lower() not in ("debug", "info", "warning", "error"):
            raise ValueError(f"{value!r} is unknown; use debug, info, warning or error")
        return value.lower()

    @property
    def database_url(self) -> str:
        """The URL of the bot's database."""
        return self.database or f"sqlite:///{self.home / 'bot.db'}"

    @property
    def working_hours(self) -> WorkingHours:
        return WorkingHours.parse(self.hours)

    @property
    def socket_mode(self) -> bool:
        """Events come over a socket that the bot opens; otherwise Slack calls OMOI_BOT_LISTEN."""
        return bool(self.app_token.get_secret_value())

    @property
    def several_workspaces(self) -> bool:
        """The app is installed by OAuth, by as many workspaces as like."""
        return bool(self.client_id)

    @property
    def secrets(self) -> tuple[str, ...]:
        """Everything that no log line may show."""
        fields = (self.bot_token, self.app_token, self.signing_secret, self.client_secret, self.secret_key, self.token)
        return tuple(value for field in fields if (value := field.get_secret_value()))


def load(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings. Raises SettingsError with one line per setting that is wrong or missing."""
    settings = read(environment)
    if found := faults(settings):
        raise SettingsError("\n".join(found))
    return settings


def read(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings, whatever is missing. Raises SettingsError with one line per setting that cannot be read."""
    try:
        return Settings() if environment is None else Settings(**_given(environment))
    except ValidationError as error:
        lines = [
            f"{'.'.join(map(str, item['loc']))}: {item['msg'].removeprefix('Value error, ')}" for item in error.errors()
        ]
        raise SettingsError("\n".join(lines)) from None  # the cause would repeat the values


def faults(settings: Settings) -> list[str]:
    """A line for each setting that is missing or another kind of token, beginning with its name."""
    return _missing(settings) + _misplaced(settings)


def _given(environment: Mapping[str, str]) -> dict[str, Any]:
    aliases = {str(field.validation_alias) for field in Settings.model_fields.values()}
    return {name: value for name, value in environment.items() if name in aliases}


def _missing(settings: Settings) -> list[str]:
    several = settings.several_workspaces
    http = not settings.socket_mode
    wanted = [
        (
            not settings.bot_token.get_secret_value() and not several,
            f"SLACK_BOT_TOKEN is missing. {APP_PAGE} → OAuth & Permissions → Bot User OAuth Token (xoxb-…).",
        ),
        (
            http and not settings.listen,
            f"SLACK_APP_TOKEN is missing. {APP_PAGE} → Basic Information → App-Level Tokens → Generate, with the scope "
            "connections:write (xapp-…). Or set OMOI_BOT_LISTEN and SLACK_SIGNING_SECRET to take requests over HTTP.",
        ),
        (
            http and bool(settings.listen) and not settings.signing_secret.get_secret_value(),
            f"SLACK_SIGNING_SECRET is missing. {APP_PAGE} → Basic Information → Signing Secret.",
        ),
        (
            several and not settings.client_secret.get_secret_value(),
            f"SLACK_CLIENT_SECRET is missing. {APP_PAGE} → Basic Information → Client Secret.",
        ),
        (
            several and not settings.secret_key.get_secret_value(),
            "OMOI_BOT_SECRET_KEY is missing. It encrypts the tokens of installed workspaces; make one with: python -c "
            "'from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())'",
        ),
        (
            several and not settings.listen,
            "OMOI_BOT_LISTEN is missing. Installing by OAuth needs a page; set host:port, such as 127.0.0.1:3000.",
        ),
        (
            several and not settings.public_url,
            "OMOI_BOT_PUBLIC_URL is missing. Slack sends people back there after installing; set the https:// address "
            "under which OMOI_BOT_LISTEN is reached.",
        ),
    ]
    return [sentence for missing, sentence in wanted if missing]


def _misplaced(settings: Settings) -> list[str]:
    found = []
    kinds = (
        ("SLACK_BOT_TOKEN", settings.bot_token, "xoxb-", "OAuth & Permissions → Bot User OAuth Token"),
        ("SLACK_APP_TOKEN", settings.app_token, "xapp-", "Basic Information → App-Level Tokens"),
    )
    for name, value, start, place in kinds:
        written = value.get_secret_value()
        if written and not written.startswith(start):
            found.append(f"{name}: this is another kind of token; it must begin with {start} ({APP_PAGE} → {place}).")
    if key := settings.secret_key.get_secret_value():
        from cryptography.fernet import Fernet

        try:
            Fernet(key)
        except ValueError:
            found.append("OMOI_BOT_SECRET_KEY: this is no Fernet key (32 bytes in URL-safe base64, 44 characters).")
    return found
