from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from omoi_spec.digests import canonical
from omoi_worker.engines import Context, PhaseDraft, TaskDraft
from omoi_worker.frame import Frame
from omoi_worker.planning import MAX_INLINE, run_plan
from omoi_worker.supervisor import Outcome

MakeFrame = Callable[..., Frame]
Data = dict[str, Any]

EXPLORE: Data = {
    "notice": "",
    "summary": "A shop with a login in Python, tested with pytest.",
    "project_type": "python",
    "file_count": 2,
    "languages": [{"name": "Python", "files": 1, "lines": 2}],
    "manifests": [{"path": "pyproject.toml", "kind": "python"}],
    "setup_command": None,
    "test_command": {"command": "pytest", "source": "pyproject.toml"},
    "entry_points": [{"path": "shop/auth.py", "kind": "module", "name": "login"}],
    "rules": [],
    "relevant_files": [{"path": "shop/auth.py", "score": 1.0, "why": "names login"}],
    "structure": [{"path": "shop", "files": 1, "about": "login"}],
}
REQUIREMENTS: Data = {
    "notice": "",
    "feature_name": "Lock an account",
    "introduction": "Accounts lock after five failed logins.",
    "glossary": [{"term": "Shop", "definition": "the web shop"}],
    "requirements": [
        {
            "id": "REQ-001",
            "title": "Lock",
            "user_story": {"role": "owner", "want": "my account locked", "benefit": "nobody guesses my password"},
            "statement": "WHEN five logins fail in a row, THE SYSTEM SHALL lock the account.",
            "criteria": [
                {
                    "id": "REQ-001.1",
                    "text": "WHEN the fifth login fails, THE SYSTEM SHALL lock the account for 15 minutes.",
                },
                {
                    "id": "REQ-001.2",
                    "text": "IF a login names a locked account, THEN THE SYSTEM SHALL refuse it with status 423.",
                },
            ],
        }
    ],
    "assumptions": ["Five in a row"],
    "out_of_scope": ["Two factors"],
    "open_questions": [],
    "changes": [],
}
GOOD = {"EXPLORE": EXPLORE, "REQUIREMENTS": REQUIREMENTS}


class Planner:
    """An engine that gives, for each call in turn, prepared data or raises a prepared error."""

    name, version, prompt_version, model = "prepared", "7", "p3", None

    def __init__(self, *steps: Data | Exception, before: Callable[[int], None] | None = None) -> None:
        self.steps = list(steps)
        self.calls: list[Data] = []
        self.before = before

    def plan(
        self,
        phase: str,
        context: Context,
        upstream: Mapping[str, Data],
        previous: Data | None,
        feedback: Sequence[Mapping[str, str]],
        evaluator_feedback: str,
    ) -> PhaseDraft:
        self.calls.append(
            {
                "phase": phase,
                "upstream": list(upstream),
                "previous": previous,
                "feedback": list(feedback),
                "evaluator_feedback": evaluator_feedback,
                "clone": (context.root / "shop/auth.py").is_file(),
            }
        )
        if self.before is not None:
            self.before(len(self.calls))
        with context.command(f"thinking about {phase}"):
            step = self.steps.pop(0) if self.steps else GOOD[phase]
        if isinstance(step, Exception):
            raise step
        return PhaseDraft(step, ["1 fact"])

    def work(self, context: Context, task: Data) -> TaskDraft:
        raise NotImplementedError("plans only")


def plan(frame: Frame, engine: Planner) -> Outcome:
    assert frame.job.plan is not None
    return run_plan(frame, frame.job.plan, engine)


def lines(frame: Frame, *types: str) -> list[Data]:
    found = [json.loads(line) for line in frame.sandbox.journal.read_bytes().splitlines()]
    return [record for record in found if record["type"] in types or not types]


def weak(**changes: Any) -> Data:
    return {**copy.deepcopy(REQUIREMENTS), **changes}


def test_phases_run_in_order_with_what_came_before(make_frame: MakeFrame) -> None:
    frame, engine = make_frame("plan"), Planner()
    assert plan(frame, engine).outcome == "succeeded"
    assert [(call["phase"], call["upstream"], call["clone"]) for call in engine.calls] == [
        ("EXPLORE", [], True),
        ("REQUIREMENTS", ["EXPLORE"], True),
    ]
    types = [record["type"] for record in lines(frame) if not record["type"].startswith("command")]
    assert types == ["phase_start", "phase_output", "phase_start", "phase_output"]
    output = lines(frame, "phase_output")[1]
    assert output["data"] == REQUIREMENTS and output["facts"] == ["1 fact"] and output["attempt"] == 1
    assert output["duration_ms"] >= 0
    assert output["provenance"] == {
        "engine": "prepared",
        "engine_version": "7",
        "prompt_version": "p3",
        "model": None,
        "commit": frame.job.branch_tip,
    }


def test_the_evaluators_words_go_into_the_next_attempt(make_frame: MakeFrame) -> None:
    frame = make_frame("plan")
    no_criterion = weak()
    no_criterion["requirements"][0]["criteria"] = []
    engine = Planner(EXPLORE, no_criterion)
    assert plan(frame, engine).outcome == "succeeded"
    assert engine.calls[1]["evaluator_feedback"] == ""
    assert "REQ-001" in engine.calls[2]["evaluator_feedback"]
    starts = [(record["phase"], record["attempt"]) for record in lines(frame, "phase_start")]
    assert starts == [("EXPLORE", 1), ("REQUIREMENTS", 1), ("REQUIREMENTS", 2)]
    (failed,) = lines(frame, "phase_failed")
    assert failed["message"] == engine.calls[2]["evaluator_feedback"]
    assert [record["attempt"] for record in lines(frame, "phase_output")] == [1, 1, 2]


