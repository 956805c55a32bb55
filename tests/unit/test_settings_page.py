"""docs/settings.md against the code: every setting is there with its default, and nothing that does not exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from demo.place import FOREIGN, FOREIGN_PREFIXES
from omoi_client import endpoint
from omoi_server.settings import ENGINES, RECOGNISED, Settings, SettingsError, load, without_effect

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "settings.md").read_text("utf-8")

NAME = re.compile(r"`([A-Z][A-Z0-9_]+)`")
FIELDS = {str(field.validation_alias): field for field in Settings.model_fields.values()}


def section(title: str) -> list[list[str]]:
    """The rows of the table below a heading, cell by cell."""
    text = PAGE.partition(f"## {title}\n")[2].partition("\n## ")[0]
    rows = [line.strip("|").split("|") for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in row] for row in rows[2:]]


def test_every_setting_of_the_server_is_described() -> None:
    assert [NAME.findall(row[0])[0] for row in section("Settings of the server")] == list(FIELDS)


@pytest.mark.parametrize("row", section("Settings of the server"), ids=lambda row: row[0].strip("`"))
def test_the_default_is_that_of_the_code(row: list[str]) -> None:
    name, default = row[0].strip("`"), row[1].strip("`")
    if name == "OMOI_HOME":
        assert load({}).home.parts[-1] == "omoi"
        return
    code = FIELDS[name].default
    written = {"empty": "", "true": True, "false": False}.get(default, default)
    assert (float(default) if isinstance(code, float) else written) == (str(code) if type(code) is int else code)


def test_every_engine_is_named() -> None:
    row = next(row for row in section("Settings of the server") if row[0] == "`SANDBOX_RUNTIME`")
    assert all(f"`{engine}`" in row[2] for engine in ENGINES)


def test_what_is_accepted_without_effect_is_listed_once() -> None:
    listed = [name for row in section("Accepted without effect") for name in NAME.findall(row[0])]
    assert sorted(listed) == sorted(RECOGNISED)
    assert without_effect(dict.fromkeys([*listed, "TQ_ANYTHING", "PATH"], "1")) == sorted([*listed, "TQ_ANYTHING"])
    load(dict.fromkeys(listed, "anything"))


def test_what_is_said_to_stop_the_start_stops_it() -> None:
    for name, value in {
        "SANDBOX_RUNTIME": "openhands",
        "DAYTONA_SANDBOX_EXECUTION": "true",
        "OMOI_LISTEN": "0.0.0.0:1",
    }.items():
        with pytest.raises(SettingsError, match=r"SANDBOX_RUNTIME|DAYTONA|OMOI_REPO_ROOTS"):
            load({name: value})


def test_every_setting_of_the_client_is_described() -> None:
    described = {name for row in section("Settings of the client") for name in NAME.findall(row[0])}
    rooms = [Path(endpoint.__file__).parent / name for name in ("endpoint.py", "cli/failures.py")]
    read = {
        name for path in rooms for name in re.findall(r'env(?:iron)?(?:\.get\(|\[)"(OMOI_[A-Z]+)"', path.read_text())
    }
    assert read == described


def test_nothing_of_another_server_reaches_the_demo() -> None:
    assert [name for name in FIELDS if name not in FOREIGN and not name.startswith(FOREIGN_PREFIXES)] == []
