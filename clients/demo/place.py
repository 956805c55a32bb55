"""Where the demo keeps things: .omoi-demo in the checkout, or OMOI_DEMO_HOME.

The folder is the OMOI_HOME of a server of its own, with the repositories it works on beside it. Deleting it starts afresh.
"""

from __future__ import annotations

import os
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path

from demo.errors import DemoError

CHECKOUT = Path(__file__).resolve().parents[2]

OWN = "OMOI_DEMO_"
FOREIGN_PREFIXES = ("OMOI_", "TQ_", "GRPC_")
FOREIGN = frozenset({
    "DATABASE_URL", "SANDBOX_RUNTIME", "DAYTONA_SANDBOX_EXECUTION", "ORCHESTRATOR_ENABLED",
    "MAX_CONCURRENT_TASKS_PER_PROJECT", "PYTHONPATH", "PYTHONHOME",
})  # fmt: skip
"""A person's settings for another server; they must not reach the demo's, nor the demo their database."""


@dataclass(frozen=True)
class Place:
    """`home` is absolute."""

    home: Path

    @property
    def repositories(self) -> Path:
        return self.home / "repositories"

    @property
    def wrapper(self) -> Path:
        return self.home / "omoi"

    @property
    def log(self) -> Path:
        return self.home / "server.log"

    def shown(self, path: Path | None = None) -> str:
        """The path as a reader in the current folder writes it, quoted for a shell where that is needed."""
        found = path or self.home
        here = Path.cwd()
        return shlex.quote(str(found.relative_to(here) if found.is_relative_to(here) else found))

    def environment(self) -> dict[str, str]:
        """For the demo's server and client: the person's, without what belongs to another server."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if name not in FOREIGN and not (name.startswith(FOREIGN_PREFIXES) and not name.startswith(OWN))
        }
        return kept | {"OMOI_HOME": str(self.home), "OMOI_LISTEN": "127.0.0.1:0"}


def find_place() -> Place:
    """The folder, made if it is missing. Raises DemoError."""
    home = Path(os.environ.get("OMOI_DEMO_HOME") or CHECKOUT / ".omoi-demo").expanduser().absolute()
    try:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        (home / "repositories").mkdir(exist_ok=True)
        _write_wrapper(home / "omoi")
    except OSError as error:
        raise DemoError(
            f"{home} cannot be used: {error.strerror}; set OMOI_DEMO_HOME to a folder that you may write."
        ) from error
    return Place(home)


def _write_wrapper(path: Path) -> None:
    """A command for people, which works from every folder and through every link to it."""
    command = f"PYTHONPATH={shlex.quote(str(CHECKOUT / 'clients'))} exec {shlex.quote(sys.executable)} -P -m demo.call"
    text = (
        "#!/bin/sh\n"
        "# The omoi command for the demo's server, which is started for one call when it does not run.\n"
        'OMOI_DEMO_HOME=$(CDPATH="" cd -- "$(dirname -- "$(readlink -f -- "$0")")" && pwd) OMOI_DEMO_PROGRAM=$0 \\\n'
        f'{command} "$@"\n'
    )
    if not path.exists() or path.read_text() != text:
        new = path.with_name("omoi.new")
        new.write_text(text)
        new.chmod(0o755)
        new.replace(path)
