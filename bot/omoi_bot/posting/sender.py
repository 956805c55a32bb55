"""Brings what is wanted to Slack: one process per workspace at a time, within its budgets."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import structlog

from omoi_bot.posting.pace import Pace
from omoi_bot.posting.workspace import WorkspaceSender
from omoi_bot.slack_api import SlackApi
from omoi_bot.store import outbox
from omoi_bot.store.clock import Clock
from omoi_bot.store.database import Database, Tx
from omoi_bot.store.errors import DatabaseAway
from omoi_bot.store.outbox import OnGone
from omoi_bot.store.posts import Kept

log = structlog.get_logger()

LOOK_SECONDS = 1.0
"""How often it is looked for new workspaces."""


def _nothing(_point: str) -> None:
    """What happens at a named point in production."""


async def _nobody(_tx: Tx, _post: Kept) -> None:
    """Nobody wants to know that a post is gone."""


class Sender:
    """Run it as one of the process's loops; cancel it to end. `poke` it after something was put.

    `on_gone` is called, inside the transaction, for each post that Slack will never show. `reached` is called at named
    points before and after each step: fault tests end the process there.
    """

    def __init__(
        self,
        slack: SlackApi,
        db: Database,
        owner: str,
        clock: Clock | None = None,
        *,
        on_gone: OnGone = _nobody,
        pace: Pace | None = None,
        reached: Callable[[str], None] = _nothing,
    ) -> None:
        self._slack = slack
        self._db = db
        self._owner = owner
        self._clock = clock or db.clock
        self._on_gone = on_gone
        self._pace = pace or Pace()
        self._reached = reached
        self._workspaces: dict[str, WorkspaceSender] = {}
        self._wake = asyncio.Event()

    def poke(self) -> None:
        """Something was put: look now."""
        self._wake.set()
        for workspace in self._workspaces.values():
            workspace.poke()

    async def run(self) -> None:
        """Until it is cancelled. What is under way is finished, and the leases are given back."""
        tasks: dict[str, asyncio.Task[None]] = {}
        try:
            while True:
                self._wake.clear()
                for team in await self._teams():
                    if team not in tasks or tasks[team].done():
                        if team in tasks and (error := tasks[team].exception()):
                            log.error("sender.failed", team=team, exc_info=error)
                        workspace = self._workspaces[team] = self._of(team)
                        tasks[team] = asyncio.create_task(workspace.run(), name=f"send to {team}")
                await self._clock.wait(self._wake, LOOK_SECONDS)
        finally:
            for task in tasks.values():
                task.cancel()
            await asyncio.gather(*tasks.values(), return_exceptions=True)

    def _of(self, team: str) -> WorkspaceSender:
        return WorkspaceSender(
            team, self._slack, self._db, self._owner, self._clock, self._pace, self._on_gone, self._reached
        )

    async def _teams(self) -> list[str]:
        try:
            async with self._db.read() as tx:
                return await outbox.teams(tx)
        except DatabaseAway as error:
            log.warning("sender.database_away", error=str(error))
            return []
