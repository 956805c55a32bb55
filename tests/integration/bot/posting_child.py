"""A sender in a process of its own, which ends itself by SIGKILL at a named point or after so many points.

Started as a program it loads the libraries once and forks a child for each line it reads, so that a death costs
milliseconds: `{"url", "api_url", "token", "kill_at": "post.called"|null, "nth": 3, "owner": "bot", "rate": 1.0}`; it answers with one
line per child: "done", "killed" or "failed".
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys
from collections.abc import Callable
from typing import Any

import aiohttp  # noqa: F401 - loaded before the forks
import structlog
from slack_sdk.web.async_client import AsyncWebClient  # noqa: F401 - loaded before the forks

from omoi_bot.posting import Pace, Sender
from omoi_bot.slack_api import SlackApi
from omoi_bot.store import outbox, workspaces
from omoi_bot.store.clock import Clock
from omoi_bot.store.database import Database

POINTS = (
    "post.before_intent",
    "post.intended",
    "post.called",
    "post.recorded",
    "update.before_intent",
    "update.intended",
    "update.called",
    "update.recorded",
    "look_up.before",
    "look_up.asked",
    "look_up.recorded",
    "commit.before",
    "commit.after",
)
SECONDS = 30.0
"""A child that takes longer failed."""


def killer(kill_at: str | None, nth: int) -> Callable[[str], None]:
    """Ends the process at the `nth` time that `kill_at` (None: any point) is reached; 0 = never."""
    left = nth

    def reached(point: str) -> None:
        nonlocal left
        if kill_at in (None, point):
            left -= 1
            if left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    return reached


async def send_everything(order: dict[str, Any]) -> None:
    """Run a sender until nothing is open."""
    reached = killer(order["kill_at"], order["nth"])
    rate = order["rate"]
    clock = Clock(rate)
    db = await Database.open(order["url"], clock=clock, reached=reached)
    slack = SlackApi(lambda _team: order["token"], order["api_url"], clock)
    pace = Pace(
        settle_seconds=0.05 * rate, poll_seconds=0.05 * rate, progress_seconds=0.0, away_seconds=(0.05 * rate,),
        lease_seconds=20 * rate, lease_left=11 * rate, start_seconds=2 * rate,
    )  # fmt: skip
    sender = Sender(slack, db, order["owner"], pace=pace, reached=reached)
    task = asyncio.create_task(sender.run())
    async with asyncio.timeout(SECONDS):
        while True:
            async with db.read() as tx:
                teams = [workspace.team for workspace in await workspaces.installed(tx)]
                if not any([await outbox.open_posts(tx, team) for team in teams]):
                    break
            await asyncio.sleep(0.01)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await slack.close()
    await db.close()


def main() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            try:
                asyncio.run(send_everything(json.loads(line)))
            except BaseException:
                import traceback

                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        _, status = os.waitpid(pid, 0)
        word = "killed" if os.WIFSIGNALED(status) else "done" if status == 0 else "failed"
        sys.stdout.write(word + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
