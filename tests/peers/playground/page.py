"""The page: its files, a WebSocket that shows every change and takes every wish, and files that were uploaded.

It is served beside the peer, on an address of its own: what the person opens to others with --host is the page, not the
Slack API. Wishes come only from the page itself: the Origin must be the host that was asked.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from typing import Any
from urllib.parse import quote, urlsplit

from aiohttp import WSCloseCode, WSMsgType, web

from tests.peers.playground import showing
from tests.peers.playground.breaking import BREAKS
from tests.peers.playground.errors import PlaygroundError
from tests.peers.playground.playground import MANIFEST, Playground, page_folder

Json = dict[str, Any]

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
SHOWN_INLINE = {"image/png", "image/jpeg", "image/gif", "image/webp", "text/plain"}
MOST_MESSAGE = 16 * 1024 * 1024

HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


class Page:
    """One playground's page."""

    def __init__(self, playground: Playground, host: str) -> None:
        self._playground = playground
        self._slack = playground.slack
        self._host = host
        self._visits: set[_Visit] = set()
        self.app = web.Application(middlewares=[self._guard])
        self.app.router.add_get("/", self._index)
        self.app.router.add_get("/live", self._live)
        self.app.router.add_get("/files/{file}", self._file)
        self.app.router.add_static("/page", page_folder())

    @web.middleware
    async def _guard(self, request: web.Request, handler: Any) -> web.StreamResponse:
        """On loopback only loopback's names are answered, so that no page of the net reaches it by a name of its own."""
        asked = urlsplit(f"//{request.host}").hostname or ""
        if self._host in LOOPBACK and asked not in LOOPBACK:
            raise web.HTTPForbidden(text="This playground is for this machine only.")
        answer: web.StreamResponse = await handler(request)
        if not answer.prepared:
            answer.headers.update(HEADERS)
        return answer

    async def _index(self, _request: web.Request) -> web.StreamResponse:
        return web.Response(text=(page_folder() / "index.html").read_text(), content_type="text/html")

    async def _file(self, request: web.Request) -> web.StreamResponse:
        file = self._slack.state.files.get(request.match_info["file"])
        if file is None or file.deleted:
            raise web.HTTPNotFound(text="There is no such file.")
        kind = "inline" if file.mimetype in SHOWN_INLINE else "attachment"
        shown = file.mimetype if kind == "inline" else "application/octet-stream"
        named = f"{kind}; filename*=UTF-8''{quote(file.name)}"
        return web.Response(body=file.content, content_type=shown, headers={"Content-Disposition": named})

    async def _live(self, request: web.Request) -> web.StreamResponse:
        if urlsplit(request.headers.get("Origin", "")).netloc != request.host:
            raise web.HTTPForbidden(text="Only the playground's own page may connect.")
        socket = web.WebSocketResponse(max_msg_size=MOST_MESSAGE, heartbeat=20)
        await socket.prepare(request)
        visit = _Visit(self._playground, socket)
        self._visits.add(visit)
        try:
            await visit.last()
        finally:
            self._visits.discard(visit)
        return socket

    async def close(self) -> None:
        """End every visit, so that the address is free at once."""
        for visit in list(self._visits):
            await visit.socket.close(code=WSCloseCode.GOING_AWAY)


