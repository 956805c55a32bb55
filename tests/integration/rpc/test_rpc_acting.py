"""A service acts for people of another system: who they are here, what they may do, and what is written down."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from omoi.v1 import auth_pb2, project_pb2, spec_pb2
from omoi_server.store import tables as t
from tests.integration.rpc import rpc_rows as rows
from tests.integration.rpc.rpc_client import Rpc

ap: Any = auth_pb2
pp: Any = project_pb2
sp: Any = spec_pb2

SYSTEM = "slack:T1"
MARA = f"{SYSTEM}/U1"


@pytest.fixture
async def bot(rpc: Rpc) -> Rpc:
    """A service that may act for SYSTEM and for nothing else."""
    made = await rpc(ap.CreateTokenRequest(name="bot", scopes=[f"act-as:{SYSTEM}"], user_id="slack bot"))
    return rpc.by(made.secret)


async def provision(bot: Rpc, identity: str = MARA, name: str = "Mara") -> str:
    answer = await bot(ap.ProvisionUserRequest(identity=identity, name=name, email="mara@example.org"))
    return str(answer.user.user_id)


def acting(bot: Rpc, identity: str = MARA, viewer_of: str = "") -> Rpc:
    return bot.by(bot.metadata[0][1].removeprefix("Bearer "), identity, viewer_of)


async def test_an_unknown_person_is_refused_with_the_remedy(bot: Rpc) -> None:
    refusal = await acting(bot).refusal(ap.GetCallerRequest())
    assert (refusal.code, refusal.reason) == ("UNAUTHENTICATED", "IDENTITY_UNKNOWN")
    assert "ProvisionUser" in refusal.message
    assert refusal.metadata == {"identity": MARA}


async def test_a_person_is_provisioned_once_however_many_ask(bot: Rpc) -> None:
    answers = await asyncio.gather(
        *(bot(ap.ProvisionUserRequest(identity=MARA, name=f"Mara {number}")) for number in range(8))
    )
    assert len({answer.user.user_id for answer in answers}) == 1
    assert [answer.already_exists for answer in answers].count(False) == 1
    async with bot.office.db.read() as conn:
        named = select(func.count()).select_from(t.users).where(t.users.c.name.startswith("Mara"))
        assert await conn.scalar(named) == 1
    again = await bot(ap.ProvisionUserRequest(identity=MARA, name="Mara B.", email="mara@example.org"))
    assert (again.already_exists, again.user.name, again.user.email) == (True, "Mara B.", "mara@example.org")
    assert list(again.user.identities) == [MARA]


async def test_one_acts_only_for_the_systems_of_the_scope(bot: Rpc) -> None:
    refusal = await acting(bot, "slack:T2/U1").refusal(ap.GetCallerRequest())
    assert (refusal.code, refusal.reason) == ("PERMISSION_DENIED", "ACT_AS_SCOPE_NEEDED")
    refusal = await bot.refusal(ap.ProvisionUserRequest(identity="slack:T2/U1", name="Mara"))
    assert (refusal.code, refusal.reason) == ("PERMISSION_DENIED", "ACT_AS_SCOPE_NEEDED")


@pytest.mark.parametrize(
    "identity", ["", "slack", "slack:T1", "slack:T1/", "T1/U1", "slack:T1/U1/U2", "slack:T 1/U1", "x" * 300]
)
async def test_a_malformed_identity_is_named(bot: Rpc, identity: str) -> None:
    other = acting(bot)
    other.metadata = (other.metadata[0], ("omoi-act-as", identity))
    refusal = await other.refusal(ap.GetCallerRequest())
    assert (refusal.code, refusal.fields) == ("INVALID_ARGUMENT", ["omoi-act-as"])


async def test_whom_one_acts_for_has_their_own_role_only(rpc: Rpc, bot: Rpc) -> None:
    project = await rows.add_project(rpc.office.db)
    spec = await rows.add_spec(rpc.office.db, status="DRAFT")
    user = await provision(bot)
    mara = acting(bot)
    hidden = await mara.refusal(sp.GetSpecRequest(spec_id=spec))
    absent = await mara.refusal(sp.GetSpecRequest(spec_id="spec-0"))
    assert (hidden.code, hidden.reason) == (absent.code, absent.reason) == ("NOT_FOUND", "SPEC_NOT_FOUND")
    assert hidden.message.replace(spec, "spec-0") == absent.message

    seen = acting(bot, viewer_of=project)
    assert (await seen(sp.GetSpecRequest(spec_id=spec))).spec.spec_id == spec
    refusal = await seen.refusal(sp.CancelSpecRequest(spec_id=spec))
    assert (refusal.code, refusal.reason) == ("PERMISSION_DENIED", "ROLE_NEEDED")
    assert refusal.metadata["needed"] == "CONTRIBUTOR"
    assert refusal.metadata["role"] == "VIEWER"

    await rpc(ap.SetRoleRequest(project_id="shop", user_id=MARA, role=ap.ROLE_CONTRIBUTOR))
    await mara(sp.CancelSpecRequest(spec_id=spec))
    events = (await mara(sp.ListSpecEventsRequest(spec_id=spec))).events
    service = (await bot(ap.GetCallerRequest())).user.user_id
    assert [(event.source, event.via) for event in events] == [(f"user:{user}", service)]


async def test_the_caller_is_told_who_they_are(rpc: Rpc, bot: Rpc) -> None:
    project = await rows.add_project(rpc.office.db)
    user = await provision(bot)
    told = await acting(bot, viewer_of=f"{project}, prj-gone").__call__(ap.GetCallerRequest())
    assert (told.user.user_id, told.user.name, told.has_external_admin) == (user, "Mara", False)
    assert [(grant.project_id, grant.role) for grant in told.roles] == [(project, ap.ROLE_VIEWER)]
    plain = await bot(ap.GetCallerRequest())
    assert told.acting_user_id == plain.user.user_id
    assert (plain.acting_user_id, list(plain.scopes)) == ("", [f"act-as:{SYSTEM}"])


async def test_without_acting_a_service_does_next_to_nothing(rpc: Rpc, bot: Rpc, shop: Path) -> None:
    for request in (pp.ListProjectsRequest(), sp.ListSpecsRequest(), ap.ListTokensRequest()):
        refusal = await bot.refusal(request)
        assert (refusal.code, refusal.reason) == ("PERMISSION_DENIED", "SCOPE_NEEDED")
    refusal = await bot.refusal(pp.CreateProjectRequest(repo_url=str(shop)))
    assert (refusal.code, refusal.reason) == ("PERMISSION_DENIED", "SCOPE_NEEDED")


async def test_vouching_alone_and_vouching_for_too_much_are_refused(bot: Rpc) -> None:
    await provision(bot)
    alone = bot.by(bot.metadata[0][1].removeprefix("Bearer "))
    alone.metadata += (("omoi-act-as-viewer-of", "prj-1"),)
    many = acting(bot, viewer_of=",".join(f"prj-{number}" for number in range(201)))
    for who in (alone, many, acting(bot, viewer_of="shop")):
        refusal = await who.refusal(ap.GetCallerRequest())
        assert (refusal.code, refusal.fields) == ("INVALID_ARGUMENT", ["omoi-act-as-viewer-of"])
    twice = acting(bot)
    twice.metadata += (("omoi-act-as", f"{SYSTEM}/U2"),)
    assert (await twice.refusal(ap.GetCallerRequest())).fields == ["omoi-act-as"]
