"""Conditions of an idea ("after five failed logins", "when a user pays") as EARS triggers and states."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Callable

from omoi_worker.engines.outline.phrases import lower_first
from omoi_worker.engines.outline.verbs import ALSO_NOUNS, CLASS_OF, base_form, is_finite


@dataclass(frozen=True)
class Condition:
    """Trigger, state and exception of one clause; each "" when there is none."""

    trigger: str = ""
    state: str = ""
    exception: str = ""


_WORDS = r"whenever|when|if|once|after|as soon as|immediately after|upon|while|unless|in case|every time|each time|on"
_FIRST = re.compile(rf"(?i)^(?P<word>{_WORDS}|during)\s+(?P<rest>.+)$")
_LAST = re.compile(
    r"(?i)(?<=\w)[,]?\s+(?P<only>only\s+)?(?P<word>whenever|when|if|once|after|as soon as|immediately after|upon|while|unless|in case|every time|each time)\s+(?P<rest>(?:(?!\s(?:whenever|when|if|once|as soon as|upon|while|unless)\s).)+)$"
)
_DURATION = re.compile(
    r"(?i)\b(?:\d[\d.,]*|an?|one|two|three|four|five|six|seven|eight|nine|ten|twelve|fifteen|twenty|thirty|sixty|ninety|some|half an)[\s-]*(?:ms|s|m|h|milliseconds?|seconds?|minutes?|mins?|hours?|days?|weeks?|months?|years?|nights?|quarters?)\b"
)
_COUNT = re.compile(
    r"(?i)^(?:\d[\d.,]*|two|three|four|five|six|seven|eight|nine|ten|twelve|twenty|thirty|fifty|a hundred)\s+(?!%)\w"
)
_FINITE = re.compile(
    r"(?i)\b(?:is|are|was|were|has|have|had|does|do|did|can|cannot|exceeds?|reaches|reached|goes|went|gets|comes|came|becomes|drops|falls|rises|arrives|wants|tries|leaves|opens|expires|changes|contains|there|never|no longer|logs|signs|clicks|presses|enters|happens|matches|starts|ends|stops|misses|lacks|equals|fails|crashes|hits|pays|buys|knows|belongs|needs|hovers|scrolls|touches|waits|passes|runs)\b"
)


def leading(text: str, starts_action: Callable[[str], bool]) -> tuple[Condition, str]:
    """Take a condition off the front: ("a user pays", "send a receipt") from "When a user pays, send …".

    It ends at a comma, at "then", or where `starts_action` sees an action begin.
    """
    found = _FIRST.match(text)
    if not found:
        return Condition(), text
    rest = found.group("rest")
    cut = _comma(rest)
    if cut is None:
        then = re.search(r"(?i)\s+then\s+", rest)
        spaces = list(re.finditer(r"\s+", _mask(rest)))[1:]
        begins = then or next((space for space in spaces if starts_action(rest[space.end() :])), None)
        if begins is None:
            return Condition(), text
        cut = (begins.start(), begins.end())
    main = re.sub(r"(?i)^then\s+", "", rest[cut[1] :].strip())
    if not re.search(r"\w", main) or (found.group("word").lower() == "on" and not _verb_begins(main)):
        return Condition(), text
    return _condition(found.group("word"), rest[: cut[0]].strip()), main


def ending(text: str) -> tuple[Condition, str]:
    """Take a condition off the end: "Lock an account after five failed logins"."""
    found = _LAST.search(_mask(text))
    if not found or found.start() < 3:
        return Condition(), text
    rest = text[found.start("rest") :].strip(" ,")
    main = text[: found.start()].rstrip(" ,")
    word = found.group("word").lower()
    if word in ("once",) and re.match(r"(?i)(?:a|per|every|an)\s", rest):
        return Condition(), text
    if not rest or len(main.split()) < 2:
        return Condition(), text
    return _condition(word, rest), main


def _mask(text: str) -> str:
    return re.sub(r"`[^`]*`|\"[^\"]*\"|“[^”]*”", lambda match: "_" * len(match.group()), text)


def _comma(text: str) -> tuple[int, int] | None:
    """The comma that ends the condition: the first one that no list of nouns explains."""
    for found in re.finditer(r",\s*", _mask(text)):
        after = text[found.end() :]
        if re.match(r"(?i)(?:and|or)\s", after):
            continue
        return found.start(), found.end()
    return None


def _verb_begins(text: str) -> bool:
    head = text.split(" ", 1)[0].lower()
    return head in CLASS_OF or bool(re.search(r"(?i)\b(?:should|must|shall|can|will)\b", text))


def _condition(word: str, text: str) -> Condition:
    word = word.lower()
    text = lower_first(_plain(text))
    if word == "unless":
        return Condition(exception=_as_event(word, text))
    if word in ("while", "during"):
        return Condition(state=_as_state(text))
    return Condition(trigger=_as_event(word, text))


def _plain(text: str) -> str:
    """A condition inside EARS may not hold what would end it: ", then", ", and when", "shall"."""
    text = re.sub(r"(?i),?\s+then\s+", " and ", text)
    text = re.sub(r"(?i)\bshall\b", "is to", text)
    text = re.sub(r"(?i)(,|\band)\s+(?:when|while|if|where|whenever)\s+", r"\1 ", text)
    return text.strip(" ,.")


def _as_event(word: str, text: str) -> str:
    if _finite(text):
        return text
    if word in ("after", "once", "upon", "on", "as soon as", "immediately after", "when", "whenever", "if"):
        if _DURATION.match(text):
            return f"{text} have passed" if not re.match(r"(?i)(?:an?|one)\s", text) else f"{text} has passed"
        if _COUNT.match(text):
            return f"{text} have occurred"
    head = text.split(" ", 1)[0].lower()
    if head.endswith("ing") and base_form(head):
        return f"someone is {text}" if word in ("when", "whenever", "if", "while") else f"someone has finished {text}"
    if base_form(head) and head.endswith(("ed", "en")) and " " not in text:
        return f"it is {text}"
    if re.match(r"(?i)(?:not |no longer )?\w+(?:ed|able|full|empty|idle|offline|online)$", text):
        return f"it is {text}"
    return f"{text} has happened" if word in ("after", "once", "as soon as", "immediately after") else f"{text} happens"


def _as_state(text: str) -> str:
    if _finite(text):
        return text
    head = text.split(" ", 1)[0].lower()
    if head.endswith("ing") and base_form(head):
        return f"someone is {text}"
    if re.match(
        r"(?i)(?:not |no longer )?(?:offline|online|idle|disconnected|connected|logged (?:in|out)|busy)\b",
        text,
    ):
        return f"the system is {text}"
    return f"{text} lasts"


def _finite(text: str) -> bool:
    if _FINITE.search(text):
        return True
    words = text.split()
    for index, word in enumerate(words[1:], 1):
        base = base_form(word)
        counted = re.match(r"(?i)(?:failed|\d+|two|three|five|ten)$", words[index - 1])
        if is_finite(word) and (base not in ALSO_NOUNS or index + 1 < len(words)) and not counted:
            return True
    plural = re.match(r"(?i)(?:users|people|customers|admins|they|we|you|i)\s+(\w+)", text)
    return bool(plural) and base_form(plural.group(1)) is not None if plural else False
