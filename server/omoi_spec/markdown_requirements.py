"""requirements.md in the layout that Kiro users know, out and in."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from omoi_spec import ids
from omoi_spec.articles import article
from omoi_spec.markdown_blocks import (
    MarkdownError,
    Section,
    all_lines,
    chapter,
    feature_of,
    list_items,
    named_item,
    notice_of,
    sections,
    text_of,
)
from omoi_spec.markdown_parts import changes_in, changes_out, head, list_out, text_out
from omoi_spec.markdown_text import BLANK, inline, label, mask, plain

TITLE = "Requirements Document"

_REQUIREMENT = re.compile(r"(?:requirement|req)[ .:#-]*0*([1-9][0-9]{0,6})[ ]*(?:[:.–—-][ ]*(.*))?\Z", re.IGNORECASE)
_CRITERION = re.compile(r"[ ]{0,3}(?:[0-9]{1,6}\.)?0*([0-9]{1,6})(?:[.)]|(?<=\.[0-9])|(?<=\.[0-9]{2}))[ \t]+(.*)\Z")
_BULLET = re.compile(r"[ ]{0,3}[-*+][ \t]+(.*)\Z")
_STORY = re.compile(r"\*{0,2}User Story:?\*{0,2}:?[ ]*(.*)\Z", re.IGNORECASE)
_STATEMENT = re.compile(r"\*{0,2}(?:Statement|Objective):?\*{0,2}:?[ ]*(.*)\Z", re.IGNORECASE)


def render_requirements(data: Mapping[str, Any], facts: Sequence[str]) -> str:
    """Return requirements.md for data that passed `schemas.validate`."""
    lines = head(data["notice"], TITLE, data["feature_name"], facts)
    lines += text_out("Introduction", data["introduction"])
    glossary = [f"**{label(entry['term'])}**: {inline(entry['definition'])}" for entry in data["glossary"]]
    lines += list_out("Glossary", glossary)
    lines += ["## Requirements", ""]
    for requirement in data["requirements"]:
        lines += _requirement_out(requirement)
    for title, name in (
        ("Assumptions", "assumptions"),
        ("Out of Scope", "out_of_scope"),
        ("Open Questions", "open_questions"),
    ):
        lines += list_out(title, [inline(item) for item in data[name]])
    lines += changes_out(data["changes"])
    return "\n".join(lines).rstrip("\n") + "\n"


def parse_requirements(text: str) -> dict[str, Any]:
    """Return the data of a requirements.md, ours or one written by Kiro or by hand.

    Raises MarkdownError when the text has neither requirements nor a place for them.
    """
    found = sections(text)
    requirements = _requirements_in(found)
    if not requirements and not chapter(found, "requirements"):
        raise MarkdownError(
            "This is no requirements document: it has no heading like '### Requirement 1: …'. "
            "Write one such heading for each requirement, with its criteria as a numbered list below it."
        )
    return {
        "notice": notice_of(found),
        "feature_name": feature_of(found, TITLE, "Requirements"),
        "introduction": text_of(all_lines(chapter(found, "introduction", "overview"))),
        "glossary": [_term(item) for item in list_items(all_lines(chapter(found, "glossary")))],
        "requirements": requirements,
        "assumptions": _texts(found, "assumptions"),
        "out_of_scope": _texts(found, "out of scope", "non goals"),
        "open_questions": _texts(found, "open questions"),
        "changes": changes_in(found),
    }


def _requirement_out(requirement: Mapping[str, Any]) -> list[str]:
    number = ids.requirement_number(requirement["id"])
    title = f": {inline(requirement['title'])}" if requirement["title"] else ""
    lines = [f"### Requirement {number}{title}", ""]
    story = requirement["user_story"]
    if any(story.values()):
        role = _before_comma(story["role"])
        want, benefit = _before_comma(story["want"]), inline(story["benefit"])
        lines += [f"**User Story:** As {article(role)} {role}, I want {want}, so that {benefit}", ""]
    lines += [f"**Statement:** {inline(requirement['statement'])}", "", "#### Acceptance Criteria", ""]
    expected = 1
    for criterion in requirement["criteria"]:
        numbers = ids.criterion_numbers(criterion["id"])
        position = numbers[1] if numbers else expected
        if position != expected:
            # A comment ends the list; without it Markdown viewers would number on from the item before.
            lines += ["", f"<!-- numbering goes on at {position} -->", ""]
        lines.append(f"{position}. {inline(criterion['text'])}")
        expected = position + 1
    return [*lines, ""]


def _before_comma(text: str) -> str:
    """Inline text without a bare ", I want" or ", so that"."""
    shown = inline(text)
    for match in reversed(list(re.finditer(r", (?:I want|so that)\b", mask(shown), re.IGNORECASE))):
        shown = f"{shown[: match.start()]}\\{shown[match.start() :]}"
    return shown


def _requirements_in(found: Sequence[Section]) -> list[dict[str, Any]]:
    requirements: list[dict[str, Any]] = []
    index = 0
    while index < len(found):
        match = _REQUIREMENT.match(found[index].title) if found[index].level >= 2 else None
        if match is None:
            index += 1
            continue
        end = index + 1
        while end < len(found) and found[end].level > found[index].level:
            end += 1
        lines = [line for part in found[index:end] for line in part.lines]
        requirements.append(_requirement_in(int(match.group(1)), plain(match.group(2) or ""), lines))
        index = end
    return requirements


def _requirement_in(number: int, title: str, lines: Sequence[str]) -> dict[str, Any]:
    story, statement, criteria = "", None, _Criteria(number)
    paragraph = ""
    for line in lines:
        text = line.strip(BLANK)
        told, stated = _STORY.match(text), _STATEMENT.match(text)
        if told:
            story, paragraph = told.group(1), "story"
        elif stated:
            statement, paragraph = stated.group(1), "statement"
        elif criteria.take(line) or not text:
            paragraph = ""
        elif paragraph == "story":
            story = f"{story} {text}"
        elif paragraph == "statement":
            statement = f"{statement} {text}"
    found = criteria.found()
    stated_text = (found[0]["text"] if found else "") if statement is None else plain(statement)
    return {
        "id": ids.requirement_id(number),
        "title": title,
        "user_story": _story(story),
        "statement": stated_text,
        "criteria": found,
    }


class _Criteria:
    """Gathers the numbered items of one requirement; indented and following lines go on an item."""

    def __init__(self, requirement: int) -> None:
        self._requirement = requirement
        self._items: list[tuple[int, str]] = []

    def take(self, line: str) -> bool:
        """Take a line when it starts or goes on a criterion."""
        numbered, bullet = _CRITERION.match(line), _BULLET.match(line)
        text = line.strip(BLANK)
        if numbered:
            self._items.append((int(numbered.group(1)), numbered.group(2).strip(BLANK)))
        elif bullet and (not self._items or not line.startswith(" ")):
            last = self._items[-1][0] if self._items else 0
            self._items.append((last + 1, bullet.group(1).strip(BLANK)))
        elif text and self._items and not text.startswith(("**", "---")):
            number, start = self._items[-1]
            self._items[-1] = (number, f"{start} {text}")
        else:
            return False
        return True

    def found(self) -> list[dict[str, Any]]:
        return [
            {"id": ids.criterion_id(self._requirement, max(number, 1)), "text": plain(text)}
            for number, text in self._items
        ]


def _story(markdown: str) -> dict[str, str]:
    """Read "As a <role>, I want <want>, so that <benefit>"; parts that are missing are ""."""
    text = re.sub(r"\AAs (?:an?[ ]+)?", "", markdown.strip(BLANK), count=1, flags=re.IGNORECASE)
    if not text:
        return {"role": "", "want": "", "benefit": ""}
    want = _first(text, 0, "I want")
    if want is None:
        return {"role": "", "want": plain(text), "benefit": ""}
    benefit = _first(text, want[1], "so that") or (len(text), len(text))
    return {
        "role": plain(text[: want[0]]),
        "want": plain(text[want[1] : benefit[0]]),
        "benefit": plain(text[benefit[1] :]),
    }


def _first(text: str, start: int, words: str) -> tuple[int, int] | None:
    """Return where ", words " stands first, or "words " when there is none with a comma."""
    masked = mask(text)
    for form in (f", {words} ", f" {words} "):
        match = re.compile(form, re.IGNORECASE).search(masked, start)
        if match:
            return match.span()
    return None


def _term(item: str) -> dict[str, str]:
    name, kind, definition = named_item(item)
    shown = f"{plain(name)} ({plain(kind)})" if kind else plain(name)
    return {"term": shown, "definition": plain(definition)}


def _texts(found: Sequence[Section], *keys: str) -> list[str]:
    return [plain(item) for item in list_items(all_lines(chapter(found, *keys)))]
