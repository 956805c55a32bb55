"""The fields that each block, element and object may have; Slack refuses every other.

Source: the parameters of slack_sdk 3.47.0, models/blocks; that others are refused:
https://github.com/grafana-cold-storage/oncall/pull/702
"""

from __future__ import annotations

SOURCE = "https://github.com/grafana-cold-storage/oncall/pull/702"

_INPUT = "action_id placeholder focus_on_load"
_CHOICE = "action_id confirm focus_on_load"

BLOCKS = {
    kind: frozenset(f"type block_id {more}".split())
    for kind, more in {
        "actions": "elements",
        "alert": "text level",
        "card": "actions body hero_image icon subtitle title",
        "carousel": "elements",
        "container": "child_blocks title rich_text_title subtitle width icon is_collapsible default_collapsed "
        "has_header_divider",
        "context": "elements",
        "context_actions": "elements",
        "divider": "",
        "file": "external_id source",
        "header": "text",
        "image": "alt_text image_url slack_file title",
        "input": "label element hint optional dispatch_action",
        "markdown": "text",
        "plan": "title tasks",
        "rich_text": "elements",
        "section": "text fields accessory expand",
        "table": "rows column_settings",
        "task_card": "task_id title details output sources status icon hide_title",
        "video": "alt_text author_name description provider_icon_url provider_name thumbnail_url title title_url "
        "video_url",
    }.items()
}

_SELECTS = {
    "static_select": "options option_groups initial_option",
    "external_select": "initial_option min_query_length",
    "users_select": "initial_user",
    "conversations_select": "initial_conversation default_to_current_conversation filter response_url_enabled",
    "channels_select": "initial_channel response_url_enabled",
    "multi_static_select": "options option_groups initial_options max_selected_items",
    "multi_external_select": "initial_options min_query_length max_selected_items",
    "multi_users_select": "initial_users max_selected_items",
    "multi_conversations_select": "initial_conversations default_to_current_conversation filter max_selected_items",
    "multi_channels_select": "initial_channels max_selected_items",
}

ELEMENTS = {
    kind: frozenset(f"type {more}".split())
    for kind, more in {
        **{kind: f"{_INPUT} confirm {more}" for kind, more in _SELECTS.items()},
        "button": "text action_id url value style confirm accessibility_label agent_prompt agent_prompt_display "
        "visible_to_user_ids",
        "checkboxes": f"{_CHOICE} options initial_options",
        "radio_buttons": f"{_CHOICE} options initial_option",
        "overflow": "action_id confirm options",
        "datepicker": f"{_CHOICE} placeholder initial_date",
        "timepicker": f"{_CHOICE} placeholder initial_time timezone",
        "datetimepicker": f"{_CHOICE} initial_date_time",
        "feedback_buttons": "action_id positive_button negative_button",
        "icon_button": "action_id icon text value confirm accessibility_label visible_to_user_ids",
        "image": "alt_text image_url slack_file",
        "plain_text_input": f"{_INPUT} initial_value multiline min_length max_length dispatch_action_config",
        "rich_text_input": f"{_INPUT} initial_value min_lines max_lines dispatch_action_config",
        "email_text_input": f"{_INPUT} initial_value dispatch_action_config",
        "url_text_input": f"{_INPUT} initial_value dispatch_action_config",
        "number_input": f"{_INPUT} initial_value is_decimal_allowed min_value max_value dispatch_action_config",
        "file_input": "action_id filetypes max_files",
        "workflow_button": "text action_id workflow style accessibility_label",
    }.items()
}

PLAIN_TEXT = frozenset({"type", "text", "emoji"})
MRKDWN = frozenset({"type", "text", "verbatim"})
OPTION = frozenset({"text", "value", "description"})
MENU_OPTION = OPTION | {"url"}
"""Only the options of an overflow menu may carry a `url`."""

OPTION_GROUP = frozenset({"label", "options"})
CONFIRM = frozenset({"title", "text", "confirm", "deny", "style"})
VIEW = frozenset({
    "type", "title", "submit", "close", "blocks", "private_metadata", "callback_id", "clear_on_close",
    "notify_on_close", "external_id", "submit_disabled",
})  # fmt: skip
