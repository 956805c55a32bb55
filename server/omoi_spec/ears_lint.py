"""Strict judgement of EARS sentences.

Rules marked (Mavin) follow "Easy Approach to Requirements Syntax", RE 2009, and
alistairmavin.com/ears; rules marked (INCOSE) follow the INCOSE Guide to Writing Requirements: vague
terms, escape clauses, open-ended clauses, passive voice, "and/or", negation, one thought a sentence.
A sentence that cannot be read is a hard finding, every other fault a soft one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Callable

from omoi_spec import ears
from omoi_spec.findings import Finding

LONGEST_SENTENCE = 60
"""Words; INCOSE asks for concise sentences and names no figure, this one is ours."""

_PATTERN_NAMES = {
    "ubiquitous": "Ubiquitous sentence",
    "state": "State-driven sentence (While)",
    "event": "Event-driven sentence (When)",
    "optional": "Optional-feature sentence (Where)",
    "unwanted": "Unwanted-behaviour sentence (If … then)",
    "complex": "Complex sentence",
}

_VAGUE = re.compile(
    r"\b(?:adequate(?:ly)?|appropriate(?:ly)?|suitable|suitably|sufficient(?:ly)?|reasonabl[ey]|robust(?:ly)?|"
    r"efficient(?:ly)?|effective(?:ly)?|flexibl[ey]|seamless(?:ly)?|intuitive(?:ly)?|user[- ]friendly|"
    r"easy|easily|simple|simply|quick(?:ly)?|fast|rapid(?:ly)?|slow(?:ly)?|timely|soon|promptly|"
    r"graceful(?:ly)?|proper(?:ly)?|nice(?:ly)?|smooth(?:ly)?|better|improved|optimal(?:ly)?|minimal|several|many|various|numerous|"
    r"state[- ]of[- ]the[- ]art|modern|normal(?:ly)?|usual(?:ly)?|as needed|as required)\b",
    re.IGNORECASE,
)
_ESCAPE = re.compile(
    r"\b(?:(?:if|where|when|whenever|as far as|so far as|insofar as|as much as|as soon as)\s+"
    r"(?:is\s+)?(?:possible|practical|practicable|feasible|necessary|appropriate|applicable|needed|required)|"
    r"as appropriate|as applicable|to the extent (?:possible|practical|necessary|feasible)|"
    r"best effort|if at all|should it be necessary)\b",
    re.IGNORECASE,
)
_OPEN_ENDED = re.compile(
    r"\b(?:etc\b\.?|and so on|and so forth|including but not limited to|such as|or similar|tbd|tbc|"
    r"to be determined)",
    re.IGNORECASE,
)
_AND_OR = re.compile(r"\band\s*/\s*or\b", re.IGNORECASE)
_TRAILING = re.compile(
    r"\b(when|whenever|while|if|where|unless)\s+(?:the|an?|it|they|there|no|any|[a-z]+ (?:is|are))\b",
    re.IGNORECASE,
)
_NEGATIVE = re.compile(r"\A(?:not|never)\b", re.IGNORECASE)
_PASSIVE = re.compile(
    r"\A(?:not\s+|never\s+|always\s+)?be\s+(?:\w+ly\s+)?"
    r"(?:\w{2,}ed|sent|shown|made|done|kept|held|given|taken|written|read|built|chosen|hidden|lost|put|set|found|told|"
    r"drawn|run|begun|broken|driven|thrown|known|paid|met|left|cut)\b",
    re.IGNORECASE,
)
_BY_ACTOR = re.compile(r"\bby\s+(?:the|an?|each|every)\b", re.IGNORECASE)
_PRONOUNS = frozenset({"it", "they", "he", "she", "we", "i", "you", "this", "that", "these", "those"})
_ORDER = {"where": 0, "while": 1, "when": 2, "whenever": 2, "if": 2}

Fault = tuple[str, str, str]
"""(code, what is wrong, remedy)"""


def lint(sentence: str, subjects: Iterable[str] = ()) -> list[Finding]:
    """Return what is wrong with one EARS sentence; an empty list when nothing is.

    Each message starts with the pattern that was recognised and each remedy says what to write.
    `subjects` are the names that may respond (glossary terms, components); "the system" always may.
    When none are given, any subject is accepted. Never raises on text.
    """
    names = tuple(subjects)
    try:
        reading = ears.read(sentence, names)
    except ears.EarsError as error:
        return [Finding(error.code, "", f"No EARS pattern: {error.message}", error.remedy, True)]
    title = _PATTERN_NAMES[reading.sentence.pattern]
    found: list[Finding] = []
    for rule in _RULES:
        for code, problem, remedy in rule(reading):
            found.append(Finding(code, "", f"{title}: {problem}", remedy, False))
    for code, problem, remedy in _subject(reading, names):
        found.append(Finding(code, "", f"{title}: {problem}", remedy, False))
    return found


def _subject(reading: ears.Reading, names: tuple[str, ...]) -> list[Fault]:
    subject = reading.sentence.subject
    plain = ears.bare(subject)
    if plain in _PRONOUNS:
        return [("pronoun_subject", f'the subject is "{subject}".', "Name who acts, like the system.")]
    known = {ears.bare(name) for name in names if name.strip()} | {"system"}
    if names and plain not in known:
        listed = ", ".join(sorted({name.strip() for name in names if name.strip()})[:8])
        remedy = f"Use the system or a term of the glossary ({listed}), or add it to the glossary."
        return [("unknown_subject", f'"{subject}" is not in the glossary.', remedy)]
    return []


def _shalls(reading: ears.Reading) -> list[Fault]:
    count = len(re.findall(r"\bshall\b", reading.masked, re.IGNORECASE))
    if count > 1:
        return [("several_shalls", f'it has "shall" {count} times.', "Split it: one sentence, one shall.")]
    if reading.verb == "must":
        return [("must_for_shall", 'it says "must".', 'Write "shall", the one word that makes a requirement.')]
    return []


def _then(reading: ears.Reading) -> list[Fault]:
    if reading.sentence.unwanted and not reading.then:
        return [
            (
                "if_without_then",
                'there is no "then" after If.',
                'Write "If <trigger>, then the system shall …".',
            )
        ]
    if reading.then and not reading.clauses:
        return [
            (
                "then_without_trigger",
                'it starts with "then".',
                "Put the trigger before it, or leave out then.",
            )
        ]
    return []


def _clauses(reading: ears.Reading) -> list[Fault]:
    faults: list[Fault] = []
    order = [_ORDER[keyword] for keyword, _ in reading.clauses]
    if order != sorted(order):
        faults.append(("clause_order", "the clauses are out of order.", "Order them Where, While, then When or If."))
    if len(set(order)) != len(order):
        faults.append(("repeated_clause", "it has two clauses of one kind.", "Join them, or write two sentences."))
    trailing = _TRAILING.search(ears.mask(reading.sentence.response))
    if trailing:
        word = trailing.group(1).lower()
        faults.append(("trailing_condition", f'"{word}" comes after the response.', f"Put the {word} clause first."))
    return faults


def _words(reading: ears.Reading) -> list[Fault]:
    masked = reading.masked
    faults: list[Fault] = []
    escape = _ESCAPE.search(masked)
    if escape:
        shown = escape.group().lower()
        faults.append(("escape_clause", f'"{shown}" lets it be left undone.', "Name the condition, or remove it."))
        masked = masked[: escape.start()] + masked[escape.end() :]
    for word in sorted({match.group().lower() for match in _VAGUE.finditer(masked)}):
        faults.append(("vague_word", f'"{word}" cannot be tested.', "Give a figure or an observable result."))
    ended = _OPEN_ENDED.search(masked)
    if ended:
        faults.append(("open_ended", f'"{ended.group().lower()}" leaves the list open.', "List all that is meant."))
    if _AND_OR.search(masked):
        faults.append(("and_or", '"and/or" has two meanings.', 'Write "and", or "or", or two sentences.'))
    return faults


def _response(reading: ears.Reading) -> list[Fault]:
    response = ears.mask(reading.sentence.response)
    faults: list[Fault] = []
    if _NEGATIVE.match(response):
        faults.append(("negative", "it says what shall not happen.", "Say what the system does instead."))
    if _PASSIVE.match(response) and not _BY_ACTOR.search(response):
        remedy = 'Name the actor: "the system shall lock the account".'
        faults.append(("passive", "it is passive and does not say who acts.", remedy))
    if re.search(r"[.!?]\s+[A-Z]", response):
        faults.append(("several_sentences", "it holds more than one sentence.", "Write one requirement a sentence."))
    words = len(reading.sentence.text.split())
    if words > LONGEST_SENTENCE:
        faults.append(("too_long", f"it has {words} words.", f"Keep it under {LONGEST_SENTENCE}, or split it."))
    return faults


_RULES: tuple[Callable[[ears.Reading], list[Fault]], ...] = (_shalls, _then, _clauses, _words, _response)
