"""kill -9 of the bot while it posts, as often as you like: `python -m tests.bench.posting [--deaths 1000] [--seed 1]`.

A sender dies at a random point, the next one goes on, and messages are wanted and change meanwhile. At the end each one
must stand exactly once, in its order, as it was wanted last; the program ends with 1 otherwise. SQLite, or the database
of --url (it must be empty).
"""

from __future__ import annotations

import argparse
import asyncio
import random
import tempfile
import time
from pathlib import Path

from omoi_bot.store.migrate import migrate
from tests.integration.bot.posting_deaths import dying

ROUND = 100
"""Deaths on one Slack and one set of channels; then a fresh peer."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--deaths", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--url", default="")
    given = parser.parse_args()
    chance = random.Random(given.seed)
    began = time.monotonic()
    done = 0
    with tempfile.TemporaryDirectory() as folder:
        while done < given.deaths:
            deaths = min(ROUND, given.deaths - done)
            url = given.url or f"sqlite:///{Path(folder) / f'bot-{done}.db'}"
            migrate(url)
            asyncio.run(dying(url, deaths, chance, name=f"r{done}"))
            done += deaths
            print(f"{done} deaths, each message exactly once · {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main()
