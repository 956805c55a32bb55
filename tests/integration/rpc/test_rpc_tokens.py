"""Tokens: made once, known by their sum only, ended within two seconds, never shown again."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog.testing
from google.protobuf.timestamp_pb2 import Timestamp
from sqlalchemy import select

from omoi.v1 import auth_pb2, spec_pb2
from omoi_server.domain.access import covers
from omoi_server.errors import Unauthenticated
from omoi_server.rpc import auth
from omoi_server.store import tables as t
from tests.integration.rpc import rpc_rows as rows
from tests.integration.rpc.rpc_client import TOKEN, Refusal, Rpc

ap: Any = auth_pb2
sp: Any = spec_pb2


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.full)])
def database_url(request: pytest.FixtureRequest) -> str:
    """As everywhere, but PostgreSQL in the long run only: what differs there is in test_rpc_acting and test_rpc_claim."""
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    return url


def in_seconds(seconds: float) -> Timestamp:
    moment = Timestamp()
    moment.FromDatetime(datetime.now(UTC) + timedelta(seconds=seconds))
    return moment


async def until_refused(rpc: Rpc, seconds: float) -> Refusal:
    """The refusal of a call that is repeated until it is refused."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            await rpc(ap.GetCallerRequest())
        except Refusal as refusal:
            return refusal
        await asyncio.sleep(0.02)
    raise AssertionError(f"the token was still taken after {seconds} s")


async def test_a_token_is_shown_once_and_listed_without_its_secret(rpc: Rpc) -> None:
    request = ap.CreateTokenRequest(name="ci", scopes=["write", "read"], user_id="ci service", request_id="r1")
    made = await rpc(request)
    assert made.secret.startswith("omoi_")
    assert len(made.secret) > 40
    assert (made.token.name, list(made.token.scopes)) == ("ci", ["read", "write"])
    again = await rpc(request)
    assert (again.token.token_id, again.secret) == (made.token.token_id, "")
    listed = (await rpc(ap.ListTokensRequest())).tokens
    assert [token.name for token in listed] == ["ci", "OMOI_HOME/token"]
    assert made.secret not in str(listed)
    other = await rpc(ap.CreateTokenRequest(name="ci 2", scopes=["read"], user_id="ci service"))
    assert other.token.user_id == made.token.user_id, "a service is known again by its name"


async def test_a_persons_name_never_finds_that_person(rpc: Rpc) -> None:
    await rows.add(rpc.office.db, "users", user_id="usr-mara", name="ci service")
    await rows.add(rpc.office.db, "identities", identity="slack:T1/U1", system="slack:T1", user_id="usr-mara")
    made = await rpc(ap.CreateTokenRequest(name="ci", scopes=["read"], user_id="ci service"))
    assert made.token.user_id != "usr-mara"
    by_identity = await rpc(ap.CreateTokenRequest(name="ci", scopes=["read"], user_id="slack:T1/U1"))
    assert by_identity.token.user_id == "usr-mara"


async def test_tokens_are_listed_page_by_page_and_to_whom_they_belong(rpc: Rpc) -> None:
    for number in range(5):
        await rpc(ap.CreateTokenRequest(name=f"t{number}", scopes=["admin"], user_id="service"))
    names: list[str] = []
    request = ap.ListTokensRequest(page_size=2)
    while True:
        page = await rpc(request)
        assert len(page.tokens) <= 2
        names += [token.name for token in page.tokens]
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    assert sorted(names) == ["OMOI_HOME/token", "t0", "t1", "t2", "t3", "t4"]
    other = await rpc(ap.CreateTokenRequest(name="mine", scopes=["admin"], user_id="somebody"))
    mine = await rpc.by(other.secret)(ap.ListTokensRequest())
    assert [token.name for token in mine.tokens] == ["mine"]


