"""A workspace takes Omoi away, or makes its token useless: nothing is sent there any more."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from omoi_bot.desk import Answer, Desk
from omoi_bot.receive.workspaces import Workspaces
from omoi_bot.store.envelopes import Claimed

Handler = Callable[[Claimed, Desk], Awaitable[Answer | None]]


def handlers(workspaces: Workspaces) -> dict[str, Handler]:
    """Listeners of `app_uninstalled` and `tokens_revoked`. https://docs.slack.dev/reference/events/tokens_revoked"""

    async def uninstalled(envelope: Claimed, _desk: Desk) -> None:
        await workspaces.removed(envelope.team)

    async def revoked(envelope: Claimed, _desk: Desk) -> None:
        known = await workspaces.of(envelope.team)
        tokens = (envelope.payload.get("event") or {}).get("tokens") or {}
        # People's own tokens may be revoked, too; only the bot's ends the installation.
        if known is not None and known.bot_user in (tokens.get("bot") or ()):
            await workspaces.removed(envelope.team)

    return {"app_uninstalled": uninstalled, "tokens_revoked": revoked}
