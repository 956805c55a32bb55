"""Hypothesis strategies for outputs full of text that Markdown would take for markup."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

_PIECES = [
    *("`", "``", "```", "`a`", "``b`c``", "```x```", "~~~", "~~", "*", "**", "**bold**", "_", "__", "_x_", "a_b"),
    *("|", "| a |", "# ", "### ", "### Requirement 2: x", "## Glossary", "- ", "- [ ] 3. x", "* ", "+ ", "> ", "1. "),
    *("12) ", "1.1-1.5", "\\", "\\`", "\\,", "\\\\", "<br>", "<!-- empty -->", "<!-- x -->", "<b>", "</div>", "a < b"),
    *("&", "&amp;", "&#32;", "&#10;", "\n", "\n\n", "\n\n\n", " ", "  ", "\t", "\u00a0", "\u2028", "\u0085", "\u3000"),
    *("é", "思い", "🙂", "e\u0301", ",", ", I want ", ", so that ", ", i want", ":", ": ", "**: ", " (", ")", "(x): "),
    *("[", "]", "[a](b)", "![", "_Requirements: 1.1_", " _Requirements: 1_", " _Ids: x_", "_Files: a_", "---", "==="),
    *("**Statement:** x", "***", "As a ", "an ", "Document", "Requirements Document", ".", "=", "#", "x", "word"),
    *("5", "$x$", '"', "'", "@tag", "Scenario: x", "Given x", "# language: fr", '"""'),
]
_CONTROL = [chr(point) for point in (*range(9), *range(11, 32), 127)]
TEXT = st.one_of(
    st.lists(st.sampled_from(_PIECES), max_size=8).map("".join),
    st.text(
        st.characters(exclude_categories=["Cs"], exclude_characters=_CONTROL),
        max_size=20,
    ),
)
_NAME = st.lists(
    st.sampled_from(
        ["a", "B", "1", "_", "-", ".py", ",", " ", "`", "``", "é", "(", ")", ":", "*", "#", "<b>", "&#9;", "\t", "["]
    ),
    min_size=1,
    max_size=6,
).map(lambda parts: "x" + "".join(parts) + "y")
PATH = st.lists(_NAME, min_size=1, max_size=3).map("/".join)


def _object(**members: Any) -> Any:
    return st.fixed_dictionaries(members)


def _few(strategy: Any) -> Any:
    return st.lists(strategy, max_size=3)


NUMBER = st.one_of(st.integers(1, 12), st.sampled_from([100, 1000, 9999]))
REQUIREMENT_ID = NUMBER.map(lambda n: f"REQ-{n:03d}")
TASK_ID = NUMBER.map(lambda n: f"TSK-{n:03d}")
REFERENCE = st.one_of(
    REQUIREMENT_ID,
    st.tuples(REQUIREMENT_ID, st.integers(1, 30)).map(lambda pair: f"{pair[0]}.{pair[1]}"),
    st.tuples(st.integers(1, 5), st.integers(1, 5), st.integers(1, 9)).map(
        lambda t: f"REQ-{t[0]:03d}.{t[2]}-REQ-{t[0] + t[1]:03d}.{t[1]}"
    ),
    st.just("All requirements"),
)
CHANGES = _few(_object(comment=TEXT, effect=TEXT, ids=_few(TEXT)))


@st.composite
def _requirement(draw: Any) -> dict[str, Any]:
    name = draw(REQUIREMENT_ID)
    numbers = draw(st.lists(st.integers(1, 20), max_size=4))
    return {
        "id": name,
        "title": draw(TEXT),
        "user_story": draw(_object(role=TEXT, want=TEXT, benefit=TEXT)),
        "statement": draw(TEXT),
        "criteria": [{"id": f"{name}.{number}", "text": draw(TEXT)} for number in numbers],
    }


REQUIREMENTS = _object(
    notice=TEXT,
    feature_name=TEXT,
    introduction=TEXT,
    glossary=_few(_object(term=TEXT, definition=TEXT)),
    requirements=_few(_requirement()),
    assumptions=_few(TEXT),
    out_of_scope=_few(TEXT),
    open_questions=_few(TEXT),
    changes=CHANGES,
)
DESIGN = _object(
    notice=TEXT,
    feature_name=TEXT,
    overview=TEXT,
    components=_few(_object(name=TEXT, responsibility=TEXT, files=_few(PATH), requirements=_few(REFERENCE))),
    files=_few(_object(path=PATH, change=st.sampled_from(["create", "modify"]), why=TEXT)),
    data_models=_few(_object(name=TEXT, fields=_few(_object(name=TEXT, type=TEXT, note=TEXT)))),
    interfaces=_few(_object(name=TEXT, kind=TEXT, description=TEXT)),
    errors=_few(_object(case=TEXT, response=TEXT, requirements=_few(REFERENCE))),
    security=_few(TEXT),
    testing=_few(TEXT),
    diagram=TEXT,
    changes=CHANGES,
)
TASKS = _object(
    notice=TEXT,
    feature_name=TEXT,
    tasks=_few(
        _object(
            id=TASK_ID,
            title=TEXT,
            description=TEXT,
            depends_on=_few(TASK_ID),
            requirements=_few(REFERENCE),
            files=_few(PATH),
            check=TEXT,
            priority=st.sampled_from(["critical", "high", "medium", "low"]),
            estimate_hours=st.one_of(st.integers(0, 1000), st.floats(0, 1000)),
        )
    ),
    changes=CHANGES,
)
OUTPUTS = {"REQUIREMENTS": REQUIREMENTS, "DESIGN": DESIGN, "TASKS": TASKS}
