"""A server that dies, or stands still, at a named point: `python -m tests.acceptance.faulty_server '<JSON>'`.

It is the product's own `serve` in a process of its own; only what happens at the named points is added. The JSON object:
`point` and `count` (the point, and at which reaching), `action` ("SIGKILL" or "SIGSTOP", sent to itself), `log` (a file
that gets the name of every point reached, one a line), `limits` (fields of office.Limits).
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import signal
import sys
from typing import Any

MET = "met "
"""How the line in the log begins at which the fault happened."""


class Trap:
    """The Faults of a test: writes down each point, and signals its own process at the chosen one."""

    def __init__(self, orders: dict[str, Any]) -> None:
        self._point = str(orders.get("point", ""))
        self._left = int(orders.get("count", 1))
        self._action = signal.Signals[str(orders.get("action", "SIGKILL"))]
        self._log = os.open(str(orders["log"]), os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)

    def reached(self, point: str) -> None:
        """Unbuffered: a line that was written is there whatever happens to this process."""
        meets = False
        if point == self._point:
            self._left -= 1
            meets = self._left == 0
        os.write(self._log, f"{MET if meets else ''}{point}\n".encode())
        if meets:
            os.kill(os.getpid(), self._action)


def main() -> None:
    """Serve with the settings of the environment until stopped or caught."""
    # As omoi_server.__main__ does.
    gc.disable()
    from omoi_server import settings as settings_room
    from omoi_server.__main__ import configure_logging
    from omoi_server.app import serve
    from omoi_server.orchestrator.office import Limits

    gc.freeze()
    gc.enable()
    orders: dict[str, Any] = json.loads(sys.argv[1])
    settings = settings_room.load()
    configure_logging(settings.log_level)
    asyncio.run(serve(settings, limits=Limits(**orders.get("limits", {})), faults=Trap(orders)))


if __name__ == "__main__":
    main()
