"""Who asked is a co-author of the commits that were made for them, when their address is known."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import delete, insert

from omoi_server.orchestrator.words import credit
from omoi_server.store import tables as t
from omoi_server.store.transaction import Transaction
from tests.offices import House, git


async def name(house: House, shown: str, email: str) -> None:
    async def work(tx: Transaction) -> None:
        await tx.conn.execute(delete(t.users).where(t.users.c.user_id == house.caller.user_id))
        values = {"user_id": house.caller.user_id, "name": shown, "email": email, "created_at": tx.now}
        await tx.conn.execute(insert(t.users).values(**values))

    await house.office.db.write(work)


async def test_the_requester_is_a_co_author(house: House, repository: Path) -> None:
    await name(house, "Mara <Lind>\u202e", "mara@example.org")
    spec_id = await house.launch()
    await name(house, "Mara Berg", "other@example.org")
    await house.start()
    await house.settled(spec_id)
    assert {row.status for row in await house.tasks(spec_id)} == {"SUCCEEDED"}
    spec = await house.spec(spec_id)
    told = git(repository, "log", "--format=%(trailers:key=Co-authored-by,valueonly)", f"main..{spec.branch_name}")
    assert set(told.split("\n")) - {""} == {"Mara Lind <mara@example.org>"}


async def test_without_an_address_nobody_is_named(house: House, repository: Path) -> None:
    await name(house, "Mara", "")
    spec_id = await house.launch()
    await house.start()
    await house.settled(spec_id)
    assert "Co-authored-by" not in git(repository, "log", "--all", "--format=%B")


@pytest.mark.parametrize(
    ("shown", "email", "written"),
    [
        ("Mara Lind", "mara@example.org", "Mara Lind <mara@example.org>"),
        ("x\nSpec-Id: spec-1", "m@example.org", "x Spec-Id spec-1 <m@example.org>"),
        ("  ", "m@example.org", "m <m@example.org>"),
        ("Mara", "m@example.org>\nSpec-Id: 1", ""),
        ("Mara", "not an address", ""),
        ("Mara", "", ""),
    ],
)
def test_names_that_git_can_read(shown: str, email: str, written: str) -> None:
    assert credit(shown, email) == written
