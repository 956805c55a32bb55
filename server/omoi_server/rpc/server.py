"""The gRPC server: services, health, reflection, limits, start and drain."""

from __future__ import annotations

import errno
import socket
from dataclasses import dataclass
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_health.v1.health import SERVICE_NAME as HEALTH
from grpc_health.v1.health import aio as aio_health  # type: ignore[attr-defined]  # the stubs lack it
from grpc_reflection.v1alpha import reflection

from omoi.v1 import auth_pb2, project_pb2, spec_pb2, ticket_pb2
from omoi_server.errors import FailedPrecondition
from omoi_server.orchestrator.office import Office
from omoi_server.rpc.auth import Doorkeeper
from omoi_server.rpc.auth_service import AuthService
from omoi_server.rpc.guard import Guard
from omoi_server.rpc.handlers import service_handler
from omoi_server.rpc.project_service import ProjectService
from omoi_server.rpc.spec_service import SpecService
from omoi_server.rpc.ticket_service import TicketService
from omoi_server.rpc.watch import Watchroom

MAX_REQUEST_BYTES = 4_718_592
"""4.5 MiB: a description of 100,000 characters and 3 MiB of attachments fit, with room for the rest."""
MAX_RESPONSE_BYTES = 16 * 1024 * 1024
MAX_METADATA_BYTES = 16 * 1024
MAX_PENDING = 20_000
"""By default gRPC lets 1,000 to 3,000 calls wait to be accepted and cancels the rest: a reconnect storm is more."""


@dataclass(frozen=True)
class RpcConfig:
    """How to serve.

    `listen`: host:port, port 0 picks one. `keepalive`: seconds between signs of life of a quiet stream. `poll`: seconds
    between looks at all watched specs, for what the bell did not tell.
    """

    listen: str = "127.0.0.1:50051"
    keepalive: float = 15.0
    poll: float = 1.0


class RpcServer:
    """The running server. Made by build_server; `start`, then `drain`."""

    def __init__(
        self, server: grpc.aio.Server, watchroom: Watchroom, doorkeeper: Doorkeeper, checks: Any, listen: str
    ) -> None:
        self._server = server
        self._doorkeeper = doorkeeper
        self._checks = checks
        self._listen = listen
        self.watchroom = watchroom

    async def start(self) -> str:
        """Listen; the bound address as host:port. FailedPrecondition (LISTEN) if that is not possible."""
        host, _, port = self._listen.rpartition(":")
        if not host or not port.isdecimal() or int(port) > 65535:
            form = "it must be host:port such as 127.0.0.1:50051 (port 0 picks one)"
            raise FailedPrecondition("LISTEN", f"OMOI_LISTEN is {self._listen!r}; {form}.")
        try:
            bound = self._server.add_insecure_port(self._listen)
        except RuntimeError as error:
            raise _cannot_listen(host, int(port)) from error
        await self._server.start()
        self.watchroom.start()
        for name in ("", *_SERVICES):
            await self._checks.set(name, health_pb2.HealthCheckResponse.SERVING)
        return f"{host}:{bound}"

    async def drain(self, grace: float) -> None:
        """Take no more calls, end the streams with UNAVAILABLE, give running calls `grace` seconds, close."""
        await self._checks.enter_graceful_shutdown()
        self.watchroom.drain()
        await self._server.stop(grace)
        await self.watchroom.close()
        await self._doorkeeper.close()


_SERVICES = tuple(
    service.full_name
    for file in (spec_pb2, ticket_pb2, project_pb2, auth_pb2)
    for service in file.DESCRIPTOR.services_by_name.values()
)


def build_server(office: Office, config: RpcConfig) -> RpcServer:
    """A server for this office that does not listen yet. Call it in the event loop that will run it."""
    watchroom = Watchroom(office.db, config.keepalive, config.poll)
    doorkeeper = Doorkeeper(office.db)
    server = grpc.aio.server(interceptors=[Guard(doorkeeper)], options=_OPTIONS)
    servicers = (
        (spec_pb2.DESCRIPTOR.services_by_name["SpecService"], SpecService(office, watchroom)),
        (ticket_pb2.DESCRIPTOR.services_by_name["TicketService"], TicketService(office)),
        (project_pb2.DESCRIPTOR.services_by_name["ProjectService"], ProjectService(office)),
        (auth_pb2.DESCRIPTOR.services_by_name["AuthService"], AuthService(office)),
    )
    server.add_generic_rpc_handlers(tuple(service_handler(office.db, *one) for one in servicers))
    checks = aio_health.HealthServicer()
    health_pb2_grpc.add_HealthServicer_to_server(checks, server)
    reflection.enable_server_reflection((*_SERVICES, HEALTH, reflection.SERVICE_NAME), server)
    return RpcServer(server, watchroom, doorkeeper, checks, config.listen)


_OPTIONS = (
    ("grpc.max_receive_message_length", MAX_REQUEST_BYTES),
    ("grpc.max_send_message_length", MAX_RESPONSE_BYTES),
    ("grpc.max_metadata_size", MAX_METADATA_BYTES),
    ("grpc.absolute_max_metadata_size", MAX_METADATA_BYTES),
    ("grpc.server.max_pending_requests", MAX_PENDING),
    ("grpc.server.max_pending_requests_hard_limit", MAX_PENDING),
    # Two servers must not share a port unnoticed.
    ("grpc.so_reuseport", 0),
    # A watcher that is gone without a word is found within 80 s; clients may ping as often as every 10 s.
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 20_000),
    ("grpc.keepalive_permit_without_calls", 1),
    ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
)


def _cannot_listen(host: str, port: int) -> FailedPrecondition:
    """gRPC does not say why it could not bind; the system does."""
    remedy = "Set OMOI_LISTEN to another address, or to port 0 to pick a free one."
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen(1)
    except OSError as error:
        why = "another program listens there" if error.errno == errno.EADDRINUSE else error.strerror or str(error)
        return FailedPrecondition("LISTEN", f"Cannot listen on {host}:{port}: {why}. {remedy}")
    return FailedPrecondition("LISTEN", f"Cannot listen on {host}:{port}. {remedy}")
