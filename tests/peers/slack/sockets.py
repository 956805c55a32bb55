"""Socket Mode. https://docs.slack.dev/apis/events-api/using-socket-mode"""

from __future__ import annotations

import asyncio
import itertools
import json
import secrets
from dataclasses import dataclass, field

from aiohttp import WSMsgType, web

from tests.peers.slack.delivery import Answer, Parcel
from tests.peers.slack.limits import LIMITS
from tests.peers.slack.refusal import Json
from tests.peers.slack.rendering import APP_ID


@dataclass(eq=False)
class Connection:
    """One open socket of the app, and what it has to acknowledge."""

    number: int
    socket: web.WebSocketResponse
    transport: asyncio.Transport | None
    acks: dict[str, asyncio.Future[Json | None]] = field(default_factory=dict)
    draining: bool = False


class Sockets:
    """The connections of the app. An envelope goes to one of them, in turn."""

    def __init__(self, ack_seconds: float) -> None:
        self.ack_seconds = ack_seconds
        self.connections: list[Connection] = []
        self.refusing = False
        """While on, no connection is taken (the fault `down`)."""

        self.ever = 0
        self._tickets: set[str] = set()
        self._turn = itertools.count()
        self._envelopes = itertools.count(1)

    def ticket(self) -> str:
        """A ticket for one connection, as `apps.connections.open` puts it into the URL."""
        made = secrets.token_urlsafe(16)
        self._tickets.add(made)
        return made

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """One connection from hello to close."""
        ticket = request.query.get("ticket", "")
        if self.refusing or ticket not in self._tickets:
            return web.json_response({"ok": False, "error": "link_disabled"}, status=408)
        self._tickets.discard(ticket)
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        if len(self.connections) >= LIMITS["socket.connections"].value:
            await socket.send_json(_disconnect("too_many_websockets"))
            await socket.close()
            return socket
        self.ever += 1
        connection = Connection(self.ever, socket, request.transport)
        self.connections.append(connection)
        try:
            await socket.send_json(self._hello())
            async for message in socket:
                if message.type is WSMsgType.TEXT:
                    _take(connection, message.data)
        finally:
            self.connections.remove(connection)
            for waiting in connection.acks.values():
                if not waiting.done():
                    waiting.set_exception(ConnectionError("the socket was closed"))
        return socket

    def _hello(self) -> Json:
        return {
            "type": "hello",
            "num_connections": len(self.connections),
            "connection_info": {"app_id": APP_ID},
            "debug_info": {"host": "peer", "build_number": 1, "approximate_connection_time": 18060},
        }

    async def send(self, parcel: Parcel, attempt: int, reason: str) -> Answer:
        """Sends one envelope to one connection and waits for its acknowledgement."""
        usable = [each for each in self.connections if not each.draining and not each.socket.closed]
        if not usable:
            return Answer(False, reason="no_connection")
        connection = usable[next(self._turn) % len(usable)]
        envelope_id = f"00000000-0000-4000-9000-{next(self._envelopes):012d}"
        envelope: Json = {
            "envelope_id": envelope_id,
            "type": parcel.kind,
            "accepts_response_payload": parcel.kind != "events_api",
            "payload": parcel.payload,
        }
        if parcel.kind == "events_api":
            envelope |= {"retry_attempt": attempt, "retry_reason": reason}
        waiting: asyncio.Future[Json | None] = asyncio.get_running_loop().create_future()
        connection.acks[envelope_id] = waiting
        try:
            await connection.socket.send_json(envelope)
            return Answer(True, await asyncio.wait_for(waiting, self.ack_seconds))
        except TimeoutError:
            return Answer(False, reason="timeout")
        except ConnectionError:
            return Answer(False, reason="connection_closed")
        finally:
            connection.acks.pop(envelope_id, None)

    async def refresh(self, reason: str = "refresh_requested") -> None:
        """Tells every connection to go, as Slack does every few hours, and closes it a moment later."""
        for connection in list(self.connections):
            connection.draining = True
            await connection.socket.send_json(_disconnect(reason))

    async def kill(self) -> None:
        """Cuts every connection without a word."""
        for connection in list(self.connections):
            if connection.transport is not None:
                connection.transport.abort()

    async def close(self) -> None:
        self.refusing = True
        for connection in list(self.connections):
            await connection.socket.close(code=1001)


def _disconnect(reason: str) -> Json:
    return {"type": "disconnect", "reason": reason, "debug_info": {"host": "peer"}}


def _take(connection: Connection, text: str) -> None:
    """An acknowledgement, `{"envelope_id": …, "payload": …}`; anything else is not Slack's protocol and is ignored."""
    try:
        said = json.loads(text)
    except ValueError:
        return
    if not isinstance(said, dict):
        return
    waiting = connection.acks.get(str(said.get("envelope_id")))
    if waiting is not None and not waiting.done():
        payload = said.get("payload")
        waiting.set_result(payload if isinstance(payload, dict) and payload else None)
