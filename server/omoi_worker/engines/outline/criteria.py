"""Testable criteria of one clause: what is observed, where its figures turn, and what happens when it fails."""

from __future__ import annotations

import re

from omoi_worker.engines.outline.clause import Clause
from omoi_worker.engines.outline.outcomes import OUTCOMES, SPECIAL, Outcome
from omoi_worker.engines.outline.phrases import definite, head_noun, is_plural, subject_matter
from omoi_worker.engines.outline.verbs import CLASS_OF, gerund, participle
from omoi_worker.engines.outline.wording import sentence, shorten, unquoted

_COUNT = re.compile(
    r"(?i)^(?:.* and )?(?P<count>\d[\d.,]*|two|three|four|five|six|seven|eight|nine|ten|twelve|twenty|thirty|fifty|a hundred)\s+(?P<what>.+?)\s+have (?P<end>occurred|passed)$"
)
_FIGURE = re.compile(
    r"(?i)\b(?P<bound>within|up to|at most|no more than|not more than|less than|fewer than|under|below|maximum of|"
    r"older than|more than|longer than|larger than|over|above|at least|minimum of)\s+(?P<figure>(?:\d[\d.,]*|an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve|twenty|thirty)"
    r"(?:\s*%|\s+(?!of\b|and\b|or\b|to\b|for\b)[\w-]+)?(?:\s+per\s+\w+)?)"
)
_UPPER = frozenset(
    (
        "within",
        "up to",
        "at most",
        "no more than",
        "not more than",
        "less than",
        "fewer than",
        "under",
        "below",
        "maximum of",
    )
)


def outcome_of(clause: Clause) -> Outcome:
    """Return the templates for what a clause does."""
    if clause.quoted:
        return OUTCOMES["quoted"]
    if clause.refused:
        return OUTCOMES["refuse"]
    verb = clause.verb
    if verb in ("make", "keep") and not clause.claim:
        return OUTCOMES["offer" if verb == "make" else "store"]
    if verb in ("mail", "email", "message", "text") and re.search(r"\sto\s", clause.object):
        return OUTCOMES["send"]
    name = SPECIAL.get(verb, CLASS_OF.get(verb, "offer"))
    return OUTCOMES[name if name in OUTCOMES else "offer"]


_PARTICLE = re.compile(r"(?i)^(?:up|down|out|off|back|over|in|on|through|away)\s+(?=\S)")


def words_of(clause: Clause) -> dict[str, str]:
    """Return the slots of the templates."""
    particle = _PARTICLE.match(clause.object)
    apart = f" {particle.group().strip()}" if particle else ""
    noun = subject_matter(clause.object[particle.end() :] if particle else clause.object)
    noun = shorten(noun, 8) or "result"
    verb = clause.verb or "do"
    it = definite(noun)
    about = definite(shorten(clause.about or noun, 8))
    return {
        "verb": verb + apart,
        "whole": unquoted(shorten(" ".join(part for part in (clause.verb, clause.object) if part), 14)),
        "it": it,
        "is_": "are" if is_plural(noun) else "is",
        "pronoun": "they" if is_plural(noun) else "it",
        "noun": head_noun(noun) or noun,
        "done": participle(verb) + apart,
        "doing": gerund(verb) + apart,
        "claim": unquoted(shorten(clause.claim or clause.response, 16)),
        "quote": f"“{unquoted(shorten(clause.quoted, 16))}”" if clause.quoted else "",
        "about": about,
        "about_is": "are" if is_plural(about) else "is",
    }


def criteria_of(clause: Clause, subject: str) -> list[str]:
    """Return the criteria of one clause as EARS sentences, the unwanted case last; two at the least."""
    outcome = outcome_of(clause)
    words = words_of(clause)
    found = [_seen(clause, outcome, words, subject)]
    found.extend(_turning_points(clause, outcome, words, subject))
    if clause.exception:
        response = f"skip the step “{words['whole']}” and record that reason"
        found.append(sentence(subject, response, clause.exception, "", unwanted=True))
    fault = _fill(outcome.fault, words)
    if outcome is OUTCOMES["mend"] and clause.trigger:
        fault = f"{clause.trigger} and {fault}"
    found.append(sentence(subject, _fill(outcome.rescue, words), fault, clause.state, unwanted=True))
    return list(dict.fromkeys(found))


def _seen(clause: Clause, outcome: Outcome, words: dict[str, str], subject: str) -> str:
    trigger = clause.trigger
    if clause.actor and not clause.refused:
        several = is_plural(clause.actor) or clause.actor.lower().endswith(("people", "staff"))
        asked = f"{clause.actor} {'ask' if several else 'asks'} to {words['whole']}"
        trigger = f"{trigger} and {asked}" if trigger else asked
    elif outcome.occasion and not trigger:
        trigger = _fill(outcome.occasion, words)
    elif not trigger and not clause.state:
        noun = clause.object[len(words["verb"].partition(" ")[2]) :].strip()
        trigger = f"{subject} has {words['done']} {shorten(noun, 14)}"
    return sentence(subject, _fill(outcome.seen, words), trigger, clause.state)


def _turning_points(clause: Clause, outcome: Outcome, words: dict[str, str], subject: str) -> list[str]:
    """The other side of every figure in the clause."""
    found: list[str] = []
    count = _COUNT.match(clause.trigger)
    if count:
        state = f"fewer than {count.group('count')} {count.group('what')} have {count.group('end')}"
        found.append(sentence(subject, _fill(outcome.calm, words), "", state))
    for bound, figure in _figures(clause.object):
        limit = f"{bound} {figure}"
        if bound == "within":
            fault, rescue = (
                f"the time “{limit}” is over before the step is done",
                f"report “{words['whole']}” as late",
            )
        elif bound in _UPPER:
            fault, rescue = (
                f"the limit “{limit}” is passed",
                f"refuse what lies beyond “{limit}” and name that limit",
            )
        elif outcome in (OUTCOMES["mend"], OUTCOMES["keep"]):
            continue
        else:
            fault, rescue = f"“{limit}” does not apply", f"skip the step “{words['whole']}”"
        found.append(sentence(subject, rescue, fault, clause.state, unwanted=True))
    return found


def _figures(text: str) -> list[tuple[str, str]]:
    return [(match.group("bound").lower(), match.group("figure")) for match in _FIGURE.finditer(text)][:3]


def _fill(template: str, words: dict[str, str]) -> str:
    return template.format(**words)
