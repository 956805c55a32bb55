"""Phase outputs as Markdown documents, and back.

requirements.md, design.md and tasks.md have the layout of Kiro's spec files. For every output that
`schemas.validate` accepts, `parse(phase, render(phase, data)) == data`; files that Kiro or a person wrote
are read as far as they can be understood, and `schemas.validate` then names what does not fit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Callable

from omoi_spec import phases
from omoi_spec.markdown_blocks import MarkdownError
from omoi_spec.markdown_design import parse_design, render_design
from omoi_spec.markdown_explore import render_explore
from omoi_spec.markdown_requirements import parse_requirements, render_requirements
from omoi_spec.markdown_tasks import parse_tasks, render_tasks

__all__ = ["FILE_NAMES", "MarkdownError", "parse", "render"]

FILE_NAMES: Mapping[str, str] = {
    phases.REQUIREMENTS: "requirements.md",
    phases.DESIGN: "design.md",
    phases.TASKS: "tasks.md",
}
"""The file of each phase that is exported to the branch."""

_RENDER: Mapping[str, Callable[[Mapping[str, Any], Sequence[str]], str]] = {
    phases.EXPLORE: render_explore,
    phases.REQUIREMENTS: render_requirements,
    phases.DESIGN: render_design,
    phases.TASKS: render_tasks,
}
_PARSE: Mapping[str, Callable[[str], dict[str, Any]]] = {
    phases.REQUIREMENTS: parse_requirements,
    phases.DESIGN: parse_design,
    phases.TASKS: parse_tasks,
}


def render(phase: str, data: Mapping[str, Any], facts: Sequence[str] = ()) -> str:
    """Return the Markdown of an output that passed `schemas.validate`; ends with one line break.

    A notice is the first line. `facts` are short figures for the line under the title ("version 2",
    "score 0.96"); they are not read back. Raises ValueError for a phase without an output.
    """
    if phase not in _RENDER:
        raise ValueError(f"{phase!r} has no document. Phases with one: {', '.join(_RENDER)}.")
    return _RENDER[phase](data, facts)


def parse(phase: str, text: str) -> dict[str, Any]:
    """Return the data of a document; `schemas.validate` says whether it is complete.

    Raises MarkdownError when the text is not such a document, ValueError for a phase whose document is
    not read back (EXPLORE) or that has none.
    """
    if phase not in _PARSE:
        raise ValueError(f"{phase!r} has no document that can be read. Phases with one: {', '.join(_PARSE)}.")
    return _PARSE[phase](text)
