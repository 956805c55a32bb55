"""The task graph and references."""

from __future__ import annotations

from itertools import combinations, pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omoi_spec import references
from omoi_spec.graph import GraphError, TaskGraph, overlap
from tests.unit.spec.spec_examples import output, task


def _plan(*edges: tuple[int, list[int]], **fields: Any) -> list[dict[str, Any]]:
    return [
        task(number, f"Task {number}", depends_on=[f"TSK-{n:03d}" for n in needs], **fields) for number, needs in edges
    ]


def _codes(plan: list[dict[str, Any]], known: list[str]) -> list[tuple[str, str]]:
    return [(finding.code, finding.where) for finding in TaskGraph(plan).findings(known) if finding.hard]


def test_a_cycle_is_named_with_its_path() -> None:
    graph = TaskGraph(_plan((1, [2]), (2, [3]), (3, [1]), (4, [5]), (5, [4]), (6, [])))
    cycles = [finding for finding in graph.findings(["REQ-001"]) if finding.code == "cycle"]
    assert len(cycles) == 2
    paths = {finding.message.split(": ")[1].rstrip(".") for finding in cycles}
    assert any(set(path.split(" → ")) == {"TSK-001", "TSK-002", "TSK-003"} for path in paths)
    for path in paths:
        names = path.split(" → ")
        assert names[0] == names[-1]
        needs = {
            "TSK-001": "TSK-002",
            "TSK-002": "TSK-003",
            "TSK-003": "TSK-001",
            "TSK-004": "TSK-005",
            "TSK-005": "TSK-004",
        }
        assert all(needs[earlier] == later for earlier, later in pairwise(names))
    for ask in (graph.waves, graph.order, graph.critical_path):
        with pytest.raises(GraphError, match="TSK-001"):
            ask()


def test_faults_of_a_plan() -> None:
    assert _codes(_plan((1, [1])), ["REQ-001"]) == [("self_dependency", "TSK-001")]
    assert _codes(_plan((1, [9])), ["REQ-001"]) == [("unknown_dependency", "TSK-001")]
    assert _codes(_plan((1, []), (1, [])), ["REQ-001"]) == [("duplicate_task", "TSK-001")]
    hidden = [code for code, _ in _codes(_plan((1, [2]), (2, []), (2, [1])), ["REQ-001"])]
    assert hidden == ["duplicate_task", "cycle"]
    assert _codes(_plan((1, [])), ["REQ-001", "REQ-002"]) == [("requirement_without_task", "REQ-002")]
    assert _codes([task(1, "x", requirements=[])], []) == [("task_without_requirement", "TSK-001")]
    assert _codes([task(1, "x", requirements=["REQ-001", "REQ-009"])], ["REQ-001"]) == [
        ("unknown_requirement", "TSK-001")
    ]
    assert _codes([task(1, "x", requirements=["All requirements"])], ["REQ-001", "REQ-002"]) == []
    assert _codes([], ["REQ-001"]) == [("requirement_without_task", "REQ-001")]


def test_criteria_are_checked_when_they_are_known() -> None:
    plan = [task(1, "x", requirements=["REQ-001.7"])]
    assert _codes(plan, ["REQ-001"]) == []
    assert _codes(plan, ["REQ-001", "REQ-001.1"]) == [
        ("unknown_requirement", "TSK-001"),
        ("requirement_without_task", "REQ-001"),
    ]


def test_waves_order_and_critical_path() -> None:
    plan = _plan((1, []), (2, [1]), (3, [1]), (4, [2, 3]), (5, []))
    plan[1]["estimate_hours"], plan[2]["estimate_hours"] = 1, 4
    graph = TaskGraph(plan)
    assert graph.waves() == [["TSK-001", "TSK-005"], ["TSK-002", "TSK-003"], ["TSK-004"]]
    assert graph.order() == ["TSK-001", "TSK-005", "TSK-002", "TSK-003", "TSK-004"]
    assert graph.critical_path() == ["TSK-001", "TSK-003", "TSK-004"]
    empty = TaskGraph([])
    assert (empty.waves(), empty.order(), empty.critical_path()) == ([], [], [])


def test_the_more_urgent_of_two_tasks_on_one_file_goes_first() -> None:
    plan = [task(1, "a", files=["x/y.py"]), task(2, "b", files=["x"], priority="critical"), task(3, "c", files=["z"])]
    assert TaskGraph(plan).waves() == [["TSK-002", "TSK-003"], ["TSK-001"]]


_PLANS = st.integers(1, 8).flatmap(
    lambda size: st.tuples(
        *(
            st.tuples(
                st.lists(st.integers(1, number - 1), max_size=3, unique=True) if number > 1 else st.just([]),
                st.lists(st.sampled_from(["a", "a/b", "a/b/c", "d", "./d", "e"]), max_size=2),
            )
            for number in range(1, size + 1)
        )
    )
)


@given(_PLANS)
def test_waves_hold_their_promise(shape: Any) -> None:
    plan = [
        task(number, "t", depends_on=[f"TSK-{n:03d}" for n in needs], files=files)
        for number, (needs, files) in enumerate(shape, 1)
    ]
    by_id = {item["id"]: item for item in plan}
    graph = TaskGraph(plan)
    done: set[str] = set()
    for wave in graph.waves():
        assert wave
        assert all(set(by_id[name]["depends_on"]) <= done for name in wave)
        for one, other in combinations(wave, 2):
            assert not overlap(by_id[one]["files"], by_id[other]["files"])
        done |= set(wave)
    assert done == set(by_id)
    order = graph.order()
    assert sorted(order) == sorted(by_id)
    assert all(order.index(need) < order.index(name) for name in order for need in by_id[name]["depends_on"])
    path = graph.critical_path()
    assert all(earlier in by_id[later]["depends_on"] for earlier, later in pairwise(path))


def test_overlap_is_by_whole_names() -> None:
    assert overlap(["a/b"], ["a"]) and overlap(["a"], ["a/b"]) and overlap(["./a"], ["a"])
    assert not overlap(["ab"], ["a"]) and not overlap([], ["a"]) and not overlap(["a/b"], ["a/c"])


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (["1"], ["REQ-001"]),
        (["REQ-002", "Requirement 1", "req-1"], ["REQ-002", "REQ-001"]),
        (["1.2", "REQ-001.2"], ["REQ-001.2"]),
        (["1.1-1.2"], ["REQ-001.1", "REQ-001.2"]),
        (["1.1 – 2"], ["REQ-001.1", "REQ-001.2"]),
        (["1.2-2.1"], ["REQ-001.2", "REQ-002.1"]),
        (["2-1"], ["REQ-001", "REQ-002"]),
        (["All requirements"], ["REQ-001", "REQ-002"]),
        (["All requirements (observability)"], ["REQ-001", "REQ-002"]),
        (["all of the requirements"], ["REQ-001", "REQ-002"]),
        ([], []),
    ],
)
def test_references(written: list[str], meant: list[str]) -> None:
    assert references.expand(written, output("REQUIREMENTS")["requirements"]) == (meant, [])


def test_unknown_references() -> None:
    known = output("REQUIREMENTS")["requirements"]
    assert references.expand(["3", "1.9", "Quality", "1.1-1.5", ""], known) == (
        ["REQ-001.1", "REQ-001.2"],
        ["REQ-003", "REQ-001.9", "Quality", "REQ-001.5", ""],
    )


@given(st.text(max_size=20))
def test_canonical_spelling_is_stable(text: str) -> None:
    once = references.canonical(text)
    assert references.canonical(once) == once
    if references.is_canonical(text):
        assert references.canonical(references.short(text)) == text
