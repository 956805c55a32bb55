"""Markdown out and in: nothing is lost, whatever the text."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from spec_examples import output
from spec_hostile import DESIGN, REQUIREMENTS, TASKS, TEXT

from omoi_spec import markdown, markdown_text, schemas

_THOROUGH = settings(max_examples=250, deadline=None, suppress_health_check=list(HealthCheck))


def _survives(phase: str, data: dict[str, Any], facts: tuple[str, ...] = ()) -> None:
    assert schemas.validate(phase, data) == []
    text = markdown.render(phase, data, facts)
    assert markdown.parse(phase, text) == data, text
    assert markdown.parse(phase, text.replace("\n", "\r\n")) == data


@_THOROUGH
@given(REQUIREMENTS)
def test_requirements_survive(data: dict[str, Any]) -> None:
    _survives("REQUIREMENTS", data)


@_THOROUGH
@given(DESIGN)
def test_design_survives(data: dict[str, Any]) -> None:
    _survives("DESIGN", data)


@_THOROUGH
@given(TASKS)
def test_tasks_survive(data: dict[str, Any]) -> None:
    _survives("TASKS", data)


@settings(max_examples=1000, deadline=None)
@given(TEXT)
def test_text_survives_in_every_form(text: str) -> None:
    assert markdown_text.plain(markdown_text.inline(text)) == text
    assert markdown_text.plain(markdown_text.label(text)) == text
    assert markdown_text.uncode(markdown_text.code(text)) == text
    assert markdown_text.join_lines(markdown_text.block(text)) == text
    assert markdown_text.join_lines(markdown_text.bullets(text)) == text
    assert "\n" not in markdown_text.inline(text) + markdown_text.label(text) + markdown_text.code(text)


@pytest.mark.parametrize("phase", ["REQUIREMENTS", "DESIGN", "TASKS"])
@pytest.mark.parametrize("facts", [(), ("version 2", "score 0.96", "> ## Glossary")])
def test_examples_survive_with_facts(phase: str, facts: tuple[str, ...]) -> None:
    _survives(phase, output(phase), facts)