def test_three_attempts_in_all_counting_those_used(make_frame: MakeFrame) -> None:
    def one_used(data: Data) -> None:
        data["plan"].update(attempts_used={"REQUIREMENTS": 1}, outputs={"EXPLORE": {"data": EXPLORE}})

    frame = make_frame("plan", change=one_used)
    engine = Planner(weak(requirements=[]), ValueError("no idea"))
    outcome = plan(frame, engine)
    assert outcome.outcome == "failed" and "did not pass in 3 attempts" in outcome.message
    assert "ValueError: no idea" in outcome.message
    assert [record["attempt"] for record in lines(frame, "phase_start")] == [2, 3]
    assert len(engine.calls) == 2
    (error,) = lines(frame, "error")
    assert "REQUIREMENTS, attempt 3: ValueError: no idea" in error["message"] and "Traceback" in error["traceback"]


def test_no_attempt_left_is_said_without_trying(make_frame: MakeFrame) -> None:
    frame = make_frame("plan", change=lambda data: data["plan"].update(attempts_used={"EXPLORE": 3}))
    outcome = plan(frame, Planner())
    assert outcome == Outcome("failed", "EXPLORE has no attempt left: 3 of 3 are used.")
    assert lines(frame, "phase_start") == []


def test_a_gate_ends_the_run(make_frame: MakeFrame) -> None:
    frame = make_frame("plan", change=lambda data: data["plan"].update(stop_after=["EXPLORE"]))
    engine = Planner()
    assert plan(frame, engine) == Outcome("gated", "EXPLORE waits for approval.")
    assert lines(frame)[-1]["type"] == "gate" and len(engine.calls) == 1


def test_given_outputs_are_skipped_and_old_versions_and_changes_handed_over(make_frame: MakeFrame) -> None:
    def redo(data: Data) -> None:
        data["plan"].update(
            outputs={"EXPLORE": {"data": EXPLORE, "version": 1, "digest": "d"}},
            previous={"REQUIREMENTS": {"data": REQUIREMENTS, "version": 1}},
            feedback={"REQUIREMENTS": [{"id": "c1", "author": "mara", "text": "lock per IP as well"}]},
            stop_after=["EXPLORE", "REQUIREMENTS"],
        )

    frame, engine = make_frame("plan", change=redo), Planner()
    assert plan(frame, engine).outcome == "gated"
    (call,) = engine.calls
    assert call["phase"] == "REQUIREMENTS" and call["previous"] == REQUIREMENTS
    assert call["feedback"] == [{"id": "c1", "author": "mara", "text": "lock per IP as well"}]
    assert [record["phase"] for record in lines(frame, "gate")] == ["REQUIREMENTS"]


def test_a_worker_started_again_does_not_repeat_finished_phases(make_frame: MakeFrame) -> None:
    first = make_frame("plan")
    plan(first, Planner(EXPLORE, weak(requirements=[])))
    whole = first.sandbox.journal.read_bytes().splitlines(keepends=True)
    cut = next(n for n, line in enumerate(whole) if b'"phase_failed"' in line)
    first.sandbox.journal.write_bytes(b"".join(whole[: cut + 1]) + whole[cut + 1][:10])
    second, engine = make_frame("plan"), Planner()
    assert plan(second, engine).outcome == "succeeded"
    assert [call["phase"] for call in engine.calls] == ["REQUIREMENTS"]
    records = lines(second)
    assert [record["n"] for record in records] == list(range(1, len(records) + 1))
    assert [(r["phase"], r["attempt"]) for r in records if r["type"] == "phase_start"] == [
        ("EXPLORE", 1),
        ("REQUIREMENTS", 1),
        ("REQUIREMENTS", 2),
    ]


def test_an_interruption_begins_the_same_attempt_again(make_frame: MakeFrame) -> None:
    frame = make_frame("plan")

    def interrupt(call: int) -> None:
        if call == 1:
            message = {"id": "m1", "kind": "interrupt", "author": "jon", "text": "look at shop/ only"}
            (frame.sandbox.inbox / "0001-m1.json").write_text(json.dumps(message))

    engine = Planner(before=interrupt)
    assert plan(frame, engine).outcome == "succeeded"
    assert [call["phase"] for call in engine.calls] == ["EXPLORE", "EXPLORE", "REQUIREMENTS"]
    assert [record["attempt"] for record in lines(frame, "phase_start")] == [1, 1]
    assert lines(frame, "note")[0]["text"] == "interrupted by jon: look at shop/ only"
    assert [message.text for message in frame.context.messages] == ["look at shop/ only"]


def test_a_large_output_becomes_a_file(make_frame: MakeFrame) -> None:
    frame = make_frame("plan", change=lambda data: data["plan"].update(phases=["EXPLORE"]))
    large = {**EXPLORE, "rules": [{"path": "AGENTS.md", "line": 1, "text": "x" * (MAX_INLINE + 1)}]}
    plan(frame, Planner(large, large, large))
    output = lines(frame, "phase_output")[0]
    content = (frame.sandbox.root / output["data_file"]).read_bytes()
    assert "data" not in output and output["data_file"] == "out/explore-1.json"
    assert hashlib.sha256(content).hexdigest() == output["sha256"] and content == canonical(large)
