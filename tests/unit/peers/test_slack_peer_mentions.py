"""What of a text reaches people, and what the manifest lets the app hear."""

from __future__ import annotations

import pytest

from tests.peers.slack.manifest import Manifest
from tests.peers.slack.mentions import notification, plain, reach, reached
from tests.peers.slack.model import Channel, State, User, UserGroup


@pytest.mark.parametrize(
    ("text", "mentioned"),
    [
        ("hello <@U1>", {"U1"}),
        ("hello <@U1|mara>", {"U1"}),
        ("<!channel> <!here|here> <!everyone>", {"!channel", "!here", "!everyone"}),
        ("<!subteam^S1>", {"S1"}),
        ("&lt;!channel&gt; &lt;@U1&gt;", set()),
        ("@channel @mara U1", set()),
        ("<!date^1700000000^{time}|10:04>", set()),
        ("<#C1|payments>", set()),
    ],
)
def test_mentions_of_a_text(text: str, mentioned: set[str]) -> None:
    assert reach(text, [], []).mentioned == mentioned
    assert reach("x", [{"type": "section", "text": {"type": "mrkdwn", "text": text}}], []).mentioned == mentioned
    assert reach("x", [{"type": "section", "text": {"type": "plain_text", "text": text}}], []).mentioned == set()


def test_parse_full_makes_plain_words_into_mentions() -> None:
    assert reach("@channel", [], [], parse="full").mentioned == {"!channel"}


def test_mentions_of_rich_text() -> None:
    inline = [{"type": "user", "user_id": "U1"}, {"type": "broadcast", "range": "here"}]
    block = {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": inline}]}
    assert reach("x", [block], []).mentioned == {"U1", "!here"}


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("<https://evil.example|https://good.example>", [("https://evil.example", "https://good.example")]),
        ("see https://x.example/a?b=1.", [("https://x.example/a?b=1.", "https://x.example/a?b=1.")]),
        ("<mailto:a@b.example|mail>", [("mailto:a@b.example", "mail")]),
        ("&lt;https|label&gt;", []),
    ],
)
def test_links_are_shown_with_their_labels(text: str, links: list[tuple[str, str]]) -> None:
    assert reach(text, [], []).links == links


def test_links_of_a_markdown_block_and_a_button() -> None:
    markdown = {"type": "markdown", "text": "[good](https://evil.example) `[no](https://code.example)`"}
    button = {"type": "button", "text": {"type": "plain_text", "text": "Open"}, "url": "https://b.example"}
    found = reach("", [markdown, {"type": "actions", "elements": [button]}], [])
    assert found.links == [("https://evil.example", "good"), ("https://b.example", "Open")]


def state() -> tuple[State, Channel]:
    found = State()
    for name in ("mara", "jon", "lee"):
        found.users[name] = User(name, "T1", name, name.title())
    found.users["bot"] = User("bot", "T1", "omoi", "Omoi", is_bot=True)
    found.usergroups["S1"] = UserGroup("S1", "T1", "leads", ["jon", "lee"])
    return found, Channel("C1", "payments", "public", "T1", ["mara", "jon", "bot"])


def test_only_members_are_reached_and_never_the_author() -> None:
    found, channel = state()
    assert reached(found, channel, {"mara", "lee"}, "bot") == {"mara"}
    assert reached(found, channel, {"S1"}, "bot") == {"jon"}
    assert reached(found, channel, {"!channel"}, "mara") == {"jon"}


def test_a_phone_shows_names_and_at_most_150_characters() -> None:
    found, _ = state()
    assert plain(found, "<@mara> &lt;b&gt; <https://x|there> <!date^1^{time}|10:04>") == "@mara <b> there 10:04"
    assert len(notification(found, "x" * 200, [])) == 150
    section = {"type": "section", "text": {"type": "mrkdwn", "text": "*bold*"}}
    assert notification(found, "", [section]) == "*bold*"


MANIFEST = {
    "features": {"bot_user": {"display_name": "Omoi"}, "slash_commands": [{"command": "/omoi"}]},
    "oauth_config": {"scopes": {"bot": ["commands", "channels:history"]}},
    "settings": {"event_subscriptions": {"bot_events": ["message.channels", "app_mention"]}},
}


def test_an_event_needs_subscription_and_scope() -> None:
    manifest = Manifest.read(MANIFEST)
    assert manifest.hears("message.channels")
    assert not manifest.hears("app_mention"), "its scope app_mentions:read is missing"
    assert not manifest.hears("message.groups")
    assert not manifest.socket_mode


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"features": {}}, "features.bot_user"),
        ({"oauth_config": {}}, "oauth_config.scopes.bot"),
        ({"oauth_config": {"scopes": {"bot": ["chat:write"]}}}, "commands"),
        ({"settings": []}, None),
        ({"settings": "on"}, "settings"),
    ],
)
def test_a_manifest_that_makes_no_app_is_refused(change: dict[str, object], said: str | None) -> None:
    if said is None:
        assert Manifest.read({**MANIFEST, **change}).events == frozenset()
        return
    with pytest.raises(ValueError, match=said):
        Manifest.read({**MANIFEST, **change})
