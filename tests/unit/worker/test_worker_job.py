from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from omoi_worker.job import JobError, parse_job, read_job

MakeJob = Callable[[str, str], dict[str, Any]]
TIP = "a" * 40


def test_a_plan_and_a_task_are_read(make_job: MakeJob) -> None:
    job = parse_job(make_job("plan", TIP))
    assert job.plan is not None and job.task is None
    assert job.plan.phases == ("EXPLORE", "REQUIREMENTS") and job.plan.max_attempts == 3
    assert (job.job_id, job.fence, job.branch_tip, job.seconds) == ("job-1", 4, TIP, 60)
    task = parse_job(make_job("task", TIP)).task
    assert task is not None
    assert task.trailers[0] == ("Spec-Id", "spec-1") and task.author_email == "omoi@shop.test"


@pytest.mark.parametrize(
    ("kind", "path", "value", "reason"),
    [
        ("plan", "version", 2, "version is 2. This worker speaks 1"),
        ("plan", "kind", "dance", 'kind is "dance"'),
        ("plan", "branch_tip", "--upload-pack=x", "is no commit id"),
        ("plan", "job_id", "", "job_id is empty"),
        ("plan", "fence", "4", "fence is a string"),
        ("plan", "fence", True, "fence is a truth value"),
        ("plan", "limits", None, "limits is missing"),
        ("plan", "limits.seconds", 0, "limits.seconds is 0"),
        ("plan", "plan", None, "plan is missing"),
        ("plan", "plan.phases", [], "plan.phases is empty"),
        ("plan", "plan.phases", ["DESIGN", "EXPLORE"], "out of order"),
        ("plan", "plan.phases", ["SYNC"], "names the phase 'SYNC'"),
        ("plan", "plan.stop_after", ["NOWHERE"], "plan.stop_after names the phase"),
        ("plan", "plan.attempts_used", {"EXPLORE": -1}, "plan.attempts_used.EXPLORE is"),
        ("plan", "plan.outputs", {"EXPLORE": {}}, "plan.outputs.EXPLORE.data is missing"),
        ("plan", "plan.feedback", {"DESIGN": [{"id": "1"}]}, "plan.feedback.DESIGN.text is missing"),
        ("task", "task.author", {"name": "Omoi"}, "task.author.email is missing"),
        ("task", "task.trailers", [["Spec-Id"]], "task.trailers holds a list"),
        ("task", "task.trailers", [["Spec-Id", "a\nb"]], "a value one line"),
        ("task", "task.requirements", ["REQ-001"], "task.requirements is a string"),
    ],
)
def test_a_wrong_field_is_named_with_a_remedy(
    make_job: MakeJob, kind: str, path: str, value: object, reason: str
) -> None:
    data = make_job(kind, TIP)
    *parents, last = path.split(".")
    target = data
    for name in parents:
        target = target[name]
    target[last] = value
    with pytest.raises(JobError) as caught:
        parse_job(data)
    assert reason in str(caught.value) and str(caught.value).startswith("job.json: ")
    assert str(caught.value).count(".") >= 2


def test_a_missing_or_torn_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(JobError, match=r"job\.json is missing"):
        read_job(tmp_path / "job.json")
    (tmp_path / "job.json").write_bytes(b'{"version": 1')
    with pytest.raises(JobError, match=r"job\.json cannot be read"):
        read_job(tmp_path / "job.json")
    (tmp_path / "job.json").write_bytes(b"[]")
    with pytest.raises(JobError, match=r"job\.json is a list, not an object"):
        read_job(tmp_path / "job.json")
