"""Reading EARS sentences.

The six patterns and the order of their clauses are those of A. Mavin et al., "Easy Approach to
Requirements Syntax (EARS)", RE 2009, and alistairmavin.com/ears:

    ubiquitous  The <system> shall <response>.
    state       While <precondition>, the <system> shall <response>.
    event       When <trigger>, the <system> shall <response>.
    optional    Where <feature>, the <system> shall <response>.
    unwanted    If <trigger>, then the <system> shall <response>.
    complex     [Where] [While] [When | If … then], more than one of them, one response.

The reader is tolerant: any case, `WHEN x THEN THE SYSTEM SHALL y` and `WHEN x THE SYSTEM SHALL y`
without commas (both are what Kiro writes), any order, bold keywords, MUST in place of SHALL. What it
lets pass, `omoi_spec.ears_lint` names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

LONGEST = 5_000
"""Characters of a sentence that are read at most."""

PATTERNS = ("ubiquitous", "state", "event", "optional", "unwanted", "complex")


class EarsError(ValueError):
    """No EARS pattern fits. `code`, `message` and `remedy` say what is missing and what to write."""

    def __init__(self, code: str, message: str, remedy: str) -> None:
        super().__init__(f"{message} {remedy}")
        self.code = code
        self.message = message
        self.remedy = remedy


@dataclass(frozen=True)
class Sentence:
    """The parts of one sentence, as they were written; parts that it does not have are "".

    pattern   one of PATTERNS
    subject   who responds, with its article: "the login service"
    response  what follows "shall", without the full stop: "lock the account"
    where     the feature of a Where clause
    while_    the state of a While clause
    trigger   the trigger of a When clause or the unwanted condition of an If clause
    unwanted  True when the trigger came with If
    text      the whole sentence with single spaces
    """

    pattern: str
    subject: str
    response: str
    where: str
    while_: str
    trigger: str
    unwanted: bool
    text: str


@dataclass(frozen=True)
class Reading:
    """A sentence with the circumstances of its reading, for the linter.

    clauses   (keyword in lower case, text) in the order of the sentence
    then      "then" stands between the last clause and the subject
    verb      "shall" or "must"
    masked    the text with quotations blanked out, same length
    """

    sentence: Sentence
    clauses: tuple[tuple[str, str], ...]
    then: bool
    verb: str
    masked: str


_KEYWORDS = r"(?:where|while|when|whenever|if)"
_FIRST = re.compile(_KEYWORDS + r"\b", re.IGNORECASE)
_NEXT = re.compile(r"(?:,\s*(?:and\s+)?|\band\s+)(" + _KEYWORDS + r")\b", re.IGNORECASE)
_NEXT_UPPER = re.compile(r"\s(WHERE|WHILE|WHEN|WHENEVER|IF)\b")
_THEN = re.compile(r"(?:,\s*|\s+)then\b\s*,?\s*", re.IGNORECASE)
_QUOTED = re.compile('(`+)[^`]+?\\1|"[^"]*"|“[^”]*”')
_SYSTEM = re.compile(r"(?:,\s*|\s+)((?:the|this)\s+system)\Z", re.IGNORECASE)
_UPPER_SUBJECT = re.compile(r"\s(THE\s[^,]+)\Z")
_ARTICLE_SUBJECT = re.compile(
    r"(?:,\s*|\s+)((?:the|this|each|every)\s+(?:(?!the\b)[^\s,]+\s+){0,4}(?!the\b)[^\s,]+)\Z", re.IGNORECASE
)
_BOLD_KEYWORD = re.compile(
    r"(\*\*|__|\*)((?:where|while|when|whenever|if|then|the|system|shall|must|not|\s)+)\1", re.IGNORECASE
)

WRITE_IT = 'Write it like "When <trigger>, the <system> shall <response>."'


def parse(sentence: str, subjects: Iterable[str] = ()) -> Sentence:
    """Return the parts of one EARS sentence; raise EarsError when no pattern fits.

    `subjects` are names that may respond (glossary terms, components); "the system" always may. They
    help to find the subject where no comma stands before it and are no restriction.
    """
    return read(sentence, subjects).sentence


def read(sentence: str, subjects: Iterable[str] = ()) -> Reading:
    """Like `parse`, with what the linter needs to know about the wording. Raises EarsError."""
    if len(sentence) > LONGEST:
        raise EarsError("too_long", f"The sentence has {len(sentence)} characters.", f"Keep it under {LONGEST}.")
    text = " ".join(_BOLD_KEYWORD.sub(r"\2", sentence).split())
    if not text:
        raise EarsError("empty", "The sentence is empty.", WRITE_IT)
    masked = mask(text)
    verb = _verb(masked)
    if verb is None:
        raise EarsError("missing_shall", 'The sentence has no "shall".', WRITE_IT)
    left = text[: verb.start()].rstrip()
    response = text[verb.end() :].strip().rstrip(".").rstrip()
    clauses, subject, then = _left(left, masked[: len(left)], tuple(subjects))
    if not subject.strip(" ,"):
        raise EarsError("missing_subject", 'Nothing stands before "shall" that could act.', WRITE_IT)
    if not response.strip(" ,:;"):
        raise EarsError("missing_response", 'Nothing follows "shall".', "Say what the system does.")
    for keyword, clause in clauses:
        if not clause.strip(" ,.…"):
            message = f'Nothing stands between "{keyword.capitalize()}" and the subject.'
            raise EarsError("empty_clause", message, f"Say what comes after {keyword.capitalize()}.")
    found = _assemble(text, clauses, subject, response)
    return Reading(found, tuple(clauses), then, verb.group().lower(), masked)


def mask(text: str) -> str:
    """Return the text with what is quoted or code replaced by "\\0", so that its words are not searched."""
    return _QUOTED.sub(lambda match: "\0" * len(match.group()), text)


def bare(subject: str) -> str:
    """Return a subject for comparison: no article, no case, "_" and "-" as spaces."""
    words = re.sub(r"[\s_-]+", " ", subject.strip(" ,*`\"'")).casefold()
    return re.sub(r"\A(?:the|this|an|a|each|every|all)\s+", "", words)


def _verb(masked: str) -> re.Match[str] | None:
    found = re.search(r"\bshall\b", masked, re.IGNORECASE)
    return found or re.search(r"\bmust\b", masked, re.IGNORECASE)


def _assemble(text: str, clauses: Sequence[tuple[str, str]], subject: str, response: str) -> Sentence:
    where = _joined(clauses, ("where",))
    while_ = _joined(clauses, ("while",))
    trigger = _joined(clauses, ("when", "whenever", "if"))
    unwanted = any(keyword == "if" for keyword, _ in clauses)
    kinds = [
        name
        for name, part in (
            ("optional", where),
            ("state", while_),
            ("unwanted" if unwanted else "event", trigger),
        )
        if part
    ]
    pattern = "ubiquitous" if not kinds else kinds[0] if len(kinds) == 1 else "complex"
    return Sentence(pattern, subject.strip(" ,"), response, where, while_, trigger, unwanted, text)


def _joined(clauses: Sequence[tuple[str, str]], keywords: tuple[str, ...]) -> str:
    return " and ".join(clause.strip(" ,") for keyword, clause in clauses if keyword in keywords)


def _left(left: str, masked: str, subjects: tuple[str, ...]) -> tuple[list[tuple[str, str]], str, bool]:
    """Split what stands before "shall" into clauses, subject, and whether "then" came before it."""
    first = _FIRST.match(masked)
    if first is None:
        leading_then = re.match(r"then\b[\s,]*", masked, re.IGNORECASE)
        if leading_then:
            return [], left[leading_then.end() :], True
        return [], left, False
    starts = [(0, first.end(), first.group())]
    if first.group().isupper():
        starts += [(m.start(), m.end(), m.group(1)) for m in _NEXT_UPPER.finditer(masked, first.end())]
    starts += [(m.start(), m.end(), m.group(1)) for m in _NEXT.finditer(masked, first.end())]
    starts = _distinct(sorted(starts))
    clauses = []
    for position, (_, end, keyword) in enumerate(starts[:-1]):
        clauses.append((keyword.lower(), left[end : starts[position + 1][0]].strip()))
    _, end, keyword = starts[-1]
    clause, subject, then = _clause_and_subject(left[end:], masked[end:], keyword, subjects)
    clauses.append((keyword.lower(), clause.strip(" ,")))
    return clauses, subject, then


def _distinct(starts: list[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Drop a keyword that two rules found at the same place."""
    kept: list[tuple[int, int, str]] = []
    for start in starts:
        if not kept or start[1] > kept[-1][1]:
            kept.append(start)
    return kept


