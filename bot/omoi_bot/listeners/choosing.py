"""Which project, and which spec, somebody means. One answer or a question; never a guess."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

SHORTEST = 4
"""Hex digits that the beginning of a spec's id needs at least (contract: unique prefix of ≥ 4 digits)."""


@dataclass(frozen=True)
class Project:
    """A project that somebody may see."""

    project_id: str
    name: str


@dataclass(frozen=True)
class Choice:
    """`project` is set when it is clear; else `candidates` to choose from (empty: there is none at all) and, for the person,
    why it has to be asked."""

    project: Project | None = None
    candidates: tuple[Project, ...] = ()
    why: str = ""


def project(
    visible: Sequence[Project], *, chosen: str = "", linked: str = "", named: str = "", unknown: str = ""
) -> Choice:
    """The project of a request: chosen in a form or picker, else the channel's, else named in the text, else the only one.

    `chosen` and `linked` are ids, `named` is a name, `unknown` a bracketed name that no project has. A link and a different
    name contradict each other, so both are offered. `visible` decides: what its author cannot see is never chosen.
    """
    by_id = {one.project_id: one for one in visible}
    by_name = {one.name.casefold(): one for one in visible}
    if chosen:
        found = by_id.get(chosen)
        return (
            Choice(found)
            if found
            else Choice(candidates=tuple(visible), why="That project is not visible to you any more.")
        )
    link, name = by_id.get(linked), by_name.get(named.casefold()) if named else None
    if link and name and link != name:
        return Choice(candidates=(link, name), why=f"This channel works on {link.name}; your words name {name.name}.")
    if link or name:
        return Choice(link or name)
    if linked:
        return Choice(
            candidates=tuple(visible), why="The project that this channel is linked to is not visible to you."
        )
    if len(visible) == 1:
        return Choice(visible[0])
    return Choice(candidates=tuple(visible), why=_why_asked(unknown, [one.name for one in visible]))


def _why_asked(unknown: str, names: list[str]) -> str:
    if not unknown:
        return "This channel is not linked to a project, and your words name none."
    close = difflib.get_close_matches(unknown.casefold(), names, n=1)
    return f"There is no project {unknown}." + (f" Did you mean {close[0]}?" if close else "")


@dataclass(frozen=True)
class SpecName:
    """A spec as a person can call it."""

    spec_id: str
    title: str


def spec(typed: str, known: Iterable[SpecName]) -> tuple[SpecName, ...]:
    """The specs whose id begins like `typed`: none, the one, or several to choose from.

    Raises ValueError, with the remedy, when `typed` cannot be the beginning of an id.
    """
    digits = typed.strip().strip("`.!").casefold().removeprefix("spec-").replace("-", "")
    if re.fullmatch(r"[0-9a-f]{1,32}", digits) is None:
        raise ValueError(f"“{typed[:60]}” is no id of a spec. An id looks like spec-7f3a; /omoi list shows them.")
    if len(digits) < SHORTEST:
        raise ValueError(f"“{typed}” is too short. Give at least {SHORTEST} digits of the id; /omoi list shows them.")
    return tuple(one for one in known if one.spec_id.removeprefix("spec-").replace("-", "").startswith(digits))
