"""Slack's limits: one table that drives the peer's checks, the page for people and the tests that break each limit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

DOCS = "https://docs.slack.dev/"
BLOCKS = DOCS + "reference/block-kit/blocks/"
ELEMENTS = DOCS + "reference/block-kit/block-elements/"
PARTS = DOCS + "reference/block-kit/composition-objects/"
METHODS = DOCS + "reference/methods/"
RATES = DOCS + "apis/web-api/rate-limits"
MODELS = "slack_sdk 3.47.0, models/"

Unit = Literal["characters", "items", "bytes", "seconds", "calls", "calls a minute", "messages a second"]


@dataclass(frozen=True)
class Limit:
    """What Slack allows at most: `value` of `unit`; beyond it the answer is `error` with `message`.

    `source` is the page, SDK model or issue that says so. `test` is the test that breaks the limit; without one it is
    the table test of the unit suite.
    """

    name: str
    value: int
    unit: Unit
    source: str
    error: str = "invalid_blocks"
    message: str = ""
    test: str = "tests/unit/peers/test_slack_peer_limits.py::test_limit"

    def say(self) -> str:
        """The sentence; in Slack's own words for text and lists."""
        if self.message:
            return self.message.format(value=self.value, unit=self.unit)
        if self.unit == "characters":
            return f"must be less than {self.value + 1} characters"
        if self.unit == "items":
            return f"no more than {self.value} items allowed"
        return f"must be no more than {self.value} {self.unit}"


_WEB = "tests/integration/peers/test_slack_peer_web.py::"
_FORMS = "tests/integration/peers/test_slack_peer_forms.py::"
_EVENTS = "tests/integration/peers/test_slack_peer_events.py::"
_FAULTS = "tests/integration/peers/test_slack_peer_faults.py::"
_RATES = "tests/integration/peers/test_slack_peer_rates.py::"

