"""Every setting of the server, read from the environment once. Names and defaults are the seeds' where they name them.

`RECOGNISED` lists settings of the described system that have no effect here yet: they are accepted and logged as such, so
that an existing environment starts; `refusals` are values that cannot be honoured and stop the start.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, SettingsConfigDict

from omoi_server.errors import InvalidArgument

ENGINES = ("outline", "claude", "claude-code")
"""What SANDBOX_RUNTIME may name. Only `outline` runs in this version; the others are refused at launch."""

RECOGNISED = (
    "REDIS_URL", "LLM_API_KEY", "LLM_MODEL", "LLM_BASE_URL", "JWT_SECRET_KEY", "DAYTONA_API_KEY", "DAYTONA_API_URL",
    "DAYTONA_TARGET", "DAYTONA_IMAGE", "DAYTONA_SNAPSHOT", "DAYTONA_TIMEOUT", "DAYTONA_SANDBOX_MEMORY_GB",
    "DAYTONA_SANDBOX_CPU", "DAYTONA_SANDBOX_DISK_GB", "GITHUB_TOKEN", "ANTHROPIC_API_KEY", "CLAUDE_CODE_OAUTH_TOKEN",
    "ANTHROPIC_BASE_URL", "OMOIOS_ENV", "STALE_TASK_CLEANUP_ENABLED", "STALE_TASK_THRESHOLD_MINUTES",
    "STALE_CLAIMING_THRESHOLD_SECONDS", "STALE_TASK_CHECK_INTERVAL_SECONDS", "IDLE_DETECTION_ENABLED",
    "IDLE_THRESHOLD_MINUTES", "IDLE_CHECK_INTERVAL_SECONDS", "APPROVAL_TICKET_HUMAN_REVIEW",
    "APPROVAL_APPROVAL_TIMEOUT_SECONDS", "APPROVAL_ON_REJECT", "MCP_SERVER_URL", "MAX_TURNS", "MAX_BUDGET_USD",
)  # fmt: skip
"""Accepted without effect yet. Every TQ_* setting is too."""


class SettingsError(Exception):
    """The environment cannot be used; the message names every setting that is wrong and the remedy."""


def default_home() -> Path:
    """`$XDG_STATE_HOME/omoi`, or `~/.local/state/omoi`."""
    state = os.environ.get("XDG_STATE_HOME")
    return (Path(state) if state else Path.home() / ".local" / "state") / "omoi"


class Settings(BaseSettings):
    """The server's settings; each field's alias is its environment variable."""

    model_config = SettingsConfigDict(extra="ignore")

    home: Path = Field(default_factory=default_home, validation_alias="OMOI_HOME")
    """Everything the server keeps: database, mirrors, sandboxes, pull requests, address, token."""
    listen: str = Field(default="127.0.0.1:50051", validation_alias="OMOI_LISTEN")
    """host:port. Port 0 picks a free one and prints it."""
    database_url: str = Field(default="", validation_alias="DATABASE_URL")
    """Empty: SQLite in OMOI_HOME. Or postgresql://… / sqlite:///…"""
    engine: str = Field(default="outline", validation_alias="SANDBOX_RUNTIME")
    """Which engine plans and works."""
    daytona_sandbox_execution: bool = Field(default=False, validation_alias="DAYTONA_SANDBOX_EXECUTION")
    """Daytona sandboxes; not in this version."""
    orchestrator_enabled: bool = Field(default=True, validation_alias="ORCHESTRATOR_ENABLED")
    """False: serve RPCs and claim nothing."""
    max_concurrent: int = Field(default=5, ge=1, le=100, validation_alias="MAX_CONCURRENT_TASKS_PER_PROJECT")
    """Jobs of one project that may run at once."""
    repo_roots: str = Field(default="", validation_alias="OMOI_REPO_ROOTS")
    """Folders, separated by the path separator, below which repositories given as paths must lie."""
    log_level: str = Field(default="info", validation_alias="OMOI_LOG_LEVEL")
    """debug, info, warning or error."""
    drain_seconds: float = Field(default=10.0, ge=0, le=300, validation_alias="OMOI_DRAIN_SECONDS")
    """How long a stop waits for calls and integrations under way."""

    @field_validator("home")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        return value.expanduser().absolute()

    @field_validator("database_url")
    @classmethod
    def _known_database(cls, value: str) -> str:
        # Imported here: the room of the store is heavy, and most environments name no database.
        from omoi_server.store.engines import parse_url

        try:
            if value:
                parse_url(value)
        except InvalidArgument as error:
            raise ValueError(error.violations[0][1]) from None  # the cause would repeat a password
        return value

    @field_validator("engine")
    @classmethod
    def _known_engine(cls, value: str) -> str:
        if value not in ENGINES:
            raise ValueError(f"{value!r} is unknown; use one of: {', '.join(ENGINES)}")
        return value

    @field_validator("daytona_sandbox_execution")
    @classmethod
    def _no_daytona(cls, value: bool) -> bool:
        if value:
            raise ValueError("Daytona sandboxes are not in this version; leave it unset or false")
        return value

    @field_validator("log_level")
    @classmethod
    def _known_level(cls, value: str) -> str:
        if value.lower() not in ("debug", "info", "warning", "error"):
            raise ValueError(f"{value!r} is unknown; use debug, info, warning or error")
        return value.lower()

    @field_validator("listen")
    @classmethod
    def _host_and_port(cls, value: str) -> str:
        host, _, port = value.rpartition(":")
        if not host or not port.isdigit() or int(port) > 65535:
            raise ValueError(f"{value!r} must be host:port, such as 127.0.0.1:50051")
        return value

    @property
    def url(self) -> str:
        """The database's URL."""
        return self.database_url or f"sqlite:///{self.home / 'omoi.db'}"

    @property
    def roots(self) -> tuple[Path, ...]:
        return tuple(Path(part) for part in self.repo_roots.split(os.pathsep) if part)

    @property
    def loopback_only(self) -> bool:
        """Whether only this machine can connect."""
        host = self.listen.rpartition(":")[0].removeprefix("[").removesuffix("]")
        try:
            return ip_address(host).is_loopback
        except ValueError:  # a name; all but this one may lead anywhere, 127.example.org too
            return host == "localhost"


