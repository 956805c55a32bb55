"""Files as Kiro and people write them."""

from __future__ import annotations

import pytest

from omoi_spec import evaluate, markdown, schemas

REQUIREMENTS = """# Requirements Document

## Introduction

Members find books by title.

They also see what is late.

## Glossary

- **Catalog**: the list of books
- **Loan_Service:** lends books
- `API` - the HTTP interface

## Requirements

### Requirement 1

**User Story:** As a library member, I want to search the catalog so that I find books.

#### Acceptance Criteria

1. WHEN a member enters text THEN the system SHALL list books
   whose title contains it
2. WHEN no book matches, THE Catalog SHALL show "No books found"
3. IF the index is missing THEN THE SYSTEM SHALL answer 503

### Requirement 2: Reminders

**User Story:** As an admin, I want reminders, so that books come back

**Acceptance Criteria**

1.1 WHILE a book is late THE Loan_Service SHALL send one reminder a day
- THE Loan_Service SHALL log each reminder
"""

TASKS = """# Implementation Plan

- [x] 1. Set up the index
  - [x] 1.1 Create the table
    - Write the migration
    - Index the title
    - _Requirements: 1.1-1.3, 2_
  - [ ]* 1.2 Write property tests
    - **Validates: Requirements 1.2**
    - _Requirements: All requirements_
- [ ] 2. Checkpoint
  Ensure all tests pass,
  ask the user if questions arise.
  - _Depends on: 1.2, 1.1_

## Notes

- a note, no task
"""

DESIGN = """# Design: Library search

## Overview

One table.

## Architecture

Text before the picture.

```mermaid
graph TD
  A --> B
```

## Components and Interfaces

### Search

Finds books.

```python
# not a heading
def search(text: str) -> list[Book]: ...
```

- returns at most 20

## Data Models

### Book

- **title** (str): indexed
- `late`: a flag

## Correctness Properties

*Property 1* something

## Testing Strategy

Unit and property tests.
"""


def test_requirements_of_kiro() -> None:
    data = markdown.parse("REQUIREMENTS", REQUIREMENTS)
    assert schemas.validate("REQUIREMENTS", data) == []
    assert data["introduction"] == "Members find books by title.\n\nThey also see what is late."
    assert [entry["term"] for entry in data["glossary"]] == ["Catalog", "Loan_Service", "`API`"]
    first, second = data["requirements"]
    assert first["user_story"] == {
        "role": "library member",
        "want": "to search the catalog",
        "benefit": "I find books.",
    }
    assert first["criteria"][0] == {
        "id": "REQ-001.1",
        "text": "WHEN a member enters text THEN the system SHALL list books whose title contains it",
    }
    assert first["statement"] == first["criteria"][0]["text"]
    assert (second["id"], second["title"]) == ("REQ-002", "Reminders")
    assert [criterion["id"] for criterion in second["criteria"]] == ["REQ-002.1", "REQ-002.2"]
    found = evaluate.evaluate("REQUIREMENTS", data, {})
    assert not any(finding.hard for finding in found.findings), found.feedback()
    assert markdown.parse("REQUIREMENTS", markdown.render("REQUIREMENTS", data)) == data


def test_tasks_of_kiro() -> None:
    data = markdown.parse("TASKS", TASKS)
    assert schemas.validate("TASKS", data) == []
    first, second, third = data["tasks"]
    assert [task["id"] for task in data["tasks"]] == ["TSK-001", "TSK-002", "TSK-003"]
    assert [task["title"] for task in data["tasks"]] == ["Create the table", "Write property tests", "Checkpoint"]
    assert first["description"] == "Write the migration\nIndex the title"
    assert first["requirements"] == ["REQ-001.1-REQ-001.3", "REQ-002"]
    assert second["requirements"] == ["REQ-001.2", "All requirements"]
    assert [task["priority"] for task in data["tasks"]] == ["medium", "low", "medium"]
    assert third["description"] == "Ensure all tests pass, ask the user if questions arise."
    assert third["depends_on"] == ["TSK-002", "TSK-001"]
    assert markdown.parse("TASKS", markdown.render("TASKS", data)) == data


def test_design_of_kiro() -> None:
    data = markdown.parse("DESIGN", DESIGN)
    assert schemas.validate("DESIGN", data) == []
    assert data["feature_name"] == "Library search"
    assert data["diagram"] == "graph TD\n  A --> B"
    (component,) = data["components"]
    assert component["name"] == "Search"
    assert component["responsibility"].startswith("Finds books.\n\n```python\n# not a heading\n")
    assert data["data_models"] == [
        {
            "name": "Book",
            "fields": [
                {"name": "title", "type": "str", "note": "indexed"},
                {"name": "late", "type": "", "note": "a flag"},
            ],
        }
    ]
    assert data["testing"] == ["Unit and property tests."]
    assert markdown.parse("DESIGN", markdown.render("DESIGN", data)) == data


@pytest.mark.parametrize("phase", ["REQUIREMENTS", "DESIGN", "TASKS"])
@pytest.mark.parametrize("text", ["", "# Specification Quality Checklist\n\n## Content\n\n- is it complete?\n"])
def test_other_documents_are_refused_politely(phase: str, text: str) -> None:
    with pytest.raises(markdown.MarkdownError, match=r"This is no .* Write "):
        markdown.parse(phase, text)


def test_phases_without_a_document() -> None:
    with pytest.raises(ValueError, match="EXPLORE"):
        markdown.parse("EXPLORE", "")
    with pytest.raises(ValueError, match="SYNC"):
        markdown.render("SYNC", {})


def test_gaps_in_the_numbers_stay_visible() -> None:
    data = markdown.parse("REQUIREMENTS", REQUIREMENTS)
    del data["requirements"][0]["criteria"][1]
    text = markdown.render("REQUIREMENTS", data)
    assert "<!-- numbering goes on at 3 -->" in text
    assert markdown.parse("REQUIREMENTS", text) == data