_ROWS = (
    # A message as a whole.
    Limit("message.blocks", 50, "items", BLOCKS),
    Limit(
        "message.text", 40_000, "characters", METHODS + "chat.postMessage", "msg_too_long",
        test=_WEB + "test_a_text_beyond_40000_characters",
    ),
    Limit(
        "message.all_blocks", 13_200, "characters", "https://github.com/slackapi/bolt-js/issues/2509",
        "msg_blocks_too_long",
    ),
    Limit(
        "message.attachments", 100, "items", METHODS + "chat.postMessage", "too_many_attachments",
        test=_WEB + "test_attachments_are_limited",
    ),
    Limit(
        "message.markdown_text", 12_000, "characters", METHODS + "chat.postMessage", "msg_too_long",
        test=_WEB + "test_markdown_text_stands_alone",
    ),
    Limit("message.markdown_blocks", 12_000, "characters", BLOCKS + "markdown-block", "msg_blocks_too_long"),
    Limit("message.tables", 1, "items", BLOCKS + "table-block", message="only_one_table_allowed"),
    # Blocks.
    Limit("block_id", 255, "characters", BLOCKS),
    Limit("section.text", 3000, "characters", BLOCKS + "section-block"),
    Limit("section.fields", 10, "items", BLOCKS + "section-block"),
    Limit("section.field", 2000, "characters", BLOCKS + "section-block"),
    Limit("header.text", 150, "characters", BLOCKS + "header-block"),
    Limit("actions.elements", 25, "items", BLOCKS + "actions-block"),
    Limit("context.elements", 10, "items", BLOCKS + "context-block"),
    Limit("context_actions.elements", 5, "items", BLOCKS + "context-actions-block"),
    Limit("input.label", 2000, "characters", BLOCKS + "input-block"),
    Limit("input.hint", 2000, "characters", BLOCKS + "input-block"),
    Limit("image.alt_text", 2000, "characters", BLOCKS + "image-block"),
    Limit("image.image_url", 3000, "characters", BLOCKS + "image-block"),
    Limit("image.title", 2000, "characters", BLOCKS + "image-block"),
    Limit("table.rows", 100, "items", BLOCKS + "table-block"),
    Limit("table.cells", 20, "items", BLOCKS + "table-block"),
    Limit("table.column_settings", 20, "items", BLOCKS + "table-block"),
    Limit(
        "alert.text", 200, "characters", "https://github.com/slackapi/java-slack-sdk/pull/1624", "invalid_arguments",
    ),
    Limit("card.title", 150, "characters", MODELS + "blocks/blocks.py CardBlock"),
    Limit("card.subtitle", 150, "characters", MODELS + "blocks/blocks.py CardBlock"),
    Limit("card.body", 200, "characters", MODELS + "blocks/blocks.py CardBlock"),
    Limit("container.title", 150, "characters", MODELS + "blocks/blocks.py ContainerBlock"),
    Limit("container.child_blocks", 10, "items", MODELS + "blocks/blocks.py ContainerBlock"),
    Limit("carousel.elements", 10, "items", MODELS + "blocks/blocks.py CarouselBlock"),
    Limit("video.title", 199, "characters", BLOCKS + "video-block"),
    Limit("video.author_name", 49, "characters", BLOCKS + "video-block"),
    # Elements.
    Limit("action_id", 255, "characters", ELEMENTS),
    Limit("placeholder", 150, "characters", MODELS + "blocks/block_elements.py InputInteractiveElement"),
    Limit("button.text", 75, "characters", ELEMENTS + "button-element"),
    Limit("button.value", 2000, "characters", ELEMENTS + "button-element"),
    Limit("button.url", 3000, "characters", ELEMENTS + "button-element"),
    Limit("button.agent_prompt", 4000, "characters", MODELS + "blocks/block_elements.py ButtonElement"),
    Limit("button.accessibility_label", 75, "characters", ELEMENTS + "button-element"),
    Limit("overflow.options", 5, "items", ELEMENTS + "overflow-menu-element"),
    Limit("checkboxes.options", 10, "items", ELEMENTS + "checkboxes-element"),
    Limit("radio_buttons.options", 10, "items", ELEMENTS + "radio-button-group-element"),
    Limit("select.options", 100, "items", ELEMENTS + "select-menu-element"),
    Limit("select.option_groups", 100, "items", ELEMENTS + "select-menu-element"),
    Limit("text_input.max_length", 3000, "characters", ELEMENTS + "plain-text-input-element"),
    Limit("file_input.max_files", 10, "items", ELEMENTS + "file-input-element"),
    # Composition objects.
    Limit("text_object.text", 3000, "characters", PARTS + "text-object"),
    Limit("option.text", 75, "characters", PARTS + "option-object"),
    Limit("option.value", 150, "characters", PARTS + "option-object"),
    Limit("option.description", 75, "characters", PARTS + "option-object"),
    Limit("option_group.label", 75, "characters", PARTS + "option-group-object"),
    Limit("confirm.title", 100, "characters", PARTS + "confirmation-dialog-object"),
    Limit("confirm.text", 300, "characters", PARTS + "confirmation-dialog-object"),
    Limit("confirm.confirm", 30, "characters", PARTS + "confirmation-dialog-object"),
    Limit("confirm.deny", 30, "characters", PARTS + "confirmation-dialog-object"),
    # Forms.
    Limit("view.blocks", 100, "items", DOCS + "reference/views", "invalid_arguments"),
    Limit("view.title", 24, "characters", DOCS + "reference/views", "invalid_arguments"),
    Limit("view.submit", 24, "characters", DOCS + "reference/views", "invalid_arguments"),
    Limit("view.close", 24, "characters", DOCS + "reference/views", "invalid_arguments"),
    Limit("view.private_metadata", 3000, "characters", DOCS + "reference/views", "invalid_arguments"),
    Limit("view.callback_id", 255, "characters", DOCS + "reference/views", "invalid_arguments"),
    Limit("view.external_id", 255, "characters", METHODS + "views.open", "invalid_arguments"),
    Limit("view.size", 250_000, "bytes", METHODS + "views.open", "view_too_large"),
    Limit(
        "view.stack", 3, "items", METHODS + "views.push", "push_limit_reached",
        test=_FORMS + "test_a_stack_holds_three_views",
    ),
    Limit(
        "trigger.life", 3, "seconds", DOCS + "interactivity/handling-user-interaction", "expired_trigger_id",
        "the trigger_id is older than {value} {unit}", _FORMS + "test_a_trigger_lives_three_seconds",
    ),
    Limit(
        "trigger.uses", 1, "calls", METHODS + "views.open", "exchanged_trigger_id", "the trigger_id was used before",
        _FORMS + "test_a_trigger_works_once",
    ),
    Limit(
        "response_url.uses", 5, "calls", DOCS + "interactivity/handling-user-interaction", "used_url",
        "a response_url takes {value} {unit}", _FORMS + "test_a_response_url_takes_five_messages",
    ),
    Limit(
        "response_url.life", 1800, "seconds", DOCS + "interactivity/handling-user-interaction", "expired_url",
        "a response_url lives {value} {unit}", _FORMS + "test_a_response_url_lives_half_an_hour",
    ),
    # Calls.
    Limit(
        "metadata.size", 16_000, "bytes", METHODS + "chat.postMessage", "metadata_too_large",
        test=_WEB + "test_metadata_is_limited_and_shown_only_on_request",
    ),
    Limit(
        "session.title", 200, "characters", METHODS + "agents.sessions.setStatus", "invalid_arguments",
        test=_EVENTS + "test_an_agent_session_is_stopped_by_its_button",
    ),
    Limit(
        "session.loading_messages", 10, "items", METHODS + "assistant.threads.setStatus", "invalid_arguments",
        test=_WEB + "test_the_assistant_status_has_ten_messages",
    ),
    Limit(
        "conversation.users", 8, "items", METHODS + "conversations.open", "too_many_users",
        test=_WEB + "test_a_group_conversation_has_at_most_eight_others",
    ),
    Limit(
        "reactions.each_message", 23, "items", METHODS + "reactions.add", "too_many_reactions",
        test=_WEB + "test_reactions_are_limited",
    ),
    Limit(
        "file.size", 1_000_000_000, "bytes", DOCS + "messaging/working-with-files", "file_upload_size_restricted",
        test=_FAULTS + "test_a_file_is_uploaded_into_a_thread",
    ),
    Limit(
        "oauth.code", 600, "seconds", DOCS + "authentication/installing-with-oauth", "invalid_code",
        test=_FAULTS + "test_installing_with_oauth",
    ),
    Limit(
        "rate.tier1", 1, "calls a minute", RATES, "ratelimited", "more than {value} {unit}",
        _RATES + "test_tier_one_takes_one_call_a_minute",
    ),
    Limit(
        "rate.tier2", 20, "calls a minute", RATES, "ratelimited", "more than {value} {unit}",
        _RATES + "test_a_tier_is_enforced",
    ),
    Limit(
        "rate.tier3", 50, "calls a minute", RATES, "ratelimited", "more than {value} {unit}",
        _RATES + "test_a_tier_is_enforced",
    ),
    Limit(
        "rate.tier4", 100, "calls a minute", RATES, "ratelimited", "more than {value} {unit}",
        _RATES + "test_a_tier_is_enforced",
    ),
    Limit(
        "rate.post", 1, "messages a second", RATES, "ratelimited", "more than {value} {unit} in one channel",
        _RATES + "test_posts_are_limited_in_each_channel",
    ),
    Limit(
        "socket.connections", 10, "items", DOCS + "apis/events-api/using-socket-mode", "too_many_websockets",
        "an app has at most {value} connections", _EVENTS + "test_the_eleventh_connection_is_refused",
    ),
    Limit(
        "ack", 3, "seconds", DOCS + "apis/events-api/", "timeout", "not acknowledged within {value} {unit}",
        _EVENTS + "test_an_unacknowledged_event_comes_again",
    ),
    Limit(
        "event.retries", 3, "calls", DOCS + "apis/events-api/", "timeout", "at once, after 1 minute and after 5",
        _EVENTS + "test_an_event_is_retried_three_times",
    ),
)  # fmt: skip

LIMITS: dict[str, Limit] = {row.name: row for row in _ROWS}
"""Every limit by its name."""

SURFACES: dict[str, frozenset[str]] = {
    name: frozenset(places.split())
    for name, places in {
        "actions": "message modal home",
        "alert": "modal",
        "card": "message modal home",
        "carousel": "message home",
        "container": "message",
        "context": "message modal home",
        "context_actions": "message",
        "divider": "message modal home",
        "file": "message",
        "header": "message modal home",
        "image": "message modal home",
        "input": "message modal home",
        "markdown": "message",
        "plan": "message",
        "rich_text": "message modal home",
        "section": "message modal home",
        "table": "message",
        "task_card": "message",
        "video": "message modal home",
    }.items()
}
"""Which block may stand where. Source: docs.slack.dev/blocks.json, `available-in-surfaces`."""

SURFACES_SOURCE = DOCS + "blocks.json"
