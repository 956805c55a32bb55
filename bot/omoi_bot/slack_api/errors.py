"""The two ways in which a call to Slack ends without an answer: a clear no, and nobody knows."""

from __future__ import annotations

from collections.abc import Sequence

UNCERTAIN = frozenset({"internal_error", "fatal_error", "service_unavailable", "request_timeout", "team_added_to_org"})
"""Answers after which the call may have had its effect. https://docs.slack.dev/reference/methods/chat.postMessage#errors:
"It's possible some aspect of the operation succeeded before the error was raised" """

LIMITED = "ratelimited"


class SlackRefused(Exception):
    """Slack said no; nothing happened. `error` is Slack's word, `needed` the missing scope, `retry_after` seconds of the
    bot's clock (only with "ratelimited"), `messages` Slack's explanations. Holds no token and nothing of the payload."""

    def __init__(
        self, error: str, method: str, needed: str = "", retry_after: float = 0.0, messages: Sequence[str] = ()
    ) -> None:
        scope = f" (needs the scope {needed})" if needed else ""
        super().__init__(f"{method}: {error}{scope}")
        self.error = error
        self.method = method
        self.needed = needed
        self.retry_after = retry_after
        self.messages = tuple(messages)


class SlackAway(Exception):
    """No answer, or one that says nothing: the call may have had its effect, or not."""

    def __init__(self, method: str, reason: str) -> None:
        super().__init__(f"{method}: {reason}")
        self.method = method
        self.reason = reason
