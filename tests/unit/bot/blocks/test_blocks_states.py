"""What a message says and offers in each state."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from omoi_bot.blocks import ending, gate, home, live, rail, results
from omoi_bot.blocks.forms import decisions
from omoi_bot.blocks.limits import check
from omoi_bot.blocks.model import Counts, HomeView, Message, PullRequestView, RequirementView, SpecView, Who
from omoi_bot.blocks.text import shown
from omoi_bot.blocks.words import State, state_of
from tests.unit.bot.blocks import samples as s

STATES = {
    "draft": State.DRAFT,
    "starting": State.STARTING,
    "queued": State.QUEUED,
    "planning": State.PLANNING,
    "silent": State.PLANNING,
    "review": State.REVIEW,
    "review_v2": State.REVIEW,
    "building": State.BUILDING,
    "paused": State.PAUSED,
    "stuck": State.PAUSED,
    "failed": State.FAILED,
    "incomplete": State.INCOMPLETE,
    "cancelled": State.CANCELLED,
    "ready": State.READY,
    "published": State.PUBLISHED,
    "published_web": State.PUBLISHED,
    "forced": State.PUBLISHED,
    "quick": State.BUILDING,
}


@pytest.mark.parametrize("name", s.SPECS)
def test_each_sample_is_in_its_state(name: str) -> None:
    assert state_of(s.SPECS[name]) is STATES[name]


@pytest.mark.parametrize(
    ("spec", "buttons"),
    [
        (s.STARTING, ["Timeline", "Log", "Cancel…"]),
        (s.REVIEW, ["Approve plan v1", "Request changes", "View plan", "Timeline", "Log", "Create branch", "Reject…", "Cancel…"]),
        (s.BUILDING, ["View plan", "Timeline", "Log", "Force PR…", "Cancel…"]),
        (replace(s.BUILDING, counts=Counts(5, queued=4, running=1)), ["View plan", "Timeline", "Log", "Cancel…"]),
        (s.FAILED, ["Retry", "Details", "View requirements", "Timeline", "Log", "Cancel…"]),
        (s.CANCELLED, ["Resume", "View plan", "Timeline", "Log"]),
        (s.READY, ["Create PR", "View plan", "Create draft PR", "Timeline", "Log"]),
        (s.PUBLISHED, ["View pull request #1", "View plan", "Timeline", "Log"]),
        (s.PUBLISHED_WEB, ["Open pull request #17", "View plan", "Timeline", "Log"]),
    ],
)  # fmt: skip
def test_the_buttons_fit_the_state(spec: SpecView, buttons: list[str]) -> None:
    assert labels(live.message(spec)) == buttons


def test_the_rail_stands_in_every_live_message_with_and_without_a_plan() -> None:
    for spec in s.SPECS.values():
        for plan in (True, False):
            first = live.message(spec, plan=plan).blocks[0]
            assert first["type"] == "section" and "Build   " in first["text"]["text"]


def test_a_plan_gets_a_new_id_with_new_content_and_keeps_it_with_the_same() -> None:
    before, again = rail.plan_block(s.BUILDING), rail.plan_block(replace(s.BUILDING, sequence=99))
    after = rail.plan_block(s.READY)
    assert before is not None and again is not None and after is not None
    assert before["block_id"] == again["block_id"] != after["block_id"]


def test_a_plan_of_many_tasks_ends_with_a_number() -> None:
    spec = replace(s.BUILDING, tasks=s.TASKS * 40, counts=Counts(200, succeeded=3))
    block = rail.plan_block(spec)
    assert block is not None
    assert len(block["tasks"]) == rail.MOST_TASKS + 1 and block["tasks"][-1]["title"] == "and 170 more"
    message = live.message(spec)
    assert check({"text": message.text, "blocks": message.blocks}, "message") == []


def test_a_sandbox_that_does_not_answer_is_said() -> None:
    late = replace(s.SILENT, last_heartbeat=None)
    assert "the sandbox does not answer" in live.status_lines(late)[0]
    assert "the sandbox answers; last: `pip install" in live.status_lines(s.SILENT)[0]


@pytest.mark.parametrize(
    ("gates", "kind", "promise"),
    [
        (("TASKS",), "FULL", "I will ask before anything is written."),
        ((), "FULL", "Starts without asking."),
        (("COMPLETE",), "FULL", "Starts without asking."),
        (("TASKS",), "QUICK", "Starts without asking."),
    ],
)
def test_the_first_form_promises_what_the_gates_hold(gates: tuple[str, ...], kind: str, promise: str) -> None:
    assert promise in live.status_lines(replace(s.STARTING, gates=gates, kind=kind))[0]


def test_who_decided_is_said_and_nothing_can_be_decided_any_more() -> None:
    message = gate.decided(s.BUILDING, "TASKS", 1, "APPROVE", s.MARA, s.NOW)
    assert "Approved by <@U0MARA00001> at <!date^" in message.blocks[0]["text"]["text"]
    assert labels(message) == []


def test_an_old_version_is_named_and_the_current_one_offered() -> None:
    message = gate.superseded(s.SECOND, "REQUIREMENTS", 1, 2, s.NOW)
    assert shown(message.blocks[0]["text"]["text"]).startswith("That was Requirements v1; v2 came at 10:05 UTC.")
    assert labels(message)[0] == "Approve requirements v2"
    assert labels(gate.superseded(s.BUILDING, "REQUIREMENTS", 1, 2)) == []


def test_at_most_three_people_are_mentioned() -> None:
    many = tuple(Who(f"U0PERSON{n:03d}") for n in range(9))
    text = gate.message(s.REVIEW, many).blocks[0]["text"]["text"]
    assert text.count("<@") == 3


@pytest.mark.parametrize(("verbosity", "phases"), [("quiet", 0), ("normal", 3), ("everything", 4)])
def test_a_channel_hears_as_much_as_it_wants(verbosity: str, phases: int) -> None:
    names = ("EXPLORE", "REQUIREMENTS", "DESIGN", "TASKS", "SYNC")
    assert sum(results.phase(s.BUILDING, name, verbosity) is not None for name in names) == phases


@pytest.mark.parametrize(
    "url", ["/srv/x.md", "https://a b", "https://x|y", "https://x>y", "javascript:x", "", "ftp://x"]
)
def test_what_is_no_web_address_is_no_link(url: str) -> None:
    message = ending.pull_request(replace(s.READY, pull_request=PullRequestView(url, 1)))
    assert all("url" not in element for block in message.blocks for element in block.get("elements", []))


@pytest.mark.parametrize("build", [gate.message, gate.sentence, ending.pull_request, ending.pull_request_view])
def test_a_builder_says_what_its_snapshot_lacks(build: Any) -> None:
    with pytest.raises(ValueError, match=r"spec-7f3a91c2-.* snapshot that has one"):
        build(s.STARTING)


def test_up_to_ten_requirements_are_ticked_and_more_are_searched() -> None:
    ten = tuple(RequirementView(f"REQ-{n:03d}") for n in range(10))
    kinds = [
        decisions.changes_form(s.REVIEW, found)["blocks"][-1]["element"]["type"]
        for found in (ten, (*ten, RequirementView("REQ-010")))
    ]
    assert kinds == ["checkboxes", "multi_static_select"]


def test_force_names_every_missing_task() -> None:
    text = decisions.force_form(s.INCOMPLETE)["blocks"][1]["text"]["text"]
    assert text == "• TSK-004 Unlock after an hour (failed)\n• TSK-005 Document it (blocked)"


def test_home_keeps_its_limits_however_much_there_is() -> None:
    state = HomeView(s.NOW, (s.REVIEW,) * 120, (s.BUILDING,) * 150, (s.PUBLISHED,) * 20, (s.SHOP,) * 300, s.SHOP)
    seen = 0
    for page in range(1, home.pages(state) + 1):
        view = home.view(state, page)
        assert check(view, "home") == []
        seen += str(view).count("Approve plan v1'")
    assert seen >= 120


def labels(message: Message) -> list[str]:
    """Buttons, then menu entries, as they are read."""
    found = []
    for block in message.blocks:
        for element in block["elements"] if block["type"] == "actions" else []:
            parts = [element] if element["type"] == "button" else element["options"]
            found += [part["text"]["text"] for part in parts]
    return found
