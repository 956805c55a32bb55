"""`python -m omoi_bot` and `omoi-bot`: read the settings, run (or check them), exit with a code that says how it went."""

from __future__ import annotations

import argparse
import asyncio
import logging
import os
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from omoi_bot.settings import Settings

EXIT_CANNOT_START = 2
EXIT_NOT_RIGHT = 1

_OURS = ("SLACK_BOT_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET")

_EPILOG = """
Settings come from the environment. The most used:
  SLACK_BOT_TOKEN   xoxb-…  (the app's page → OAuth & Permissions)
  SLACK_APP_TOKEN   xapp-…  (the app's page → Basic Information → App-Level Tokens)
  OMOI_ADDRESS      the server; default: the file `address` in OMOI_HOME
  OMOI_TOKEN        the bot's own token: omoi-server token create --bot slack:T…
docs/slack.md sets the app up in five steps; `omoi-bot doctor` checks each of them.
"""


def main() -> None:
    """Run until stopped, or `doctor`. Exit code 2 and a sentence for each reason on stderr when it cannot start."""
    arguments = _parser().parse_args()
    try:
        sys.exit(_doctor(arguments) if arguments.command == "doctor" else _run())
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("omoi"):
            raise
        _complain(f"{error.name} is not installed. Install the bot: pip install 'omoi[bot]'")
        sys.exit(EXIT_CANNOT_START)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="omoi-bot",
        description="Omoi in Slack: an ordinary client of the Omoi server, with a database of its own.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    commands.add_parser("run", help="listen and work until stopped (the default)")
    doctor = commands.add_parser("doctor", help="check every step of the set-up and say what is missing")
    doctor.add_argument(
        "--channel", default="", metavar="C…", help="prove delivery there: a post, a reply, a click, a command"
    )
    doctor.add_argument(
        "--blocks", type=Path, metavar="FOLDER", help="send every payload (*.json) in FOLDER to Slack's blocks.validate"
    )
    doctor.add_argument(
        "--manifest", type=Path, metavar="FILE", help="the app's manifest, if it is not the one that comes with Omoi"
    )
    return parser


def _run() -> int:
    # Imported here: the base install has this command but not what it needs, and must say so in a sentence.
    from omoi_bot import app
    from omoi_bot.store.errors import StoreError
    from omoi_client.errors import ConfigurationError

    settings = _settings()
    if settings is None:
        return EXIT_CANNOT_START
    try:
        asyncio.run(_until_stopped(app.Bot(settings, app.rooms(), announce=lambda line: print(line, flush=True))))
    except (app.CannotStart, StoreError, ConfigurationError) as error:
        _complain(str(error))
        return EXIT_CANNOT_START
    return 0


async def _until_stopped(bot: Any) -> None:
    """The first SIGTERM or SIGINT stops; a second one kills."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()

    def heard() -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_DFL)
        print("omoi-bot stops; again to kill it.", file=sys.stderr)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, heard)
    await bot.run(stop)


def _doctor(arguments: argparse.Namespace) -> int:
    from omoi_bot import doctor

    settings = _settings(whole=False)
    if settings is None:
        return EXIT_CANNOT_START
    found = asyncio.run(
        doctor.examine(
            settings,
            channel=arguments.channel,
            blocks=arguments.blocks,
            manifest=arguments.manifest,
            show=lambda line: print(line, flush=True),
        )
    )
    return 0 if found else EXIT_NOT_RIGHT


def _settings(*, whole: bool = True) -> Settings | None:
    """From the environment; not `whole`: something may be missing, which the doctor tells."""
    from omoi_bot import settings as settings_room

    try:
        settings = settings_room.load() if whole else settings_room.read()
    except settings_room.SettingsError as error:
        for line in str(error).splitlines():
            _complain(line)
        return None
    for name in _OURS:
        # Bolt reads these by itself, and then warns of a token beside our client. They are read; nobody else needs them.
        os.environ.pop(name, None)
    configure_logging(settings.log_level, settings.secrets)
    return settings


def configure_logging(level: str, secrets: tuple[str, ...] = ()) -> None:
    """One JSON object a line on stderr, with time, level and event name; `secrets` never appear in it."""
    import structlog

    def masked(_logger: Any, _method: str, line: Any) -> str:
        for secret in secrets:
            line = str(line).replace(secret, "…")
        return str(line)

    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
            masked,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
    )


def _complain(sentence: str) -> None:
    print(f"omoi-bot: {sentence}", file=sys.stderr)


if __name__ == "__main__":
    main()
