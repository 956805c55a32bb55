"""`make playground`: print an address, serve it until Ctrl-C, leave nothing running."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from contextlib import AsyncExitStack
from pathlib import Path

from demo.errors import DemoError
from omoi_client.errors import OmoiError
from tests.peers.playground.errors import PlaygroundError
from tests.peers.playground.page import LOOPBACK, serving
from tests.peers.playground.place import Ground, taken
from tests.peers.playground.playground import Playground, Wishes, playground


def main() -> None:
    """Exit code 0 after Ctrl-C, 1 with a sentence when it cannot run."""
    parser = argparse.ArgumentParser(prog="make playground", description="Slack in the browser, with the real bot.")
    host = os.environ.get("OMOI_PLAYGROUND_HOST") or "127.0.0.1"
    parser.add_argument("--host", default=host, help="address to serve the page at (default: this machine only)")
    parser.add_argument("--port", type=int, default=0, help="port of the page (default: a free one)")
    chosen = parser.parse_args()
    wishes = Wishes(os.environ.get("OMOI_DEMO_IDEA", ""), os.environ.get("OMOI_DEMO_REPO", ""))
    try:
        with taken() as ground:
            asyncio.run(run(ground, wishes, chosen.host, chosen.port))
    except (PlaygroundError, DemoError, OmoiError) as error:
        print(f"playground: {error}", file=sys.stderr)
        sys.exit(1)


async def run(ground: Ground, wishes: Wishes, host: str, port: int) -> None:
    """Serve until SIGINT or SIGTERM."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    async with playground(ground, wishes) as found, serving(found, host, port) as address:
        print("Omoi playground · Slack in the browser, local sandboxes, engine: outline (no model, no account)")
        print(f"open      {address}", flush=True)
        if host not in LOOPBACK:
            print("          Whoever can reach this address acts as @mara and @jon.", flush=True)
        await _until_stopped(found, stop)
        print("\nplayground: stopping …", file=sys.stderr, flush=True)


async def _until_stopped(found: Playground, stop: asyncio.Event) -> None:
    """Begin and keep counting. What goes wrong ends it; a stop ends it at any time."""
    async with AsyncExitStack() as stack:

        async def live() -> None:
            await found.begin(stack)
            print(f"ready     logs in {_shown(found.ground.logs)}; Ctrl-C stops everything", flush=True)
            await found.keep_counting()

        work, stopped = asyncio.create_task(live()), asyncio.create_task(stop.wait())
        await asyncio.wait({work, stopped}, return_when=asyncio.FIRST_COMPLETED)
        for task in (work, stopped):
            task.cancel()
        ended = await asyncio.gather(work, stopped, return_exceptions=True)
        if isinstance(ended[0], Exception):
            raise ended[0]


def _shown(path: Path) -> str:
    here = Path.cwd()
    return str(path.relative_to(here) if path.is_relative_to(here) else path)


if __name__ == "__main__":
    main()
