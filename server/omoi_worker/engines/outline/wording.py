"""Words of an idea made fit for an EARS sentence; what cannot be tested becomes a question."""

from __future__ import annotations

import re
from collections.abc import Iterable

from omoi_spec import ears_lint
from omoi_worker.engines.outline.articles import mend_articles
from omoi_worker.engines.outline.words import word_set

_VAGUE = re.compile(
    r"(?i)\b(?:adequate(?:ly)?|appropriate(?:ly)?|suitabl[ey]|sufficient(?:ly)?|reasonabl[ey]|robust(?:ly)?|efficient(?:ly)?|"
    r"effective(?:ly)?|flexibl[ey]|seamless(?:ly)?|intuitive(?:ly)?|user[- ]friendly|easy|easily|easier|simple|simply|quick(?:ly)?|"
    r"faster|fast|rapid(?:ly)?|slow(?:ly)?|timely|soon|promptly|graceful(?:ly)?|proper(?:ly)?|nice(?:ly)?|nicer|smooth(?:ly)?|better|"
    r"improved?|optimal(?:ly)?|minimal|several|many|various|numerous|modern|normal(?:ly)?|usual(?:ly)?|good|great|clean)\b"
)
_ESCAPE = re.compile(
    r"(?i)[,(]?\s*\b(?:(?:if|where|when|as far as|as much as|as soon as|as quickly as)\s+(?:is\s+)?(?:possible|necessary|appropriate|"
    r"applicable|needed|required|feasible|practical)|as (?:needed|required|appropriate|applicable)|best effort|if at all)\b\)?"
)
_OPEN = re.compile(r"(?i)[,\s]*\b(?:etc\b\.?|and so on|and so forth|or similar|tbd|tbc|to be determined)")
_SUCH_AS = re.compile(r"(?i),?\s*\b(?:such as|including but not limited to)\b")
_AND_OR = re.compile(r"(?i)\band\s*/\s*or\b")
_QUOTED = re.compile(r"`[^`]*`|\"[^\"]*\"|“[^”]*”")
LONGEST_OBJECT = 28
"""Words of one response; the EARS linter allows 60 in the whole sentence."""


_DANGLING = word_set("a an the of to in on at by for from with and or as its their")
"""Words after which a text is not cut off."""

LONGEST_WORD = 100
"""Characters; longer words are pasted data, of which the beginning tells enough."""


def plain(text: str) -> tuple[str, list[str], list[str]]:
    """Return the text fit for a sentence, the questions it raises, and the assumptions made.

    Words that no test can decide stay, in quotation marks, and are asked about.
    """
    questions: list[str] = []
    assumptions: list[str] = []
    text = re.sub(r"[“”\"]([^“”\"]*)[“”\"]", r"“\1”", text).replace('"', "'")
    text = _outside_quotes(text, _AND_OR, "or")
    if _SUCH_AS.search(text):
        assumptions.append(f"The list in “{unquoted(text)}” is complete.")
        text = _outside_quotes(text, _SUCH_AS, ":")
    if _OPEN.search(text):
        questions.append(f"What else belongs to “{unquoted(_OPEN.sub('', text))}”?")
        text = _outside_quotes(text, _OPEN, "")
    if _ESCAPE.search(text):
        questions.append(f"When may “{unquoted(_ESCAPE.sub('', text))}” be left undone?")
        text = _outside_quotes(text, _ESCAPE, "")
    for word in _vague_words(text):
        questions.append(f"Which figure decides what “{word}” means in “{unquoted(text)}”?")
    text = _outside_quotes(text, _VAGUE, r"“\g<0>”")
    text = "".join(
        part if _QUOTED.fullmatch(part) else mend_articles(part) for part in re.split(rf"({_QUOTED.pattern})", text)
    )
    text = re.sub(r"(?i)\bshall\b", "is to", text)
    text = re.sub(r"(?<=[.!?])\s+(?=[A-Z])", " – ", text)
    return shorten(text.strip(" ,;:")), questions, assumptions


def shorten(text: str, words: int = LONGEST_OBJECT) -> str:
    """Return at most `words` words; what is cut off is marked."""
    split = [word if len(word) <= LONGEST_WORD else word[: LONGEST_WORD - 1] + "…" for word in text.split()]
    text = " ".join(split)
    if len(split) <= words:
        return text
    kept = split[:words]
    while len(kept) > 1 and kept[-1].lower() in _DANGLING:
        kept.pop()
    cut = " ".join(kept)
    return cut + ("…”" if cut.count("“") > cut.count("”") else "…")


def unquoted(text: str) -> str:
    """Return the text without typographic quotation marks, to be quoted itself."""
    return text.replace("“", "").replace("”", "").strip(" ,.")


def sentence(subject: str, response: str, trigger: str = "", state: str = "", unwanted: bool = False) -> str:
    """Put one EARS sentence together. A response that the linter objects to is quoted, words unchanged."""
    made = _assemble(subject, response, trigger, state, unwanted)
    if not ears_lint.lint(made, _subjects(subject)):
        return made
    verb, _, rest = response.partition(" ")
    calm = f"{verb} “{unquoted(rest)}”" if rest else f"do “{unquoted(verb)}”"
    for quoted in (
        _assemble(subject, calm, trigger, state, unwanted),
        _assemble(subject, response, _quote(trigger), _quote(state), unwanted),
        _assemble(subject, calm, _quote(trigger), _quote(state), unwanted),
    ):
        if not ears_lint.lint(quoted, _subjects(subject)):
            return quoted
    shorter = f"{verb} “{unquoted(shorten(rest, 12))}”"
    return _assemble(subject, shorter, _quote(shorten(trigger, 12)), _quote(shorten(state, 12)), unwanted)


def _quote(text: str) -> str:
    return f"“{unquoted(text)}” holds" if text else ""


def _subjects(subject: str) -> Iterable[str]:
    return [re.sub(r"^the ", "", subject)]


def _assemble(subject: str, response: str, trigger: str, state: str, unwanted: bool) -> str:
    start = ""
    if state:
        start = f"While {state}, "
    if trigger:
        word = ("if" if start else "If") if unwanted else ("when" if start else "When")
        start += f"{word} {trigger}, " + ("then " if unwanted else "")
    lead = f"{start}{subject}" if start else subject[0].upper() + subject[1:]
    return f"{lead} shall {response.rstrip('.')}."


def _vague_words(text: str) -> list[str]:
    masked = _QUOTED.sub(lambda match: " " * len(match.group()), text)
    return sorted({match.group().lower() for match in _VAGUE.finditer(masked)})


def _outside_quotes(text: str, pattern: re.Pattern[str], put: str) -> str:
    pieces = []
    last = 0
    for quoted in _QUOTED.finditer(text):
        pieces.append(pattern.sub(put, text[last : quoted.start()]))
        pieces.append(quoted.group())
        last = quoted.end()
    pieces.append(pattern.sub(put, text[last:]))
    return "".join(pieces)
