"""What is loaded when: help and completion must not wait for grpc, protobuf or rich."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

HEAVY = ("grpc", "google", "rich", "omoi", "asyncio", "sqlalchemy", "slack_bolt", "omoi_server")
REPORT = """
import sys
try:
    {run}
finally:
    print("LOADED", *sorted({{name.partition(".")[0] for name in sys.modules}}), file=sys.stderr)
"""


def loaded(run: str, *arguments: str, **environment: str) -> tuple[set[str], str]:
    """Top-level modules after `run`, and its stdout."""
    done = subprocess.run(
        [sys.executable, "-c", REPORT.format(run=run), *arguments],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    line = next(one for one in done.stderr.splitlines() if one.startswith("LOADED"))
    return set(line.split()[1:]), done.stdout


@pytest.mark.parametrize(
    "arguments", [("--help",), ("launch", "--help"), ("task", "--help"), ("tickets", "add", "--help"), ("version",)]
)
def test_help_is_light(arguments: tuple[str, ...]) -> None:
    found, out = loaded("from omoi_client.cli import main; main()", *arguments)
    assert out
    assert not found & set(HEAVY)


@pytest.mark.parametrize(
    ("words", "count", "offered"), [("omoi req", "1", "request-changes"), ("omoi launch --no", "2", "--no-gates")]
)
def test_completion_is_light(words: str, count: str, offered: str) -> None:
    found, out = loaded(
        "from omoi_client.cli import main; main()", _OMOI_COMPLETE="bash_complete", COMP_WORDS=words, COMP_CWORD=count
    )
    assert f"plain,{offered}" in out.splitlines()
    assert not found & set(HEAVY)


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_scripts_are_light(shell: str) -> None:
    found, out = loaded("from omoi_client.cli import main; main()", "completion", shell)
    assert "_OMOI_COMPLETE" in out
    assert not found & (set(HEAVY) - {"asyncio"})


def test_importing_the_package_is_light() -> None:
    found, _ = loaded("import omoi_client, omoi_client.errors, omoi_client.endpoint")
    assert not found & set(HEAVY)


def test_every_public_name_is_there() -> None:
    import omoi_client

    assert all(getattr(omoi_client, name) is not None for name in omoi_client.__all__)
    with pytest.raises(AttributeError):
        _ = omoi_client.nothing
