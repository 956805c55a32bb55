"""The client that other programs import."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable
from contextlib import aclosing
from types import TracebackType
from typing import Self

from omoi.v1 import event_pb2
from omoi_client.auth_calls import AuthCalls
from omoi_client.calls import PATIENCE_SECONDS, Calls
from omoi_client.endpoint import find_endpoint
from omoi_client.project_calls import ProjectCalls
from omoi_client.spec_calls import SpecCalls
from omoi_client.ticket_calls import TicketCalls


class OmoiClient(SpecCalls, TicketCalls, ProjectCalls, AuthCalls):
    """All services over one connection: `async with OmoiClient() as omoi: …`. Use it in the event loop that made it.

    Address and token are found as endpoint.py says. Raises ConfigurationError when they are not found, or when the
    token would travel in plaintext to another machine. `patience`: seconds for repeating a call while nobody answers.
    """

    def __init__(self, address: str = "", token: str = "", *, patience: float = PATIENCE_SECONDS) -> None:
        self.endpoint = find_endpoint(address, token)
        self.calls = Calls(self.endpoint, patience)

    def acting_for(self, identity: str, viewer_of: Iterable[str] = ()) -> OmoiClient:
        """A client that calls as this person ("slack:T012AB3C4/U061F7AUR"), over the same connection; cheap.

        Needs a token with the act-as scope for that system. `viewer_of`: ids of projects (at most 200) of which the
        person may be shown things though they have no role there. Closing it ends nothing. Raises InvalidArgument for
        what cannot be sent.
        """
        other = OmoiClient.__new__(OmoiClient)
        other.endpoint = self.endpoint
        other.calls = self.calls.acting_for(identity, viewer_of)
        return other

    async def close(self) -> None:
        """End the connection, if this client opened it."""
        await self.calls.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


async def watch(
    spec_id: str, after: int = 0, until_settled: bool = False, *, address: str = "", token: str = ""
) -> AsyncGenerator[event_pb2.SpecEvent, None]:
    """OmoiClient.watch over a connection of its own."""
    async with OmoiClient(address, token) as omoi, aclosing(omoi.watch(spec_id, after, until_settled)) as events:
        async for event in events:
            yield event
