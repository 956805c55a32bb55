"""Rules that a repository gives its contributors, quoted with file and line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from omoi_worker.engines.outline.tree import SourceFile

_FILES = re.compile(r"(?i)(?:^|/)(?:AGENTS|CLAUDE|CONTRIBUTING)(?:\.(?:md|rst|txt))?$")
_RULE = re.compile(
    r"(?i)\b(?:must|should|shall|never|always|do not|don't|avoid|only|required?|make sure|ensure|please|prefer|use|run|add|write|"
    r"keep|no|name|follow|include|update|test|tests|need to|commit|format)\b"
)
_STRONG = re.compile(r"(?i)\b(?:must|shall|never|always|do not|don't|required|no|only|make sure|ensure)\b")
MOST_RULES = 30
LONGEST = 240


def find_rules(files: Sequence[SourceFile]) -> list[dict[str, Any]]:
    """Return [{"path", "line", "text"}] of AGENTS.md, CLAUDE.md and CONTRIBUTING files, 30 at most.

    A rule is a list item or sentence that tells someone to do something. When there are more, those with
    "must", "never" and the like are kept; the order is that of the files.
    """
    found: list[dict[str, Any]] = []
    for file in sorted((f for f in files if _FILES.search(f.path)), key=lambda f: (f.path.count("/"), f.path)):
        fenced = False
        for number, line in enumerate((file.text or "").splitlines(), 1):
            if re.match(r"\s*(?:```|~~~)", line):
                fenced = not fenced
                continue
            if not fenced and _is_rule(line):
                found.append({"path": file.path, "line": number, "text": _quote(line)})
    if len(found) > MOST_RULES:
        strong = [rule for rule in found if _STRONG.search(rule["text"])]
        kept = (strong + [rule for rule in found if rule not in strong])[:MOST_RULES]
        found = [rule for rule in found if rule in kept]
    return found


def _is_rule(line: str) -> bool:
    text = line.strip()
    if text.startswith(("#", "|", "<", "![", "[!", "..", "$", ">>>", "    ")) or len(text) < 12:
        return False
    item = re.match(r"(?:[-*+]|\d+[.)])\s+", text)
    words = len(text.split())
    if item:
        return words >= 3 and bool(_RULE.search(text))
    return words >= 4 and bool(_STRONG.search(text)) and text[-1] in ".!:;)`*"


def _quote(line: str) -> str:
    text = re.sub(r"^\s*(?:[-*+]|\d+[.)])\s+(?:\[[ xX]\]\s+)?", "", line)
    text = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    return text if len(text) <= LONGEST else text[: LONGEST - 1].rstrip() + "…"
