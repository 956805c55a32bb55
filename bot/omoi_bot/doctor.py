"""`omoi-bot doctor`: every step of the set-up is tried, and what is missing is said with the remedy."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from omoi_bot.backend import Backend, TokenRefused
from omoi_bot.doctor_delivery import Delivery
from omoi_bot.receive import manifest as manifests
from omoi_bot.settings import APP_PAGE, Settings, faults
from omoi_bot.slack_api import SlackApi, SlackAway, SlackRefused
from omoi_bot.store import marks
from omoi_bot.store.database import Database
from omoi_bot.store.errors import StoreError
from omoi_bot.store.migrate import migrate
from omoi_client.errors import OmoiError

LIVE_SECONDS = 60.0
"""How long the live proof waits for a person's reply, click and command."""

Show = Callable[[str], None]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at. `remedy` is set when it is not right, `unchecked` (the reason) when nobody could look."""

    what: str
    remedy: str = ""
    unchecked: str = ""

    @property
    def right(self) -> bool:
        return not self.remedy

    def __str__(self) -> str:
        if self.unchecked:
            return f"– {self.what}: not checked because {self.unchecked}"
        return f"✓ {self.what}" if self.right else f"✗ {self.what}\n  {self.remedy}"


async def examine(
    settings: Settings,
    *,
    channel: str = "",
    blocks: Path | None = None,
    manifest: Path | None = None,
    show: Show = print,
    live_seconds: float = LIVE_SECONDS,
) -> bool:
    """Look at everything; each finding is shown as it is made. Whether all of it is right."""
    slack = SlackApi(lambda _: settings.bot_token.get_secret_value(), settings.slack_api_url)
    every = True
    try:
        async with aclosing(_findings(settings, slack, channel, blocks, manifest, show, live_seconds)) as findings:
            async for finding in findings:
                show(str(finding))
                every = every and finding.right
    finally:
        await slack.close()
    return every


async def _findings(
    settings: Settings, slack: SlackApi, channel: str, blocks: Path | None, manifest: Path | None, show: Show, live: float
) -> AsyncGenerator[Finding, None]:  # fmt: skip
    wrong = {line.partition(" ")[0].rstrip(":"): line for line in faults(settings)}
    for line in wrong.values():
        what, mark, remedy = line.partition("; " if ": this is" in line else ". ")
        yield Finding(what, remedy if mark else "Make a new one.")
    said = None
    async for finding, answer in _bot_token(settings, slack, "SLACK_BOT_TOKEN" in wrong):
        said = answer or said
        yield finding
    if said is not None:
        for finding in _scopes(said, manifest):
            yield finding
    else:
        yield Finding("scopes", unchecked="no workspace answered")
    if "SLACK_APP_TOKEN" in wrong:
        yield Finding("Socket Mode", unchecked="SLACK_APP_TOKEN is not there or is another kind of token")
    elif settings.socket_mode:
        yield await _socket(settings)
    elif "SLACK_SIGNING_SECRET" in wrong:
        yield Finding("requests over HTTP", unchecked="SLACK_SIGNING_SECRET is missing")
    else:
        yield _http(settings)
    yield await _server(settings, said)
    yield await _database(settings)
    if blocks is not None:
        async for finding in _blocks(slack, blocks):
            yield finding
    if channel and (said is None or wrong):
        yield Finding(f"delivery in {channel}", unchecked="of what is wrong above")
    elif channel and said is not None:
        delivery = Delivery(settings, slack, str(said["team_id"]), channel, show)
        for what, remedy in await delivery.prove(live):
            yield Finding(what, remedy)


async def _bot_token(
    settings: Settings, slack: SlackApi, wrong: bool
) -> AsyncGenerator[tuple[Finding, dict[str, Any] | None], None]:
    """What Slack says of the token, and its answer when there is one."""
    if wrong:
        yield Finding("workspace", unchecked="SLACK_BOT_TOKEN is not there or is another kind of token"), None
        return
    if not settings.bot_token.get_secret_value():
        yield (
            Finding("workspace", unchecked="the app is installed by OAuth; each workspace has a token of its own"),
            None,
        )
        return
    try:
        said = await slack.auth_test("")
    except SlackAway as error:
        yield _away(settings, error), None
    except SlackRefused as error:
        remedy = f"{APP_PAGE} → Install App, then copy the Bot User OAuth Token."
        yield Finding(f"SLACK_BOT_TOKEN: {error}", remedy), None
    else:
        what = f"SLACK_BOT_TOKEN: workspace {said.get('team')} ({said.get('team_id')}), bot {said.get('user')}"
        yield Finding(what), said


def _away(settings: Settings, error: SlackAway) -> Finding:
    """The network's fault, which says nothing about a token."""
    return Finding(
        f"Slack is not reached: {error}", f"Look at network, DNS and proxy of this machine: {settings.slack_api_url}"
    )