async def test_a_revoked_token_ends_within_two_seconds_and_for_ever(rpc: Rpc) -> None:
    made = await rpc(ap.CreateTokenRequest(name="laptop", scopes=["read"]))
    holder = rpc.by(made.secret)
    await holder(ap.GetCallerRequest())
    revoked = await rpc(ap.RevokeTokenRequest(token_id=made.token.token_id))
    begun = time.monotonic()
    refusal = await until_refused(holder, 2.0)
    assert (refusal.code, refusal.reason) == ("UNAUTHENTICATED", "TOKEN_REVOKED")
    assert time.monotonic() - begun < 2
    again = await rpc(ap.RevokeTokenRequest(token_id=made.token.token_id))
    assert again.token.revoked_at == revoked.token.revoked_at
    assert [token.name for token in (await rpc(ap.ListTokensRequest())).tokens] == ["OMOI_HOME/token"]
    ended = (await rpc(ap.ListTokensRequest(include_ended=True))).tokens
    assert [token.name for token in ended] == ["laptop", "OMOI_HOME/token"]


async def test_an_open_stream_ends_with_its_token(rpc: Rpc) -> None:
    await rows.add_project(rpc.office.db)
    spec = await rows.add_spec(rpc.office.db)
    await rows.say(rpc.office.db, spec, "one")
    made = await rpc(ap.CreateTokenRequest(name="laptop", scopes=["read"]))
    stream = rpc.method("WatchSpecEvents")(
        sp.WatchSpecEventsRequest(spec_id=spec), metadata=rpc.by(made.secret).metadata, timeout=20
    )
    assert [event.message for event in (await stream.read()).events] == ["one"]
    await rpc(ap.RevokeTokenRequest(token_id=made.token.token_id))
    await until_refused(rpc.by(made.secret), 2.0)
    deadline = time.monotonic() + auth.CACHE_SECONDS + 1
    seen: list[str] = []
    with pytest.raises(Exception, match="revoked"):
        while time.monotonic() < deadline:
            await rows.say(rpc.office.db, spec, "secret")
            seen += [event.message for event in (await stream.read()).events]
    assert len(seen) < 1_000


async def test_a_flood_of_guesses_keeps_nobody_waiting_who_is_known(rpc: Rpc) -> None:
    keeper = auth.Doorkeeper(rpc.office.db)
    known = (("authorization", f"Bearer {TOKEN}"),)
    await keeper.admit(known)
    await asyncio.sleep(auth.CACHE_SECONDS + 0.1)
    guesses = [asyncio.create_task(keeper.admit((("authorization", f"Bearer guess-{n}"),))) for n in range(500)]
    await asyncio.sleep(0)
    await keeper.admit(known)
    answered = sum(guess.done() for guess in guesses)
    refusals = await asyncio.gather(*guesses, return_exceptions=True)
    assert {getattr(refusal, "reason", "") for refusal in refusals} == {"TOKEN_UNKNOWN"}
    assert answered < 50
    await keeper.close()


async def test_an_expired_token_ends_at_its_time(rpc: Rpc) -> None:
    made = await rpc(ap.CreateTokenRequest(name="short", scopes=["read"], expires_at=in_seconds(0.7)))
    assert (await until_refused(rpc.by(made.secret), 2.0)).reason == "TOKEN_EXPIRED"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"scopes": ["read"]}, "name"),
        ({"name": "x" * 101, "scopes": ["read"]}, "name"),
        ({"name": "x\x1b[31m", "scopes": ["read"]}, "name"),
        ({"name": "x"}, "scopes"),
        ({"name": "x", "scopes": ["read", "sudo"]}, "scopes[1]"),
        ({"name": "x", "scopes": ["act-as:"]}, "scopes[0]"),
        ({"name": "x", "scopes": ["act-as:slack"]}, "scopes[0]"),
        ({"name": "x", "scopes": ["act-as:slack:T1/U1"]}, "scopes[0]"),
        ({"name": "x", "scopes": ["read", "read"]}, "scopes[1]"),
        ({"name": "x", "scopes": ["read"], "expires_at": in_seconds(-1)}, "expires_at"),
        ({"name": "x", "scopes": ["read"], "expires_at": Timestamp(seconds=2**50)}, "expires_at"),
    ],
)
async def test_what_makes_no_token_is_named(rpc: Rpc, values: dict[str, Any], field: str) -> None:
    refusal = await rpc.refusal(ap.CreateTokenRequest(**values))
    assert (refusal.code, refusal.fields) == ("INVALID_ARGUMENT", [field])


