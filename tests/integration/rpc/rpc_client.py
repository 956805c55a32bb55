"""A client of the server under test, and what its refusals say."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2  # type: ignore[import-untyped]  # ships no types

from omoi.v1 import auth_pb2_grpc, project_pb2_grpc, spec_pb2_grpc, ticket_pb2_grpc
from omoi_server.adapters.git import GitRepositories
from omoi_server.adapters.local_forge import LocalForge
from omoi_server.adapters.local_sandbox import LocalSandboxes
from omoi_server.orchestrator.office import Office
from omoi_server.rpc.server import RpcServer
from omoi_server.store.database import Database

TOKEN = "token-of-local"


class Refusal(Exception):
    """What a call was refused with, taken apart: `code` is the name of the status."""

    def __init__(self, error: grpc.aio.AioRpcError) -> None:
        details = error.details() or ""
        super().__init__(f"{error.code().name}: {details}")
        self.code = error.code().name
        self.message = details
        self.reason, self.domain, self.metadata = "", "", dict[str, str]()
        self.fields: list[str] = []
        trailers: Any = error.trailing_metadata() or ()
        for key, value in trailers:
            if key == "grpc-status-details-bin":
                self._read(status_pb2.Status.FromString(value))

    def _read(self, status: Any) -> None:
        for detail in status.details:
            info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
            if detail.Unpack(info):
                self.reason, self.domain, self.metadata = info.reason, info.domain, dict(info.metadata)
            if detail.Unpack(bad):
                self.fields = [violation.field for violation in bad.field_violations]


class Rpc:
    """A client of the running server."""

    def __init__(self, office: Office, server: RpcServer, address: str) -> None:
        self.office = office
        self.server = server
        self.address = address
        self.metadata: tuple[tuple[str, str], ...] = (("authorization", f"Bearer {TOKEN}"),)
        self.channel: Any = self.new_channel()
        stubs = (
            spec_pb2_grpc.SpecServiceStub,
            ticket_pb2_grpc.TicketServiceStub,
            project_pb2_grpc.ProjectServiceStub,
            auth_pb2_grpc.AuthServiceStub,
        )
        self._stubs: list[Any] = [make(self.channel) for make in stubs]

    def by(self, token: str, acting_for: str = "", viewer_of: str = "") -> Rpc:
        """The same connection with another token, acting or not."""
        other = copy.copy(self)
        other.metadata = (("authorization", f"Bearer {token}"),) if token else ()
        other.metadata += (("omoi-act-as", acting_for),) if acting_for else ()
        other.metadata += (("omoi-act-as-viewer-of", viewer_of),) if viewer_of else ()
        return other

    def new_channel(self, number: int = 0) -> Any:
        options = [("grpc.max_receive_message_length", 16 * 1024 * 1024), ("test.channel", number)]
        return grpc.aio.insecure_channel(self.address, options=options)

    def method(self, name: str) -> Any:
        return next(getattr(stub, name) for stub in self._stubs if hasattr(stub, name))

    async def __call__(self, request: Message) -> Any:
        """Call the RPC that takes this request. Raises Refusal."""
        name = request.DESCRIPTOR.name.removesuffix("Request")
        try:
            call = self.method(name)(request, metadata=self.metadata, timeout=20)
            return [message async for message in call] if name == "WatchSpecEvents" else await call
        except grpc.aio.AioRpcError as error:
            raise Refusal(error) from error

    async def refusal(self, request: Message) -> Refusal:
        with pytest.raises(Refusal) as caught:
            await self(request)
        return caught.value


def make_office(database: Database, home: Path) -> Office:
    return Office(
        db=database,
        repositories=GitRepositories(home),
        sandboxes=LocalSandboxes(home, "host"),
        forge=LocalForge(home),
        home=home,
        worker_archive=home / "worker.pyz",
        server_id="test",
    )
