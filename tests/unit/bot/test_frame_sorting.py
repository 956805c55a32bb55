"""Payloads of Slack: kinds, keys and conversations; odd ones are dropped and never raise."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from omoi_bot.receive.sorting import sort


def event(**inner: Any) -> dict[str, Any]:
    return {"type": "event_callback", "team_id": "T1", "event_id": "Ev1", "event": inner}


def test_the_pair_has_one_key() -> None:
    said = {"channel": "C1", "ts": "1.2", "user": "U1", "text": "<@U9> idea"}
    mention, message = sort(event(type="app_mention", **said)), sort(event(type="message", **said))
    assert mention is not None
    assert message is not None
    assert mention.key == message.key == "msg:T1:C1:1.2"
    assert mention.kind == message.kind == "message"
    assert message.mentions("U9")
    assert not message.mentions("")


def test_the_workspace_is_the_one_where_the_app_is() -> None:
    shared = event(type="message", channel="C1", ts="1.2", text="x") | {"authorizations": [{"team_id": "T7"}]}
    found = sort(shared)
    assert found is not None
    assert found.team == "T7"


@pytest.mark.parametrize(
    ("text", "stops"),
    [("stop", True), ("<@U9> Stop!", True), ("stop using Redis", False), ("please stop", False), ("", False)],
)
def test_stop_is_the_whole_message(text: str, stops: bool) -> None:
    found = sort(event(type="message", channel="C1", ts="1.2", text=text))
    assert found is not None
    assert found.stops("U9") is stops


def test_edits_and_deletions_have_keys_of_their_own_and_unfurls_none() -> None:
    before = {"ts": "1.2", "text": "a", "user": "U1", "thread_ts": "1.0"}
    now = before | {"text": "b", "edited": {"ts": "5.0"}}
    changed = {"type": "message", "channel": "C1", "ts": "5.1", "previous_message": before}
    edit = sort(event(subtype="message_changed", message=now, **changed))
    gone = sort(event(subtype="message_deleted", **changed))
    assert edit is not None
    assert gone is not None
    assert (edit.key, edit.conversation) == ("edit:T1:C1:1.2:5.0", "T1:C1:1.0")
    assert gone.key == "del:T1:C1:1.2"
    assert sort(event(subtype="message_changed", message=before, **changed)) is None


@pytest.mark.parametrize(
    ("payload", "key", "conversation"),
    [
        (
            {"type": "block_actions", "trigger_id": "t", "team": {"id": "T1"}, "user": {"id": "U1"},
             "container": {"channel_id": "C1", "message_ts": "2.0", "thread_ts": "1.0"}},
            "block_actions:T1:t", "T1:C1:1.0",
        ),
        (
            {"type": "view_submission", "trigger_id": "t", "team": {"id": "T1"}, "user": {"id": "U1"},
             "view": {"id": "V1", "root_view_id": "V0"}},
            "view_submission:T1:t", "T1:view:V0",
        ),
        (
            {"type": "message_action", "trigger_id": "t", "team": {"id": "T1"}, "user": {"id": "U1"},
             "channel": {"id": "C1"}, "message_ts": "2.0"},
            "shortcut:T1:t", "T1:C1:2.0",
        ),
        (
            {"command": "/omoi", "trigger_id": "t", "team_id": "T1", "user_id": "U1", "channel_id": "C1"},
            "slash_command:T1:t", "T1:C1:command:U1",
        ),
        (event(type="app_home_opened", user="U1", channel="D1"), "ev:T1:Ev1", "T1:D1"),
        (event(type="channel_deleted", channel="C1"), "ev:T1:Ev1", "T1:C1"),
    ],
)  # fmt: skip
def test_keys_and_conversations(payload: dict[str, Any], key: str, conversation: str) -> None:
    found = sort(payload)
    assert found is not None
    assert (found.key, found.conversation) == (key, conversation)


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"type": "event_callback"},
        {"type": "event_callback", "event": "text"},
        event(type="message", channel="C1", ts="1.2", subtype="channel_join"),
        event(type="message", channel="C1"),
        event(type="reaction_added"),
        {"type": "block_actions"},
        {"type": "view_closed", "team": {"id": "T1"}, "user": {"id": "U1"}},
        {"command": "/omoi"},
    ],
)
def test_what_is_never_looked_at(payload: dict[str, Any]) -> None:
    assert sort(payload) is None


ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
NAMES = st.sampled_from(
    ["type", "event", "team", "user", "channel", "message", "previous_message", "view", "container", "item", "command",
     "authorizations", "subtype", "ts", "edited"]
)  # fmt: skip
KINDS = st.sampled_from(["event_callback", "block_actions", "view_submission", "message_action", "message"])


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(NAMES, ODD, max_size=8), KINDS, st.dictionaries(NAMES, ODD, max_size=8))
def test_odd_payloads_never_raise(payload: dict[str, Any], kind: str, inner: dict[str, Any]) -> None:
    sort({**payload, "type": kind, "event": {**inner, "type": "message"}})
    sort({**payload, "type": kind})
