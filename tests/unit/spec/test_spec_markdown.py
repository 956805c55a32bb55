"""Markdown out and in: nothing is lost, whatever the text."""

from __future__ import annotations

import ast
import html
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from markdown_it import MarkdownIt

import omoi_spec
from omoi_spec import markdown, markdown_text, schemas
from tests.unit.spec.spec_examples import output
from tests.unit.spec.spec_hostile import DESIGN, REQUIREMENTS, TASKS, TEXT

_THOROUGH = settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))


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


@settings(max_examples=400, deadline=None)
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


@settings(max_examples=300, deadline=None)
@given(TEXT.filter(str.strip))
def test_a_viewer_shows_the_text_and_no_markup(text: str) -> None:
    """Judged by markdown-it, which shows Markdown as GitHub does."""
    viewer = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    for source in ("- " + markdown_text.inline(text), "\n".join(markdown_text.block(text))):
        page = viewer.render(source)
        assert set(re.findall(r"</?([a-z0-9]+)", page)) <= {"ul", "li", "p", "br", "code"}
        if "`" not in text:
            shown = html.unescape(re.sub(r"<[^>]*>", "", page))
            assert re.sub(r"\s", "", shown) == re.sub(r"\s", "", text)


def test_a_notice_is_the_first_line() -> None:
    for phase in ("EXPLORE", "REQUIREMENTS", "DESIGN", "TASKS"):
        data = output(phase)
        data["notice"] = "Written by rule (engine outline); no model was used."
        first = markdown.render(phase, data, ["version 2"]).split("\n")[0]
        assert first == "> Written by rule (engine outline); no model was used."


def test_ordinary_text_stays_readable() -> None:
    text = "Reads `shop/auth.py` & snake_case (5 < 6, 100 %): see shop/__init__.py, C:\\temp, don't."
    assert markdown_text.inline(text) == text.replace("__", r"\_\_")
    assert markdown_text.block("a\n\nb") == ["a", "", "b"]
    assert markdown_text.code("shop/__init__.py") == "`shop/__init__.py`"
    assert markdown_text.label("login_service v1.2-beta, it's") == "login_service v1.2-beta, it's"


def test_the_package_is_python_3_9_and_standard_library_only() -> None:
    known = {"__future__", "collections", "dataclasses", "graphlib", "hashlib", "itertools", "json", "math", "re"}
    known |= {"typing", "unicodedata", "omoi_spec"}
    for path in Path(omoi_spec.__file__).parent.glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 9))
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                assert {name.name.split(".")[0] for name in node.names} <= known, path.name
            elif isinstance(node, ast.ImportFrom):
                assert (node.module or "").split(".")[0] in known, path.name
