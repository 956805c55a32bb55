"""One unit of an idea read as clauses: when, who, does what, to what.

The reading is shallow and by rule. Where no rule fits, the words are kept as they are, so that nothing of
the idea is lost or invented.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from omoi_worker.engines.outline.articles import with_article
from omoi_worker.engines.outline.clause import Clause
from omoi_worker.engines.outline.conditions import Condition, ending, leading
from omoi_worker.engines.outline.phrases import UNRESOLVED, noun_phrase, resolve_pronouns
from omoi_worker.engines.outline.readings import as_given, as_quoted, asked_wish, read_piece
from omoi_worker.engines.outline.shapes import ADVERB, BENEFIT, DETERMINER, EVERY, JOINT, LEAD, QUOTED, STORY
from omoi_worker.engines.outline.tongue import is_english
from omoi_worker.engines.outline.verbs import ALSO_NOUNS, CLASS_OF, is_finite


def read_clauses(text: str, system: str = "", before: Sequence[Clause] = ()) -> list[Clause]:
    """Read one unit. Every unit gives at least one clause; the conditions of one carry over to the next.

    `before` are the clauses of the unit before, to which an "it" at the start of an object may point.
    """
    source = text
    wish = asked_wish(text) if text.endswith(("?", "？")) else text
    if text and (not wish or not is_english(text)):
        return [replace(as_quoted(text), source=source)]
    text = wish
    text, benefit = _take_benefit(LEAD.sub("", text).strip() or text)
    role = ""
    story = STORY.match(text)
    if story:
        role = story.group("role").strip()
        text = story.group("rest")
    often = EVERY.match(text)
    if often and _starts_action(often.group("rest")):
        text = _after_first_action(often.group("rest"), often.group("often"))
    first, text = leading(text, _starts_action)
    clauses: list[Clause] = []
    carried = first
    for piece in _split(text):
        after, piece = ending(piece)
        if clauses and after.trigger:
            carried = Condition(carried.trigger, "", "")
        condition = _joined(carried, after)
        clause = replace(read_piece(piece, system), source=source, benefit=benefit, role=role)
        clause = replace(clause, trigger=condition.trigger, state=condition.state, exception=condition.exception)
        if clauses and not clause.actor and _bare_action(piece):
            clause = as_given(replace(clause, actor=clauses[-1].actor))
        elif role and not clause.actor and not clauses and story:
            clause = replace(clause, actor=with_article(role))
        earlier = clauses
        if not clauses and re.match(r"(?i)(?:it|them)\b", clause.object) and not (first.trigger or first.state):
            earlier = list(before)
        clause = resolve_pronouns(clause, earlier, first.trigger or first.state)
        clauses.append(_or_quoted(clause, piece))
        if first == Condition() and (after.trigger or after.state):
            carried = Condition(condition.trigger, condition.state, "")
    return clauses


def _or_quoted(clause: Clause, piece: str) -> Clause:
    """Return a clause that names nothing ("fix it", "delete") as a quotation: its object is asked for."""
    if clause.verb == "do" or clause.claim or (clause.refused and not clause.verb):
        return clause
    pointed = UNRESOLVED.match(noun_phrase(clause.object)[0])
    alone = not clause.object and not clause.actor and clause.verb in CLASS_OF
    if not pointed and not alone:
        return clause
    quoted = as_quoted(piece)
    question = (
        f"What does “{pointed.group()}” stand for in “{piece}”?" if pointed else f"What is to be done in “{piece}”?"
    )
    return replace(clause, verb=quoted.verb, object=quoted.object, actor="", refused=False, question=question)


def _after_first_action(text: str, often: str) -> str:
    """Put "every night" behind the first action: "back up the database every night and delete …"."""
    pieces = _split(text)
    pieces[0] = f"{pieces[0]} {often[0].lower()}{often[1:]}"
    return " and ".join(pieces)


def _bare_action(piece: str) -> bool:
    head = re.sub(rf"(?i)^{ADVERB}", "", piece).split(" ", 1)[0].lower()
    return head in CLASS_OF


def _take_benefit(text: str) -> tuple[str, str]:
    found = BENEFIT.search(text)
    if (
        not found
        or found.start() < 8
        or (
            found.group(0).lstrip(", ").lower().startswith("so ")
            and "," not in found.group(0)[:1]
            and "so that" not in found.group(0).lower()
        )
    ):
        return text, ""
    benefit = found.group("benefit").strip(" .")
    return text[: found.start()].rstrip(" ,"), benefit


def _joined(one: Condition, two: Condition) -> Condition:
    if two.trigger and one.trigger and two.trigger != one.trigger:
        trigger = f"{one.trigger} and {two.trigger}"
    else:
        trigger = two.trigger or one.trigger
    return Condition(trigger, two.state or one.state, two.exception or one.exception)


def _split(text: str) -> list[str]:
    """Cut at conjunctions that are followed by another action; lists of nouns stay whole."""
    masked = QUOTED.sub(lambda match: "\0" * len(match.group()), text)
    cuts = [(0, 0)]
    for joint in JOINT.finditer(masked):
        if _starts_action(masked[joint.end() :]) and re.search(r"\w", masked[cuts[-1][1] : joint.start()]):
            cuts.append((joint.start(), joint.end()))
    pieces = [text[begin:end] for (_, begin), (end, _) in zip(cuts, cuts[1:])] + [text[cuts[-1][1] :]]
    return [piece.strip(" ,") for piece in pieces if piece.strip(" ,")]


def _starts_action(text: str) -> bool:
    head = re.match(rf"(?i){ADVERB}([\w-]+)(?:\s+([\w\"“`\0-]+))?", text)
    if not head:
        return False
    verb, following = head.group(1).lower(), (head.group(2) or "").lower()
    if verb in CLASS_OF:
        if verb not in ALSO_NOUNS:
            return True
        adverb_before = bool(re.match(r"(?i)(?:automatically|also|then|immediately)\s", head.group(0)))
        return adverb_before or bool(re.fullmatch(DETERMINER, following))
    clause = re.split(r",|\band\b", text, maxsplit=1)[0]
    if re.match(r"(?i)(?:do not|don't|never|no longer)\s+[\w-]+", text):
        return True
    if re.match(
        r"(?i)(?:it|they|users?|people|customers?|admins?|(?:the|a|an|each|every|any|all)\s+[\w-]+(?:\s+[\w-]+)?|[\w-]+s)\s+(?:should|must|shall|can|cannot|will|may|needs? to|ha(?:s|ve) to)\b",
        clause,
    ):
        return True
    subject = re.match(r"(?i)(?:it|they|(?:the|a|an|each|every)\s+[\w-]+(?:\s+[\w-]+)?)\s+(\w+)", clause)
    return bool(subject) and is_finite(subject.group(1)) if subject else False
