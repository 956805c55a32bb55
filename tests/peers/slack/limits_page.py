"""The table of limits as a page for people: `python -m tests.peers.slack.limits_page > docs/slack-limits.md`."""

from __future__ import annotations

from tests.peers.slack.limits import LIMITS, SURFACES, SURFACES_SOURCE, Limit
from tests.peers.slack.rates import BURST

_HEAD = f"""\
# Slack's limits

The peer in `tests/peers/slack/` refuses what Slack refuses. This page is written from its table
(`tests/peers/slack/limits.py`), which also drives the checks; a test compares the two:
`python -m tests.peers.slack.limits_page > docs/slack-limits.md`.

Three figures are not Slack's own words. `message.all_blocks` is what people measured (the issue says about 13,200,
varying with the content). Slack allows short bursts of posts to a channel without a figure; the peer allows {BURST}.
`video.title` and `video.author_name` are documented as "less than" 200 and 50.
"""


def page() -> str:
    """The whole page."""
    rows = "\n".join(_row(limit) for limit in LIMITS.values())
    places = "\n".join(
        f"| `{block}` | {_mark(block, 'message')} | {_mark(block, 'modal')} | {_mark(block, 'home')} |"
        for block in SURFACES
    )
    return (
        f"{_HEAD}\n## Limits\n\n| limit | at most | error beyond it | source | broken by |\n|---|---|---|---|---|\n{rows}\n"
        f"\n## Where a block may stand\n\nSource: <{SURFACES_SOURCE}>. "
        "Broken by `tests/unit/peers/test_slack_peer_limits.py::test_a_block_stands_only_where_slack_takes_it`.\n\n"
        f"| block | message | modal | home |\n|---|---|---|---|\n{places}\n"
    )


def _row(limit: Limit) -> str:
    source = f"<{limit.source}>" if limit.source.startswith("https://") else limit.source
    return f"| `{limit.name}` | {limit.value:,} {limit.unit} | `{limit.error}` | {source} | `{limit.test}` |"


def _mark(block: str, surface: str) -> str:
    return "yes" if surface in SURFACES[block] else "no"


if __name__ == "__main__":
    print(page(), end="")
