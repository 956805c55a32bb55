"""The Web API's way in: arguments, tokens, scopes, rates and faults, before any method is asked."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NoReturn

from aiohttp import web

from tests.peers.slack.limits import RATES
from tests.peers.slack.model import Channel, Installation, Message, Team, User
from tests.peers.slack.record import Entry
from tests.peers.slack.refusal import Json, Refusal

if TYPE_CHECKING:
    from tests.peers.slack.peer import SlackPeer

AUTH_PAGE = "https://docs.slack.dev/authentication/tokens"
ENCODED = {"blocks", "attachments", "view", "metadata", "files", "channels", "message"}
"""Arguments that are JSON inside a form field."""


@dataclass(frozen=True)
class Method:
    """One method of the Web API: `scopes` (any one of them), rate tier (0: its own or none), kind of token."""

    run: Callable[[Call], Awaitable[Json]]
    tier: int = 3
    scopes: tuple[str, ...] = ()
    token: str = "bot"


@dataclass
class Call:
    """One call: its arguments, and the installation whose token it carried."""

    peer: SlackPeer
    method: str
    arguments: Json
    installation: Installation | None = None
    warnings: list[str] = field(default_factory=list)

    @property
    def app(self) -> Installation:
        assert self.installation is not None, f"{self.method} takes no bot token"
        return self.installation

    @property
    def team(self) -> Team:
        return self.peer.state.teams[self.app.team_id]

    def invalid(self, *messages: str) -> NoReturn:
        raise Refusal("invalid_arguments", *(f"[ERROR] {each}" for each in messages))

    def text(self, name: str, required: bool = True) -> str:
        value = self.arguments.get(name)
        if value is None or value == "":
            if required:
                self.invalid(f"missing required field: {name}")
            return ""
        if isinstance(value, int | float) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str):
            self.invalid(f"must be a string [json-pointer:/{name}]")
        return value

    def flag(self, name: str, default: bool = False) -> bool:
        value = self.arguments.get(name, default)
        return value if isinstance(value, bool) else str(value).lower() in {"1", "true", "t"}

    def number(self, name: str, default: int, most: int = 1000) -> int:
        value = self.arguments.get(name)
        if value in (None, ""):
            return default
        try:
            found = int(str(value))
        except ValueError:
            raise Refusal("invalid_limit", f"[ERROR] must be a number [json-pointer:/{name}]") from None
        if not 1 <= found <= most:
            raise Refusal("invalid_limit", f"[ERROR] must be between 1 and {most} [json-pointer:/{name}]")
        return found

    def user(self, name: str = "user") -> User:
        """The user that the argument names, if the workspace can see them."""
        found = self.peer.state.users.get(self.text(name))
        if found is None or not self.peer.visible_user(found, self.team.id):
            raise Refusal("user_not_found")
        return found

    def channel(self, name: str = "channel") -> Channel:
        """The conversation that the argument names, if the bot can see it; everything else is channel_not_found."""
        found = self.peer.state.channels.get(self.text(name))
        if found is None or found.deleted or self.team.id not in {found.team_id} | found.shared_with:
            raise Refusal("channel_not_found")
        if found.kind != "public" and self.app.bot.id not in found.members:
            raise Refusal("channel_not_found")
        return found

    def message(self, channel: Channel, name: str = "ts", error: str = "message_not_found") -> Message:
        found = channel.find(self.text(name))
        if found is None:
            raise Refusal(error)
        return found

    def page(self, items: list[Any], default: int = 100, most: int = 1000) -> tuple[list[Any], Json]:
        """The part of `items` that limit and cursor ask for, and the response_metadata of the rest."""
        limit = self.number("limit", default, most)
        cursor = self.text("cursor", required=False)
        if cursor and not cursor.removeprefix("at:").isdigit():
            raise Refusal("invalid_cursor")
        start = int(cursor.removeprefix("at:")) if cursor else 0
        end = start + limit
        return items[start:end], {"next_cursor": f"at:{end}" if end < len(items) else ""}

    def note(self, kind: str, **known: Any) -> None:
        self.peer.workspace.note(Entry(kind, self.method, **known))


async def api(peer: SlackPeer, request: web.Request) -> web.StreamResponse:
    """`/api/<method>`: one call from arguments to answer."""
    name = request.match_info["method"]
    if peer.faults.is_down:
        _cut(request)
        return web.Response(status=503)
    early = peer.faults.take(("status", "limited"), name)
    if early is not None and early.kind == "status":
        peer.workspace.note(Entry("failed", name, error=f"http_{early.status}"))
        return web.Response(status=early.status, text="upstream connect error")
    if early is not None:
        return _limited(peer, name, max(1, math.ceil(early.until - time.monotonic())))
    slow = peer.faults.take(("delay",), name)
    if slow is not None:
        await peer.pause(slow.seconds)
    lost = peer.faults.take(("lose_answer",), name)
    try:
        answer = await _answer(peer, name, request)
    except ConnectionError:
        # The program was killed while it spoke: there is nobody to answer, and nothing to complain of.
        return web.Response(status=400)
    if lost is not None:
        _cut(request)
    return answer


async def _answer(peer: SlackPeer, name: str, request: web.Request) -> web.Response:
    call = Call(peer, name, {})
    headers: dict[str, str] = {}
    try:
        method = peer.methods.get(name)
        if method is None:
            raise Refusal("unknown_method", source="https://docs.slack.dev/reference/methods")
        call.arguments = await _arguments(request)
        call.installation = _authorize(peer, name, method, request, call.arguments)
        if call.installation is not None:
            headers["x-oauth-scopes"] = ",".join(sorted(call.installation.scopes))
            wait = peer.rates.check(name, call.installation.team_id, method.tier)
            if not wait and name == "chat.postMessage":
                wait = peer.rates.check_post(call.installation.team_id, str(call.arguments.get("channel")))
            if wait:
                return _limited(peer, name, peer.rates.retry_after(wait))
        body: Json = {"ok": True, **await method.run(call)}
        if call.warnings:
            body["warning"] = ",".join(call.warnings)
            body.setdefault("response_metadata", {})["warnings"] = call.warnings
        return web.json_response(body, headers=headers)
    except Refusal as refusal:
        body = refusal.answer(name)
        channel, text = call.arguments.get("channel"), call.arguments.get("text")
        call.note("refused", error=refusal.error, channel=str(channel or ""), text=str(text or ""), detail=body)
        return web.json_response(body, headers=headers)


def _limited(peer: SlackPeer, name: str, seconds: int) -> web.Response:
    peer.workspace.note(Entry("limited", name, error="ratelimited"))
    body = {"ok": False, "error": "ratelimited", "citation": RATES}
    return web.json_response(body, status=429, headers={"Retry-After": str(seconds)})


def _cut(request: web.Request) -> None:
    """Breaks the connection, so that no answer arrives."""
    if request.transport is not None:
        request.transport.abort()


async def _arguments(request: web.Request) -> Json:
    """The arguments of query, form or JSON body; objects inside form fields are read."""
    found: Json = dict(request.query)
    if request.content_type == "application/json":
        try:
            body = json.loads(await request.text() or "{}")
        except ValueError:
            raise Refusal("invalid_json") from None
        if not isinstance(body, dict):
            raise Refusal("json_not_object")
        return found | body
    if request.can_read_body:
        form = await request.post()
        found |= {key: value for key, value in form.items() if isinstance(value, str)}
    for key in ENCODED & set(found):
        value = found[key]
        if isinstance(value, str) and value[:1] in "[{":
            try:
                found[key] = json.loads(value)
            except ValueError:
                raise Refusal(f"invalid_{key}_format" if key == "blocks" else "invalid_arguments") from None
    return found


def _authorize(
    peer: SlackPeer, name: str, method: Method, request: web.Request, arguments: Json
) -> Installation | None:
    """The installation of the call's token. Raises what Slack says of a wrong one."""
    if method.token == "none":
        arguments["_authorization"] = request.headers.get("Authorization", "")
        return None
    header = request.headers.get("Authorization", "")
    token = header.removeprefix("Bearer ").strip() if header.startswith("Bearer ") else str(arguments.get("token", ""))
    if not token:
        raise Refusal("not_authed", source=AUTH_PAGE)
    if method.token == "app":
        if token != peer.app_token:
            error = "not_allowed_token_type" if token in peer.state.installations else "invalid_auth"
            raise Refusal(error, source=AUTH_PAGE)
        return None
    if token == peer.app_token:
        raise Refusal("not_allowed_token_type", source=AUTH_PAGE)
    installation = peer.state.installations.get(token)
    if installation is None:
        raise Refusal("invalid_auth", source=AUTH_PAGE)
    if installation.revoked:
        raise Refusal(installation.revoked, source=AUTH_PAGE)
    if method.scopes and not installation.scopes & set(method.scopes):
        provided = ",".join(sorted(installation.scopes))
        raise Refusal("missing_scope", needed=method.scopes[0], provided=provided, source=f"{AUTH_PAGE}#{name}")
    return installation
