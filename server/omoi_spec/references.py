"""References from designs and tasks to requirements and criteria.

People and Kiro write `1.2`, `1.1-1.5`, `Requirement 3` and `All requirements`; data holds `REQ-001.2`,
`REQ-001.1-REQ-001.5`, `REQ-003` and `All requirements`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Optional

from omoi_spec import ids

ALL = "All requirements"

_ALL = re.compile(r"(?:all(?: of)?(?: the)? requirements?(?:[ (:].*)?|all)\.?\Z", re.IGNORECASE)
_NUMBER = r"(?:(?:requirements?|reqs?|criteri(?:on|a)|ac|r)[ .:#-]*)?0*([1-9][0-9]{0,6})(?:\.0*([1-9][0-9]{0,5}))?"
_ONE = re.compile(_NUMBER + r"\Z", re.IGNORECASE)
_RANGE = re.compile(_NUMBER + r"\s*(?:-|–|—|\.\.\.?|\bto\b|\bthrough\b)\s*" + _NUMBER + r"\Z", re.IGNORECASE)

Number = tuple[int, Optional[int]]


def canonical(reference: str) -> str:
    """Return a reference in the one spelling that data uses, or the trimmed text when it is none.

    "1.2" -> "REQ-001.2"; "1.1 – 1.5" -> "REQ-001.1-REQ-001.5"; "1.1-5" the same; "all requirements"
    -> "All requirements"; "Quality" -> "Quality".
    """
    text = reference.strip()
    if _ALL.match(text):
        return ALL
    one = _ONE.match(text)
    if one:
        return _spell(_number(one, 1))
    ends = _range(text)
    if ends:
        return f"{_spell(ends[0])}-{_spell(ends[1])}"
    return text


def is_canonical(reference: str) -> bool:
    """True when data may hold this reference: an id, a range of ids, or "All requirements"."""
    known = reference == ALL or _ONE.match(reference) or _range(reference)
    return bool(known) and canonical(reference) == reference


def short(reference: str) -> str:
    """Return a canonical reference as Markdown shows it: "REQ-001.2" -> "1.2"."""
    if reference == ALL or not is_canonical(reference):
        return reference
    one = _ONE.match(reference)
    if one:
        return _show(_number(one, 1))
    ends = _range(reference)
    return f"{_show(ends[0])}-{_show(ends[1])}" if ends else reference


def expand(refs: Iterable[str], requirements: Sequence[Mapping[str, Any]]) -> tuple[list[str], list[str]]:
    """Return (ids, unknown): what the references mean in these requirements.

    `requirements` are requirement dicts of a REQUIREMENTS output. `ids` are requirement and criterion
    ids without repetition, in the order they were named; "All requirements" gives every requirement.
    A range gives every criterion (or requirement) between its ends that exists; an end that does not
    exist is unknown, as is every reference that names nothing. Never raises on strings.
    """
    order = _order(requirements)
    found: dict[str, None] = {}
    unknown: dict[str, None] = {}
    for reference in refs:
        known, missing = _expand_one(reference, order)
        found.update(dict.fromkeys(known))
        unknown.update(dict.fromkeys(missing))
    return list(found), list(unknown)


def _expand_one(reference: str, order: list[str]) -> tuple[list[str], list[str]]:
    text = reference.strip()
    if _ALL.match(text):
        return [item for item in order if "." not in item], []
    one = _ONE.match(text)
    if one:
        name = _spell(_number(one, 1))
        return ([name], []) if name in order else ([], [name])
    ends = _range(text)
    if ends is None:
        return [], [reference]
    first, last = _spell(ends[0]), _spell(ends[1])
    missing = [name for name in (first, last) if name not in order]
    criteria = "." in first
    between = [name for name in order if ("." in name) == criteria and _between(name, ends)]
    return between, missing


def _between(name: str, ends: tuple[Number, Number]) -> bool:
    match = _ONE.match(name)
    if match is None:
        return False
    first, last = (tuple(part or 0 for part in end) for end in ends)
    return first <= tuple(part or 0 for part in _number(match, 1)) <= last


def _order(requirements: Sequence[Mapping[str, Any]]) -> list[str]:
    order: dict[str, None] = {}
    for requirement in requirements:
        order[str(requirement.get("id", ""))] = None
        for criterion in requirement.get("criteria", ()):
            order[str(criterion.get("id", ""))] = None
    return list(order)


def _range(text: str) -> tuple[Number, Number] | None:
    match = _RANGE.match(text)
    if match is None:
        return None
    first, last = _number(match, 1), _number(match, 3)
    if first[1] is not None and last[1] is None:
        last = (first[0], last[0])
    if (first[1] is None) != (last[1] is None):
        return None
    if (first[0], first[1] or 0) > (last[0], last[1] or 0):
        first, last = last, first
    return first, last


def _number(match: re.Match[str], group: int) -> Number:
    second = match.group(group + 1)
    return int(match.group(group)), int(second) if second else None


def _spell(number: Number) -> str:
    return ids.requirement_id(number[0]) if number[1] is None else ids.criterion_id(number[0], number[1])


def _show(number: Number) -> str:
    return str(number[0]) if number[1] is None else f"{number[0]}.{number[1]}"