class _Visit:
    """One open page."""

    def __init__(self, playground: Playground, socket: web.WebSocketResponse) -> None:
        self._playground, self.socket = playground, socket
        self._slack = playground.slack
        self._out: asyncio.Queue[Json] = asyncio.Queue()
        self._wishes: set[asyncio.Task[None]] = set()

    async def last(self) -> None:
        """Until the page goes away."""
        listener = self._changed
        self._playground.listeners.add(listener)
        work = [asyncio.create_task(each) for each in (self._follow(), self._send())]
        try:
            async for message in self.socket:
                if message.type is WSMsgType.TEXT:
                    task = asyncio.create_task(self._wish(message.data))
                    self._wishes.add(task)
                    task.add_done_callback(self._wishes.discard)
        finally:
            self._playground.listeners.discard(listener)
            for task in [*work, *self._wishes]:
                task.cancel()
            await asyncio.gather(*work, *self._wishes, return_exceptions=True)

    # --- out

    async def _send(self) -> None:
        while True:
            await self.socket.send_json(await self._out.get())

    def _put(self, kind: str, what: Any) -> None:
        self._out.put_nowait({"kind": kind, "what": what})

    def _changed(self, what: str) -> None:
        if what == "counts":
            self._put("counts", asdict(self._playground.counts))
        if what in ("counts", "programs"):
            self._put("state", self._playground.breaker.state())
        elif what == "open" and self._playground.waiting:
            self._put("open", {"channel": self._playground.channel.id, "thread": self._playground.waiting})
        elif what == "progress":
            self._put("progress", [asdict(step) for step in self._playground.steps])

    async def _follow(self) -> None:
        """Everything there is, then every change. Begun before the first look, so that nothing falls between."""
        changes = self._slack.changes()
        coming = asyncio.ensure_future(anext(changes))
        await asyncio.sleep(0)
        self._put("world", {**showing.everything(self._slack), **self._about()})
        for person in (self._playground.mara, self._playground.jon):
            self._put("forms", showing.forms(self._slack, person.id))
            self._put("home", showing.home(self._slack, person.id))
        for what in ("progress", "counts", "open"):
            self._changed(what)
        try:
            while True:
                self._show(await coming)
                coming = asyncio.ensure_future(anext(changes))
        finally:
            coming.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await coming
            await changes.aclose()  # type: ignore[attr-defined]  # it is an asynchronous generator

    def _about(self) -> Json:
        manifest = json.loads(MANIFEST.read_text())
        features = manifest["features"]
        return {
            "app": manifest["display_information"]["name"],
            "people": [self._playground.mara.id, self._playground.jon.id],
            "approver": self._playground.jon.id,
            "start": self._playground.channel.id,
            "breaks": [asdict(each) for each in BREAKS],
            "shortcuts": [each for each in features["shortcuts"] if each["type"] == "message"],
        }

    def _show(self, change: Any) -> None:
        channel = self._slack.state.channels.get(change.channel)
        if change.user and change.kind in ("view", "response"):
            self._put("forms", showing.forms(self._slack, change.user))
        if change.kind == "home":
            self._put("home", showing.home(self._slack, change.user))
        if channel is None:
            return
        if change.kind in ("channel", "status"):
            self._put("channel", showing.channel(self._slack, channel))
            return
        found = next((each for each in reversed(channel.messages) if each.ts == change.ts), None)
        if found is not None:
            self._put("message", showing.message(found))

    # --- in

    async def _wish(self, text: str) -> None:
        try:
            asked = json.loads(text)
            number = asked["id"]
        except (ValueError, KeyError, TypeError):
            return
        try:
            told = await self._grant(asked)
            answer: Json = {"id": number, "ok": True, **told}
        except PlaygroundError as error:
            answer = {"id": number, "ok": False, "error": str(error)}
        self._put("answer", answer)

    async def _grant(self, asked: Json) -> Json:
        if asked.get("do") == "break":
            return {"said": await self._playground.breaker.do(str(asked.get("name")))}
        return await self._playground.hands.do(asked)


@asynccontextmanager
async def serving(playground: Playground, host: str, port: int) -> AsyncIterator[str]:
    """The page at its address, until the block ends. Raises PlaygroundError when the address cannot be had."""
    page = Page(playground, host)
    runner = web.AppRunner(page.app, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        try:
            await site.start()
        except OSError as error:
            raise PlaygroundError(f"{host}:{port} cannot be listened at: {error.strerror or error}.") from error
        found = runner.addresses[0]
        shown = f"[{host}]" if ":" in host else host
        yield f"http://{shown}:{found[1]}/"
    finally:
        await page.close()
        await runner.cleanup()
