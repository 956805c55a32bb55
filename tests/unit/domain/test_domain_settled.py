from __future__ import annotations

import itertools

import pytest

from omoi_server.domain.settled import Activity, is_settled
from omoi_server.domain.states import SpecStatus

RESTING = ["DRAFT", "AWAITING_REVIEW", "PAUSED", "FAILED", "CANCELLED"]


@pytest.mark.parametrize("status", list(SpecStatus))
def test_anything_under_way_holds_it_open(status: str) -> None:
    for job, intent, sandbox in itertools.product([False, True], repeat=3):
        if job or intent or sandbox:
            assert not is_settled(Activity(status, job, intent, sandbox, open_task=False))


@pytest.mark.parametrize("status", RESTING)
def test_a_resting_spec_is_settled_whatever_its_tasks_wait_for(status: str) -> None:
    assert is_settled(Activity(status, False, False, False, open_task=False))
    assert is_settled(Activity(status, False, False, False, open_task=True))


def test_planning_goes_on_by_itself() -> None:
    assert not is_settled(Activity("EXECUTING", False, False, False, open_task=False))


def test_a_planned_spec_waits_for_the_tasks_that_will_run() -> None:
    assert not is_settled(Activity("COMPLETED", False, False, False, open_task=True))
    assert is_settled(Activity("COMPLETED", False, False, False, open_task=False))
