"""The app's manifest, as far as it decides what Slack lets the app do and tells it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

EVENT_SCOPES = {
    "app_mention": "app_mentions:read",
    "message.channels": "channels:history",
    "message.groups": "groups:history",
    "message.im": "im:history",
    "message.mpim": "mpim:history",
    "member_joined_channel": "channels:read",
    "member_left_channel": "channels:read",
    "channel_archive": "channels:read",
    "channel_deleted": "channels:read",
    "channel_rename": "channels:read",
    "channel_unarchive": "channels:read",
    "group_archive": "groups:read",
    "group_deleted": "groups:read",
    "reaction_added": "reactions:read",
    "reaction_removed": "reactions:read",
    "user_change": "users:read",
}
"""The scope without which an event is not sent. Source: docs.slack.dev/reference/events, a page for each."""

_SCOPES = (
    "app_mentions:read chat:write commands channels:read channels:history channels:join groups:read groups:history "
    "im:read im:history im:write mpim:read mpim:history reactions:write files:read files:write users:read "
    "users:read.email"
)
_EVENTS = (
    "app_mention message.channels message.groups message.im message.mpim app_home_opened member_joined_channel "
    "channel_archive channel_deleted group_archive app_uninstalled tokens_revoked"
)


@dataclass(frozen=True)
class Manifest:
    """Scopes, events and features of an app. Source: https://docs.slack.dev/reference/app-manifest"""

    name: str = "Omoi"
    scopes: frozenset[str] = frozenset(_SCOPES.split())
    events: frozenset[str] = frozenset(_EVENTS.split())
    commands: frozenset[str] = frozenset({"/omoi"})
    message_shortcuts: frozenset[str] = frozenset({"turn_into_spec"})
    global_shortcuts: frozenset[str] = frozenset()
    redirect_urls: tuple[str, ...] = ()
    home_tab: bool = True
    messages_tab: bool = True
    interactivity: bool = True
    socket_mode: bool = True
    is_agent: bool = False
    raw: dict[str, Any] = field(default_factory=dict, compare=False)

    @classmethod
    def read(cls, raw: dict[str, Any]) -> Manifest:
        """The manifest that `raw` (the JSON of the file) is. ValueError names what is missing."""
        features = _section(raw, "features")
        oauth = _section(raw, "oauth_config")
        settings = _section(raw, "settings")
        home = _section(features, "app_home")
        shortcuts = features.get("shortcuts") or []
        scopes = frozenset(_section(oauth, "scopes").get("bot") or [])
        if not _section(features, "bot_user"):
            raise ValueError("manifest: features.bot_user is missing; an app without a bot user has no bot token")
        if not scopes:
            raise ValueError("manifest: oauth_config.scopes.bot is missing or empty; name at least one scope")
        commands = frozenset(each["command"] for each in features.get("slash_commands") or [])
        if commands and "commands" not in scopes:
            raise ValueError("manifest: features.slash_commands needs the scope commands in oauth_config.scopes.bot")
        return cls(
            name=str(_section(features, "bot_user").get("display_name") or "app"),
            scopes=scopes,
            events=frozenset(_section(settings, "event_subscriptions").get("bot_events") or []),
            commands=commands,
            message_shortcuts=frozenset(s["callback_id"] for s in shortcuts if s.get("type") == "message"),
            global_shortcuts=frozenset(s["callback_id"] for s in shortcuts if s.get("type") == "global"),
            redirect_urls=tuple(oauth.get("redirect_urls") or ()),
            home_tab=bool(home.get("home_tab_enabled")),
            messages_tab=bool(home.get("messages_tab_enabled")),
            interactivity=bool(_section(settings, "interactivity").get("is_enabled")),
            socket_mode=bool(settings.get("socket_mode_enabled")),
            is_agent="assistant:write" in scopes or bool(features.get("agent_view") or features.get("assistant_view")),
            raw=raw,
        )

    def hears(self, event: str) -> bool:
        """Whether `event` (as named in the subscription, `message.channels`) is delivered to the app."""
        needed = EVENT_SCOPES.get(event)
        return event in self.events and (needed is None or needed in self.scopes)


def _section(holder: dict[str, Any], key: str) -> dict[str, Any]:
    value = holder.get(key) or {}
    if not isinstance(value, dict):
        raise ValueError(f"manifest: {key} must be an object")
    return value
