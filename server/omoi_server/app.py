"""The composition root: adapters are built here and nowhere else. Start, run, and a stop that is a sentence.

Take no more, drain with a deadline, release, close. Local sandboxes go on while nobody serves; the next start adopts them.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from uuid import uuid4

import structlog

from omoi_server import home as home_folder
from omoi_server.adapters.git import GitRepositories
from omoi_server.adapters.local_forge import LocalForge
from omoi_server.adapters.local_sandbox import LocalSandboxes
from omoi_server.orchestrator import people
from omoi_server.orchestrator.dispatcher import Dispatcher
from omoi_server.orchestrator.integrate import Integrator
from omoi_server.orchestrator.office import Faults, Limits, NoFaults, Office
from omoi_server.orchestrator.watchdog import Watchdog
from omoi_server.rpc.auth import ensure_local_user
from omoi_server.rpc.server import RpcConfig, RpcServer, build_server
from omoi_server.settings import Settings, without_effect
from omoi_server.store.database import Database
from omoi_server.store.migrate import migrate
from omoi_worker import archive

log = structlog.get_logger()

Announce = Callable[[str], None]


async def serve(
    settings: Settings, *, announce: Announce = print, limits: Limits | None = None, faults: Faults | None = None
) -> None:
    """Run until SIGTERM or SIGINT. Raises SettingsError, OmoiError or a migration's error when it cannot start.

    `announce` gets the one line that says where the server listens. `limits` and `faults` are for tests.
    """
    with home_folder.exclusive(settings.home):
        for name in without_effect(os.environ):
            log.warning("setting.without_effect", name=name, remark="accepted; it has no effect in this version")
        home_folder.empty_scratch(settings.home)
        await asyncio.to_thread(migrate, settings.url, backup_dir=settings.home / "backups")
        chosen = faults or NoFaults()
        db = await Database.open(settings.url, reached=chosen.reached)
        try:
            await ensure_local_user(db, home_folder.token(settings.home))
            office = await _office(settings, db, limits or Limits(), chosen)
            await _run(settings, office, announce)
        finally:
            await db.close()


async def _office(settings: Settings, db: Database, limits: Limits, faults: Faults) -> Office:
    location = home_folder.host_id(settings.home)
    return Office(
        db=db,
        repositories=GitRepositories(settings.home, roots=settings.roots),
        sandboxes=LocalSandboxes(settings.home, location),
        forge=LocalForge(settings.home),
        home=settings.home,
        worker_archive=await asyncio.to_thread(_worker_archive, settings.home),
        server_id=f"srv-{uuid4()}",
        engine=settings.engine,
        max_concurrent=settings.max_concurrent,
        limits=limits,
        faults=faults,
    )


def _worker_archive(home: Path) -> Path:
    """The worker that this server ships, as one file named by nothing but its place; rebuilt at every start."""
    folder = home / "worker"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    target = folder / "worker.pyz"
    archive.build(target)
    return target


async def _run(settings: Settings, office: Office, announce: Announce) -> None:
    stop = _stop_signal()
    server = build_server(office, RpcConfig(listen=settings.listen))
    address = await server.start()
    home_folder.write_address(settings.home, address)
    try:
        async with _loops(office, enabled=settings.orchestrator_enabled) as dispatcher:
            announce(f"omoi-server listens on {address} · home {settings.home} · engine {settings.engine}")
            await _announce_claim(office.db, announce)
            log.info("server.started", address=address, server_id=office.server_id, engine=settings.engine)
            await stop.wait()
            log.info("server.draining", seconds=settings.drain_seconds)
            await _drain(server, dispatcher, settings.drain_seconds)
    finally:
        home_folder.remove_address(settings.home)
    log.info("server.stopped")


async def _announce_claim(db: Database, announce: Announce) -> None:
    """While a bot may act for people none of whom is admin, say how one becomes it. The code is shown, never logged."""
    kinds = sorted({system.partition(":")[0] for system in await people.systems_without_admin(db)})
    if not kinds:
        return
    code = await people.new_admin_code(db)
    for kind in kinds:
        announce(f"{kind} admin: /omoi claim {code} (15 min)")


async def _drain(server: RpcServer, dispatcher: Dispatcher | None, seconds: float) -> None:
    async with asyncio.TaskGroup() as group:
        group.create_task(server.drain(seconds), name="drain calls")
        if dispatcher is not None:
            group.create_task(dispatcher.drain(seconds), name="drain jobs")


@contextlib.asynccontextmanager
async def _loops(office: Office, *, enabled: bool) -> AsyncIterator[Dispatcher | None]:
    """The orchestrator's loops as named children. If one of them fails, the process ends, loudly."""
    if not enabled:
        log.warning("orchestrator.disabled", remark="ORCHESTRATOR_ENABLED=false: calls are served, no job is claimed")
        yield None
        return
    integrator = Integrator(office)
    dispatcher = Dispatcher(office, integrator)
    async with asyncio.TaskGroup() as group:
        loops = [
            group.create_task(dispatcher.run(), name="dispatcher"),
            group.create_task(dispatcher.renew(), name="leases"),
            group.create_task(Watchdog(office, integrator, dispatcher).run(), name="watchdog"),
        ]
        try:
            yield dispatcher
        finally:
            for loop in loops:
                loop.cancel()


def _stop_signal() -> asyncio.Event:
    """Set by the first SIGTERM or SIGINT. The handlers are gone then: a second one kills."""
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()

    def heard() -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
            signal.signal(number, signal.SIG_DFL)
        print("omoi-server stops; again to kill it.", file=sys.stderr)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, heard)
    return stop
