"""What every use case and loop works with, built once in app."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Protocol, TypeVar

from omoi_server.errors import FailedPrecondition
from omoi_server.ports import Forge, Repositories, Sandboxes
from omoi_server.store.database import Database
from omoi_server.store.transaction import Transaction

T = TypeVar("T")


class Faults(Protocol):
    """Named points around every commit, push and effect. In production nothing happens there; tests kill the process."""

    def reached(self, point: str) -> None: ...


class NoFaults:
    """Production: points do nothing."""

    def reached(self, point: str) -> None:
        return None


@dataclass(frozen=True)
class Limits:
    """Times in seconds and counts; the values are design sections 3 to 5."""

    lease: float = 30.0
    renew: float = 10.0
    poll: float = 0.5
    journal_poll: float = 0.05
    never_started: float = 60.0
    no_heartbeat: float = 60.0
    planning: float = 30 * 60.0
    task: float = 60 * 60.0
    stop_grace: float = 1.0
    push: float = 20.0
    origin_patience: float = 15 * 60.0
    retry_first: float = 0.5
    retry_most: float = 30.0
    watchdog: float = 5.0
    tidy: float = 3600.0
    end_of_journal: float = 3.0
    max_starts: int = 3
    max_attempts: int = 3
    heartbeat: int = 10
    bundle_bytes: int = 512 * 1024 * 1024

    @property
    def lease_delta(self) -> timedelta:
        return timedelta(seconds=self.lease)


@dataclass(frozen=True)
class Office:
    """The server's means: database, adapters, limits and identity. `server_id` is new at every start."""

    db: Database
    repositories: Repositories
    sandboxes: Sandboxes
    forge: Forge
    home: Path
    worker_archive: Path
    server_id: str
    engine: str = "outline"
    available_engines: frozenset[str] = frozenset({"outline"})
    max_concurrent: int = 5
    limits: Limits = field(default_factory=Limits)
    faults: Faults = field(default_factory=NoFaults)

    async def write(self, point: str, work: Callable[[Transaction], Awaitable[T]], *, group: bool = False) -> T:
        """One transaction, with fault points before it, at its end and after it."""

        async def pointed(tx: Transaction) -> T:
            result = await work(tx)
            self.faults.reached(f"{point}.inside")
            return result

        self.faults.reached(f"{point}.before")
        result = await self.db.write(pointed, group=group)
        self.faults.reached(f"{point}.after")
        return result

    def require_engine(self) -> None:
        """FailedPrecondition (ENGINE_NOT_AVAILABLE) unless the configured engine can run here."""
        if self.engine not in self.available_engines:
            raise FailedPrecondition(
                "ENGINE_NOT_AVAILABLE",
                f"engine {self.engine} (SANDBOX_RUNTIME) is not available in this version; "
                f"available: {', '.join(sorted(self.available_engines))}. Start the server with one of them.",
                {"engine": self.engine},
            )

    def scratch(self) -> Path:
        """A folder for files on their way; emptied at start."""
        path = self.home / "tmp"
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path
