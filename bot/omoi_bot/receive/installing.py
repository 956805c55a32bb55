"""Installing by OAuth, for several workspaces: Bolt's pages, with states and tokens in the bot's own database.

https://docs.slack.dev/authentication/installing-with-oauth
"""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import structlog

from omoi_bot.receive import manifest
from omoi_bot.receive.workspaces import Workspaces
from omoi_bot.settings import Settings
from omoi_bot.store import marks
from omoi_bot.store.database import Database, Tx
from omoi_bot.store.workspaces import Workspace

if TYPE_CHECKING:
    from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
    from slack_sdk.oauth.installation_store import Installation

INSTALL_PATH, REDIRECT_PATH = "/slack/install", "/slack/oauth_redirect"
STATE_SECONDS = 600.0

log = structlog.get_logger()


def build_flow(settings: Settings, db: Database, workspaces: Workspaces) -> AsyncOAuthFlow:
    """The flow that serves INSTALL_PATH and REDIRECT_PATH beside the events."""
    from slack_bolt.oauth.async_oauth_flow import AsyncOAuthFlow
    from slack_bolt.oauth.async_oauth_settings import AsyncOAuthSettings
    from slack_sdk.oauth.installation_store.async_installation_store import AsyncInstallationStore
    from slack_sdk.oauth.state_store.async_state_store import AsyncOAuthStateStore
    from slack_sdk.web.async_client import AsyncWebClient

    class States(AsyncOAuthStateStore):
        """A state is good once, for ten minutes, in every process of the bot."""

        async def async_issue(self, *_args: Any, **_kwargs: Any) -> str:
            return await _issue(db)

        async def async_consume(self, state: str) -> bool:
            return await _consume(db, state)

    class Installations(AsyncInstallationStore):
        """Only the bot's token is kept, sealed."""

        async def async_save(self, installation: Installation) -> None:
            await _save(workspaces, installation)

    address = urlsplit(settings.slack_api_url)
    flow = AsyncOAuthSettings(
        client_id=settings.client_id,
        client_secret=settings.client_secret.get_secret_value(),
        scopes=sorted(manifest.read(manifest.path()).scopes),
        redirect_uri=settings.public_url.rstrip("/") + REDIRECT_PATH,
        install_path=INSTALL_PATH,
        redirect_uri_path=REDIRECT_PATH,
        # Slack's page is at slack.com, whatever the API's address; another Slack has both in one place.
        authorization_url=None if address.hostname == "slack.com" else f"{address.scheme}://{address.netloc}/oauth/v2/authorize",
        installation_store=Installations(),
        state_store=States(),
    )  # fmt: skip
    return AsyncOAuthFlow(client=AsyncWebClient(base_url=settings.slack_api_url), settings=flow)


async def _issue(db: Database) -> str:
    state = secrets.token_urlsafe(24)
    until = f"{time.time() + STATE_SECONDS:.0f}"
    await db.write(lambda tx: marks.put(tx, f"oauth:{state}", until))
    return state


async def _consume(db: Database, state: str) -> bool:
    async def once(tx: Tx) -> bool:
        until = await marks.get(tx, f"oauth:{state[:100]}")
        return bool(until) and float(until) > time.time() and await marks.once(tx, f"oauth-used:{state[:100]}")

    return await db.write(once)


async def _save(workspaces: Workspaces, installation: Installation) -> None:
    token, team = installation.bot_token, installation.team_id
    if not token or not team:
        raise ValueError(
            "Slack gave no bot token for a workspace; installing for a whole organisation is not supported"
        )
    scopes = ",".join(installation.bot_scopes or ())
    workspace = Workspace(
        team, installation.enterprise_id or "", installation.team_name or "", installation.bot_user_id or "",
        installation.bot_id or "", scopes=scopes, agent="assistant:write" in scopes,
    )  # fmt: skip
    await workspaces.installed(workspace, token)
    log.info("workspace.installed", team=team, name=installation.team_name)
