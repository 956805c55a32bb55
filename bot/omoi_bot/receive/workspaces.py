"""The workspaces that have Omoi, in memory: who the bot is in each, and the token that speaks there."""

from __future__ import annotations

import time
from dataclasses import replace

import structlog

from omoi_bot.settings import Settings
from omoi_bot.store import workspaces as rows
from omoi_bot.store.database import Database, Tx
from omoi_bot.store.sealing import Sealer
from omoi_bot.store.workspaces import Workspace

REFRESH_SECONDS = 1.0
"""How often at most the database is asked for a workspace that is not known: another process may have installed it."""

log = structlog.get_logger()


class Workspaces:
    """Installed workspaces. `refresh` before the first use."""

    def __init__(self, db: Database, settings: Settings) -> None:
        self._db = db
        self._own_token = settings.bot_token.get_secret_value()
        key = settings.secret_key.get_secret_value()
        self._sealer = Sealer(key) if key else None
        self._known: dict[str, Workspace] = {}
        self._read = 0.0

    async def refresh(self) -> list[Workspace]:
        """Read them anew; those that have Omoi now."""
        async with self._db.read() as tx:
            found = await rows.installed(tx)
        self._known = {one.team: one for one in found}
        self._read = time.monotonic()
        return found

    async def of(self, team: str) -> Workspace | None:
        """The workspace, or None when it has no Omoi. With one workspace only, everything that comes is from there."""
        if team not in self._known and time.monotonic() - self._read > REFRESH_SECONDS:
            await self.refresh()
        found = self._known.get(team)
        if found is None and self._own_token and len(self._known) == 1:
            return next(iter(self._known.values()))
        return found

    def all(self) -> list[Workspace]:
        return list(self._known.values())

    def token(self, team: str) -> str:
        """The bot token for a workspace; "" when there is none. Raises StoreError when it cannot be unsealed."""
        found = self._known.get(team)
        if found is not None and found.token and self._sealer is not None:
            return self._sealer.open(found.token)
        return self._own_token

    async def installed(self, workspace: Workspace, token: str = "") -> None:
        """Keep it; `token` is sealed, and is empty when it is the one in the environment."""
        if token and self._sealer is None:
            raise ValueError("a workspace's token cannot be kept without OMOI_BOT_SECRET_KEY")
        sealed = self._sealer.seal(token) if token and self._sealer is not None else ""

        async def keep(tx: Tx) -> None:
            known = await rows.get(tx, workspace.team)
            at = known.installed_at if known is not None and known.removed_at is None else None
            refused = known.plan_refused_until if known is not None else None
            await rows.put(
                tx, replace(workspace, token=sealed, installed_at=at or tx.now, plan_refused_until=refused)
            )  # fmt: skip

        await self._db.write(keep)
        await self.refresh()

    async def removed(self, team: str) -> None:
        """It took Omoi away; its token is forgotten."""
        if await self._db.write(lambda tx: rows.remove(tx, team)):
            log.warning("workspace.removed", team=team, remark="install the app again to go on there")
        await self.refresh()
