"""Readings of one piece of a sentence: wish, duty, order, statement, or a name of something."""

from __future__ import annotations

import re
from dataclasses import replace

from omoi_worker.engines.outline.clause import ITSELF, QUOTES, Clause
from omoi_worker.engines.outline.phrases import UNRESOLVED, definite, is_plural, lower_first, noun_phrase
from omoi_worker.engines.outline.shapes import (
    ADVERB,
    ASKED,
    COMPOUND,
    DETERMINER,
    LACKING,
    LET,
    LET_BARE,
    MADE,
    MAKE_SURE,
    MODAL,
    NEGATIVE,
    PASSIVE,
    PEOPLE,
    SELF,
    TROUBLE,
    TROUBLES,
    TURNED,
    VAGUE,
    WANT,
)
from omoi_worker.engines.outline.verbs import ALSO_NOUNS, CLASS_OF, PROBLEMS, base_form, is_finite


def read_piece(piece: str, system: str) -> Clause:
    piece = re.sub(rf"(?i)^{ADVERB}", "", piece).strip() or piece
    sure = MAKE_SURE.match(piece)
    if sure and not re.match(r"(?i)(?:the\s+)?[\w-]+$", sure.group("rest")):
        inner = _read_statement(sure.group("rest"), system)
        if inner:
            return inner
    negative = NEGATIVE.match(piece)
    if negative:
        return replace(_imperative(negative.group("rest")) or _noun(negative.group("rest")), refused=True)
    allowed = LET.match(piece) or LET_BARE.match(piece)
    if allowed:
        inner = _imperative(allowed.group("rest"))
        if inner:
            return as_given(replace(inner, actor=lower_first(allowed.group("actor"))))
    return (
        _wanted(piece, system)
        or _modal(piece, system)
        or _imperative(piece)
        or _read_statement(piece, system)
        or _noun(piece)
    )


def _wanted(piece: str, system: str) -> Clause | None:
    want = WANT.match(piece)
    if not want:
        return None
    rest = want.group("rest")
    inner: Clause | None
    if want.group("someone"):
        inner = _imperative(re.sub(r"^to\s+", "", rest))
        inner = inner or _noun(rest)
        return replace(inner, actor=want.group("someone").rsplit(" to be able", 1)[0].strip().lower())
    people = re.match(r"(?i)(?P<actor>(?:the |our |all )?\w+)\s+to\s+(?:be able to\s+)?(?P<rest>.+)$", rest)
    if people and PEOPLE.search(people.group("actor")):
        inner = _imperative(people.group("rest"))
        if inner:
            return replace(inner, actor=people.group("actor").lower())
    if want.group("to") or re.match(r"(?i)a way to\s+", rest):
        inner = _imperative(re.sub(r"(?i)^a way to\s+", "", rest))
        if inner:
            return inner
    return _noun(re.sub(r"(?i)^a way (?:to|for)\s+", "", rest))


def _modal(piece: str, system: str) -> Clause | None:
    found = MODAL.match(piece)
    if not found:
        return None
    subject, rest = found.group("subject").strip(), found.group("rest").strip()
    modal = found.group("modal").lower()
    refused = bool(found.group("negative")) or modal in (
        "cannot",
        "can't",
        "mustn't",
        "shouldn't",
        "won't",
        "may not",
    )
    rest = re.sub(rf"(?i)^{ADVERB}", "", rest)
    if SELF.match(subject) or (system and subject.lower() in (system.lower(), f"the {system}".lower())):
        if re.match(r"(?i)be\s", rest):
            return replace(
                _noun(rest[3:]) if subject.lower() == "there" else Clause("be", rest[3:], ""), refused=refused
            )
        if found.group("able") and subject.lower() in ("i", "we", "you"):
            return replace(_imperative(rest) or _noun(rest), refused=refused)
        return replace(_imperative(rest) or _noun(rest), refused=refused)
    passive = re.match(
        r"(?i)(?:be|get)\s+(?:(?:automatically|always|also|immediately)\s+)?(?P<verb>[\w-]+)(?:\s+(?P<rest>.+))?$",
        rest,
    )
    if passive:
        return replace(
            _from_passive(subject, passive.group("verb"), passive.group("rest") or "")
            or _kept(piece, subject, rest[3:]),
            refused=refused,
        )
    if (
        found.group("able")
        or "able" in modal
        or "allow" in modal
        or (modal in ("can", "could", "may", "cannot", "can't") or PEOPLE.search(subject))
    ):
        inner = _imperative(rest) or Clause("", rest, "")
        return as_given(replace(inner, actor=lower_first(subject), refused=refused))
    about = lower_first(subject)
    return Clause("make", f"{about} {rest}", "", refused=refused, claim=lower_first(piece), about=about)


