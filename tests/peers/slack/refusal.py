"""A refused call, with the page of Slack's documentation that says so."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

METHOD_PAGES = "https://docs.slack.dev/reference/methods/"


class Refusal(Exception):
    """Slack says no: `error` as in its answer, `messages` for response_metadata, `source` the page with the rule.

    `fields` are further keys of the answer (`needed`, `provided`, `errors`).
    """

    def __init__(self, error: str, *messages: str, source: str = "", **fields: Any) -> None:
        super().__init__(": ".join([error, *messages]))
        self.error = error
        self.messages = list(messages)
        self.source = source
        self.fields = fields

    def answer(self, method: str) -> Json:
        """The body of the HTTP answer. The key `citation` is the peer's own."""
        body: Json = {"ok": False, "error": self.error, **self.fields}
        if self.messages:
            body["response_metadata"] = {"messages": self.messages}
        body["citation"] = self.source or METHOD_PAGES + method
        return body
