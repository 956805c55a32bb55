"""`omoi-server token …` and `admin-code`, as programs, without a server and beside a running one.

What they refuse is in tests/unit/server/test_console.py.
"""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from omoi_client import OmoiClient, PermissionDenied, Unauthenticated
from tests.acceptance.servers import Server

MARA = "slack:T012AB3C4/U1"


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


def command(home: Path, *arguments: str) -> Ran:
    done = subprocess.run(
        [sys.executable, "-m", "omoi_server", *arguments],
        env={**os.environ, "OMOI_HOME": str(home)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return Ran(done.returncode, done.stdout, done.stderr)


async def run(home: Path, *arguments: str) -> Ran:
    return await asyncio.to_thread(command, home, *arguments)


async def announced(server: Server) -> str:
    """The one-time code that the server prints once it listens."""
    async with asyncio.timeout(10):
        while not (found := codes(server)):
            await asyncio.sleep(0.02)
    return found[0]


def codes(server: Server) -> list[str]:
    return re.findall(r"^slack admin: /omoi claim (\S+) \(15 min\)$", server.told(), re.MULTILINE)


@pytest.mark.full
async def test_a_bot_gets_its_token_and_its_first_admin(server: Server) -> None:
    made = await run(server.home, "token", "create", "--bot", "slack:T012AB3C4", "--expires", "90d")
    secret = made.out.removesuffix("\n")
    assert (made.code, made.out) == (0, f"{secret}\n")
    assert re.fullmatch(r"omoi_[A-Za-z0-9_-]{43}", secret)
    assert secret not in made.err
    assert "act-as:slack:T012AB3C4, read-all" in made.err

    await server.start()
    code = await announced(server)
    async with OmoiClient(server.address, secret) as bot:
        await bot.provision_user(MARA, "Mara")
        with pytest.raises(PermissionDenied):
            await bot.acting_for(MARA).claim_admin("0000-0000")
        # Another code ends the one that the start announced; the command works while the server runs.
        newer = await run(server.home, "admin-code")
        assert re.fullmatch(r"[0-9A-Z]{4}-[0-9A-Z]{4}\n", newer.out)
        with pytest.raises(PermissionDenied):
            await bot.acting_for(MARA).claim_admin(code)
        assert (await bot.acting_for(MARA).claim_admin(newer.out.strip())).is_admin

        other = await run(server.home, "token", "create", "ci", "--scope", "read", "--user", "ci service")
        async with OmoiClient(server.address, other.out.strip()) as ci:
            assert (await ci.get_caller()).user.name == "ci service"
        listed = await run(server.home, "token", "list")
        assert secret not in listed.out
        (line,) = [row for row in listed.out.splitlines() if "slack:T012AB3C4" in row]
        revoked = await run(server.home, "token", "revoke", line.split()[0])
        assert (revoked.code, revoked.out) == (0, "")
        await asyncio.sleep(2)  # The contract's two seconds.
        with pytest.raises(Unauthenticated, match="revoked"):
            await bot.get_caller()
    assert await server.stop() == 0
    await server.start()
    assert await server.stop() == 0
    assert codes(server) == [], "its bot's token is gone, and it has an admin"
    for place in (server.told(), *(path.read_text("latin-1") for path in server.home.glob("omoi.db*"))):
        assert secret not in place
