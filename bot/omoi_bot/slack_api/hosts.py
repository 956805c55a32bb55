"""Which addresses belong to Slack: only they get a token or somebody's words."""

from __future__ import annotations

from urllib.parse import urlsplit


def is_slacks(url: str, base_url: str) -> bool:
    """Whether the address is https at slack.com (or a host below it), or at the configured Web API's own host and port."""
    try:
        address, api = urlsplit(url), urlsplit(base_url)
        own = (address.scheme, address.hostname, address.port) == (api.scheme, api.hostname, api.port)
    except ValueError:
        return False
    if address.username or address.password:
        return False
    host = (address.hostname or "").rstrip(".")
    return own or (
        address.scheme == "https"
        and address.port in (None, 443)
        and (host == "slack.com" or host.endswith(".slack.com"))
    )
