"""Building blocks for the shapes of artefacts.

A shape is a function that looks at a value and reports what does not fit. Shapes never raise and
look no deeper than they describe, so any JSON may be given to them.
"""

from __future__ import annotations

import math
import re
from typing import Callable

from omoi_spec.findings import Finding

MOST_FINDINGS = 100
LONGEST_TEXT = 100_000
MOST_ITEMS = 2_000

# Not storable (NUL in PostgreSQL, lone surrogates in UTF-8) or able to drive a terminal.
_FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]")

_NAMES = {
    dict: "an object",
    list: "a list",
    str: "a text",
    bool: "true/false",
    int: "a number",
    float: "a number",
}


class Report:
    """Collects findings; stops at MOST_FINDINGS, because nobody reads more."""

    def __init__(self) -> None:
        self.findings: list[Finding] = []

    def add(self, code: str, where: str, problem: str, remedy: str) -> None:
        """Add a hard finding whose message starts with the path."""
        if len(self.findings) < MOST_FINDINGS:
            place = where or "The output"
            self.findings.append(Finding(code, where, f"{place} {problem}.", remedy, True))


Shape = Callable[[object, str, Report], None]


def text(check: Callable[[str], bool] | None = None, example: str = "") -> Shape:
    """A text of at most LONGEST_TEXT characters; `check` may narrow it, `example` then shows what fits."""

    def shape(value: object, where: str, report: Report) -> None:
        if not isinstance(value, str):
            report.add("not_text", where, f"is {_name(value)}, not a text", 'Give a text; "" when there is none.')
            return
        if len(value) > LONGEST_TEXT:
            report.add("too_long", where, f"has {len(value)} characters", f"Keep it under {LONGEST_TEXT}.")
            return
        bad = _FORBIDDEN.search(value)
        if bad:
            point = f"U+{ord(bad.group()):04X}"
            report.add(
                "control_character",
                where,
                f"holds the character {point}",
                "Remove it; write line breaks as \\n.",
            )
        elif check is not None and not check(value):
            report.add("malformed", where, f"is {value[:60]!r}, which does not fit", f"Write it like {example}.")

    return shape


def number(lowest: float, highest: float, whole: bool = False) -> Shape:
    """A finite number between two bounds, both included."""

    def shape(value: object, where: str, report: Report) -> None:
        kind = "a whole number" if whole else "a number"
        if isinstance(value, bool) or not isinstance(value, (int, float)) or (whole and isinstance(value, float)):
            report.add("not_number", where, f"is {_name(value)}, not {kind}", f"Give {kind}.")
        elif (isinstance(value, float) and not math.isfinite(value)) or not lowest <= value <= highest:
            report.add("out_of_range", where, "is out of range", f"Give {kind} from {lowest:g} to {highest:g}.")

    return shape


def choice(*values: str) -> Shape:
    """One of a few words."""

    def shape(value: object, where: str, report: Report) -> None:
        if not isinstance(value, str) or value not in values:
            shown = repr(value[:60]) if isinstance(value, str) else _name(value)
            report.add("not_a_choice", where, f"is {shown}", f"Use one of: {', '.join(values)}.")

    return shape


def items(shape: Shape) -> Shape:
    """A list in which every item has the given shape."""

    def check(value: object, where: str, report: Report) -> None:
        if not isinstance(value, list):
            report.add("not_a_list", where, f"is {_name(value)}, not a list", "Give a list; [] when there is none.")
        elif len(value) > MOST_ITEMS:
            report.add("too_many", where, f"has {len(value)} items", f"Keep it under {MOST_ITEMS}.")
        else:
            for index, item in enumerate(value):
                shape(item, f"{where}[{index}]", report)

    return check


def fields(*members: tuple[str, Shape]) -> Shape:
    """An object with exactly these keys."""
    names = [name for name, _ in members]

    def check(value: object, where: str, report: Report) -> None:
        if not isinstance(value, dict):
            report.add("not_an_object", where, f"is {_name(value)}, not an object", f"Give {', '.join(names)}.")
            return
        prefix = f"{where}." if where else ""
        for name, shape in members:
            if name in value:
                shape(value[name], prefix + name, report)
            else:
                report.add("missing_field", prefix + name, "is missing", "Add it; empty is allowed.")
        for name in value:
            if name not in names:
                shown = prefix + str(name)[:60]
                report.add("unknown_field", shown, "is not known here", f"Known: {', '.join(names)}. Remove it.")

    return check


def optional(shape: Shape) -> Shape:
    """The shape, or null."""

    def check(value: object, where: str, report: Report) -> None:
        if value is not None:
            shape(value, where, report)

    return check


def _name(value: object) -> str:
    if value is None:
        return "null"
    return _NAMES.get(type(value), f"a {type(value).__name__}")
