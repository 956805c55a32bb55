"""Identifiers of requirements, criteria and tasks.

Requirement N of the Markdown is REQ-00N, criterion N.M is REQ-00N.M, task N is TSK-00N. At least
three digits, no more zeros than that, so each number has exactly one spelling.
"""

from __future__ import annotations

import re

_REQUIREMENT = re.compile(r"REQ-([0-9]{3,7})\Z")
_CRITERION = re.compile(r"REQ-([0-9]{3,7})\.([1-9][0-9]{0,5})\Z")
_TASK = re.compile(r"TSK-([0-9]{3,7})\Z")


def requirement_id(number: int) -> str:
    """Return "REQ-007" for 7."""
    return f"REQ-{number:03d}"


def criterion_id(requirement: int, number: int) -> str:
    """Return "REQ-007.2" for 7 and 2."""
    return f"REQ-{requirement:03d}.{number}"


def task_id(number: int) -> str:
    """Return "TSK-007" for 7."""
    return f"TSK-{number:03d}"


def requirement_number(text: str) -> int | None:
    """Return 7 for "REQ-007", None for anything that is not a requirement id in its one spelling."""
    match = _REQUIREMENT.match(text)
    if match is None:
        return None
    number = int(match.group(1))
    return number if number > 0 and requirement_id(number) == text else None


def criterion_numbers(text: str) -> tuple[int, int] | None:
    """Return (7, 2) for "REQ-007.2", None for anything else."""
    match = _CRITERION.match(text)
    if match is None:
        return None
    requirement, number = int(match.group(1)), int(match.group(2))
    return (requirement, number) if requirement > 0 and criterion_id(requirement, number) == text else None


def task_number(text: str) -> int | None:
    """Return 7 for "TSK-007", None for anything else."""
    match = _TASK.match(text)
    if match is None:
        return None
    number = int(match.group(1))
    return number if number > 0 and task_id(number) == text else None


def requirement_of(reference: str) -> str:
    """Return the requirement a requirement or criterion id belongs to: "REQ-007.2" -> "REQ-007"."""
    return reference.split(".", 1)[0]
