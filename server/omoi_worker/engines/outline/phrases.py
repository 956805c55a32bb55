"""Small repairs of noun phrases: capitals, articles, pronouns, and the noun that a phrase is about."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from omoi_worker.engines.outline.words import word_set

if TYPE_CHECKING:
    from omoi_worker.engines.outline.clause import Clause

_PREPOSITION = re.compile(
    r"(?i)\s+(?:after|before|to|from|in|into|on|onto|with|without|by|for|as|at|within|during|until|via|through|per|"
    r"across|between|than|over|under|using|based|that|which|who|whose|when|whenever|where|while|if|unless|so|every|each|out|off|up|back|once|daily|weekly|monthly|instead|because|older|newer|larger|longer|shorter|smaller|bigger|higher|lower|greater|online|offline|automatically|later|again|twice|afterwards|immediately)\b"
    r"|\s+(?:one|two|three|an?|\d+)\s+(?:seconds?|minutes?|hours?|days?|weeks?|months?)\s+(?:before|after|earlier|later)\b"
)
_PROPER = word_set(
    "slack google stripe paypal excel python docker kubernetes linux windows android apple amazon azure "
    "postgres redis kafka jira notion zoom teams discord telegram whatsapp english german french spanish "
    "japanese chinese monday tuesday wednesday thursday friday saturday sunday january february march april "
    "may june july august september october november december django flask react excel i i'm"
)


def printable(text: str) -> str:
    """Return the text with control and formatting characters as spaces; line breaks stay."""
    return "".join(char if char.isprintable() or char == "\n" else " " for char in text)


def one_line(text: str) -> str:
    """Return the text without control characters and with single spaces."""
    return " ".join(printable(text).split())


def printable_data(value: Any) -> Any:
    """Return JSON data whose every string is printable: what a repository says may hold anything."""
    if isinstance(value, str):
        return printable(value).strip(" ")
    if isinstance(value, list):
        return [printable_data(item) for item in value]
    if isinstance(value, dict):
        return {key: printable_data(item) for key, item in value.items()}
    return value


def lower_first(text: str) -> str:
    """Lower the first letter unless the word is an acronym, an identifier or a proper name."""
    head = re.match(r"[\w'-]+", text)
    if not head:
        return text
    word = head.group()
    if word.lower() in _PROPER or any(char.isupper() or char.isdigit() or char == "_" for char in word[1:]):
        return text
    if len(word) == 1 and word != "A":
        return text
    return text[0].lower() + text[1:]


def noun_phrase(text: str) -> tuple[str, str]:
    """Split an object into its noun phrase and the rest: "an account", "after five failed logins"."""
    masked = re.sub(r"`[^`]*`|\"[^\"]*\"|“[^”]*”", lambda match: "_" * len(match.group()), text)
    found = _PREPOSITION.search(masked)
    cut = found.start() if found and found.start() > 0 else len(text)
    comma = masked.find(", ")
    if 0 < comma < cut and " and " not in masked[comma:cut]:
        cut = comma
    return text[:cut].strip(" ,"), text[cut:].strip()


def definite(phrase: str) -> str:
    """Return the phrase as one already spoken of: "an account" → "the account"."""
    phrase = phrase.strip()
    if re.match(
        r"(?i)(?:the|its|their|his|her|our|my|your|this|that|these|those|all|every|each|both|any|no)\b",
        phrase,
    ):
        return re.sub(r"(?i)^(?:any|our|my|your)\b", "the", phrase)
    phrase = re.sub(r"(?i)^an?\s+", "", phrase)
    if re.match(
        r"[\d“`\"']|(?:one|two|three|four|five|six|seven|eight|nine|ten)\b|(?i:how|what|who|whether)\b",
        phrase,
    ):
        return phrase
    return f"the {phrase}" if phrase else "the result"


def bare(phrase: str) -> str:
    """Return the phrase without article and determiner: "an account" → "account"."""
    return re.sub(
        r"(?i)^(?:(?:an?|the|its|their|his|her|our|my|your|this|that|these|those|all|every|each|any|both)\s+)+",
        "",
        phrase.strip(),
    )


def head_noun(phrase: str) -> str:
    """Return the noun that a phrase is about, with what stands before it: "name of the owner" → "name"."""
    noun, _ = noun_phrase(phrase)
    return bare(re.split(r"\s+of\s+|,|\s+(?:and|or)\s+", noun)[0])


def is_plural(phrase: str) -> bool:
    word = (re.split(r"\s+of\s+", bare(phrase))[0].split() or [""])[-1].lower()
    return word.endswith("s") and not word.endswith(("ss", "us", "is"))


def subject_noun(condition: str) -> str:
    """Return who a condition is about: "a payment fails" → "payment"; "" when it starts otherwise."""
    found = re.match(
        r"(?:an?|the|each|every|any)\s+((?:[\w-]+\s+){1,3}?)(?:is|are|has|have|was|can|\w+s|\w+ed)\b",
        condition,
    )
    return found.group(1).strip() if found else ""


def resolve_pronouns(clause: Clause, before: list[Clause], condition: str) -> Clause:
    """Put the noun of the clause before, or else of the condition, in place of "it", "its", "them", "their"."""
    noun = next((head_noun(past.object) for past in reversed(before) if past.object and head_noun(past.object)), "")
    noun = noun or subject_noun(condition)
    own = head_noun(clause.object)
    if not condition and is_plural(own) and re.search(r"\bthem$", clause.trigger):
        clause = replace(clause, trigger=re.sub(r"\bthem$", f"the {own}", clause.trigger))
    if not noun or len(noun.split()) > 4 or re.match(r"(?i)(?:it|its|them|their)\b", noun):
        return clause
    plural = is_plural(noun)
    text = clause.object
    if plural:
        text = re.sub(r"\btheir\b", f"the {noun}'", text)
        text = re.sub(r"\bthem\b", f"the {noun}", text)
    else:
        text = re.sub(r"\bits\b", f"the {noun}'s", text)
        text = re.sub(r"\bit\b", f"the {noun}", text)
    return clause if text == clause.object else replace(clause, object=text)