def _scopes(said: dict[str, Any], manifest: Path | None) -> list[Finding]:
    granted = {scope.strip() for scope in str(said.get("x-oauth-scopes") or "").split(",") if scope.strip()}
    try:
        wanted = manifests.read(manifest or manifests.path()).scopes
    except (ValueError, OSError) as error:
        return [Finding("manifest", str(error))]
    found = []
    for scope in sorted(wanted - granted - manifests.OPTIONAL):
        reason = manifests.SCOPES.get(scope, "asked for by this manifest")
        remedy = f"It is for: {reason}. {APP_PAGE} → OAuth & Permissions → Scopes, then install the app again."
        found.append(Finding(f"scope {scope} is missing", remedy))
    optional = sorted(wanted & manifests.OPTIONAL - granted)
    note = f" (without {', '.join(optional)}, which is optional)" if optional else ""
    return found or [Finding(f"scopes: {len(wanted & granted)} as in the manifest{note}")]


async def _socket(settings: Settings) -> Finding:
    token = settings.app_token.get_secret_value()
    slack = SlackApi(lambda _: token, settings.slack_api_url)
    try:
        await slack.caller.once("", "apps.connections.open", {"app_token": token})
    except SlackAway as error:
        return _away(settings, error)
    except SlackRefused as error:
        remedy = f"{APP_PAGE} → Basic Information → App-Level Tokens: one with connections:write; Socket Mode is on."
        return Finding(f"SLACK_APP_TOKEN: {error}", remedy)
    finally:
        await slack.close()
    return Finding("SLACK_APP_TOKEN: opens a socket")


def _http(settings: Settings) -> Finding:
    return Finding(
        f"requests over HTTP at {settings.listen}/slack/events, signatures checked. The manifest needs its public address "
        "as request URL of events, interactivity and /omoi"
    )


async def _server(settings: Settings, said: dict[str, Any] | None) -> Finding:
    system = f"slack:{said.get('enterprise_id') or said['team_id']}" if said is not None else ""
    make = f"Start the server, then set OMOI_ADDRESS and OMOI_TOKEN (omoi-server token create --bot {system or 'slack:T…'})."
    try:
        backend = Backend(settings.address, settings.token.get_secret_value())
    except OmoiError as error:
        return Finding("Omoi server", str(error))
    try:
        facts = await backend.check_token({system} if system else ())
    except TokenRefused as error:
        return Finding(f"Omoi server {backend.address}", str(error))
    except OmoiError as error:
        return Finding(f"Omoi server {backend.address}: {error}", make)
    finally:
        await backend.close()
    admin = (
        "" if facts.has_external_admin else ". Nobody in Slack is admin yet: omoi-server admin-code, /omoi claim CODE"
    )
    acts = system or "(not checked because no workspace answered)"
    return Finding(f"Omoi server {backend.address}: token of {facts.name or facts.user_id}, acts for {acts}{admin}")


async def _database(settings: Settings) -> Finding:
    name = "OMOI_BOT_DATABASE_URL" if settings.database else str(settings.home / "bot.db")
    try:
        settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        await asyncio.to_thread(migrate, settings.database_url)
        database = await Database.open(settings.database_url)
        try:
            await database.write(lambda tx: marks.put(tx, "doctor", "written"))
        finally:
            await database.close()
    except (StoreError, OSError) as error:
        return Finding(f"database {name}", str(error))
    return Finding(f"database {name}: written to")


async def _blocks(slack: SlackApi, folder: Path) -> AsyncGenerator[Finding, None]:
    """Each `*.json` is {"surface": "message" | "modal" | "home", "payload": …}; Slack says whether it would take it."""
    try:
        payloads = await asyncio.to_thread(_payloads, folder)
    except (OSError, ValueError, KeyError, TypeError) as error:
        yield Finding(f"payloads in {folder}", f"A file there is not {{surface, payload}}: {error}")
        return
    if not payloads:
        yield Finding(
            f"payloads in {folder}", "There is no *.json in that folder; name the folder of the golden files."
        )
        return
    wrong = 0
    for name, surface, payload in payloads:
        kind = "message" if surface == "message" else "view"
        if refused := await _refusal(slack, {kind: payload}):
            wrong += 1
            yield Finding(f"payload {name}", f"Slack refuses it: {refused}")
    if not wrong:
        yield Finding(f"payloads: Slack takes all {len(payloads)} in {folder}")


async def _refusal(slack: SlackApi, body: dict[str, Any]) -> str:
    """What blocks.validate says against it; "" for nothing. In the body: slack_sdk puts it into the URL, which is too long."""
    import aiohttp

    headers = {"Authorization": f"Bearer {await slack.caller.token('')}"}
    try:
        async with slack.caller.session().post(
            f"{slack.caller.base_url}blocks.validate", json=body, headers=headers
        ) as answer:
            said = await answer.json(content_type=None)
    except (aiohttp.ClientError, OSError, TimeoutError, ValueError) as error:
        return f"no answer ({type(error).__name__})"
    if said.get("ok"):
        return ""
    messages = (said.get("response_metadata") or {}).get("messages") or ()
    return "; ".join(str(one) for one in messages) or str(said.get("error") or "no reason given")


def _payloads(folder: Path) -> list[tuple[str, str, Any]]:
    """Name, surface and payload of each file."""
    found = []
    for file in sorted(folder.glob("*.json")):
        held = json.loads(file.read_text(encoding="utf-8"))
        found.append((file.name, str(held["surface"]), held["payload"]))
    return found
