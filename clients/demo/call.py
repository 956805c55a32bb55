"""One call of the `omoi` command against the demo's server: what .omoi-demo/omoi runs."""

from __future__ import annotations

import os
import signal
import sys

from demo.errors import DemoError
from demo.place import Place, find_place
from demo.serving import serving

WITHOUT_SERVER = frozenset({"-h", "--help", "completion", "version"})


def main() -> None:
    """Exit codes are those of `omoi`; 4 when no server can be started."""
    program = os.environ.get("OMOI_DEMO_PROGRAM", "omoi")
    try:
        place = find_place()
        use(place, program)
        code = perform(place, sys.argv[1:])
    except DemoError as error:
        print(f"omoi: {error}", file=sys.stderr)
        code = 4
    except KeyboardInterrupt:
        code = 130
    sys.exit(code)


def perform(place: Place, arguments: list[str]) -> int:
    """Run the command, with a server where it needs one."""
    from omoi_client import cli

    if not arguments or WITHOUT_SERVER & set(arguments[:1] + arguments[-1:]):
        return cli.perform(arguments)
    with serving(place):
        return cli.perform(arguments)


def use(place: Place, program: str) -> None:
    """Make this process a client of the demo's server, and stop in order when asked to."""
    environment = place.environment() | {"OMOI_PROGRAM": program}
    os.environ.clear()
    os.environ.update(environment)
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, lambda *_: signal.raise_signal(signal.SIGINT))


if __name__ == "__main__":
    main()
