"""whoami, role, token and project set, against the real server."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from omoi_client import OmoiClient
from omoi_client.cli import perform
from omoi_server.rpc.auth import ensure_local_user
from omoi_server.rpc.server import RpcConfig, build_server
from omoi_server.store.database import Database
from tests.integration.client.conftest import Ran
from tests.integration.rpc import rpc_rows as rows
from tests.integration.rpc.rpc_client import TOKEN, make_office

MARA = "slack:T1/U1"


class Shell:
    """The command with its stdin, stdout and stderr as pipes, as user `local` or with another token."""

    def __init__(self, address: str, patch: pytest.MonkeyPatch) -> None:
        self.address = address
        self._patch = patch

    async def __call__(self, *arguments: str, token: str = TOKEN) -> Ran:
        out, err = io.StringIO(), io.StringIO()
        with self._patch.context() as patch:
            patch.setenv("OMOI_ADDRESS", self.address)
            patch.setenv("OMOI_TOKEN", token)
            patch.setattr(sys, "stdin", io.StringIO())
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                code = await asyncio.to_thread(perform, list(arguments))
        return Ran(code, out.getvalue(), err.getvalue())


@pytest.fixture
async def shell(sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Shell]:
    database = await Database.open(sqlite_url)
    await ensure_local_user(database, TOKEN)
    await rows.add_project(database)
    server = build_server(make_office(database, tmp_path / "home"), RpcConfig("127.0.0.1:0", keepalive=60, poll=60))
    address = await server.start()
    async with OmoiClient(address, TOKEN) as admin:
        await admin.provision_user(MARA, "Mara\u202e Lind", "mara@example.org")
    yield Shell(address, monkeypatch)
    await server.drain(0)
    await database.close()


async def test_whoami(shell: Shell) -> None:
    ran = await shell("whoami")
    assert ran.code == 0
    assert "local" in ran.out and "admin" in ran.out and "maintainer in every project" in ran.out
    told = json.loads((await shell("whoami", "--json")).out)
    assert (told["user"]["user_id"], told["scopes"], told["acting_user_id"]) == ("local", ["*"], "")
    made = await shell("token", "create", "hers", "--scope", "read", "--user", MARA)
    await shell("role", "set", "shop", MARA, "viewer")
    hers = await shell("whoami", token=made.out.strip())
    assert "viewer in shop" in hers.out
    assert MARA in hers.out


async def test_roles_are_given_listed_and_taken(shell: Shell) -> None:
    assert (await shell("role", "list")).out == ""
    given = await shell("role", "set", "shop", MARA, "Contributor")
    assert (given.code, given.out, given.err) == (0, "", "Mara Lind is contributor in shop.\n")
    (line,) = (await shell("role", "list", "shop")).out.splitlines()
    assert line.split("\t")[:3] == ["contributor", "Mara Lind", MARA]
    told = json.loads((await shell("role", "list", "shop", "--json")).out)
    assert [one["role"] for one in told["grants"]] == ["ROLE_CONTRIBUTOR"]
    assert (await shell("role", "set", "shop", MARA, "none")).code == 0
    assert (await shell("role", "list", "shop")).out == ""


async def test_a_token_is_all_that_stdout_gets(shell: Shell) -> None:
    made = await shell("token", "create", "ci", "--scope", "read", "--user", "ci service", "--expires", "90d")
    secret = made.out.removesuffix("\n")
    assert secret.startswith("omoi_") and "\n" not in secret
    assert secret not in made.err
    listed = await shell("token", "list")
    assert secret not in listed.out
    (line,) = [row.split("\t") for row in listed.out.splitlines() if "\tci\t" in row]
    assert (line[3], line[4]) == ("read", "never")
    assert (await shell("token", "revoke", line[0])).code == 0
    assert line[0] not in (await shell("token", "list")).out
    ended = json.loads((await shell("token", "list", "--all", "--json")).out)
    assert [one["revoked_at"] is not None for one in ended["tokens"] if one["name"] == "ci"] == [True]


async def test_a_projects_rules_are_set(shell: Shell) -> None:
    await shell("role", "set", "shop", MARA, "maintainer")
    changed = await shell(
        "project", "set", "shop", "--gates", "tasks, Design", "--setup-command", "pip install -e .",
        "--test-command", "pytest -q", "--approvers", f"maintainer,not-requester,{MARA}", "--json",
    )  # fmt: skip
    told = json.loads(changed.out)
    assert told["gates"]["approval_phases"] == ["SPEC_PHASE_DESIGN", "SPEC_PHASE_TASKS"]
    assert (told["setup_command"], told["test_command"]) == ("pip install -e .", "pytest -q")
    rule = told["approvers"]
    assert (rule["min_role"], rule["requester_excluded"], len(rule["user_ids"])) == ("ROLE_MAINTAINER", True, 1)
    shown = (await shell("project", "show", "shop")).out
    assert "as maintainer or more, but not the requester" in shown
    cleared = await shell("project", "set", "shop", "--gates", "none", "--approvers", "anyone")
    assert "anyone as contributor or more" in cleared.out
    assert "none" in cleared.out


@pytest.mark.parametrize(
    ("arguments", "code", "named"),
    [
        (("role", "set", "shop", "usr-0", "viewer"), 1, "usr-0"),
        (("role", "set", "shop", MARA, "king"), 2, "king"),
        (("role", "set", "shpo", MARA, "viewer"), 1, "Known projects: shop"),
        (("role", "list", "shpo"), 1, "shpo"),
        (("token", "create", "x"), 2, "--scope"),
        (("token", "create", "x", "--scope", "sudo"), 1, "sudo"),
        (("token", "create", "x", "--scope", "read", "--expires", "soon"), 2, "soon"),
        (("token", "create", "x", "--scope", "read", "--user", "usr-0"), 1, "usr-0"),
        (("role", "set", "shop", "slack:T1/U9", "viewer"), 1, "speak to Omoi once"),
        (("role", "set", "shop", "nobody", "viewer"), 1, "omoi token list shows ids and names"),
        (("token", "revoke", "tok-0"), 1, "tok-0"),
        (("token", "revoke", "tok-0"), 1, "See: omoi token list"),
        (("say", "abcd", " "), 2, "no words"),
        (("request-changes", "abcd", ""), 2, "no words"),
        (("project", "set", "shop"), 2, "nothing is to be changed"),
        (("project", "set", "shop", "--gates", "lunch"), 2, "lunch"),
        (("project", "set", "shop", "--gates", ""), 2, "--gates"),
        (("project", "set", "shop", "--gates", "tasks,tasks"), 1, "named twice"),
        (("project", "set", "shop", "--approvers", " , "), 2, "--approvers"),
        (("project", "set", "shop", "--approvers", "anyone,maintainer"), 2, "--approvers"),
        (("project", "set", "shop", "--approvers", "viewer"), 1, "viewer"),
        (("project", "set", "shop", "--approvers", "usr-0"), 1, "usr-0"),
        (("project", "set", "shop", "--approvers", MARA), 1, "nobody"),
        (("project", "set", "shop", "--test-command", "x" * 2001), 2, "test_command"),
    ],
)
async def test_bad_input_is_named(shell: Shell, arguments: tuple[str, ...], code: int, named: str) -> None:
    ran = await shell(*arguments)
    assert (ran.code, ran.out) == (code, ""), ran.err
    assert named in ran.err


async def test_a_reader_is_told_what_is_missing(shell: Shell) -> None:
    made = await shell("token", "create", "hers", "--scope", "write", "--user", MARA)
    await shell("role", "set", "shop", MARA, "viewer")
    ran = await shell("project", "set", "shop", "--gates", "tasks", token=made.out.strip())
    assert ran.code == 1
    assert "needs maintainer in shop; you have viewer" in ran.err
    assert "Who can give it: an admin." in ran.err
    ran = await shell("token", "list", token=made.out.strip())
    assert (ran.code, os.linesep in ran.err) == (1, True)
    assert "scope admin" in ran.err


async def test_a_user_is_found_by_name_and_shown_beside_the_id(shell: Shell) -> None:
    made = await shell("token", "create", "ci", "--scope", "read,write", "--user", "kim")
    (line,) = [row.split("\t") for row in (await shell("token", "list")).out.splitlines() if "\tci\t" in row]
    assert line[2].startswith("usr-") and line[2].endswith(" kim")
    assert line[3] == "read, write"
    lost = await shell("list", "--project", "shop", token=made.out.strip())
    assert lost.code == 1
    launched = await shell("launch", "Lock it", token=made.out.strip())
    assert launched.code == 2
    assert "you see no project" in launched.err and "Ask an admin" in launched.err
    named = await shell("launch", "Lock it", "--project", "shop", token=made.out.strip())
    assert named.code == 1
    assert "Ask an admin" in named.err and "role set shop usr-" in named.err
    given = await shell("role", "set", "shop", "Kim", "viewer")
    assert (given.code, given.err) == (0, "kim is viewer in shop.\n")


async def test_the_version_is_an_option_too(shell: Shell) -> None:
    ran = await shell("--version")
    assert (ran.code, ran.out) == (0, (await shell("version")).out)
