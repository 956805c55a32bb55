"""Offices for tests: the composition of `app`, without a process and a port of its own."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from omoi_server.adapters.git import GitRepositories
from omoi_server.adapters.local_forge import LocalForge
from omoi_server.adapters.local_sandbox import LocalSandboxes
from omoi_server.domain.caller import Caller
from omoi_server.orchestrator.dispatcher import Dispatcher
from omoi_server.orchestrator.integrate import Integrator
from omoi_server.orchestrator.launch import LaunchCommand, launch_spec
from omoi_server.orchestrator.office import Limits, Office
from omoi_server.orchestrator.projects import ProjectCommand, create_project
from omoi_server.orchestrator.watchdog import Watchdog
from omoi_server.store import events, outputs, specs, tasks
from omoi_server.store.database import Database

IDEA = "Lock an account after five failed logins and email its owner. Show the time left on the login page."


def git(folder: Path, *arguments: str) -> str:
    """Git in a folder, with an identity."""
    identity = ("-c", "user.name=Mara", "-c", "user.email=mara@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def sample_repository(folder: Path) -> Path:
    """A repository with a few files about a shop and its login."""
    files = {
        "README.md": "# shop\n\nA small shop with accounts and a cart.\n",
        "AGENTS.md": "# Rules\n\n- Keep functions short.\n- Never log passwords.\n",
        "pyproject.toml": '[project]\nname = "shop"\nversion = "1"\n\n[tool.pytest.ini_options]\ntestpaths = ["tests"]\n',
        "shop/__init__.py": "",
        "shop/auth.py": 'def login(account, password):\n    """Log an account in; count failed logins."""\n    return True\n',
        "shop/mail.py": 'def send_email(owner, text):\n    """Email the owner of an account."""\n',
        "shop/cart.py": 'def total(items):\n    """Sum of the prices."""\n    return sum(items)\n',
        "tests/test_auth.py": "from shop.auth import login\n\n\ndef test_login():\n    assert login('a', 'b')\n",
    }
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    git(folder, "init", "-q", "-b", "main")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "Begin the shop")
    return folder


class House:
    """An office, its project and its loops."""

    def __init__(self, db: Database, home: Path, worker_archive: Path, caller: Caller, name: str = "srv-1") -> None:
        home.mkdir(parents=True, exist_ok=True)
        self.caller = caller
        self.office = Office(
            db=db,
            repositories=GitRepositories(home),
            sandboxes=LocalSandboxes(home, f"host-{name}"),
            forge=LocalForge(home),
            home=home,
            worker_archive=worker_archive,
            server_id=name,
            limits=Limits(watchdog=0.3, heartbeat=1),
        )
        self.integrator = Integrator(self.office)
        self.project_id = ""
        self._loops: list[asyncio.Task[None]] = []
        self.dispatcher = Dispatcher(self.office, self.integrator)

    def limit(self, **limits: Any) -> None:
        """Change limits before `start`."""
        self.office = replace(self.office, limits=replace(self.office.limits, **limits))

    async def add_project(self, repository: Path, **values: Any) -> str:
        command = ProjectCommand(repository.name, str(repository), **values)
        self.project_id, _ = await create_project(self.office, self.caller, command)
        return self.project_id

    async def launch(self, description: str = IDEA, **values: Any) -> str:
        command = LaunchCommand("", description, self.project_id, **values)
        return (await launch_spec(self.office, self.caller, command)).spec_id

    async def start(self) -> None:
        """Run the loops, as a server that begins."""
        self.integrator = Integrator(self.office)
        self.dispatcher = Dispatcher(self.office, self.integrator)
        watchdog = Watchdog(self.office, self.integrator, self.dispatcher)
        self._loops = [
            asyncio.create_task(loop, name=name)
            for name, loop in (
                ("dispatcher", self.dispatcher.run()),
                ("leases", self.dispatcher.renew()),
                ("watchdog", watchdog.run()),
            )
        ]

    async def stop(self) -> None:
        """Drain, as a server that is told to stop."""
        if not self._loops:
            return
        await self.dispatcher.drain(10)
        for loop in self._loops:
            loop.cancel()
        results = await asyncio.gather(*self._loops, return_exceptions=True)
        self._loops = []
        for result in results:
            if isinstance(result, Exception) and not isinstance(result, asyncio.CancelledError):
                raise result

    def no_sandbox_is_left(self) -> None:
        left = list((self.office.home / "sandboxes").glob("*")) if (self.office.home / "sandboxes").exists() else []
        assert left == [], f"sandboxes are left: {left}"

    async def spec(self, spec_id: str) -> Any:
        async with self.office.db.read() as conn:
            return await specs.spec(conn, spec_id)

    async def tasks(self, spec_id: str) -> list[Any]:
        async with self.office.db.read() as conn:
            return await tasks.active_tasks(conn, spec_id)

    async def outputs(self, spec_id: str) -> dict[str, Any]:
        async with self.office.db.read() as conn:
            return await outputs.newest(conn, spec_id)

    async def events(self, spec_id: str) -> list[Any]:
        async with self.office.db.read() as conn:
            return list(await events.read_events(conn, spec_id, 0, 10_000))

    async def types(self, spec_id: str) -> list[str]:
        return [event.type for event in await self.events(spec_id)]

    async def until(self, spec_id: str, condition: Callable[[Any], bool], seconds: float = 60) -> Any:
        """The spec's row once the condition holds; fails with the events so far."""
        deadline = asyncio.get_running_loop().time() + seconds
        with self.office.db.bell.subscribe(f"spec:{spec_id}") as ear:
            while True:
                row = await self.spec(spec_id)
                if condition(row):
                    return row
                if asyncio.get_running_loop().time() > deadline:
                    told = "\n".join(f"{e.sequence} {e.type}: {e.message}" for e in await self.events(spec_id))
                    raise AssertionError(f"not reached; status {row.status}, settled {row.settled}\n{told}")
                await ear.wait(0.2)

    async def settled(self, spec_id: str, seconds: float = 60) -> Any:
        return await self.until(spec_id, lambda row: bool(row.settled), seconds)


def check_sequences(rows: list[Any]) -> None:
    """1, 2, 3 … without gaps."""
    assert [row.sequence for row in rows] == list(range(1, len(rows) + 1))
