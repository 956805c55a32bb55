"""`python -m omoi_server` and `omoi-server`: read the settings, serve, exit with a code that says how it went."""

from __future__ import annotations

import argparse
import asyncio
import gc
import logging
import sys

EXIT_REFUSED = 1
EXIT_CANNOT_START = 2

_EPILOG = """
Settings come from the environment. The most used:
  OMOI_HOME      where everything is kept       (default: $XDG_STATE_HOME/omoi or ~/.local/state/omoi)
  OMOI_LISTEN    host:port; port 0 picks one    (default: 127.0.0.1:50051)
  DATABASE_URL   sqlite:///… or postgresql://…  (default: SQLite in OMOI_HOME)
docs/settings.md lists all of them.
"""


def main() -> None:
    """Serve until stopped, or carry out one command.

    Exit code 2 and one sentence on stderr when the server cannot start or the command is used wrongly, 1 when it is
    refused.
    """
    arguments = command_line().parse_args()
    try:
        if arguments.command in (None, "serve"):
            _serve()
        else:
            _command(arguments)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("omoi"):
            raise
        print(
            f"omoi-server: {error.name} is not installed. Install the server: pip install 'omoi[server]'",
            file=sys.stderr,
        )
        sys.exit(EXIT_CANNOT_START)


def command_line() -> argparse.ArgumentParser:
    """What the program takes. Without a command it serves."""
    parser = argparse.ArgumentParser(
        prog="omoi-server",
        description="The Omoi server: gRPC, orchestrator and local sandboxes in one process.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    commands.add_parser("serve", help="run the server; this is what happens without a command")
    commands.add_parser("admin-code", help="print a one-time code that makes a Slack user admin (15 minutes)")
    token = commands.add_parser("token", help="make, list and revoke API tokens")
    actions = token.add_subparsers(dest="action", metavar="ACTION", required=True)
    create = actions.add_parser("create", help="make a token; its secret goes to stdout, this once")
    create.add_argument("name", metavar="NAME", nargs="?", default="", help="what it is for")
    create.add_argument(
        "--scope", action="append", default=[], help="read, write, admin, read-all, act-as:SYSTEM or *; repeat it"
    )
    create.add_argument("--user", default="", help="whose: a user's id, or the name of a service (default: local)")
    create.add_argument("--expires", default="", metavar="90d", help="how long it lives: a number and m, h, d or w")
    create.add_argument("--bot", default="", metavar="slack:T…", help="a token for the bot of this Slack workspace")
    listed = actions.add_parser("list", help="list tokens, without their secrets")
    listed.add_argument("--all", action="store_true", help="revoked and expired ones too")
    revoke = actions.add_parser("revoke", help="make a token useless")
    revoke.add_argument("token_id", metavar="ID", help="tok-…, as token list shows it")
    return parser


def _command(arguments: argparse.Namespace) -> None:
    from omoi_server import console
    from omoi_server import settings as settings_room
    from omoi_server.errors import InvalidArgument, OmoiError
    from omoi_server.settings import SettingsError

    try:
        configure_logging("warning")
        out = console.Out(show=lambda line: print(line, flush=True), say=lambda line: print(line, file=sys.stderr))
        console.run(settings_room.load(), arguments, out)
    except (OmoiError, SettingsError) as error:
        for line in str(error).splitlines():
            print(f"omoi-server: {line}", file=sys.stderr)
        wrong = isinstance(error, (InvalidArgument, SettingsError))
        sys.exit(EXIT_CANNOT_START if wrong else EXIT_REFUSED)


def _serve() -> None:
    # What an import makes stays: the garbage collector would look through it again and again, a quarter of the start.
    gc.disable()
    # Imported here: the base install has this command but not what it needs, and must say so in a sentence.
    from omoi_server import settings as settings_room
    from omoi_server.app import serve
    from omoi_server.errors import OmoiError
    from omoi_server.settings import SettingsError

    gc.freeze()
    gc.enable()
    try:
        settings = settings_room.load()
        configure_logging(settings.log_level)
        asyncio.run(serve(settings, announce=lambda line: print(line, flush=True)))
    except SettingsError as error:
        for line in str(error).splitlines():
            print(f"omoi-server: {line}", file=sys.stderr)
        sys.exit(EXIT_CANNOT_START)
    except OmoiError as error:
        print(f"omoi-server: {error.message}", file=sys.stderr)
        sys.exit(EXIT_CANNOT_START)


def configure_logging(level: str) -> None:
    """One JSON object a line on stderr, with time, level and event name."""
    import structlog

    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
    )


if __name__ == "__main__":
    main()
