"""A process that was killed is taken over at once where the kernel says that it is gone."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from omoi_bot.store import leases
from omoi_bot.store.database import Database
from omoi_bot.store.migrate import migrate
from omoi_bot.store.presence import Presence, free

_HOLDER = """
import sys, time
from omoi_bot.store.presence import Presence
held = Presence(sys.argv[1], "bot-killed")
print("held", flush=True)
time.sleep(60)
"""


async def test_only_what_the_dead_held_is_free_at_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'bot.db'}"
    await asyncio.to_thread(migrate, url)
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", _HOLDER, url, stdout=asyncio.subprocess.PIPE)
    assert child.stdout is not None
    assert await child.stdout.readline() == b"held\n"
    database = await Database.open(url)
    mine = Presence(url, "bot-new")
    try:
        assert await database.write(lambda tx: leases.take(tx, "send:T1", "bot-killed", 600)) == 1
        assert mine.dead() == []
        assert await database.write(lambda tx: leases.take(tx, "send:T1", "bot-new", 20)) is None
        child.kill()
        await child.wait()
        dead = mine.dead()
        assert dead == ["bot-killed"]
        await database.write(lambda tx: free(tx, dead))
        assert await database.write(lambda tx: leases.take(tx, "send:T1", "bot-new", 20)) == 2
        assert mine.dead() == []
    finally:
        if child.returncode is None:
            child.kill()
            await child.wait()
        mine.close()
        await database.close()
    assert list((tmp_path / "bot.db.alive").iterdir()) == []
