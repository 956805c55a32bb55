"""Every setting that the seeds name: works, is refused at the start, or is accepted without effect and said so."""

from __future__ import annotations

from pathlib import Path

import pytest

from omoi_server.settings import ENGINES, RECOGNISED, SettingsError, load, without_effect

SEEDS = [
    "DATABASE_URL",
    "REDIS_URL",
    "LLM_API_KEY",
    "LLM_MODEL",
    "LLM_BASE_URL",
    "JWT_SECRET_KEY",
    "DAYTONA_API_KEY",
    "DAYTONA_API_URL",
    "DAYTONA_TARGET",
    "DAYTONA_IMAGE",
    "DAYTONA_SNAPSHOT",
    "DAYTONA_TIMEOUT",
    "DAYTONA_SANDBOX_EXECUTION",
    "DAYTONA_SANDBOX_MEMORY_GB",
    "DAYTONA_SANDBOX_CPU",
    "DAYTONA_SANDBOX_DISK_GB",
    "GITHUB_TOKEN",
    "ANTHROPIC_API_KEY",
    "CLAUDE_CODE_OAUTH_TOKEN",
    "OMOIOS_ENV",
    "ORCHESTRATOR_ENABLED",
    "MAX_CONCURRENT_TASKS_PER_PROJECT",
    "STALE_TASK_CLEANUP_ENABLED",
    "STALE_TASK_THRESHOLD_MINUTES",
    "STALE_CLAIMING_THRESHOLD_SECONDS",
    "STALE_TASK_CHECK_INTERVAL_SECONDS",
    "IDLE_DETECTION_ENABLED",
    "IDLE_THRESHOLD_MINUTES",
    "IDLE_CHECK_INTERVAL_SECONDS",
    "SANDBOX_RUNTIME",
    "TQ_WEIGHT_PRIORITY",
    "APPROVAL_TICKET_HUMAN_REVIEW",
    "APPROVAL_APPROVAL_TIMEOUT_SECONDS",
    "APPROVAL_ON_REJECT",
    "MCP_SERVER_URL",
]
"""The backend's settings in the documents and the source that the product comes from."""

WORKS = {
    "DATABASE_URL": ("sqlite:////tmp/x.db", "database_url", "sqlite:////tmp/x.db"),
    "ORCHESTRATOR_ENABLED": ("false", "orchestrator_enabled", False),
    "MAX_CONCURRENT_TASKS_PER_PROJECT": ("3", "max_concurrent", 3),
    "SANDBOX_RUNTIME": ("claude-code", "engine", "claude-code"),
    "DAYTONA_SANDBOX_EXECUTION": ("false", "daytona_sandbox_execution", False),
}

REFUSED = [
    ("DAYTONA_SANDBOX_EXECUTION", "true", "not in this version"),
    ("SANDBOX_RUNTIME", "openhands", "outline, claude, claude-code"),
    ("SANDBOX_RUNTIME", "", "use one of"),
    ("MAX_CONCURRENT_TASKS_PER_PROJECT", "0", "must be at least 1"),
    ("MAX_CONCURRENT_TASKS_PER_PROJECT", "many", "must be a whole number"),
    ("ORCHESTRATOR_ENABLED", "perhaps", "must be true or false"),
    ("OMOI_LISTEN", "50051", "host:port"),
    ("OMOI_LISTEN", "127.0.0.1:70000", "host:port"),
    ("OMOI_LISTEN", "0.0.0.0:50051", "OMOI_REPO_ROOTS"),
    ("OMOI_LOG_LEVEL", "loud", "debug, info, warning or error"),
    ("OMOI_DRAIN_SECONDS", "-1", "must be at least 0"),
    ("OMOI_DRAIN_SECONDS", "301", "'301' must be at most 300"),
    ("OMOI_DRAIN_SECONDS", "soon", "must be a number"),
    ("DATABASE_URL", "mysql://u:pass@h/d", "^DATABASE_URL: names mysql, which is not supported"),
]


@pytest.mark.parametrize("name", SEEDS)
def test_every_setting_of_the_seeds_has_its_place(name: str) -> None:
    accepted = without_effect({name: "x"}) == [name]
    assert accepted != (name in WORKS), f"{name} either works or is accepted without effect, and never both"


@pytest.mark.parametrize("name", WORKS)
def test_settings_that_work(name: str) -> None:
    given, field, value = WORKS[name]
    assert getattr(load({name: given}), field) == value


@pytest.mark.parametrize(("name", "value", "told"), REFUSED)
def test_settings_that_stop_the_start(name: str, value: str, told: str) -> None:
    with pytest.raises(SettingsError, match=told) as refused:
        load({name: value})
    assert name in str(refused.value) or "OMOI_REPO_ROOTS" in str(refused.value)


def test_all_faults_are_named_at_once() -> None:
    with pytest.raises(SettingsError) as refused:
        load({"SANDBOX_RUNTIME": "x", "OMOI_LISTEN": "x", "DAYTONA_SANDBOX_EXECUTION": "1"})
    assert len(str(refused.value).splitlines()) == 3


def test_what_depends_on_others_is_named_beside_them() -> None:
    given = {"DATABASE_URL": "mysql://u:hidden@h/d", "OMOI_LISTEN": "0.0.0.0:0", "OMOI_DRAIN_SECONDS": "301"}
    with pytest.raises(SettingsError) as refused:
        load(given)
    lines = str(refused.value).splitlines()
    assert sorted(line.partition(":")[0] for line in lines) == ["DATABASE_URL", "OMOI_DRAIN_SECONDS", "OMOI_REPO_ROOTS"]
    assert "hidden" not in str(refused.value)
    assert "Input should" not in str(refused.value)


def test_defaults(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    settings = load({})
    assert settings.home == tmp_path / "omoi"
    assert settings.listen == "127.0.0.1:50051"
    assert settings.loopback_only
    assert settings.url == f"sqlite:///{tmp_path / 'omoi' / 'omoi.db'}"
    assert settings.engine == ENGINES[0] == "outline"
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "person"))
    assert load({}).home == tmp_path / "person" / ".local" / "state" / "omoi"


def test_a_public_address_needs_repository_roots() -> None:
    settings = load({"OMOI_LISTEN": "0.0.0.0:1", "OMOI_REPO_ROOTS": "/srv/git:/data"})
    assert settings.roots == (Path("/srv/git"), Path("/data"))
    assert not settings.loopback_only


@pytest.mark.parametrize(
    ("listen", "only"),
    [
        ("127.0.0.1:1", True),
        ("127.9.9.9:1", True),
        ("localhost:1", True),
        ("[::1]:1", True),
        ("127.evil.example:1", False),
        ("127.0.0.1.example:1", False),
        ("[::]:1", False),
        ("10.0.0.1:1", False),
    ],
)
def test_what_only_this_machine_reaches(listen: str, only: bool) -> None:
    assert load({"OMOI_LISTEN": listen, "OMOI_REPO_ROOTS": "/srv"}).loopback_only is only


def test_an_empty_environment_says_nothing() -> None:
    assert without_effect({"PATH": "/bin", "OMOI_HOME": "/x"}) == []
    assert without_effect(dict.fromkeys(RECOGNISED, "x")) == sorted(RECOGNISED)