def _clause_and_subject(text: str, masked: str, keyword: str, subjects: tuple[str, ...]) -> tuple[str, str, bool]:
    thens = list(_THEN.finditer(masked))
    if thens:
        last = thens[-1]
        return text[: last.start()], text[last.end() :], True
    for rule in _rules(keyword, subjects):
        found = rule.search(masked)
        if found:
            return text[: found.start()], text[found.start(1) :], False
    comma = masked.rfind(",")
    if comma >= 0:
        return text[:comma], text[comma + 1 :], False
    article = _ARTICLE_SUBJECT.search(masked)
    if article:
        return text[: article.start()], text[article.start(1) :], False
    if re.search(r"\s+system\Z", masked, re.IGNORECASE):
        return text[: -len(" system")], text[-len("system") :], False
    return text, "", False


def _rules(keyword: str, subjects: tuple[str, ...]) -> list[re.Pattern[str]]:
    """Ways to find the subject at the end, surest first; group 1 starts at the subject."""
    names = sorted({name.strip() for name in subjects if name.strip()}, key=len, reverse=True)
    rules = []
    if names:
        choices = "|".join(re.sub(r"(?:\\?[\s_-])+", r"[\\s_-]+", re.escape(name)) for name in names)
        rules.append(re.compile(rf"(?:,\s*|\s+)((?:(?:the|this|an?|each|every)\s+)?(?:{choices}))\s*\Z", re.IGNORECASE))
    rules.append(_SYSTEM)
    if keyword.isupper():
        rules.append(_UPPER_SUBJECT)
    return rules
