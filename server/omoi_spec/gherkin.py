"""Acceptance criteria as Gherkin features, and the check that a feature still holds them.

One requirement is one feature, one criterion one scenario with the criterion's id as its tag. The parts
of the EARS sentence become the steps: Where and While are Given, When and If are When, the response is
Then; the words are kept, so that a scenario can be compared with its criterion.

The reader knows the part of Gherkin that such features need: tags, Feature, Rule, Scenario (Example),
Background and steps, comments, doc strings and tables. It knows English keywords only.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from omoi_spec import ears
from omoi_spec.findings import Finding

_TITLE = re.compile(
    r"(Feature|Rule|Background|Scenario Outline|Scenario Template|Scenario|Example|Examples|Scenarios):"
)
_STEP = re.compile(r"(Given|When|Then|And|But|\*)[ \t]+(.*)\Z")
_LANGUAGE = re.compile(r"language\s*:", re.IGNORECASE)

Step = tuple[str, str]
"""("Given" | "When" | "Then", the words of the step)"""


@dataclass
class _Scenario:
    tags: list[str]
    line: int
    steps: list[Step] = field(default_factory=list)


@dataclass
class _Feature:
    tags: list[str] = field(default_factory=list)
    features: int = 0
    scenarios: list[_Scenario] = field(default_factory=list)
    faults: list[Finding] = field(default_factory=list)


def steps(sentence: str, subjects: Sequence[str] = ()) -> list[Step]:
    """Return the steps of an EARS sentence; a sentence that no pattern parses is one Then step.

    A sentence without a trigger has no When: inventing one would say more than the criterion does.
    """
    try:
        parts = ears.parse(sentence, subjects)
    except ears.EarsError:
        return [("Then", _one_line(sentence) or "(the criterion is empty)")]
    found = [("Given", text) for text in (parts.where, parts.while_) if text]
    if parts.trigger:
        found.append(("When", parts.trigger))
    return [*found, ("Then", f"{parts.subject} shall {parts.response}")]


def render_feature(requirement: Mapping[str, Any], notice: str, spec_id: str) -> str:
    """Return the feature file of one requirement of a valid REQUIREMENTS output.

    The notice is the first line, as a comment; `spec_id` the next. Ends with one line break.
    """
    lines = [f"# {_comment(text)}" for text in (notice, f"Spec {spec_id}" if spec_id else "") if text.strip()]
    lines += [f"@{requirement['id']}", f"Feature: {_one_line(requirement['title'])}".rstrip()]
    story = requirement["user_story"]
    for words, text in (("As", story["role"]), ("I want", story["want"]), ("So that", story["benefit"])):
        if text.strip():
            lines.append(f"  {words} {_one_line(text)}")
    lines += ["", f"  Statement: {_one_line(requirement['statement'])}".rstrip()]
    for criterion in requirement["criteria"]:
        lines += ["", f"  @{criterion['id']}", f"  Scenario: {_one_line(criterion['text'])}".rstrip()]
        last = ""
        for keyword, text in steps(criterion["text"]):
            lines.append(f"    {'And' if keyword == last else keyword} {text}".rstrip())
            last = keyword
    return "\n".join(lines) + "\n"


def check_feature(text: str, requirement: Mapping[str, Any]) -> list[Finding]:
    """Return what is wrong with a feature file for one requirement; an empty list when nothing is.

    All findings are hard: the file does not parse, the feature does not have the requirement's tag, a
    criterion has no scenario or several, a scenario has no criterion of this requirement or several, or
    its steps are not the parts of its criterion. Further steps of one kind after the expected ones are
    allowed (And …), so a feature may be made more exact by hand. `where` is a line or an id.
    """
    feature = _read(text)
    findings = list(feature.faults)
    if feature.features != 1 and not findings:
        message = f"The file has {feature.features} features."
        findings.append(Finding("feature_count", "line 1", message, "Write exactly one Feature.", True))
    if requirement["id"] not in feature.tags:
        message = f"The feature does not have the tag @{requirement['id']}."
        findings.append(Finding("missing_tag", requirement["id"], message, "Put the tag above Feature.", True))
    wanted = {criterion["id"]: criterion["text"] for criterion in requirement["criteria"]}
    held: dict[str, list[_Scenario]] = {name: [] for name in wanted}
    for scenario in feature.scenarios:
        names = [tag for tag in scenario.tags if tag in wanted]
        if len(names) != 1:
            message = f"The scenario in line {scenario.line} has {len(names)} tags of criteria of {requirement['id']}."
            remedy = f"Give it exactly one, like @{next(iter(wanted), requirement['id'] + '.1')}."
            findings.append(Finding("scenario_tag", f"line {scenario.line}", message, remedy, True))
        for name in names:
            held[name].append(scenario)
    for name, scenarios in held.items():
        findings += _criterion_faults(name, wanted[name], scenarios)
    return findings


def _criterion_faults(name: str, text: str, scenarios: Sequence[_Scenario]) -> list[Finding]:
    if len(scenarios) != 1:
        message = f"{name} has {len(scenarios)} scenarios." if scenarios else f"{name} has no scenario."
        return [Finding("scenario_count", name, message, f"Write one scenario tagged @{name}.", True)]
    found = scenarios[0].steps
    faults = []
    for keyword in ("Given", "When", "Then"):
        expected = [_one_line(words) for kind, words in steps(text) if kind == keyword]
        actual = [_one_line(words) for kind, words in found if kind == keyword]
        if actual[: len(expected)] != expected:
            shown = "; ".join(expected)
            message = f"The {keyword} steps of {name} do not say what the criterion says."
            faults.append(Finding("step_differs", name, message, f"Write: {keyword} {shown}", True))
    return faults


def _read(text: str) -> _Feature:
    feature = _Feature()
    tags: list[str] = []
    scenario: _Scenario | None = None
    keyword = doc_string = ""
    for number, line in enumerate(text.split("\n"), 1):
        words = line.strip()
        if doc_string or words.startswith(('"""', "```")):
            doc_string = _doc_string(doc_string, words)
            continue
        title, step = _TITLE.match(words), _STEP.match(words)
        if not words or words.startswith(("#", "|")):
            continue
        if words.startswith("@"):
            tags += [tag[1:] for tag in words.split() if tag.startswith("@")]
        elif title:
            scenario = _titled(feature, title.group(1), tags, number)
            tags, keyword = [], ""
        elif step and scenario is not None:
            keyword = step.group(1) if step.group(1) in ("Given", "When", "Then") else keyword or "Given"
            scenario.steps.append((keyword, step.group(2).strip()))
        elif scenario is not None and scenario.steps:
            message = f"Line {number} is no step: {words[:60]!r}."
            remedy = "Start it with Given, When, Then, And or But."
            feature.faults.append(Finding("not_gherkin", f"line {number}", message, remedy, True))
        elif not feature.features:
            message = f"Line {number} stands before the feature: {words[:60]!r}."
            feature.faults.append(Finding("not_gherkin", f"line {number}", message, "Start with Feature:.", True))
    return feature


def _doc_string(open_with: str, words: str) -> str:
    """Return what ends the doc string that is open after this line, "" when none is."""
    if not open_with:
        return words[:3]
    return "" if words == open_with else open_with


def _titled(feature: _Feature, kind: str, tags: list[str], line: int) -> _Scenario | None:
    if kind == "Feature":
        feature.features += 1
        feature.tags += tags
        return None
    if kind in ("Rule", "Examples", "Scenarios"):
        return None
    scenario = _Scenario(tags, line)
    if kind != "Background":
        feature.scenarios.append(scenario)
    return scenario


def _comment(text: str) -> str:
    """One line that no Gherkin reader takes for the choice of a language."""
    line = _one_line(text)
    return f"Notice: {line}" if _LANGUAGE.match(line) else line


def _one_line(text: str) -> str:
    return " ".join(text.split())