def load(environment: Mapping[str, str] | None = None) -> Settings:
    """The settings. Raises SettingsError with one line per wrong setting."""
    given = _given(os.environ if environment is None else environment)
    lines, wrong = [], set()
    try:
        settings = Settings() if environment is None else Settings(**given)
    except ValidationError as error:
        lines = [_line(item) for item in error.errors()]
        wrong = {str(part) for item in error.errors() for part in item["loc"]}
        # What is right is looked at all the same: every fault is said at once.
        settings = Settings.model_construct(
            listen=given.get("OMOI_LISTEN", "127.0.0.1:50051"), repo_roots=given.get("OMOI_REPO_ROOTS", "")
        )
    if "OMOI_LISTEN" not in wrong and not settings.loopback_only and not settings.roots:
        lines.append(
            "OMOI_REPO_ROOTS: must name the folders of repositories when OMOI_LISTEN is not a loopback address"
        )
    if lines:
        raise SettingsError("\n".join(lines))
    return settings


_KINDS = {
    "greater_than_equal": "must be at least {ge:g}",
    "less_than_equal": "must be at most {le:g}",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_parsing": "must be a number",
    "finite_number": "must be a number",
    "bool_parsing": "must be true or false",
}
"""The words for pydantic's kinds of fault that these settings can have."""


def _line(fault: ErrorDetails) -> str:
    name = ".".join(map(str, fault["loc"]))
    kind = _KINDS.get(fault["type"])
    if kind is None:
        return f"{name}: {fault['msg'].removeprefix('Value error, ')}"
    return f"{name}: {str(fault['input'])[:40]!r} {kind.format(**fault.get('ctx', {}))}"


def _given(environment: Mapping[str, str]) -> dict[str, Any]:
    aliases = {str(field.validation_alias) for field in Settings.model_fields.values()}
    return {name: value for name, value in environment.items() if name in aliases}


def without_effect(environment: Mapping[str, str]) -> list[str]:
    """Settings that are set, known from the described system, and have no effect in this version."""
    return sorted(name for name in environment if name in RECOGNISED or name.startswith("TQ_"))
