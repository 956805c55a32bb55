"""OAuth v2: the page on which a person allows the app, and the exchange of the code.

https://docs.slack.dev/authentication/installing-with-oauth
"""

from __future__ import annotations

import base64
import binascii
import html
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from aiohttp import web

from tests.peers.slack.limits import LIMITS
from tests.peers.slack.refusal import Json, Refusal
from tests.peers.slack.rendering import APP_ID
from tests.peers.slack.web import Call, Method

if TYPE_CHECKING:
    from tests.peers.slack.peer import SlackPeer


@dataclass
class Code:
    team_id: str
    user_id: str
    redirect_uri: str
    scopes: frozenset[str]
    expires: float
    used: bool = False


async def authorize_page(peer: SlackPeer, request: web.Request) -> web.Response:
    """Asks which workspace and person allow the app; the form comes back as POST."""
    try:
        _check(peer, request)
    except Refusal as refusal:
        return web.Response(status=400, text=str(refusal))
    hidden = "".join(
        f'<input type="hidden" name="{html.escape(key)}" value="{html.escape(value)}">'
        for key, value in request.query.items()
    )
    people = "".join(
        f'<option value="{user.team_id}/{user.id}">{html.escape(user.name)}</option>'
        for user in peer.state.users.values()
        if not user.is_bot and not user.deleted
    )
    page = (
        f"<!doctype html><title>{html.escape(peer.manifest.name)}</title>"
        f"<h1>{html.escape(peer.manifest.name)} is requesting permission</h1>"
        f'<form method="post">{hidden}<select name="who">{people}</select>'
        '<button name="answer" value="allow">Allow</button><button name="answer" value="deny">Cancel</button></form>'
    )
    return web.Response(text=page, content_type="text/html")


async def authorize_answer(peer: SlackPeer, request: web.Request) -> web.StreamResponse:
    """Back to the app with a code, or with access_denied."""
    form = {key: str(value) for key, value in (await request.post()).items()}
    try:
        uri, scopes = _check(peer, request)
    except Refusal as refusal:
        return web.Response(status=400, text=str(refusal))
    answer = {"state": form.get("state", request.query.get("state", ""))}
    if form.get("answer") != "allow":
        raise web.HTTPFound(f"{uri}?{urlencode({'error': 'access_denied'} | answer)}")
    team_id, _, user_id = form.get("who", "").partition("/")
    if team_id not in peer.state.teams or user_id not in peer.state.users:
        return web.Response(status=400, text="who must be <team>/<user> of this workspace")
    code = f"{secrets.randbelow(10**12)}.{secrets.token_hex(16)}"
    peer.codes[code] = Code(team_id, user_id, uri, scopes, peer.clock.now() + LIMITS["oauth.code"].value)
    raise web.HTTPFound(f"{uri}?{urlencode({'code': code} | answer)}")


def _check(peer: SlackPeer, request: web.Request) -> tuple[str, frozenset[str]]:
    """The redirect_uri and the scopes that are asked for."""
    if request.query.get("client_id") != peer.client_id:
        raise Refusal("invalid_client_id")
    uri = request.query.get("redirect_uri", "") or next(iter(peer.manifest.redirect_urls), "")
    if not uri or not any(uri.startswith(each) for each in peer.manifest.redirect_urls):
        raise Refusal("bad_redirect_uri")
    scopes = frozenset(each for each in request.query.get("scope", "").split(",") if each)
    if not scopes:
        raise Refusal("invalid_scope")
    if not scopes <= peer.manifest.scopes:
        raise Refusal("invalid_scope", f"not in the manifest: {', '.join(sorted(scopes - peer.manifest.scopes))}")
    return uri, scopes


async def access(call: Call) -> Json:
    """A code for a bot token, once."""
    _check_client(call)
    code = call.peer.codes.get(call.text("code"))
    if code is None:
        raise Refusal("invalid_code")
    if code.used:
        raise Refusal("code_already_used")
    if call.peer.clock.now() > code.expires:
        raise Refusal("invalid_code")
    given = call.text("redirect_uri", required=False)
    if given and given != code.redirect_uri:
        raise Refusal("bad_redirect_uri")
    code.used = True
    installation = call.peer.install(call.peer.state.teams[code.team_id], code.scopes)
    team = call.peer.state.teams[code.team_id]
    return {
        "access_token": installation.token,
        "token_type": "bot",
        "scope": ",".join(sorted(code.scopes)),
        "bot_user_id": installation.bot.id,
        "app_id": APP_ID,
        "team": {"id": team.id, "name": team.name},
        "enterprise": {"id": team.enterprise_id, "name": team.name} if team.enterprise_id else None,
        "is_enterprise_install": False,
        "authed_user": {"id": code.user_id},
    }


def _check_client(call: Call) -> None:
    """client_id and client_secret, as Basic authorization or as arguments."""
    given_id, secret = call.text("client_id", required=False), call.text("client_secret", required=False)
    basic = str(call.arguments.get("_authorization", ""))
    if basic.startswith("Basic "):
        try:
            given_id, _, secret = base64.b64decode(basic.removeprefix("Basic "), validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            raise Refusal("invalid_client_id") from None
    if given_id != call.peer.client_id:
        raise Refusal("invalid_client_id")
    if secret != call.peer.client_secret:
        raise Refusal("bad_client_secret")


METHODS = {"oauth.v2.access": Method(access, 0, token="none")}
