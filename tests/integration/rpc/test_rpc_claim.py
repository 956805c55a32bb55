"""Claiming the first admin: the right code once, wrong ones counted, however many try at once."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update

from omoi.v1 import auth_pb2, project_pb2
from omoi_server.domain.secrets import code_hash, new_code
from omoi_server.orchestrator import people
from omoi_server.store import tables as t
from omoi_server.store.transaction import Transaction
from tests.integration.rpc.rpc_client import Refusal, Rpc

ap: Any = auth_pb2
pp: Any = project_pb2
SYSTEM = "slack:T1"


@pytest.fixture
async def bot(rpc: Rpc) -> Rpc:
    made = await rpc(ap.CreateTokenRequest(name="bot", scopes=[f"act-as:{SYSTEM}"], user_id="slack bot"))
    bot = rpc.by(made.secret)
    for number in range(4):
        await bot(ap.ProvisionUserRequest(identity=f"{SYSTEM}/U{number}", name=f"Person {number}"))
    return bot


def person(bot: Rpc, number: int) -> Rpc:
    return bot.by(bot.metadata[0][1].removeprefix("Bearer "), f"{SYSTEM}/U{number}")


async def claim(caller: Rpc, code: str) -> str:
    """`admin`, or the reason of the refusal."""
    try:
        answer = await caller(ap.ClaimAdminRequest(code=code))
    except Refusal as refusal:
        assert refusal.code == "PERMISSION_DENIED"
        assert code not in refusal.message
        return refusal.reason
    assert answer.user.is_admin
    return "admin"


async def test_the_code_makes_one_admin_and_is_used_up(rpc: Rpc, bot: Rpc) -> None:
    assert await people.systems_without_admin(rpc.office.db) == [SYSTEM]
    code = await people.new_admin_code(rpc.office.db)
    assert not (await person(bot, 0)(ap.GetCallerRequest())).has_external_admin
    assert await claim(person(bot, 0), code.lower().replace("-", " ")) == "admin"
    told = await person(bot, 1)(ap.GetCallerRequest())
    assert (told.user.is_admin, told.has_external_admin) == (False, True)
    assert (await bot(ap.GetCallerRequest())).has_external_admin
    assert await claim(person(bot, 1), code) == "ADMIN_CODE_WRONG"
    assert await people.systems_without_admin(rpc.office.db) == []
    # An admin who is acted for works in every project and is still no admin here.
    refusal = await person(bot, 0).refusal(pp.CreateProjectRequest(repo_url="https://example.org/x"))
    assert refusal.reason == "NOT_WHILE_ACTING"


async def test_ten_wrong_ones_end_a_code(rpc: Rpc, bot: Rpc) -> None:
    code = await people.new_admin_code(rpc.office.db)
    guesses = await asyncio.gather(*(claim(person(bot, number % 4), f"WRNG-{number:04d}") for number in range(10)))
    assert set(guesses) == {"ADMIN_CODE_WRONG"}
    assert await claim(person(bot, 0), code) == "ADMIN_CODE_WRONG"


async def test_nine_wrong_ones_do_not(rpc: Rpc, bot: Rpc) -> None:
    code = await people.new_admin_code(rpc.office.db)
    for number in range(9):
        assert await claim(person(bot, 1), f"WRNG-{number:04d}") == "ADMIN_CODE_WRONG"
    assert await claim(person(bot, 0), code) == "admin"


async def test_of_many_at_once_one_becomes_admin(rpc: Rpc, bot: Rpc) -> None:
    code = await people.new_admin_code(rpc.office.db)
    results = await asyncio.gather(*(claim(person(bot, number), code) for number in range(4)))
    assert sorted(results) == ["ADMIN_CODE_WRONG"] * 3 + ["admin"]


async def test_an_old_code_and_an_expired_one_are_wrong(rpc: Rpc, bot: Rpc) -> None:
    old = await people.new_admin_code(rpc.office.db)
    code = await people.new_admin_code(rpc.office.db)
    assert await claim(person(bot, 0), old) == "ADMIN_CODE_WRONG"

    async def pass_time(tx: Transaction) -> None:
        await tx.conn.execute(update(t.admin_codes).values(expires_at=tx.now - timedelta(seconds=1)))

    await rpc.office.db.write(pass_time)
    assert await claim(person(bot, 0), code) == "ADMIN_CODE_WRONG"


async def test_a_repeated_claim_is_the_same_claim(rpc: Rpc, bot: Rpc) -> None:
    code = await people.new_admin_code(rpc.office.db)
    for _ in range(2):
        answer = await person(bot, 0)(ap.ClaimAdminRequest(code=code, request_id="r1"))
        assert answer.user.is_admin
    async with rpc.office.db.read() as conn:
        stored = "".join([str((await conn.execute(select(table))).all()) for table in (t.admin_codes, t.requests)])
    assert code not in stored
    assert code.replace("-", "") not in stored


async def test_claiming_is_for_people_of_another_system(rpc: Rpc, bot: Rpc) -> None:
    code = await people.new_admin_code(rpc.office.db)
    assert await claim(rpc, code) == "ONLY_WHILE_ACTING"
    refusal = await person(bot, 0).refusal(ap.ClaimAdminRequest(code=" "))
    assert (refusal.code, refusal.fields) == ("INVALID_ARGUMENT", ["code"])


def test_codes_are_forty_bits_without_letters_that_look_alike() -> None:
    codes = {new_code() for _ in range(500)}
    assert len(codes) == 500
    assert all(len(code) == 9 and code[4] == "-" and not set(code) & set("ILOU") for code in codes)
    assert code_hash("abcd-o1l0") == code_hash(" ABCD 0110 ")