def _from_passive(subject: str, participle: str, rest: str) -> Clause | None:
    verb = base_form(participle)
    if verb is None or not re.search(r"(?:ed|en|t|d|wn|n)$", participle.lower()) or participle.lower().endswith("ing"):
        return None
    return Clause(verb, " ".join(part for part in (lower_first(subject), rest) if part), "")


def _imperative(piece: str) -> Clause | None:
    piece = re.sub(rf"(?i)^{ADVERB}", "", piece).strip()
    head, _, rest = piece.partition(" ")
    plain = head.strip(",:").lower()
    verb = plain if plain in CLASS_OF else None
    if verb is None and rest:
        form = base_form(plain)
        if form and (plain.endswith("ing") or (plain.endswith(("s", "ed")) and head[:1].isupper())):
            after = rest.split(" ", 1)[0].lower()
            if re.fullmatch(DETERMINER, after) or (not plain.endswith("ing") and form not in ALSO_NOUNS):
                verb = form
    if verb is None or (not rest.strip() and verb in ALSO_NOUNS):
        return None
    noun_follows = re.match(r"(?i)(?:for|of|on|in|with|by|as|is|are|from)\b", rest)
    if verb in ALSO_NOUNS and noun_follows and verb not in ("log", "run", "report", "link", "work"):
        sorts_by = CLASS_OF[verb] == "find" and noun_follows.group().lower() not in ("of", "is", "are", "as")
        if not sorts_by:
            return None
    if verb in ALSO_NOUNS and COMPOUND.match(piece):
        return None
    if verb == "make":
        return _made(rest)
    if verb == "fix":
        phrase, more = noun_phrase(rest)
        if not TROUBLES.search(phrase):
            return Clause("correct", rest.strip(), "")
        return Clause("work", " ".join(part for part in ("without", definite(phrase), more) if part), "")
    return Clause(verb, rest.strip(), "")


def _made(rest: str) -> Clause:
    """Read "make X faster" as a statement of X; "make X" alone makes a thing."""
    found = MADE.match(rest)
    if not found:
        return Clause("make", rest.strip(), "")
    about = lower_first(found.group("about"))
    spoken = "are" if is_plural(about) else "is"
    if UNRESOLVED.match(about):
        return Clause("make", rest.strip(), "", claim=f"it is {found.group('how')}", about=ITSELF)
    return Clause("make", rest.strip(), "", claim=f"{about} {spoken} {found.group('how')}", about=about)


def _read_statement(piece: str, system: str) -> Clause | None:
    """Read "X is done", "X does Y" and "X fails"."""
    modal = _modal(piece, system)
    if modal:
        return modal
    trouble = TROUBLE.match(piece)
    if trouble:
        more = trouble.group("rest") or ""
        return Clause("complete", " ".join(part for part in (lower_first(trouble.group("subject")), more) if part), "")
    lacking = LACKING.match(piece)
    if lacking:
        rest = " ".join(part for part in (lacking.group("verb"), lacking.group("rest") or "") if part)
        if SELF.match(lacking.group("subject")):
            return _imperative(rest) or _noun(rest)
        about = lower_first(lacking.group("subject"))
        return Clause("make", f"{about} {rest}", "", claim=f"{about} does {rest}", about=about)
    passive = PASSIVE.match(piece)
    if passive:
        found = _from_passive(passive.group("subject"), passive.group("verb"), passive.group("rest") or "")
        if found:
            return replace(found, refused=bool(passive.group("negative")))
    found = _subject_and_verb(piece)
    if found:
        return found
    being = re.match(r"(?i)(?P<subject>.{2,80}?)\s+(?:is|are)\s+(?P<rest>.+)$", piece)
    if being:
        return _kept(piece, being.group("subject"), being.group("rest"))
    return None


