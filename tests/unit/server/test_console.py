"""The commands for whoever runs the server: what they make, what they refuse, and where it goes."""

from __future__ import annotations

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from omoi_server import console
from omoi_server import home as home_folder
from omoi_server.__main__ import command_line
from omoi_server.errors import InvalidArgument, NotFound, OmoiError, Unauthenticated
from omoi_server.rpc import auth
from omoi_server.settings import SettingsError, load
from omoi_server.store.database import Database


class Told:
    """What a command showed on stdout and said on stderr."""

    def __init__(self, home: Path, *arguments: str) -> None:
        self.shown: list[str] = []
        self.said: list[str] = []
        settings = load({"OMOI_HOME": str(home)})
        console.run(settings, command_line().parse_args(arguments), console.Out(self.shown.append, self.said.append))


def scopes_of(home: Path, secret: str) -> set[str]:
    async def ask() -> set[str]:
        db = await Database.open(f"sqlite:///{home / 'omoi.db'}")
        try:
            return set((await auth.authenticate(db, secret)).scopes)
        finally:
            await db.close()

    return asyncio.run(ask())


def test_a_token_is_made_listed_and_revoked(tmp_path: Path) -> None:
    made = Told(tmp_path, "token", "create", "--bot", "slack:T012AB3C4", "--expires", "90d")
    (secret,) = made.shown
    assert re.fullmatch(r"omoi_[A-Za-z0-9_-]{43}", secret)
    assert secret not in " ".join(made.said)
    assert scopes_of(tmp_path, secret) == {"act-as:slack:T012AB3C4", "read-all"}
    (line,) = Told(tmp_path, "token", "list").shown
    assert "slack:T012AB3C4  bot" in line
    token_id = line.split()[0]
    assert Told(tmp_path, "token", "revoke", token_id).shown == []
    assert Told(tmp_path, "token", "list").shown == []
    (ended,) = Told(tmp_path, "token", "list", "--all").shown
    assert "revoked" in ended
    with pytest.raises(Unauthenticated, match="revoked"):
        scopes_of(tmp_path, secret)
    for file in tmp_path.glob("omoi.db*"):
        assert secret.encode() not in file.read_bytes()


def test_a_token_of_its_own_user_or_of_local(tmp_path: Path) -> None:
    (mine,) = Told(tmp_path, "token", "create", "laptop", "--scope", "read", "--scope", "write").shown
    assert scopes_of(tmp_path, mine) == {"read", "write"}
    Told(tmp_path, "token", "create", "ci", "--scope", "read", "--user", "ci service")
    shown = Told(tmp_path, "token", "list").shown
    assert sorted(line.split("  ")[2] for line in shown) == ["ci service", "local"]


def test_a_code_is_shown_and_nothing_else(tmp_path: Path) -> None:
    told = Told(tmp_path, "admin-code")
    assert re.fullmatch(r"[0-9A-Z]{4}-[0-9A-Z]{4}", told.shown[0])
    assert told.shown[0] not in " ".join(told.said)


def test_it_works_beside_a_server_that_holds_the_home(tmp_path: Path) -> None:
    Told(tmp_path, "token", "list")
    with home_folder.exclusive(tmp_path):
        assert Told(tmp_path, "token", "create", "x", "--scope", "read").shown


def test_many_at_once_on_a_new_home(tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as threads:
        asked = [threads.submit(Told, tmp_path, "token", "create", f"t{n}", "--scope", "read") for n in range(4)]
        assert len({told.result().shown[0] for told in asked}) == 4


@pytest.mark.parametrize(
    ("arguments", "kind", "named"),
    [
        (("create",), InvalidArgument, "NAME"),
        (("create", "x"), InvalidArgument, "--scope"),
        (("create", "x", "--scope", "sudo"), InvalidArgument, "sudo"),
        (("create", "x\x1b[31m", "--scope", "read"), InvalidArgument, "name"),
        (("create", "x" * 101, "--scope", "read"), InvalidArgument, "name"),
        (("create", "x", "--scope", "read", "--expires", "soon"), InvalidArgument, "--expires"),
        (("create", "x", "--scope", "read", "--expires", "0d"), InvalidArgument, "--expires"),
        (("create", "x", "--scope", "read", "--user", "usr-0"), NotFound, "usr-0"),
        (("create", "--bot", "slack"), InvalidArgument, "--bot"),
        (("create", "--bot", "slack:T1", "--scope", "read"), InvalidArgument, "--bot"),
        (("create", "--bot", "T1"), InvalidArgument, "--bot: 'T1' is no workspace. Write it as slack:T012AB3C4"),
        (("create", "--bot", "slack:T1/U2"), InvalidArgument, "Write it as slack:T012AB3C4"),
        (("create", "x", "--scope", "read,sudo"), InvalidArgument, "'sudo'"),
        (("revoke", "tok-0"), NotFound, "tok-0"),
        (("revoke", "tok-0"), NotFound, "omoi-server token list"),
    ],
)
def test_bad_input_is_named(tmp_path: Path, arguments: tuple[str, ...], kind: type[OmoiError], named: str) -> None:
    with pytest.raises(kind) as refused:
        Told(tmp_path, "token", *arguments)
    assert named in refused.value.message


@pytest.mark.parametrize("arguments", [("token",), ("token", "revoke"), ("sing",), ("serve", "--loud")])
def test_wrong_usage_is_exit_code_2(
    tmp_path: Path, arguments: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        Told(tmp_path, *arguments)
    assert ended.value.code == 2
    assert capsys.readouterr().out == ""


def test_a_home_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError, match="OMOI_HOME"):
        Told(tmp_path / "file" / "home", "token", "list")
