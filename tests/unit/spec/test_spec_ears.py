"""The EARS reader and the linter."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omoi_spec import ears, ears_lint

# (sentence, pattern, subject, response, where, while, trigger, unwanted)
_READ = [
    ("The system shall log in UTC.", "ubiquitous", "The system", "log in UTC", "", "", "", False),
    ("While the job runs, the worker shall beat.", "state", "the worker", "beat", "", "the job runs", "", False),
    ("When a login fails, the system shall count.", "event", "the system", "count", "", "", "a login fails", False),
    ("Where SSO is included, the gate shall ask.", "optional", "the gate", "ask", "SSO is included", "", "", False),
    ("If the disk is full, then it shall stop.", "unwanted", "it", "stop", "", "", "the disk is full", True),
    (
        "Where SSO is included, while a user is logged in, if the token has expired, then the gate shall ask.",
        *("complex", "the gate", "ask", "SSO is included", "a user is logged in", "the token has expired", True),
    ),
    ("While idle, when it rings, the cat shall jump.", "complex", "the cat", "jump", "", "idle", "it rings", False),
    ("WHEN x happens THEN THE SYSTEM SHALL go", "event", "THE SYSTEM", "go", "", "", "x happens", False),
    ("WHEN x happens, THEN the system SHALL go", "event", "the system", "go", "", "", "x happens", False),
    ("WHEN x happens THE SYSTEM SHALL go", "event", "THE SYSTEM", "go", "", "", "x happens", False),
    ("WHEN x happens, THE Auth_Service SHALL go", "event", "THE Auth_Service", "go", "", "", "x happens", False),
    ("WHEN x happens THE Auth_Service SHALL go", "event", "THE Auth_Service", "go", "", "", "x happens", False),
    ("WHILE idle WHEN x happens THE Phone SHALL ring", "complex", "THE Phone", "ring", "", "idle", "x happens", False),
    ("**WHEN** x happens **THE SYSTEM SHALL** go", "event", "THE SYSTEM", "go", "", "", "x happens", False),
    ("if a, b or c fails the system shall stop", "unwanted", "the system", "stop", "", "", "a, b or c fails", True),
    ("When a, b and c are set, the tool shall run", "event", "the tool", "run", "", "", "a, b and c are set", False),
    (
        "When he clicks the button the page shall load",
        "event",
        "the page",
        "load",
        "",
        "",
        "he clicks the button",
        False,
    ),
    (
        'When "you shall" is typed, the cat shall jump',
        "event",
        "the cat",
        "jump",
        "",
        "",
        '"you shall" is typed',
        False,
    ),
    ("THE SYSTEM MUST keep it", "ubiquitous", "THE SYSTEM", "keep it", "", "", "", False),
    ("When   a\n login\tfails, the system shall count", "event", "the system", "count", "", "", "a login fails", False),
]


@pytest.mark.parametrize("case", _READ, ids=lambda case: case[0][:40])
def test_parts_of_a_sentence(case: tuple[str, str, str, str, str, str, str, bool]) -> None:
    found = ears.parse(case[0])
    parts = (found.pattern, found.subject, found.response, found.where, found.while_, found.trigger, found.unwanted)
    assert parts == case[1:]
    assert ears.parse(found.text) == found


def test_known_subjects_need_no_comma_and_no_article() -> None:
    sentence = "When an order is paid Payment Gateway shall send a receipt"
    with pytest.raises(ears.EarsError):
        ears.parse(sentence)
    found = ears.parse(sentence, ["gateway", "Payment_Gateway"])
    assert (found.subject, found.trigger) == ("Payment Gateway", "an order is paid")


@pytest.mark.parametrize(
    ("sentence", "code"),
    [
        ("", "empty"),
        (" \n", "empty"),
        ("The system locks the account.", "missing_shall"),
        ("Users should be able to log in", "missing_shall"),
        ("shall lock", "missing_subject"),
        ("When a login fails, shall lock", "missing_subject"),
        ("The system shall", "missing_response"),
        ("The system shall .", "missing_response"),
        ("When , the system shall go", "empty_clause"),
        ("If then the system shall go", "empty_clause"),
        ("While, when x, the system shall go", "empty_clause"),
        ("The system shall go" + " on" * 2000, "too_long"),
        ("“" * 100_000, "too_long"),
    ],
)
def test_what_no_pattern_fits(sentence: str, code: str) -> None:
    with pytest.raises(ears.EarsError) as error:
        ears.parse(sentence)
    assert error.value.code == code
    assert error.value.message.endswith(".") and error.value.remedy.endswith((".", '."'))
    (finding,) = ears_lint.lint(sentence)
    assert (finding.code, finding.hard) == (code, True)


@pytest.mark.parametrize(
    ("sentence", "codes"),
    [
        ("The system shall log and shall mail.", ["several_shalls"]),
        ("The system must log in UTC.", ["must_for_shall"]),
        ("If the disk is full, the system shall stop.", ["if_without_then"]),
        ("When x fails, the blue box shall stop.", ["unknown_subject"]),
        ("When x fails, it shall stop.", ["pronoun_subject"]),
        ("When x fails, the system shall respond quickly.", ["vague_word"]),
        ("The system shall be fast and user-friendly.", ["vague_word", "vague_word"]),
        ("Where possible, the system shall log in UTC.", ["escape_clause"]),
        ("The system shall log as appropriate.", ["escape_clause"]),
        ("The system shall log errors and/or warnings.", ["and_or"]),
        ("The system shall read files such as TOML.", ["open_ended"]),
        ("The system shall not log passwords.", ["negative"]),
        ("When x fails, the account shall be locked.", ["passive", "unknown_subject"]),
        ("The system shall lock the account when the login fails.", ["trailing_condition"]),
        ("When x fails, while idle, the system shall stop.", ["clause_order"]),
        ("When x runs, if y fails, then the system shall stop.", ["repeated_clause"]),
        ("Then the system shall stop.", ["then_without_trigger"]),
        ("The system shall stop. The user is told.", ["several_sentences"]),
        ("The system shall " + "count " * 60, ["too_long"]),
        ("When a login fails for the fifth time, the system shall lock the account for 30 minutes.", []),
        ("If a token has expired, then the login service shall answer 401.", []),
        ("Where SSO is included, while a user is logged in, when a page opens, the Login_Service shall greet.", []),
        ('When "shall/must quickly" is typed, the system shall print it.', []),
    ],
)
def test_every_fault_has_its_code_and_a_remedy(sentence: str, codes: list[str]) -> None:
    found = ears_lint.lint(sentence, ["login service"])
    assert sorted(finding.code for finding in found) == sorted(codes)
    for finding in found:
        assert not finding.hard
        assert finding.remedy
        assert re.match(r"(Ubiquitous|State|Event|Optional|Unwanted|Complex)[\w -]* ?(\(.*\))?:", finding.message)


def test_without_a_glossary_any_subject_may_act() -> None:
    assert ears_lint.lint("When x fails, the blue box shall stop.") == []


_WORDS = [
    *("when", "If", "THEN", ",", "the", "system", "shall", "must", "a", "b", "while", "where"),
    *(".", "`", "**", "shall's", '"'),
]


@given(st.lists(st.sampled_from(_WORDS), max_size=14))
def test_reading_is_total(words: list[str]) -> None:
    sentence = " ".join(words)
    ears_lint.lint(sentence, ["b", "a b"])
    try:
        found = ears.parse(sentence)
    except ears.EarsError:
        return
    assert found.pattern in ears.PATTERNS
    assert found.subject and found.response


def test_long_sentences_are_read_at_once() -> None:
    for word in ("a" * 4800, "the " * 1200, "when " * 900, "* " * 2400, '"' * 4800, ", and when x" * 400):
        ears_lint.lint(f"When the {word} b c d e f g shall go", ["b", "c d"])
