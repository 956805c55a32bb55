"""A client that acts for people, against the real server: one connection, many people."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from omoi_client import InvalidArgument, NotFound, OmoiClient, PermissionDenied, Unauthenticated
from omoi_server.rpc.auth import ensure_local_user
from omoi_server.rpc.server import RpcConfig, build_server
from omoi_server.store.database import Database
from tests.integration.rpc import rpc_rows as rows
from tests.integration.rpc.rpc_client import TOKEN, make_office

MARA = "slack:T1/U1"


@pytest.fixture
async def address(sqlite_url: str, tmp_path: Path) -> AsyncIterator[str]:
    database = await Database.open(sqlite_url)
    await ensure_local_user(database, TOKEN)
    await rows.add_project(database)
    server = build_server(make_office(database, tmp_path / "home"), RpcConfig("127.0.0.1:0", keepalive=60, poll=60))
    yield await server.start()
    await server.drain(0)
    await database.close()


async def test_a_bot_acts_for_people_over_one_connection(address: str) -> None:
    async with OmoiClient(address, TOKEN) as admin:
        made = await admin.create_token("bot", ["act-as:slack:T1", "read-all"], user_id="slack:T1 bot")
        async with OmoiClient(address, made.secret) as bot:
            with pytest.raises(Unauthenticated) as refused:
                await bot.acting_for(MARA).get_caller()
            assert refused.value.reason == "IDENTITY_UNKNOWN"
            answer = await bot.provision_user(MARA, "Mara", "mara@example.org")
            assert not answer.already_exists
            mara = bot.acting_for(MARA)
            assert (await mara.get_caller()).user.user_id == answer.user.user_id
            assert [project async for project in mara.list_projects()] == []
            (project,) = [project async for project in bot.list_projects()]
            with pytest.raises(NotFound):
                await mara.get_project("shop")
            looking = bot.acting_for(MARA, [project.project_id])
            assert (await looking.get_project("shop")).name == "shop"
            with pytest.raises(PermissionDenied) as low:
                await looking.update_project(project.project_id, work_dir="web")
            assert low.value.reason == "ROLE_NEEDED"

            grant = await admin.set_role("shop", MARA, "maintainer")
            assert grant is not None
            assert grant.user.name == "Mara"
            assert (await mara.update_project(project.project_id, work_dir="web")).work_dir == "web"
            assert [one.user.name async for one in mara.list_roles("shop")] == ["Mara"]
            assert await admin.set_role("shop", MARA, "none") is None

            await mara.close()
            assert (await bot.get_user(answer.user.user_id)).name == "Mara"
        (token,) = [token async for token in admin.list_tokens() if token.name == "bot"]
        assert (await admin.revoke_token(token.token_id)).HasField("revoked_at")


@pytest.mark.parametrize(
    ("identity", "viewer_of", "field"),
    [
        ("", [], "identity"),
        ("mara", [], "identity"),
        ("slack:T1/U1\nx", [], "identity"),
        (MARA, ["shop"], "viewer_of"),
        (MARA, ["prj-1,prj-2"], "viewer_of"),
        (MARA, [f"prj-{number}" for number in range(201)], "viewer_of"),
    ],
)
async def test_what_cannot_be_sent_is_refused_here(identity: str, viewer_of: list[str], field: str) -> None:
    async with OmoiClient("127.0.0.1:1", "token") as client:
        with pytest.raises(InvalidArgument) as refused:
            client.acting_for(identity, viewer_of)
        assert refused.value.violations[0].field == field
