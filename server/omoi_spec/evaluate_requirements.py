"""The evaluator of REQUIREMENTS."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from omoi_spec import ears, ears_lint
from omoi_spec.findings import Finding
from omoi_spec.marks import Marks, distinct, enough, share

COST_OF_A_FAULT = 0.4
"""What one fault of wording takes from the mark of its sentence; three leave nothing."""


def judge_requirements(data: Mapping[str, Any], upstream: Mapping[str, Any]) -> Marks:
    """Judge requirements.

    From the seed: structure .20 and two criteria or more each .20. Its normative language .20 and EARS
    format .15 are here one criterion, wording .25, counted sentence by sentence. New: unwanted behaviour
    .10, because generated criteria are nearly all of the When kind, and repetition .10.
    """
    marks = Marks()
    requirements = data["requirements"]
    if not requirements:
        marks.hard("no_requirements", "requirements", "There is no requirement.", "Write at least one.")
    _hard_faults(marks, requirements)
    subjects = subject_names(data)
    wording = [_wording(marks, requirement, subjects) for requirement in requirements]
    marks.mark("structure", 0.20, share([bool(item["title"].strip()) for item in requirements]))
    marks.mark("wording", 0.25, sum(wording) / len(wording) if wording else 0.0)
    marks.mark("criteria", 0.20, _criteria(marks, requirements))
    marks.mark("unwanted_behaviour", 0.10, _unwanted(marks, requirements, subjects))
    marks.mark("user_stories", 0.10, share([_has_story(item) for item in requirements]))
    marks.mark("no_repetition", 0.10, _repetition(marks, requirements))
    context = [data["feature_name"].strip(), data["assumptions"], data["out_of_scope"], data["open_questions"]]
    stated = (bool(context[0]) + any(context[1:])) / 2
    marks.mark("context", 0.05, (enough(data["introduction"], 8) + stated) / 2)
    return marks


def subject_names(data: Mapping[str, Any]) -> list[str]:
    """Return who may respond in the sentences of a REQUIREMENTS output: the terms of its glossary."""
    return [entry["term"] for entry in data["glossary"] if entry["term"].strip()]


def _hard_faults(marks: Marks, requirements: Sequence[Mapping[str, Any]]) -> None:
    _duplicates(marks, (item["id"] for item in requirements))
    _duplicates(marks, (criterion["id"] for item in requirements for criterion in item["criteria"]))
    for item in requirements:
        if not item["criteria"]:
            message = f"{item['id']} has no acceptance criterion."
            remedy = "Add criteria that a test can decide."
            marks.hard("requirement_without_criterion", item["id"], message, remedy)


def _duplicates(marks: Marks, names: Iterable[str]) -> None:
    for name, count in Counter(names).items():
        if count > 1:
            marks.hard("duplicate_id", name, f"{name} is used {count} times.", "Number them apart.")


def _wording(marks: Marks, requirement: Mapping[str, Any], subjects: Sequence[str]) -> float:
    sentences = [(requirement["id"], requirement["statement"])]
    sentences += [(criterion["id"], criterion["text"]) for criterion in requirement["criteria"]]
    scores = []
    for where, sentence in sentences:
        faults = ears_lint.lint(sentence, subjects)
        marks.findings.extend(
            Finding(fault.code, where, f"{where}: {fault.message}", fault.remedy, fault.hard) for fault in faults
        )
        scores.append(0.0 if any(fault.hard for fault in faults) else 1.0 - COST_OF_A_FAULT * len(faults))
    return sum(max(0.0, score) for score in scores) / len(scores)


def _criteria(marks: Marks, requirements: Sequence[Mapping[str, Any]]) -> float:
    scores = []
    for item in requirements:
        count = len(item["criteria"])
        scores.append(min(count, 2) / 2)
        if count == 1:
            message = f"{item['id']} has one acceptance criterion."
            marks.soft("few_criteria", item["id"], message, "Add one for the case that goes wrong.")
    return sum(scores) / len(scores) if scores else 0.0


def _unwanted(marks: Marks, requirements: Sequence[Mapping[str, Any]], subjects: Sequence[str]) -> float:
    covered = []
    for item in requirements:
        found = any(_is_unwanted(criterion["text"], subjects) for criterion in item["criteria"])
        covered.append(found)
        if not found and item["criteria"]:
            message = f"{item['id']} does not say what happens when something goes wrong."
            remedy = 'Add a criterion "If <trigger>, then the <system> shall <response>."'
            marks.soft("no_unwanted_behaviour", item["id"], message, remedy)
    return share(covered)


def _is_unwanted(sentence: str, subjects: Sequence[str]) -> bool:
    try:
        return ears.parse(sentence, subjects).unwanted
    except ears.EarsError:
        return False


def _has_story(requirement: Mapping[str, Any]) -> bool:
    story = requirement["user_story"]
    return bool(story["role"].strip() and story["want"].strip())


def _repetition(marks: Marks, requirements: Sequence[Mapping[str, Any]]) -> float:
    criteria = [criterion for item in requirements for criterion in item["criteria"]]
    first: dict[str, str] = {}
    for criterion in criteria:
        plain = " ".join(criterion["text"].casefold().split())
        earlier = first.setdefault(plain, criterion["id"])
        if earlier != criterion["id"]:
            message = f"{criterion['id']} says the same as {earlier}."
            marks.soft("repeated_criterion", criterion["id"], message, "Remove it or say what is different.")
    titles = distinct(item["title"] for item in requirements)
    return (distinct(criterion["text"] for criterion in criteria) + titles) / 2
