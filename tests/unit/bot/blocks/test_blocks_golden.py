"""Every screen is what was agreed on, and Slack would take it: three opinions, ours, the peer's and the SDK's.

`OMOI_TEST_GOLDEN=write` writes the files anew; the difference is then read by a person.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View as SdkView

from omoi_bot.blocks.limits import check
from omoi_bot.blocks.text import PUSH, shown
from tests.peers.slack.kit.payloads import message_faults, view_faults
from tests.unit.bot.blocks.screens import screens

GOLDEN = Path(__file__).parent / "golden"
SCREENS = screens()


@pytest.mark.parametrize("name", SCREENS)
def test_a_screen_is_what_was_agreed_on(name: str) -> None:
    surface, payload = SCREENS[name]
    path = GOLDEN / f"{name}.json"
    text = json.dumps({"surface": surface, "payload": payload}, indent=1, ensure_ascii=False) + "\n"
    if os.environ.get("OMOI_TEST_GOLDEN") == "write":
        path.write_text(text, "utf-8")
    assert path.read_text("utf-8") == text


def test_no_golden_file_is_left_over() -> None:
    assert {path.stem for path in GOLDEN.glob("*.json")} == set(SCREENS)


@pytest.mark.parametrize("name", SCREENS)
def test_slack_takes_it(name: str) -> None:
    surface, payload = SCREENS[name]
    assert check(payload, surface) == []
    faults = message_faults(payload["blocks"]) if surface == "message" else view_faults(payload, surface)
    assert [str(one) for one in faults] == []


@pytest.mark.parametrize("name", SCREENS)
def test_the_sdk_takes_it(name: str) -> None:
    surface, payload = SCREENS[name]
    for block in Block.parse_all(payload["blocks"]):
        assert block is not None
        block.validate_json()
    if surface == "modal":
        SdkView(**payload).validate_json()


@pytest.mark.parametrize("name", [name for name, (surface, _) in SCREENS.items() if surface == "message"])
def test_a_message_says_its_state_in_one_sentence_that_fits_a_notification(name: str) -> None:
    said = shown(SCREENS[name][1]["text"])
    assert 10 < len(said) <= PUSH
    assert said[-1] in ".?!…", said


@pytest.mark.parametrize("name", SCREENS)
def test_three_buttons_and_one_menu_of_five(name: str) -> None:
    for block in SCREENS[name][1]["blocks"]:
        if block["type"] != "actions":
            continue
        kinds = [one["type"] for one in block["elements"]]
        assert kinds.count("button") <= 3
        assert kinds.count("overflow") <= 1
        for one in block["elements"]:
            if one["type"] == "overflow":
                assert 2 <= len(one["options"]) <= 5


def test_no_screen_speaks_of_prices_or_budgets() -> None:
    for name, (_, payload) in SCREENS.items():
        words = json.dumps(payload).lower()
        assert "$" not in words and "budget" not in words and "price" not in words, name


def test_every_time_in_a_message_is_an_absolute_token() -> None:
    for name, (surface, payload) in SCREENS.items():
        if surface == "message":
            words = " ".join(_texts(payload))
            assert " ago" not in words and "10:05" not in words.replace("|10:05 UTC>", ""), name


def _texts(found: Any) -> list[str]:
    if isinstance(found, dict):
        return [text for value in found.values() for text in _texts(value)]
    if isinstance(found, list):
        return [text for one in found for text in _texts(one)]
    return [found] if isinstance(found, str) else []
