"""Filters over specs that both databases can apply: words in the text, labels in the JSON column."""

from __future__ import annotations

import re

from sqlalchemy import ColumnElement, and_, func, or_, select

from omoi_server.store import tables as t


def has_words(query: str, dialect: str) -> list[ColumnElement[bool]]:
    """One condition per word of `query`: title or description contains it, whatever the case.

    Each letter becomes the set of its cases, so that neither SQLite's ASCII-only `lower` nor PostgreSQL's locale
    decides whether Ä finds ä; everything else stands for itself. Letters whose other case has several characters (ß)
    match as they are written.
    """
    operator, pattern = ("GLOB", _glob) if dialect == "sqlite" else ("~", _regex)
    columns = (t.specs.c.title, t.specs.c.description)
    return [
        or_(*(column.op(operator, is_comparison=True)(pattern(word)) for column in columns)) for word in query.split()
    ]


def has_labels(labels: list[str], dialect: str) -> ColumnElement[bool]:
    """The spec carries every one of these labels."""
    elements = func.json_each if dialect == "sqlite" else func.json_array_elements_text
    conditions = []
    for label in labels:
        values = elements(t.specs.c.labels).table_valued("value")
        conditions.append(select(1).select_from(values).where(values.c.value == label).correlate(t.specs).exists())
    return and_(*conditions)


def _cases(character: str) -> str:
    """The character in each of its cases that is one character."""
    forms = {character, character.lower(), character.upper(), character.title(), character.casefold()}
    return "".join(sorted(form for form in forms if len(form) == 1))


def _glob(word: str) -> str:
    parts = [f"[{_cases(c)}]" if len(_cases(c)) > 1 or c in "*?[" else c for c in word]
    return f"*{''.join(parts)}*"


def _regex(word: str) -> str:
    return "".join(f"[{_cases(c)}]" if len(_cases(c)) > 1 else re.escape(c) for c in word)
