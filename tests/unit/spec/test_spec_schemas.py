"""Shapes, ids, digests, slugs and phases."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omoi_spec import digests, ids, phases, schemas, shapes, slugs
from tests.unit.spec.spec_examples import output

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["requirements", "tasks", "id", "criteria", "x", "notice"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@pytest.mark.parametrize("phase", phases.PLANNING_PHASES)
def test_examples_have_the_shape(phase: str) -> None:
    assert schemas.validate(phase, output(phase)) == []


def _places(value: Any, path: str = "") -> list[str]:
    if isinstance(value, dict):
        return [
            place
            for key, item in value.items()
            for place in [f"{path}.{key}".lstrip("."), *_places(item, f"{path}.{key}")]
        ]
    if isinstance(value, list):
        return [place for index, item in enumerate(value) for place in _places(item, f"{path}[{index}]")]
    return []


def _set(data: Any, path: str, value: object) -> None:
    steps = [int(step) if step.isdigit() else step for step in re.findall(r"\w+", path)]
    for step in steps[:-1]:
        data = data[step]
    data[steps[-1]] = value


@pytest.mark.parametrize("phase", phases.PLANNING_PHASES)
def test_every_place_is_checked_and_named(phase: str) -> None:
    for place in _places(output(phase)):
        clean = place.lstrip(".")
        data = output(phase)
        _set(data, clean, True)
        found = schemas.validate(phase, data)
        assert [finding.where for finding in found] == [clean], clean
        assert found[0].message.startswith(clean) and found[0].hard and found[0].remedy


@pytest.mark.parametrize(
    ("phase", "path", "value", "code"),
    [
        ("REQUIREMENTS", "requirements[1].criteria[0].id", "REQ-2.1", "malformed"),
        ("REQUIREMENTS", "requirements[1].criteria[0].id", "REQ-001.1", "foreign_criterion"),
        ("REQUIREMENTS", "requirements[0].id", "REQ-0001", "malformed"),
        ("REQUIREMENTS", "requirements[0].id", "REQ-000", "malformed"),
        ("REQUIREMENTS", "requirements[0].title", "a\x00b", "control_character"),
        ("REQUIREMENTS", "requirements[0].title", "a\ud800", "control_character"),
        ("REQUIREMENTS", "introduction", "x" * 100_001, "too_long"),
        ("DESIGN", "files[0].path", "/etc/passwd", "malformed"),
        ("DESIGN", "files[0].path", "a/../../b", "malformed"),
        ("DESIGN", "files[0].path", ".git/hooks/x", "malformed"),
        ("DESIGN", "files[0].change", "delete", "not_a_choice"),
        ("DESIGN", "components[0].requirements", ["1.2"], "malformed"),
        ("TASKS", "tasks[0].estimate_hours", float("nan"), "out_of_range"),
        ("TASKS", "tasks[0].estimate_hours", -1, "out_of_range"),
        ("TASKS", "tasks[0].estimate_hours", 10**400, "out_of_range"),
        ("TASKS", "tasks[0].depends_on", ["2"], "malformed"),
        ("TASKS", "tasks[0].extra", "x", "unknown_field"),
        ("EXPLORE", "languages", [None] * 2001, "too_many"),
        ("EXPLORE", "file_count", 1.5, "not_number"),
    ],
)
def test_what_does_not_fit(phase: str, path: str, value: object, code: str) -> None:
    data = output(phase)
    _set(data, path, value)
    (finding,) = schemas.validate(phase, data)
    assert finding.code == code
    assert finding.message.startswith(path)


def test_a_missing_field_is_named_by_its_path() -> None:
    data = output("REQUIREMENTS")
    del data["requirements"][1]["criteria"][0]["id"]
    (finding,) = schemas.validate("REQUIREMENTS", data)
    assert (finding.code, finding.where) == ("missing_field", "requirements[1].criteria[0].id")


@given(st.sampled_from([*phases.PHASES, "NONSENSE"]), _JSON)
def test_validation_is_total(phase: str, data: object) -> None:
    findings = schemas.validate(phase, data)
    assert findings and all(finding.hard for finding in findings)
    assert len(findings) <= shapes.MOST_FINDINGS


@given(st.text(st.characters(), max_size=30))
def test_clean_text_is_valid(text: str) -> None:
    data = output("REQUIREMENTS")
    data["introduction"] = text
    assert schemas.validate("REQUIREMENTS", schemas.clean(data)) == []
    assert schemas.clean("a\r\nb\rc") == "a\nb\nc"


def test_phases_follow_each_other() -> None:
    walked = [phases.PHASES[0]]
    while (following := phases.next_phase(walked[-1])) is not None:
        walked.append(following)
    assert tuple(walked) == ("EXPLORE", "REQUIREMENTS", "DESIGN", "TASKS", "SYNC", "COMPLETE")
    with pytest.raises(ValueError, match="DONE"):
        phases.next_phase("DONE")


@given(_JSON.filter(lambda value: "NaN" not in json.dumps(value) and "Infinity" not in json.dumps(value)))
def test_canonical_bytes_do_not_depend_on_order_or_number_type(data: Any) -> None:
    again = json.loads(json.dumps(data))
    if isinstance(again, dict):
        again = dict(reversed(again.items()))
    assert digests.canonical(again) == digests.canonical(data)
    assert json.loads(digests.canonical(data)) == again


def test_digests() -> None:
    assert digests.canonical({"b": 2.0, "a": "é"}) == b'{"a":"\\u00e9","b":2}'
    with pytest.raises(ValueError, match="Out of range"):
        digests.canonical(float("nan"))
    with pytest.raises(TypeError):
        digests.canonical({1: 2})
    one = digests.output_digest({"a": 1}, ["x", "y"])
    assert re.fullmatch("[0-9a-f]{64}", one)
    assert len({one, digests.output_digest({"a": 1}, ["y", "x"]), digests.output_digest({"a": 2}, ["x", "y"])}) == 3
    inputs = [("a", "b", [], []), ("ab", "", [], []), ("a", "b", ["c"], []), ("a", "b", [], ["c"])]
    assert len({digests.input_digest(*given) for given in inputs}) == 4


@given(st.text(max_size=120))
def test_slugs_fit_everywhere(text: str) -> None:
    assert re.fullmatch("[a-z0-9-]{1,50}", slugs.slug(text))
    assert not slugs.slug(text).startswith("-") and not slugs.slug(text).endswith("-")
    assert slugs.slug(slugs.slug(text)) == slugs.slug(text)


def test_slugs_read_well() -> None:
    assert slugs.slug("Lock an account after five failed logins, and email its owner!") == (
        "lock-an-account-after-five-failed-logins-and-email"
    )
    assert slugs.slug("Größe & Übersicht's") == "grosse-ubersichts"
    assert slugs.slug("../../etc/passwd") == "etc-passwd"
    assert slugs.slug("思い") != slugs.slug("思う")
    assert slugs.slug("x" * 80) == "x" * 50


def test_ids_have_one_spelling() -> None:
    assert ids.requirement_number(ids.requirement_id(7)) == 7
    assert ids.requirement_number("REQ-1000") == 1000
    assert ids.criterion_numbers("REQ-012.3") == (12, 3)
    assert ids.task_number("TSK-012") == 12
    for wrong in ("REQ-7", "REQ-0007", "REQ-000", "req-007", "REQ-007 ", "REQ-007\n", "REQ-٠٠٧"):
        assert ids.requirement_number(wrong) is None
    for wrong in ("REQ-007", "REQ-007.0", "REQ-007.01", "REQ-007.1.1"):
        assert ids.criterion_numbers(wrong) is None
    assert ids.task_number("TASK-001") is None