async def test_a_token_of_nobody_and_one_that_is_not_there(rpc: Rpc) -> None:
    for user in ("usr-nobody", "slack:T1/U404"):
        refusal = await rpc.refusal(ap.CreateTokenRequest(name="x", scopes=["read"], user_id=user))
        assert (refusal.code, refusal.reason) == ("NOT_FOUND", "USER_NOT_FOUND")
    refusal = await rpc.refusal(ap.RevokeTokenRequest(token_id="tok-0"))
    assert (refusal.code, refusal.reason) == ("NOT_FOUND", "TOKEN_NOT_FOUND")


async def test_no_token_makes_one_that_may_do_more(rpc: Rpc) -> None:
    made = await rpc(ap.CreateTokenRequest(name="mine", scopes=["admin"], user_id="somebody"))
    somebody = rpc.by(made.secret)
    for scope in ("*", "read-all", "act-as:slack:T1"):
        refusal = await somebody.refusal(ap.CreateTokenRequest(name="x", scopes=["read", scope]))
        assert (refusal.code, refusal.reason) == ("PERMISSION_DENIED", "SCOPE_NOT_YOURS")
        assert refusal.metadata == {"scope": scope}
    lesser = await somebody(ap.CreateTokenRequest(name="x", scopes=["read", "write", "admin"]))
    assert list(lesser.token.scopes) == ["admin", "read", "write"]
    assert covers({"act-as:slack:T1"}, "act-as:slack:T1", False)
    assert not covers({"act-as:slack:T1", "admin"}, "act-as:slack:T2", True)


async def test_use_is_noted_about_once_a_minute(rpc: Rpc) -> None:
    made = await rpc(ap.CreateTokenRequest(name="laptop", scopes=["read"]))
    assert not made.token.HasField("last_used_at")

    async def used() -> datetime | None:
        async with rpc.office.db.read() as conn:
            query = select(t.tokens.c.last_used_at).where(t.tokens.c.token_id == made.token.token_id)
            found: datetime | None = (await conn.execute(query)).scalar_one()
            return found

    holder = rpc.by(made.secret)
    await holder(ap.GetCallerRequest())
    async with asyncio.timeout(5):
        while await used() is None:
            await asyncio.sleep(0.01)
    first = await used()
    for _ in range(20):
        await holder(ap.GetCallerRequest())
    assert await used() == first


async def test_guessing_costs_one_look_and_pushes_nobody_out(rpc: Rpc) -> None:
    doorkeeper = auth.Doorkeeper(rpc.office.db)
    await doorkeeper.admit(rpc.metadata)
    for number in range(1_200):
        with pytest.raises(Unauthenticated):
            await doorkeeper.admit([("authorization", f"Bearer guess-{number % 1_100}")])
    assert len(doorkeeper._unknown) <= auth.CACHE_TOKENS
    assert auth.token_hash(TOKEN) in doorkeeper._known
    await doorkeeper.close()


async def test_secrets_are_in_no_log_no_error_and_no_database(rpc: Rpc, database_url: str) -> None:
    with structlog.testing.capture_logs() as logs:
        made = await rpc(ap.CreateTokenRequest(name="laptop", scopes=["read"], request_id="r"))
        secret = made.secret
        refusal = await rpc.by(secret).refusal(ap.ListTokensRequest())
        wrong = await rpc.by(f"{secret}x").refusal(ap.GetCallerRequest())
        again = await rpc(ap.CreateTokenRequest(name="laptop", scopes=["read"], request_id="r"))
    said = " ".join((str(logs), refusal.message, str(refusal.metadata), wrong.message, str(wrong.metadata), str(again)))
    assert secret not in said
    if database_url.startswith("sqlite"):
        folder = Path(database_url.partition(":///")[2]).parent
        for file in folder.glob("omoi.db*"):
            assert secret.encode() not in file.read_bytes(), file.name
            assert TOKEN.encode() not in file.read_bytes(), file.name
    async with rpc.office.db.read() as conn:
        for table in (t.tokens, t.requests, t.users):
            assert secret not in str((await conn.execute(select(table))).all())
