"""A click's value: what the builders write is read again, anything else is refused with a reason."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omoi_bot.blocks import actions
from omoi_bot.blocks.actions import Target, read
from tests.unit.bot.blocks.samples import DIGEST, SPEC_ID
from tests.unit.bot.blocks.screens import screens

CONSTANTS = {value for name, value in vars(actions).items() if name.isupper() and isinstance(value, str)}


def test_what_was_written_is_read() -> None:
    target = Target(
        "reject", SPEC_ID, "REQUIREMENTS", 12, DIGEST, "slack-1", "prj-1", "tsk-1", 3, "REQ-001", "C1", "17.1"
    )
    assert read(target.value()) == target
    assert len(target.value()) < 600
    assert read(Target().value()) == read("") == Target()


def test_a_menu_entry_stays_within_the_limit_of_an_option() -> None:
    assert len(Target("create_branch", SPEC_ID, "REQUIREMENTS", 10**8).value()) <= 150


@pytest.mark.parametrize(
    "value",
    ["x", "[]", "1", "null", '{"s":1}', '{"v":"1"}', '{"v":-1}', '{"v":true}', '{"n":1e3}', '{"s":"<!channel>"}', '{"s":"' + "a" * 65 + '"}'],
)  # fmt: skip
def test_anything_else_is_refused(value: str) -> None:
    with pytest.raises(ValueError, match="the click carries"):
        read(value)


@given(st.text(), st.text(), st.integers())
def test_what_is_no_id_is_left_out(spec_id: str, digest: str, version: int) -> None:
    again = read(Target(spec_id=spec_id, digest=digest, version=version).value())
    assert again.spec_id in {"", spec_id} and again.digest in {"", digest} and again.version in {0, version}


def test_every_button_on_every_screen_carries_a_readable_target_and_a_known_action() -> None:
    seen = set()
    for name, (_, payload) in screens().items():
        for element in _elements(payload):
            action = element["action_id"].split(":")[0]
            seen.add(action)
            assert action in CONSTANTS, (name, action)
            if element["type"] == "button":
                read(element["value"])
            if element["type"] == "overflow":
                assert {read(one["value"]).action for one in element["options"]} <= CONSTANTS
    assert {"approve", "changes", "view_output", "menu", "retry", "resume", "create_pr", "view_pr", "open_pr"} <= seen


def test_approve_names_the_exact_version() -> None:
    buttons = {one["action_id"]: one for one in _elements(screens()["gate"][1])}
    held = read(buttons["approve"]["value"])
    assert (held.spec_id, held.phase, held.version, held.digest) == (SPEC_ID, "TASKS", 1, DIGEST)
    assert buttons["approve"]["confirm"]["text"]["text"] == "Starts 5 tasks."
    assert buttons["approve"]["confirm"]["confirm"]["text"] == "Start"


def _elements(payload: dict[str, Any]) -> list[dict[str, Any]]:
    found = []
    for block in payload["blocks"]:
        held = [*block.get("elements", []), block.get("accessory")] if block["type"] in {"actions", "section"} else []
        found += [one for one in held if one is not None]
    return found
