"""The `omoi` command."""

from __future__ import annotations

import os
import sys
from typing import Any

import click

from omoi_client.cli import commands
from omoi_client.cli.commands.shell import COMPLETE, version
from omoi_client.cli.failures import Exit, Refusal, complain, program, report
from omoi_client.cli.running import Invocation
from omoi_client.errors import OmoiError

SECTIONS = (
    ("Start and follow", ("launch", "execute", "watch", "cancel")),
    ("Look", ("list", "show", "output", "logs")),
    ("Decide", ("approve", "request-changes", "reject")),
    ("Talk", ("say", "comments")),
    ("Publish", ("branch", "pr")),
    ("Tasks and board", ("task", "tickets")),
    ("Keep order", ("project", "label", "archive")),
    ("People", ("whoami", "role", "token")),
    ("This program", ("completion", "version")),
)


class ReaderGone(Exception):
    """Whoever read stdout has what it wanted (`| head`)."""


class Sections(click.Group):
    """A group whose help shows its commands by what they are for."""

    def invoke(self, ctx: click.Context) -> Any:
        """See click.Group, which would make a broken pipe exit code 1."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError as gone:
            raise ReaderGone from gone

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """See click.Group."""
        width = max(len(name) for _, names in SECTIONS for name in names)
        for title, names in SECTIONS:
            with formatter.section(title):
                found = [(name, self.get_command(ctx, name)) for name in names]
                rows = [(f"{name:<{width}}", one.get_short_help_str(80)) for name, one in found if one]
                formatter.write_dl(rows)


def _show_version(context: click.Context, parameter: click.Parameter, asked: bool) -> None:
    if asked:
        context.exit(context.invoke(version, as_json=False))


@click.group(cls=Sections, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version", is_flag=True, is_eager=True, expose_value=False, callback=_show_version, help="As `version`."
)
def omoi() -> None:
    """Turn an idea into a reviewed specification, tasks, code on a branch and a pull request.

    Specs, tasks and tickets are named by the first four or more digits of their id. The server is found by OMOI_ADDRESS
    and OMOI_TOKEN, or by the files that it keeps in OMOI_HOME.

    Exit codes: 0 done, 1 refused by the server, 2 wrong usage, 3 failed or cancelled, 4 server not reachable, 5 waiting
    for a person, 130 interrupted (the run goes on).
    """


for command in commands.ALL:
    omoi.add_command(command)


def main() -> None:
    """Entry point of the console script."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure: Any = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            # A terminal that cannot show "✓" shows "?", and a title in another script stops nothing.
            reconfigure(errors="replace")
    code = perform(sys.argv[1:])
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _let_go_of_stdout()
    sys.exit(code)


def perform(arguments: list[str]) -> int:
    """Run one call of the command; the exit code. Says on stderr what went wrong."""
    state = Invocation()
    wrong = next((one for one in arguments if not _is_text(one)), None)
    if wrong is not None:
        shown = wrong.encode("utf-8", "replace").decode()
        complain(f"{shown!r} is not valid UTF-8", "Write it in UTF-8; a file of that name must be renamed first.")
        return Exit.USAGE
    try:
        result = omoi.main(arguments, prog_name=program(), standalone_mode=False, complete_var=COMPLETE, obj=state)
        return result if isinstance(result, int) else Exit.DONE
    except ReaderGone:
        _let_go_of_stdout()
        return Exit.DONE
    except Refusal as refusal:
        complain(refusal.headline, refusal.remedy)
        return refusal.code
    except OmoiError as error:
        return report(error)
    except click.Abort as stop:
        if isinstance(stop.__cause__, EOFError):
            complain("nothing was decided", "Answer y or n, or name the version.")
            return Exit.USAGE
        complain("interrupted", state.resume)
        return Exit.INTERRUPTED
    except click.ClickException as error:
        return _usage(error)


def _is_text(argument: str) -> bool:
    """Whether it can be sent: bytes that are no UTF-8 reach a Python program as lone surrogates (PEP 383)."""
    try:
        argument.encode()
    except UnicodeEncodeError:
        return False
    return True


def _usage(error: click.ClickException) -> int:
    context = error.ctx if isinstance(error, click.UsageError) else None
    if isinstance(error, click.exceptions.NoArgsIsHelpError):
        print(error.format_message(), file=sys.stderr)
        return Exit.USAGE
    headline, guess, names = error.format_message().partition(" (Did you mean")
    remedy = [f"Did you mean{names.rstrip(')')}"] if guess else []
    remedy.append(f"See: {context.command_path if context else program()} --help")
    complain(headline, "\n".join(remedy))
    return Exit.USAGE


def _let_go_of_stdout() -> None:
    """Point stdout at nothing, so that the interpreter's last flush finds no broken pipe."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
