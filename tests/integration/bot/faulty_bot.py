"""A bot that dies at a named point: `python -m tests.integration.bot.faulty_bot '<JSON>'`.

It is the product's own bot in a process of its own; only what happens at the named points is added. The JSON object:
`point` and `count` (the point, and at which reaching), `log` (a file that gets the name of every point reached), `listener` (not empty:
those of counting.py listen), `clock_rate` (of the bot's clock).
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from typing import Any

from omoi_bot import app, settings
from omoi_bot.__main__ import configure_logging
from omoi_bot.store.clock import Clock


class Trap:
    """Writes down each point, and kills its own process at the chosen one."""

    def __init__(self, orders: dict[str, Any]) -> None:
        self._point = str(orders.get("point", ""))
        self._left = int(orders.get("count", 1))
        self._log = os.open(str(orders["log"]), os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)

    def reached(self, point: str) -> None:
        """Unbuffered: a line that was written is there whatever happens to this process."""
        os.write(self._log, f"{point}\n".encode())
        if point == self._point:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


def main() -> None:
    """Run with the settings of the environment until stopped or killed."""
    orders: dict[str, Any] = json.loads(sys.argv[1])
    chosen = settings.load()
    configure_logging("debug", chosen.secrets)
    heard = app.rooms()
    if orders.get("listener"):
        from tests.integration.bot.counting import counting_rooms

        heard = counting_rooms(str(orders["listener"]))
    bot = app.Bot(chosen, heard, clock=Clock(rate=float(orders.get("clock_rate", 1.0))), reached=Trap(orders).reached)
    asyncio.run(bot.run(asyncio.Event()))


if __name__ == "__main__":
    main()