def _subject_and_verb(piece: str) -> Clause | None:
    """Read a statement by its first finite verb: "drivers see free spaces", "a coupon expires after 30 days"."""
    words = piece.split()
    for index in range(1, min(len(words), 9)):
        word = words[index].strip(",")
        plural = (
            words[index - 1].lower().endswith("s")
            and word in CLASS_OF
            and re.match(rf"(?i){DETERMINER}\b", (words[index + 1 : index + 2] or [""])[0])
        )
        subject = " ".join(words[:index])
        people = index < 4 and PEOPLE.search(subject) and (word in CLASS_OF or is_finite(word))
        if (
            people
            and (words[index + 1 :] or word not in ALSO_NOUNS)
            and word not in ("get", "gets", "receive", "receives")
        ):
            rest = " ".join(words[index + 1 :])
            return Clause(base_form(word) or word, rest, "", actor=lower_first(subject))
        if plural:
            about = lower_first(subject)
            return Clause("make", lower_first(piece), "", claim=lower_first(piece), about=about)
        if is_finite(word) and not (
            base_form(word) in ALSO_NOUNS
            and words[index - 1].lower() in ("the", "a", "an", "of", "for", "all", "in", "and")
        ):
            subject, rest = " ".join(words[:index]), " ".join(words[index + 1 :])
            verb = base_form(word) or word
            if verb in ALSO_NOUNS and not re.match(rf"(?i){DETERMINER}\b|from\b|in\b|on\b|after\b|$", rest):
                continue
            if verb in PROBLEMS:
                return Clause("complete", lower_first(subject) + (f" {rest}" if rest else ""), "")
            if SELF.match(subject):
                return Clause(verb, rest, "")
            if verb in ("get", "receive") and PEOPLE.search(subject) and rest:
                return as_given(Clause(verb, rest, "", actor=lower_first(subject)))
            about = lower_first(subject)
            made = " ".join(part for part in (about, verb, rest) if part)
            return Clause("make", made, "", claim=lower_first(piece), about=about)
    return None


def as_given(clause: Clause) -> Clause:
    """What people are to receive is what the system is to send."""
    if clause.verb in ("receive", "get") and clause.actor and clause.object and not clause.refused:
        return replace(clause, verb="send", object=f"{clause.object} to {clause.actor}", actor="")
    return clause


def _kept(piece: str, subject: str, rest: str) -> Clause:
    about = lower_first(subject)
    return Clause("keep", f"{about} {rest}", "", claim=lower_first(piece), about=about)


def as_quoted(piece: str) -> Clause:
    """What no rule understands is quoted whole and in its own words."""
    words = re.sub(r"[“”\"]", "'", piece.strip())
    return Clause("do", f"{QUOTES} “{words}”", "")


def asked_wish(text: str) -> str:
    """Return the wish in a question: "Can we export orders?" → "export orders"; "" when it is none."""
    text = text.rstrip("?？ ")
    found = ASKED.match(text)
    if found:
        return re.sub(r"(?i)^(?:please|possible to)\s+", "", found.group("rest"))
    turned = TURNED.match(text)
    return f"{turned.group('subject')} {turned.group('modal')} {turned.group('rest')}" if turned else ""


def _noun(piece: str) -> Clause:
    """The reading of last resort: what is named is provided; what no rule understands is quoted whole."""
    piece = piece.strip()
    words = re.findall(r"\w+", piece.lower())
    if len(piece.split()) > 14 or (piece and all(word in VAGUE for word in words)):
        return as_quoted(piece)
    return Clause("provide", lower_first(piece), "")
