"""say and comments, against the real server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from omoi_client import OmoiClient
from tests.integration.client.test_cli_people import Shell, shell
from tests.integration.rpc.rpc_client import TOKEN
from tests.offices import sample_repository

__all__ = ["shell"]


@pytest.fixture
async def spec_id(shell: Shell, tmp_path: Path) -> str:
    async with OmoiClient(shell.address, TOKEN) as omoi:
        project = (await omoi.create_project(str(sample_repository(tmp_path / "web")))).project
        return (await omoi.launch_spec(project.project_id, title="Lock", auto_execute=False)).spec_id


async def test_what_is_said_is_listed(shell: Shell, spec_id: str) -> None:
    ran = await shell("comments", spec_id)
    assert (ran.code, ran.out) == (0, "")
    ran = await shell("say", spec_id, "mind\x0bthe admins")
    assert ran.code == 1 and "control characters" in ran.err
    ran = await shell("say", spec_id, "mind the admins")
    assert (ran.code, ran.out) == (0, "Nothing is running that could read it now; the next attempt does.\n")
    assert (await shell("say", spec_id, "nice", "--comment")).code == 0
    ran = await shell("comments", spec_id)
    assert "mind the admins" in ran.out and ran.out.index("mind") < ran.out.index("nice")
    said = json.loads((await shell("comments", spec_id, "--json")).out)["comments"]
    assert [one["text"] for one in said] == ["mind the admins", "nice"]
    answer = json.loads((await shell("say", spec_id, "now", "--now", "--json")).out)
    assert answer["comment"]["delivery"] == "MESSAGE_DELIVERY_INTERRUPT"


@pytest.mark.parametrize(
    ("arguments", "code", "wrong"),
    [
        (("say",), 2, "SPEC"),
        (("say", "SPEC", "  "), 2, "no words"),
        (("say", "SPEC", "x", "--now", "--comment"), 2, "exclude"),
        (("say", "SPEC", "x", "--task", "tsk-001"), 2, "in every plan"),
        (("say", "ffff0000", "x"), 1, "ffff0000"),
        (("comments", "zz"), 2, "zz"),
    ],
)
async def test_bad_words(shell: Shell, spec_id: str, arguments: tuple[str, ...], code: int, wrong: str) -> None:
    ran = await shell(*(spec_id if one == "SPEC" else one for one in arguments))
    assert ran.code == code and wrong in ran.err, ran
