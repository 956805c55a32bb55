"""Arguments and options that several commands share."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from omoi_client.cli.failures import Exit, Refusal

Function = TypeVar("Function", bound=Callable[..., Any])

PLANNING_PHASES = ("explore", "requirements", "design", "tasks")
PRIORITIES = ("critical", "high", "medium", "low")
STATUSES = ("draft", "executing", "awaiting-review", "paused", "completed", "failed", "cancelled")
TASK_STATUSES = ("draft", "queued", "running", "succeeded", "failed", "blocked", "paused", "cancelled")
ROLES = ("viewer", "contributor", "maintainer")
COLUMNS = ("initial", "implementation", "integration", "refactoring")

_LONGEST = 1_000_000
"""Characters read from stdin: ten times what the server takes, so that the refusal can say how much it was."""


def choice(words: tuple[str, ...]) -> click.Choice[str]:
    """One of `words`, in any case."""
    return click.Choice(words, case_sensitive=False)


def word_option(*names: str, words: tuple[str, ...], text: str) -> Callable[[Function], Function]:
    """An option that takes one of `words`; "" when it is not given."""
    return click.option(*names, type=choice(words), callback=_or_empty, help=text)


def version_option(text: str) -> Callable[[Function], Function]:
    """--version N; 0 when it is not given."""
    return click.option("--version", type=click.IntRange(min=1), callback=_or_zero, help=text)


def _or_empty(context: click.Context, parameter: click.Parameter, value: str | None) -> str:
    return value or ""


def _or_zero(context: click.Context, parameter: click.Parameter, value: int | None) -> int:
    return value or 0


def spec_argument(function: Function) -> Function:
    """SPEC."""
    return click.argument("spec")(function)


def json_option(function: Function) -> Function:
    """--json."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON instead of words.")(function)


def idea_options(function: Function) -> Function:
    """What launch and quick tasks have in common."""
    for option in reversed(
        (
            click.argument("text"),
            click.option("--title", default="", help="At most 200 characters. Default: the first sentence of TEXT."),
            click.option("--project", "-p", default="", help="Name or id. Not needed when there is only one."),
            click.option(
                "--base", default="", metavar="BRANCH", help="Start from here. Default: the project's branch."
            ),
            click.option("--work-dir", default="", metavar="FOLDER", help="Folder of the repository that it is about."),
            word_option("--priority", words=PRIORITIES, text="How urgent.  [default: medium]"),
            click.option(
                "--attach",
                "files",
                multiple=True,
                type=click.Path(path_type=Path, exists=True, dir_okay=False),
                help="A file that belongs to the idea. Repeatable; 3 MiB together.",
            ),
            click.option("--no-execute", is_flag=True, help="Only write it down; start it later."),
            click.option("--watch", "-w", is_flag=True, help="Stay and watch until it is done or waits for a person."),
        )
    ):
        function = option(function)
    return json_option(function)


def sentence(text: str) -> str:
    """TEXT of somebody who says something. Raises Refusal (usage) when it is empty."""
    if not text.strip():
        raise Refusal("there are no words", "Say what you mean in a sentence.", Exit.USAGE)
    return text


def words(text: str) -> str:
    """TEXT, or all of stdin for "-". Raises Refusal when there is nothing."""
    if text == "-":
        try:
            text = sys.stdin.read(_LONGEST)
        except UnicodeDecodeError as error:
            raise Refusal("what stdin holds is no text", "UTF-8 is expected.", Exit.USAGE) from error
    if not text.strip():
        raise Refusal("there is no idea", "Say what you want in a sentence.", Exit.USAGE)
    return text
