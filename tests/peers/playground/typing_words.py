"""What a person types into the box, as Slack's client sends it: names become ids, control characters are escaped."""

from __future__ import annotations

import re

from tests.peers.slack import SlackPeer

_NAME = re.compile(r"(?<![\w@])([@#])([\w.-]*\w)")
_WIDE = {"here", "channel", "everyone"}


def wire(slack: SlackPeer, text: str, *, labels: bool = False) -> str:
    """`@mara`, `@Omoi` and `#payments` as tokens. With `labels` as a slash command carries them (`<@U…|mara>`)."""
    safe = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    users = {user.name.lower(): user.id for user in slack.state.users.values() if not user.deleted}
    channels = {each.name.lower(): each.id for each in slack.state.channels.values() if each.name}

    def token(found: re.Match[str]) -> str:
        sign, name = found.group(1), found.group(2)
        label = f"|{name}" if labels else ""
        if sign == "@" and name.lower() in users:
            return f"<@{users[name.lower()]}{label}>"
        if sign == "@" and name in _WIDE:
            return f"<!{name}>"
        if sign == "#" and name.lower() in channels:
            return f"<#{channels[name.lower()]}{label}>"
        return found.group(0)

    return _NAME.sub(token, safe)
