"""Payloads as Slack sends them and as nobody should: read with care, and forms that open or refuse from them alone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from omoi_bot.blocks import actions, limits
from omoi_bot.blocks.actions import Target
from omoi_bot.listeners import payloads
from omoi_bot.listeners.buttons import CLICKS, FORMS
from omoi_bot.listeners.commands import COMMANDS
from omoi_bot.listeners.opening import OPENERS
from omoi_bot.listeners.reading_views import PAGES
from omoi_bot.listeners.subcommands import COMMANDS as KNOWN
from omoi_bot.listeners.submissions import SUBMISSIONS
from omoi_bot.listeners.taking import HANDLERS
from omoi_bot.listeners.validating import VALIDATORS

ODD: list[dict[str, Any]] = [
    {},
    {"actions": []},
    {"actions": [{"action_id": "menu", "selected_option": {"value": "not json"}}]},
    {"actions": [{"action_id": "menu", "selected_option": {"value": "[1]"}}]},
    {"actions": [{"action_id": "approve", "value": '{"v": "one"}'}]},
    {"actions": [{"action_id": "approve", "value": '{"s": "<!channel>"}'}]},
    {"view": {"private_metadata": "}", "state": {"values": {}}}, "actions": [{"action_id": "page_next", "value": "{"}]},
    {"view": {"type": "modal"}, "actions": [{"action_id": "log", "value": "{}"}]},
]


def click(action_id: str, value: str, **more: Any) -> dict[str, Any]:
    return {
        "type": "block_actions",
        "user": {"id": "U1"},
        "actions": [{"action_id": action_id, "value": value}],
        **more,
    }


@pytest.mark.parametrize("payload", ODD)
def test_odd_payloads_open_nothing_that_breaks(payload: dict[str, Any]) -> None:
    payloads.origin(payload)
    payloads.action_name(payload)
    payloads.typed(payload)
    for name, opener in OPENERS.items():
        view = opener(payload)
        assert view is None or limits.check(dict(view), "modal") == [], name
    for validate in VALIDATORS.values():
        assert isinstance(validate(payload), dict)


@pytest.mark.parametrize("index", [2, 3, 4, 5, 6])
def test_a_click_without_a_readable_target_is_refused(index: int) -> None:
    with pytest.raises(ValueError, match="open the message or form again"):
        payloads.target(ODD[index])


def test_origins() -> None:
    event = {
        "type": "message",
        "user": "U1",
        "channel": "C1",
        "ts": "2.0",
        "thread_ts": "1.0",
        "channel_type": "channel",
    }
    origin = payloads.origin({"type": "event_callback", "team_id": "T1", "event": event})
    assert (origin.team, origin.user, origin.channel, origin.ts, origin.thread, origin.dm) == (
        "T1", "U1", "C1", "2.0", "1.0", False
    )  # fmt: skip
    changed = {
        "type": "message", "subtype": "message_changed", "channel": "C1", "ts": "9.0",
        "message": {"user": "U1", "ts": "2.0", "text": "b"}, "previous_message": {"ts": "2.0", "text": "a"},
    }  # fmt: skip
    origin = payloads.origin({"type": "event_callback", "team_id": "T1", "event": changed})
    assert (origin.user, origin.ts, origin.thread) == ("U1", "2.0", "2.0")
    command = {"command": "/omoi", "team_id": "T1", "user_id": "U1", "channel_id": "D1", "response_url": "https://r"}
    origin = payloads.origin(command)
    assert (origin.channel, origin.response_url, origin.dm, origin.thread) == ("D1", "https://r", True, "")
    container = {"message_ts": "3.0", "thread_ts": "1.0", "channel_id": "C1"}
    origin = payloads.origin(click("approve", "{}", team={"id": "T1"}, container=container))
    assert (origin.channel, origin.ts, origin.thread) == ("C1", "3.0", "1.0")
    view = {"type": "modal", "private_metadata": Target(channel="C9", thread_ts="7.0").value()}
    origin = payloads.origin({"type": "view_submission", "user": {"id": "U1"}, "team": {"id": "T1"}, "view": view})
    assert (origin.channel, origin.thread) == ("C9", "7.0")


def test_names_of_clicks() -> None:
    assert payloads.action_name(click("pick_project:2", "{}")) == "pick_project"
    entry = {"action_id": "menu", "selected_option": {"value": Target(action="cancel", spec_id="spec-1").value()}}
    assert payloads.action_name({"actions": [entry]}) == "cancel"
    assert payloads.target({"actions": [entry]}).spec_id == "spec-1"


def test_typed_values_of_every_kind_of_input() -> None:
    values = {
        "a": {"value": {"type": "plain_text_input", "value": "x"}},
        "b": {"value": {"type": "plain_text_input", "value": None}},
        "c": {"value": {"type": "checkboxes", "selected_options": [{"value": "1"}, {"value": "2"}]}},
        "d": {"value": {"type": "radio_buttons", "selected_option": {"value": "y"}}},
        "e": {"value": {"type": "users_select", "selected_user": "U1"}},
        "f": {"value": {"type": "static_select", "selected_option": None}},
        "g": {},
    }
    typed = payloads.typed({"view": {"state": {"values": values}}})
    assert typed == {"a": "x", "b": "", "c": ["1", "2"], "d": "y", "e": "U1", "f": ""}


def submitted(callback: str, **fields: str) -> dict[str, str]:
    values = {name: {"value": {"value": text}} for name, text in fields.items()}
    return VALIDATORS[callback]({"view": {"state": {"values": values}}})


def test_validators_name_the_field_and_the_remedy() -> None:
    project = Target(project_id="prj-1").value()
    assert submitted(actions.LAUNCH_FORM, description="Count orders", project=project) == {}
    assert set(submitted(actions.LAUNCH_FORM)) == {"description", "project"}
    assert "200" in submitted(actions.LAUNCH_FORM, title="t" * 201, project=project)["title"]
    assert (
        "no spaces"
        in submitted(actions.LAUNCH_FORM, description="a b", project=project, base_branch="a b")["base_branch"]
    )
    assert "what should change" in submitted(actions.CHANGES_FORM, comment=" ")["comment"]
    assert "10,000" in submitted(actions.CHANGES_FORM, comment="x" * 10_001)["comment"]
    assert submitted(actions.CANCEL_FORM, comment="") == {}
    assert "2,000" in submitted(actions.CANCEL_FORM, comment="x" * 2_001)["comment"]
    assert set(submitted(actions.ROLE_FORM, role="boss")) == {"person", "project", "role"}
    assert set(submitted(actions.SETTINGS_FORM)) == {"listening", "verbosity"}
    assert "project" in submitted(actions.LINK_FORM, project='{"j": "<!here>"}')


def test_everything_that_can_be_clicked_typed_or_sent_has_a_listener() -> None:
    linked = {actions.OPEN_PR, actions.OPEN_THREAD, actions.MENU, actions.FIELD}
    in_forms = {actions.PAGE_NEXT, actions.PAGE_BACK, actions.GOTO, actions.FILTER, actions.TRY_AGAIN}
    clickable = {
        actions.APPROVE, actions.CHANGES, actions.VIEW_OUTPUT, actions.REJECT, actions.CANCEL, actions.RETRY,
        actions.RESUME, actions.CREATE_BRANCH, actions.CREATE_PR, actions.DRAFT_PR, actions.FORCE_PR, actions.VIEW_PR,
        actions.TIMELINE, actions.LOG, actions.DETAILS, actions.PICK_PROJECT, actions.START_REQUEST,
        actions.DROP_REQUEST, actions.INVITED, actions.RUN_IN_DM, actions.USE_AS_CHANGE, actions.NEW_SPEC,
        actions.ADD_TO_SPEC, actions.JUST_COMMENT, actions.RESTART_EDITED, actions.HOME_PROJECT, actions.HOME_NEW,
        actions.HOME_SETTINGS, actions.HOME_BACK, actions.HOME_NEXT, actions.HOME_OPEN,
    }  # fmt: skip
    assert clickable <= set(CLICKS) | set(FORMS)
    assert not (set(CLICKS) & set(FORMS)) and not (linked | in_forms) & set(CLICKS)
    assert set(COMMANDS) == set(KNOWN)
    forms = {
        actions.LAUNCH_FORM, actions.CHANGES_FORM, actions.REJECT_FORM, actions.CANCEL_FORM, actions.FORCE_FORM,
        actions.SETTINGS_FORM, actions.PERSON_FORM, actions.LINK_FORM, actions.ROLE_FORM,
    }  # fmt: skip
    assert set(SUBMISSIONS) == forms
    assert set(PAGES) == {actions.DOCUMENT, actions.TIMELINE_VIEW, actions.LOG_VIEW}
    assert set(FORMS) <= set(OPENERS)
    assert {"message", "block_actions", "view_submission", "shortcut", "slash_command"} <= set(HANDLERS)


def test_openers_hold_what_was_clicked() -> None:
    target = Target(spec_id="spec-1", phase="REQUIREMENTS", version=3)
    view = OPENERS[actions.VIEW_OUTPUT](click("view_output", target.value()))
    assert view is not None
    assert view["title"]["text"] == "Requirements v3"
    assert json.loads(view["private_metadata"])["s"] == "spec-1"
    inside = click("log", "{}", view={"type": "modal", "id": "V1"})
    assert OPENERS[actions.LOG](inside) is None
