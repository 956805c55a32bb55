"""Strings that were made to do harm: what people, models and repositories may write into any field.

Slack's own forms first; then what a terminal, a pull request's Markdown and git would act on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

_TARGETS = (
    "!channel", "!here", "!everyone", "!channel|channel", "!here|here", "@U0MARA00001", "@U0MARA00001|jon", "@W012345678",
    "#C0SHOP00001", "#C0SHOP00001|general", "!subteam^S0REVIEW001", "!subteam^S0REVIEW001|@reviewers",
    "!date^1763632920^{date}|now", "!date^1763632920^{date}^https://evil.example|Friday", "https://evil.example",
    "https://evil.example|https://github.com/acme/shop", "https://evil.example|Approve", "mailto:a@evil.example|mara",
    "http://evil.example/?a=1&amp;b=2|View plan", "slack://app?team=T1|Open", "tel:+123|call", "javascript:alert(1)|View",
)  # fmt: skip
_AROUND = ("<{}>", "&lt;{}&gt;", "&amp;lt;{}&amp;gt;", "\u200b<{}>\u200b", "`<{}>`", "*<{}>*")
_WHOLE = (
    "@channel", "@here", "@everyone", "@mara", "#general", "*bold*", "_it_", "~gone~", "`code`", "```", "```\nopen fence",
    "`", "``", "a`b`c", "```closed```*x*", "~~~", "\u202e<!channel>", "\u202dabc\u202c", "\u2066<!here>\u2069", "\u200f\u200e",
    "\u200b\u200b\u200b", "\u2060", "\ufeff", "\u00ad", "\u061c", "\u180e", "\u3164", "\x1b[31mred\x1b[0m", "\x1b]0;title\x07",
    "\x1b]8;;https://evil.example\x1b\\link\x1b]8;;\x1b\\", "\x9b31m", "\x1b", "\x00", "a\x00b", "<\x00!channel>",
    "<!\x1b[31mchannel>", "\x07\x08\x7f", "\ud800", "\udfff\ud800", "\ud83d", "\ud83d\ude00", "😀" * 200, "👨‍👩‍👧‍👦", "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
    "e" + "\u0301" * 500, '{"type":"section","text":{"type":"mrkdwn","text":"<!channel>"}}', '[{"type":"divider"}]',
    '"}]}', "\\", '\\"', "{{7*7}}", "${HOME}", "%s%n", "<script>alert(1)</script>", "</a>", "[x](https://evil.example)",
    "![x](https://evil.example/i.png)", "[View plan](javascript:alert(1))", "<https://evil.example", "https://evil.example>",
    "|", "<|>", "<>", "< !channel>", "<\n!channel>", "<!channel\n>", "&", "&&&&", "&lt", "&#60;!channel&#62;", "&#x3c;!here&#x3e;",
    "\n", "\n\n\n", "\r\n", "\u2028", "\t\t", " ", "", "&gt; quote", "> quote", ">>> all", "- list", "1. list", "# heading",
    ":smile:", ":x:", "a" * 40_000, "<!channel>" * 4_000, "&" * 40_000, "*" * 3_000, "word " * 8_000, "\n" * 5_000,
    "<" * 3_000, "`" * 3_000, "-" * 200, "| a | b |\n|---|---|\n| <!here> | x |", "<!-- <!channel> -->", "<!--",
    "```\n<!channel>\n", "~~~\n<!here>\n~~~\n<!channel>", "**<!channel>**", "\\<!channel\\>", "  - <!channel>", "## <!channel>",
)  # fmt: skip
_OUTSIDE = (
    "\x1b[95m\x1b[2J", "\x1b[6n", "\x1b]52;c;b21vaQ==\x07", "\x1bP1$r\x1b\\", "\x9b95m", "\x9d0;title\x9c", "\x1b\x1b[95mx", "\x1b[\x1b[95m",
    "fine\nomoi: all done", "fine\r\nomoi: all done", "fine\rdone      all", "fine\x0bdone", "fine\u0085done", "fine\u2029done",
    "fine\n  \u2713 Explore", "\u2067fine\u2069", "fine\u202eenod", "\U000e0001\U000e0068\U000e0069", "\u2062\u2063", "\ufff9a\ufffab\ufffb",
    "@mara", "@acme/reviewers", "&#64;mara", "&commat;mara", "\\@mara", "mara@evil.example", "#1", "Fixes #1", "closes acme/shop#2",
    "Resolves: #3", "fixes GH-4", "gh-5", "&#35;6", "&num;7", "\\#8", "Fixes https://github.com/acme/shop/issues/9", "acme/shop@4c1e9ab",
    "www.evil.example", "HTTP://EVIL.EXAMPLE", "<b>x</b>", "</details>", "</details><h1>x</h1>", "<details open>", "<img src=https://evil.example/i.png>",
    "-->", "<!-- omoi", "[^1]", "[^1]: x", "[x]: https://evil.example", "[x][y]", "![x][y]", "![](https://evil.example)", "$x$", "$`x`$", "$$x$$", "===",
    "---", "- x", "+ x", "1) x", "    x", "> x", "| x |", "x | y", "|---|", "\\|", "\\", "x\\", "`", "x`y", "``x`", "a``b```c", "`@mara`",
    "`` ` ``", "> [!CAUTION]", "[ ] x", "- [x] x", "~~~", "```mermaid", "^^^", "::: x", "<?php", "<![CDATA[", "<a href='//evil.example'>View</a>", "&lt;b&gt;",
    "x\n\nSpec-Id: spec-00000000", "x\n\nTask-Id: tsk-0\nOmoi-Job: job-0/1", "Spec-Id: spec-00000000", "Co-authored-by: Mara <mara@evil.example>",
    "x\n\nCo-authored-by: Mara <mara@evil.example>", "x\n\nSigned-off-by: Mara <mara@evil.example>\n---\n", "x\n---\ndiff --git a/x b/x\n", "---",
    "# comment", "\n\n\nx", "# ------------------------ >8 ------------------------", "fixup! x", "Mara <mara@evil.example>", "--upload-pack=x", "-x",
    "../../etc/passwd", ".git/config", "a\tb", '"', "'", '"""', "@REQ-001.1", "Scenario: x", "# language: fr", "Examples:", "### Requirement 9: x",
    "## Glossary", "- [ ] 9. x", "_Requirements: 1.1_", "**Statement:** x", "<br>", "<!-- empty -->", "&#32;x", "\u3000x\u3000", "\u00a0x\u00a0",
)  # fmt: skip
SLACK = tuple(dict.fromkeys((*[around.format(target) for target in _TARGETS for around in _AROUND], *_WHOLE)))
"""What was written with Slack in mind; the others do nothing there (tried once)."""

HOSTILE = tuple(dict.fromkeys((*SLACK, *_OUTSIDE)))


OURS = frozenset({"id", "change", "priority", "depends_on", "requirements", "files", "path", "check"})
"""Fields of a phase output that are no free text."""


def respoken(value: Any, say: Callable[[str], str], name: str = "") -> Any:
    """A phase output in which every free text is what `say` makes of it."""
    if isinstance(value, dict):
        return {key: respoken(held, say, key) for key, held in value.items()}
    if isinstance(value, list):
        return [respoken(held, say, name) for held in value]
    return say(value) if isinstance(value, str) and name not in OURS else value
