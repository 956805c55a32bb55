"""Slack's text as a person wrote it: references and entities become words again.

Slack's message text escapes `&`, `<` and `>` and writes references as `<@U…|name>`, `<#C…|name>`, `<!subteam^S…|@name>`,
`<!here>`, `<!date^…|fallback>` and `<https://…|label>` (Slack's documentation, "Formatting text for app surfaces").
"""

from __future__ import annotations

import re
from collections.abc import Mapping

_REFERENCE = re.compile(r"<([^<>\n]+)>")
_INVISIBLE = re.compile(
    "[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]"
)
_USER = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^<>]*)?>")


def plain(text: str, names: Mapping[str, str] | None = None) -> str:
    """The words of a Slack text. `names`: user id to name, for mentions without one. Still untrusted."""
    known = names or {}
    words = _REFERENCE.sub(lambda found: _reference(found.group(1), known), text)
    words = words.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").replace("\u00a0", " ")
    return _INVISIBLE.sub("", words).replace("\r\n", "\n").strip()


def mentioned_users(text: str) -> list[str]:
    """Ids of the users that a text mentions, in order, each once."""
    return list(dict.fromkeys(_USER.findall(text)))


def without_mention(text: str, user: str) -> tuple[bool, str]:
    """(whether the text speaks to `user` at all, the text without its mentions of them)."""
    if not user:
        return False, text
    mention = re.compile(rf"<@{re.escape(user)}(?:\|[^<>]*)?>[ \t]*[:,]?")
    bare, count = mention.subn(" ", text)
    return count > 0, re.sub(r"[ \t]{2,}", " ", bare).strip()


def _reference(inner: str, names: Mapping[str, str]) -> str:
    target, _, label = inner.partition("|")
    if target.startswith("@"):
        return f"@{label or names.get(target[1:], target[1:])}"
    if target.startswith("#"):
        return f"#{label or target[1:]}"
    if target.startswith("!"):
        name = target[1:].partition("^")[0]
        return label or f"@{name}"
    return (
        f"{label} ({target})"
        if label and label not in (target, target.removeprefix("mailto:"))
        else target.removeprefix("mailto:")
    )
