"""Small repairs of noun phrases: capitals, articles, pronouns, and the noun that a phrase is about."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from omoi_worker.engines.outline.words import word_set

if TYPE_CHECKING:
    from omoi_worker.engines.outline.clause import Clause

_PREPOSITIONS = (
    r"after|before|to|from|in|into|on|onto|with|without|by|for|as|at|within|during|until|via|through|per|across|between|"
    r"than|over|under|using|that|which|who|whose|when|whenever|where|while|if|unless|so|every|each|once|instead|because"
)
_FUNCTION = rf"{_PREPOSITIONS}|and|or|but|of|the|an?|it|them|its|their|all|any|again|\d\S*"
_ADVERB = (
    r"daily|weekly|monthly|yearly|hourly|nightly|older|newer|larger|longer|shorter|smaller|bigger|higher|lower|greater|"
    r"faster|quicker|slower|better|easier|sooner|earlier|more|less|fast|online|offline|out|off|up|back|based|later|again|"
    r"twice|afterwards|instead|too|(?!family|reply|supply|assembly|anomaly|apply|ally|fly|multiply)\w{2,}ly"
)
_CUT = re.compile(
    rf"(?i)\s+(?:{_PREPOSITIONS})\b"
    # The words below stand before a noun as well ("monthly report", "online shop"): they end a phrase only
    # where no noun follows.
    rf"|\s+“?(?:{_ADVERB})”?(?=\s*(?:$|[,.;:])|\s+(?:{_FUNCTION}|{_ADVERB})\b)"
    r"|\s+(?:one|two|three|an?|\d+)\s+(?:seconds?|minutes?|hours?|days?|weeks?|months?)\s+(?:before|after|earlier|later)\b"
)
_LEADING = re.compile(rf"(?i)^(?:(?:{_PREPOSITIONS})\s+)+(?=\S)")
_MARKED_ADVERB = re.compile(rf"(?i)“(?:{_ADVERB})”")
_ARTICLES_ONLY = re.compile(
    r"(?i)^(?:(?:an?|the|its|their|his|her|our|my|your|this|that|these|those|all|every|each|any|both|no|of|and)\s*)+$"
)
_PRONOUN = r"it|them|this|that|these|those|me|us|you|him|her|they|everything|something|anything|things|stuff"
UNRESOLVED = re.compile(rf"(?i)(?:{_PRONOUN.replace('me|us|you|', '')})$")
"""A noun phrase that names nothing."""

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
    """Split an object into its noun phrase and the rest: "an account", "after five failed logins".

    The phrase holds a noun: no cut is made behind a mere article or determiner. It is "" when the object
    consists of an adverb.
    """
    if re.fullmatch(rf"(?i)“?(?:{_ADVERB})”?", text.strip()):
        return "", text.strip()
    masked = re.sub(
        r"`[^`]*`|\"[^\"]*\"|“[^”]*”",
        lambda match: match.group() if _MARKED_ADVERB.fullmatch(match.group()) else "_" * len(match.group()),
        text,
    )
    cut = len(text)
    for found in _CUT.finditer(masked):
        before = masked[: found.start()]
        if before.strip() and not _ARTICLES_ONLY.match(before):
            cut = found.start()
            break
    comma = masked.find(", ")
    if 0 < comma < cut and " and " not in masked[comma:cut]:
        cut = comma
    return text[:cut].strip(" ,"), text[cut:].strip()


def subject_matter(text: str) -> str:
    """Return what an object is about, also when it starts with a preposition: "with Slack" → "Slack"."""
    phrase, _ = noun_phrase(_LEADING.sub("", text))
    return phrase


def definite(phrase: str) -> str:
    """Return the phrase as one already spoken of: "an account" → "the account"."""
    phrase = phrase.strip()
    if re.fullmatch(rf"(?i)(?:{_PRONOUN})", phrase) or phrase.lower() in _PROPER or _ARTICLES_ONLY.match(phrase):
        return phrase if not _ARTICLES_ONLY.match(phrase) or re.fullmatch(_PRONOUN, phrase) else "the result"
    if re.match(
        r"(?i)(?:the|its|their|his|her|our|my|your|this|that|these|those|all|every|each|both|any|no)\b",
        phrase,
    ):
        return re.sub(r"(?i)^(?:any|our|my|your)\b", "the", phrase)
    phrase = re.sub(r"(?i)^an?\s+", "", phrase)
    phrase = re.sub(r"(?<=\w)(,| and| or) an? ", r"\1 the ", phrase)
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
    return word in ("them", "these", "those", "they", "us", "things") or (
        word.endswith("s") and not word.endswith(("ss", "us", "is"))
    )


def subject_noun(condition: str) -> str:
    """Return who a condition is about: "a payment fails" → "payment"; "" when it starts otherwise."""
    found = re.match(
        r"(?:an?|the|each|every|any)\s+((?:[\w-]+\s+){1,3}?)(?:is|are|has|have|was|can|\w+s|\w+ed)\b",
        condition,
    )
    return found.group(1).strip() if found else ""


def _antecedent(phrase: str) -> str:
    """Return what a later "it" or "them" stands for: "monthly report", "names and addresses"."""
    noun = bare(subject_matter(phrase))
    listed = re.search(r",|\s(?:and|or)\s", noun)
    return re.sub(r"(,| and| or) an? ", r"\1 the ", noun) if listed else head_noun(noun)


def resolve_pronouns(clause: Clause, before: list[Clause], condition: str) -> Clause:
    """Put the noun of the clause before, or else of the condition, in place of "it", "its", "them", "their".

    An object left out is put back, too: "resize images and upload to a server" uploads the images.
    """
    noun = next((_antecedent(past.object) for past in reversed(before) if past.object and _antecedent(past.object)), "")
    noun = noun or subject_noun(condition)
    own = head_noun(clause.object)
    if not condition and is_plural(own) and re.search(r"\bthem$", clause.trigger):
        clause = replace(clause, trigger=re.sub(r"\bthem$", f"the {own}", clause.trigger))
    if not noun or len(noun.split()) > 7 or re.fullmatch(rf"(?i)(?:{_PRONOUN})", noun.split()[0]):
        return clause
    named = definite(noun)
    text = clause.object
    if before and clause.verb in _TAKE_AN_OBJECT and re.match(r"(?i)(?:to|into|onto|as|from)\s", text):
        text = f"{named} {text}"
    if is_plural(noun) or " and " in noun:
        text = re.sub(r"\btheir\b", f"{named}'" if noun.endswith("s") else f"{named}'s", text)
        text = re.sub(rf"\b(?:them|these|those)\b(?=\s*$|\s+(?:{_FUNCTION})\b)", named, text)
    else:
        text = re.sub(r"\bits\b", f"{named}'s", text)
        text = re.sub(r"\bit\b", named, text)
        text = re.sub(rf"^(?:this|that)(?=\s*$|\s+(?:{_FUNCTION})\b)", named, text)
    return clause if text == clause.object else replace(clause, object=text)


_TAKE_AN_OBJECT = word_set(
    "upload email mail send export import save copy move convert write store download post deliver"
)
