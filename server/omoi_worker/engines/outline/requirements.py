"""REQUIREMENTS by rule: every wish of the idea becomes a requirement in EARS with criteria of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from omoi_worker.engines.outline.clause import ITSELF, Clause
from omoi_worker.engines.outline.clauses import read_clauses
from omoi_worker.engines.outline.criteria import criteria_of, outcome_of, words_of
from omoi_worker.engines.outline.idea import BACKGROUND, EXCLUDED, QUESTION, WISH, Unit, read_idea
from omoi_worker.engines.outline.outcomes import OUTCOMES
from omoi_worker.engines.outline.phrases import is_plural, one_line
from omoi_worker.engines.outline.tongue import is_english
from omoi_worker.engines.outline.wording import plain, sentence, shorten, unquoted

NOTICE = "Written by rule (engine outline); no model was used."
MOST_REQUIREMENTS = 25
"""More in one spec cannot be reviewed; what is left is named as an open question."""

_EARS_WORDS = re.compile(r"(?i)\b(?:shall|must|when|while|where|if|then|whenever)\b")

Requirement = dict[str, Any]


def system_subject(job: Mapping[str, Any]) -> str:
    """Return who responds in every sentence: "the shop" for project shop, else "the system"."""
    name = str((job.get("project") or {}).get("name") or "").strip()
    fits = re.fullmatch(r"[A-Za-z0-9][\w .-]{0,39}", name) and re.search(r"[A-Za-z]", name)
    if not fits or _EARS_WORDS.search(name) or len(name.split()) > 4:
        return "the system"
    return "the " + re.sub(r"(?i)^the\s+", "", name).strip(" .")


class Draft:
    """Requirements under way, with the questions and assumptions that writing them raised."""

    def __init__(self, subject: str, first_number: int = 1) -> None:
        self.subject = subject
        self.number = first_number
        self.requirements: list[Requirement] = []
        self.questions: list[str] = []
        self.assumptions: list[str] = []
        self.left_out: list[str] = []

    def add(self, clause: Clause) -> Requirement:
        """Write one requirement and return it."""
        clause = self._tested(clause)
        identity = f"REQ-{self.number:03d}"
        self.number += 1
        statement = sentence(self.subject, clause.response, clause.trigger, clause.state)
        texts = [text for text in criteria_of(clause, self.subject) if text != statement]
        requirement: Requirement = {
            "id": identity,
            "title": self._title(clause),
            "user_story": story_of(clause, self.subject),
            "statement": statement,
            "criteria": [{"id": f"{identity}.{index}", "text": text} for index, text in enumerate(texts, 1)],
        }
        self.requirements.append(requirement)
        self._ask(clause)
        return requirement

    def _tested(self, clause: Clause) -> Clause:
        changed: dict[str, str] = {}
        for name in ("object", "trigger", "state", "exception"):
            text, questions, assumptions = plain(getattr(clause, name))
            changed[name] = re.sub(r"^the system(?= is )", self.subject, text) if name == "state" else text
            self.questions.extend(questions)
            self.assumptions.extend(assumptions)
        if clause.about == ITSELF:
            self.assumptions.append(f"“it” in “{unquoted(clause.response)}” is {self.subject}.")
            clause = replace(clause, about=self.subject[4:])
        return clause.worded(changed)

    def _title(self, clause: Clause) -> str:
        title = shorten(unquoted(clause.quoted or clause.response), 12)
        title = title[:1].upper() + title[1:]
        taken = {requirement["title"] for requirement in self.requirements}
        if title in taken and (clause.trigger or clause.state):
            title = f"{title} ({shorten(unquoted(clause.trigger or clause.state), 8)})"
        return title if title not in taken else f"{title} ({self.number})"

    def _ask(self, clause: Clause) -> None:
        words = words_of(clause)
        outcome = outcome_of(clause)
        if clause.quoted and not is_english(clause.quoted):
            self.assumptions.append(
                f"{clause.quoted} is not English, and the rules of this engine read English only: it is quoted whole."
            )
        elif clause.quoted:
            self._question(
                clause.question or f"What is to be built for {clause.quoted}? It names nothing that a rule can read."
            )
            self.assumptions.append(f"{clause.quoted} is quoted as it stands; nothing was added to it.")
        counted = re.match(r"(?i)^(.+) have occurred$", clause.trigger)
        if counted and not re.search(r"(?i)\b(?:within|per|in a row|in|a day|an hour)\b", clause.trigger):
            self._question(f"Within which period do {counted.group(1)} count together?")
        if outcome is OUTCOMES["lock"]:
            self._question(f"What ends the state “{words['done']}” of {words['it']}?")
        if outcome is OUTCOMES["limit"] and not re.search(r"\d", clause.object):
            self._question(f"Which figure is the limit in “{words['whole']}”?")
        if clause.verb in (
            "improve",
            "optimize",
            "optimise",
            "speed",
            "increase",
            "decrease",
            "reduce",
        ) and not re.search(r"\d", clause.object):
            self._question(f"By which figure is “{words['whole']}” measured, and what is it today?")
        if outcome is OUTCOMES["delete"]:
            self._question(f"May {words['it']} be brought back after having been {words['done']}?")

    def _question(self, text: str) -> None:
        if text not in self.questions:
            self.questions.append(text)


def story_of(clause: Clause, subject: str) -> dict[str, str]:
    """Return the user story: the role the idea names, or the requester; the benefit it names, or the effect."""
    words = words_of(clause)
    actor = re.sub(r"(?i)^(?:the|an?|any|each|every|our|all)\s+", "", clause.actor)
    if is_plural(actor):
        actor = re.sub(r"(?<=\w)s$", "", actor)
    benefit = clause.benefit or outcome_of(clause).benefit.format(**words)
    want = (
        f"to {words['whole']}"
        if clause.actor and not clause.refused
        else f"{subject} to {shorten(unquoted(clause.response), 16)}"
    )
    return {"role": clause.role or actor or "requester of this idea", "want": want, "benefit": benefit}


def draft_idea(title: str, description: str, subject: str) -> tuple[Draft, list[Unit]]:
    """Read an idea and write its requirements; an idea without a wish gives one, from its words."""
    units = read_idea(title, description)
    draft = Draft(subject)
    wishes = [unit for unit in units if unit.kind == WISH]
    if not wishes:
        wishes = [Unit(unit.text, WISH) for unit in units if re.search(r"\w", unit.text.rstrip("?"))][:1]
    if not wishes:
        words = re.sub(r"^[\W_]+", "", whole_idea(title, description))
        wishes = [Unit(words or whole_idea(title, description), WISH)]
    readings: list[tuple[Unit, list[Clause]]] = []
    for unit in wishes:
        readings.append((unit, read_clauses(unit.text, subject[4:], readings[-1][1] if readings else ())))
    if len(readings) > 1 and title.strip() and _is_heading(readings[0], title):
        readings = readings[1:]
    for unit, clauses in readings:
        for index, clause in enumerate(clauses):
            if len(draft.requirements) >= MOST_REQUIREMENTS:
                draft.left_out.append(unit.text)
                break
            draft.add(clause)
            if index and clause.trigger and clause.trigger == clauses[index - 1].trigger:
                told = unquoted(shorten(clause.response, 10))
                draft.assumptions.append(f"“{unquoted(clause.trigger)}” is the condition of “{told}” too.")
    return draft, units


def _is_heading(reading: tuple[Unit, Sequence[Clause]], title: str) -> bool:
    unit, clauses = reading
    return unit.text in title and len(clauses) == 1 and clauses[0].verb == "provide"


def write_requirements(
    job: Mapping[str, Any], explore: Mapping[str, Any], glossary: Sequence[dict[str, str]]
) -> dict[str, Any]:
    """Return the data of REQUIREMENTS for the idea in job.json."""
    title, description = str(job.get("title") or ""), str(job.get("description") or "")
    subject = system_subject(job)
    draft, units = draft_idea(title, description, subject)
    questions = [unit.text for unit in units if unit.kind == QUESTION] + draft.questions
    if draft.left_out:
        first = shorten(draft.left_out[0], 12)
        questions.append(
            f"{len(draft.left_out)} more wishes, from “{first}” on, exceed {MOST_REQUIREMENTS} requirements: which spec takes them?"
        )
    background = [
        f"Background given with the idea: {shorten(unit.text, 40)}." for unit in units if unit.kind == BACKGROUND
    ]
    return {
        "notice": NOTICE,
        "feature_name": feature_name(title, description),
        "introduction": _introduction(title, description, subject, explore),
        "glossary": _with_subject(subject, job, explore, glossary),
        "requirements": draft.requirements,
        "assumptions": list(dict.fromkeys(draft.assumptions + background)),
        "out_of_scope": [unit.text for unit in units if unit.kind == EXCLUDED],
        "open_questions": list(dict.fromkeys(questions)),
        "changes": [],
    }


def feature_name(title: str, description: str) -> str:
    """Return the title, or the first sentence of the description in at most 80 characters."""
    text = one_line(title)
    if not text:
        units = read_idea("", description)
        text = units[0].text if units else one_line(description)
    return text if len(text) <= 80 else text[:79].rsplit(" ", 1)[0] + "…"


def _introduction(title: str, description: str, subject: str, explore: Mapping[str, Any]) -> str:
    idea = whole_idea(title, description)
    files = [entry["path"] for entry in explore.get("relevant_files", [])][:3]
    near = (
        f"Nearest to it in the repository: {', '.join(files)}."
        if files
        else "No file of the repository holds its words."
    )
    return f"{idea_quote(idea)} It is meant for {subject}. {near}"


def whole_idea(title: str, description: str) -> str:
    """Return title and description as one line; a title that only begins the description is not said twice."""
    if one_line(description).casefold().startswith(one_line(title).rstrip("….").casefold()):
        return one_line(description or title)
    both = f"{title}. {description}" if title.strip() and description.strip() else title or description
    return one_line(both)


def idea_quote(idea: str) -> str:
    """Return the start of every introduction, by which a changed idea is noticed."""
    return f"The idea, in the requester's words: “{shorten(unquoted(idea), 120)}”"


def _with_subject(
    subject: str, job: Mapping[str, Any], explore: Mapping[str, Any], glossary: Sequence[dict[str, str]]
) -> list[dict[str, str]]:
    term = re.sub(r"^the ", "", subject)
    kind = explore.get("project_type") or "repository"
    entries = [{"term": term, "definition": f"What this spec changes: {kind}, {explore.get('file_count', 0)} files."}]
    return entries + [dict(entry) for entry in glossary if entry["term"].lower() != term.lower()]
