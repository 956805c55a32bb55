"""`python -m omoi_server` and `omoi-server`: read the settings, serve, exit with a code that says how it went."""

from __future__ import annotations

import argparse
import asyncio
import logging
import sys

EXIT_CANNOT_START = 2

_EPILOG = """
Settings come from the environment. The most used:
  OMOI_HOME      where everything is kept       (default: $XDG_STATE_HOME/omoi or ~/.local/state/omoi)
  OMOI_LISTEN    host:port; port 0 picks one    (default: 127.0.0.1:50051)
  DATABASE_URL   sqlite:///… or postgresql://…  (default: SQLite in OMOI_HOME)
docs/settings.md lists all of them.
"""


def main() -> None:
    """Serve until stopped. Exit code 2 and one sentence on stderr when it cannot start."""
    parser = argparse.ArgumentParser(
        prog="omoi-server",
        description="The Omoi server: gRPC, orchestrator and local sandboxes in one process.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.parse_args()
    try:
        _serve()
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("omoi"):
            raise
        print(
            f"omoi-server: {error.name} is not installed. Install the server: pip install 'omoi[server]'",
            file=sys.stderr,
        )
        sys.exit(EXIT_CANNOT_START)


def _serve() -> None:
    # Imported here: the base install has this command but not what it needs, and must say so in a sentence.
    from omoi_server import settings as settings_room
    from omoi_server.app import serve
    from omoi_server.errors import OmoiError
    from omoi_server.settings import SettingsError

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
