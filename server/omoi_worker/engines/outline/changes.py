"""Change requests on REQUIREMENTS: what is criticised changes, everything else stays byte for byte."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from omoi_spec import ears, ears_lint
from omoi_worker.engines.outline import comments
from omoi_worker.engines.outline.clause import Clause
from omoi_worker.engines.outline.clauses import read_clauses
from omoi_worker.engines.outline.comments import Target
from omoi_worker.engines.outline.idea import EXCLUDED, QUESTION, Unit, read_idea
from omoi_worker.engines.outline.phrases import one_line
from omoi_worker.engines.outline.requirements import Draft
from omoi_worker.engines.outline.wording import plain, sentence

LEAST_MATCH = 0.45
"""A comment that names nothing must share this part of its words with a requirement to change it."""

LEAST_TO_REMOVE = 0.6
Effect = tuple[str, list[str]]


def apply_feedback(previous: Mapping[str, Any], feedback: Sequence[Mapping[str, str]], subject: str) -> dict[str, Any]:
    """Return `previous` with the requested changes made, equal to it when none had an effect.

    A comment that `previous["changes"]` already lists was done in an earlier version and is passed over.
    """
    data: dict[str, Any] = copy.deepcopy(dict(previous))
    done = {change["comment"] for change in data["changes"]}
    for item in feedback:
        comment = one_line(str(item.get("text") or ""))
        if not comment or comment in done:
            continue
        effects = Editor(data, subject).apply(str(item["text"]))
        if effects:
            ids = list(dict.fromkeys(name for _, names in effects for name in names))
            data["changes"].append({"comment": comment, "effect": "; ".join(text for text, _ in effects), "ids": ids})
            done.add(comment)
    return data


class Editor:
    """Makes the changes of one comment in the data of REQUIREMENTS, in place."""

    def __init__(self, data: dict[str, Any], subject: str) -> None:
        self.data = data
        self.subject = subject
        self.ignore: set[str] = set(re.findall(r"\w+", subject.lower())) | {
            "requirement",
            "criterion",
            "also",
            "system",
        }

    def apply(self, text: str) -> list[Effect]:
        """Return (what changed, ids) for every sentence of the comment that changed something."""
        effects: list[Effect] = []
        named: list[Target] = []
        for unit in read_idea("", text):
            found, rest = comments.targets(unit.text)
            known = [target for target in found if self._exists(target)]
            if found and not known:
                continue
            effects.extend(self._sentence(unit, rest, known, named))
            named = known or named
        return effects

    def _sentence(self, unit: Unit, rest: str, known: list[Target], named: list[Target]) -> list[Effect]:
        if comments.is_approval(rest) or (not rest and not known):
            return []
        if unit.kind == QUESTION:
            return self._ask(unit.text)
        removed = comments.removal(rest) if unit.kind != EXCLUDED else rest
        if removed is not None:
            return self._remove(removed, known)
        wish = comments.wants_new(rest)
        if wish and not known:
            return self._add(wish)
        goals = known or self._matching(rest) or named
        changed = self._replace(rest, known, goals)
        if changed:
            return changed
        effects: list[Effect] = []
        for target in goals:
            effects.extend(self._renumber(rest, target) or self._extend(rest, target))
        return effects if goals else self._add(rest)

    def _exists(self, target: Target) -> bool:
        requirement = self._find(target.requirement)
        if requirement is None:
            return False
        return not target.criterion or any(item["id"] == target.criterion for item in requirement["criteria"])

    def _find(self, identity: str) -> Any:
        return next((item for item in self.data["requirements"] if item["id"] == identity), None)

    def _matching(self, text: str, least: float = LEAST_MATCH) -> list[Target]:
        found = comments.best_match(text, self.data["requirements"], self.ignore, least)
        return [Target(found)] if found else []

    def _ask(self, text: str) -> list[Effect]:
        if text in self.data["open_questions"]:
            return []
        self.data["open_questions"].append(text)
        return [("taken as an open question; no requirement changed", [])]

    def _remove(self, what: str, known: list[Target]) -> list[Effect]:
        goals = known or self._matching(what, LEAST_TO_REMOVE)
        if not goals:
            if not what or what in self.data["out_of_scope"]:
                return []
            self.data["out_of_scope"].append(what)
            return [(f"“{what}” is out of scope now", [])]
        effects: list[Effect] = []
        for target in goals:
            requirement = self._find(target.requirement)
            criterion = target.criterion or (self._criterion(requirement, what) if what and known else "")
            if criterion and len(requirement["criteria"]) > 1:
                requirement["criteria"] = [item for item in requirement["criteria"] if item["id"] != criterion]
                effects.append((f"{criterion} removed", [criterion]))
            elif len(self.data["requirements"]) > 1 and not (what and known and not criterion):
                self.data["requirements"].remove(requirement)
                effects.append((f"{target.requirement} removed: {requirement['title']}", [target.requirement]))
        return effects

    def _criterion(self, requirement: Mapping[str, Any], what: str) -> str:
        candidates = [
            {"id": item["id"], "title": "", "statement": item["text"], "criteria": []}
            for item in requirement["criteria"]
        ]
        return comments.best_match(what, candidates, self.ignore, 0.5) or ""

    def _replace(self, text: str, known: list[Target], goals: list[Target]) -> list[Effect]:
        pair = comments.replacement(text)
        if pair is None:
            return []
        holding = [Target(item["id"]) for item in self.data["requirements"] if self._swap(item, pair, True)]
        chosen = [target for target in goals if Target(target.requirement) in holding] or ([] if known else holding[:1])
        effects: list[Effect] = []
        for target in chosen:
            requirement = self._find(target.requirement)
            if self._swap(requirement, pair, False):
                others = [item.requirement for item in holding if item.requirement != target.requirement]
                also = (
                    f"; {', '.join(others)} also says “{pair[0]}” and was not named"
                    if others and len(chosen) == 1
                    else ""
                )
                effects.append((f"{target.requirement}: “{pair[0]}” became “{pair[1]}”{also}", [target.requirement]))
        return effects

    def _swap(self, requirement: dict[str, Any], pair: tuple[str, str], only_look: bool) -> bool:
        old, new = pair
        number = comments.numbers(old)
        pattern = re.compile(rf"(?i)(?<!\w){re.escape(old)}(?!\w)")
        if len(number) == 1 and number[0][0] == old:
            spelled = sorted(
                {word for word, _ in self._numbers(requirement) if comments.value(word) == comments.value(old)}
            )
            if spelled:
                pattern = re.compile(rf"(?i)(?<!\w)(?:{'|'.join(map(re.escape, spelled))})(?!\w)")
        return _rewrite(requirement, pattern, new, only_look)

    def _numbers(self, requirement: Mapping[str, Any]) -> list[tuple[str, str]]:
        texts = [requirement["statement"]] + [item["text"] for item in requirement["criteria"]]
        return [number for text in texts for number in comments.numbers(text)]

    def _renumber(self, text: str, target: Target) -> list[Effect]:
        """ "After ten failed logins" or "make it 10" on a requirement that says five."""
        wanted = comments.numbers(text)
        if len(wanted) != 1:
            return []
        number, noun = wanted[0]
        requirement = self._find(target.requirement)
        present = self._numbers(requirement)
        bare = not noun or re.match(
            rf"(?i)^(?:make (?:it|that|this)|use|it should be|should be|set it to|only|at|to|after)?\W*{re.escape(number)}\W*$",
            text,
        )
        same = sorted({word for word, other in present if bare or other == noun})
        if len({comments.value(word) for word in same}) != 1 or comments.value(same[0]) == comments.value(number):
            return []
        pattern = re.compile(rf"(?i)(?<!\w){re.escape(same[0])}(?!\w)")
        if not _rewrite(requirement, pattern, number, False):
            return []
        return [(f"{target.requirement}: {same[0]} became {number}", [target.requirement])]

    def _extend(self, text: str, target: Target) -> list[Effect]:
        """Add what a comment asks of a requirement as criteria of it."""
        requirement = self._find(target.requirement)
        present = {item["text"].lower() for item in requirement["criteria"]} | {requirement["statement"].lower()}
        added: list[str] = []
        for made in self._sentences(text, requirement):
            if made.lower() not in present:
                present.add(made.lower())
                identity = self._next_criterion(requirement, target.requirement)
                requirement["criteria"].append({"id": identity, "text": made})
                added.append(identity)
        if not added:
            return []
        count = "1 criterion" if len(added) == 1 else f"{len(added)} criteria"
        return [(f"{target.requirement}: {count} added ({', '.join(added)})", [target.requirement, *added])]

    def _sentences(self, text: str, requirement: Mapping[str, Any]) -> list[str]:
        own = text[:1].upper() + text[1:].rstrip(".") + "."
        names = [re.sub(r"^the ", "", self.subject), *(entry["term"] for entry in self.data["glossary"])]
        if not ears_lint.lint(own, names):
            return [own]
        base = ears.parse(requirement["statement"], names)
        made = []
        for clause in self._clauses(text):
            if not clause.trigger and not clause.state and not base.unwanted:
                clause = replace(clause, trigger=base.trigger, state=base.while_)
            made.append(sentence(self.subject, clause.response, clause.trigger, clause.state))
        return made

    def _clauses(self, text: str) -> list[Clause]:
        text = re.sub(r"(?i)[,\s]+(?:as well|too|also|please)\W*$", "", text)
        text = (
            re.sub(
                r"(?i)^(?:(?:please|also|it|this|that|should|must|shall|needs? to|and|there should be|add|mention|say|include)\b\W*)+(?=\w+\s)",
                "",
                text,
            )
            or text
        )
        found = []
        for clause in read_clauses(text, re.sub(r"^the ", "", self.subject)):
            values = {name: plain(getattr(clause, name))[0] for name in ("object", "trigger", "state", "exception")}
            found.append(clause.worded(values))
        return found

    def _next_criterion(self, requirement: Mapping[str, Any], identity: str) -> str:
        used = [item["id"] for item in requirement["criteria"]] + self._ever_used()
        last = max((int(name.rsplit(".", 1)[1]) for name in used if name.startswith(identity + ".")), default=0)
        return f"{identity}.{last + 1}"

    def _ever_used(self) -> list[str]:
        return [name for change in self.data["changes"] for name in change["ids"]]

    def _add(self, text: str) -> list[Effect]:
        clauses = [clause for clause in self._clauses(text) if clause.response.strip()]
        draft = Draft(self.subject, next_number(self.data))
        for clause in clauses:
            draft.add(clause)
        self.data["requirements"].extend(draft.requirements)
        for question in draft.questions:
            if question not in self.data["open_questions"]:
                self.data["open_questions"].append(question)
        return [(f"{item['id']} added: {item['title']}", [item["id"]]) for item in draft.requirements]


def next_number(data: Mapping[str, Any]) -> int:
    """Return the first requirement number that this or an earlier version never used."""
    used = [str(item["id"]) for item in data["requirements"]]
    used += [name for change in data["changes"] for name in change["ids"]]
    return 1 + max(
        (int(found.group(1)) for found in (re.match(r"REQ-(\d+)", name) for name in used) if found), default=0
    )


def merge_changed_idea(previous: Mapping[str, Any], fresh: dict[str, Any]) -> dict[str, Any]:
    """Return the data for an idea that was rewritten: what is still said keeps id and text.

    Requirements that a review added stay; the others of the old idea go, and their numbers with them.
    """
    old = {item["statement"]: item for item in previous["requirements"]}
    reviewed = {name for change in previous["changes"] for name in change["ids"]}
    number = next_number(previous)
    kept: list[dict[str, Any]] = []
    for item in fresh["requirements"]:
        if item["statement"] in old:
            kept.append(old[item["statement"]])
            continue
        identity = f"REQ-{number:03d}"
        number += 1
        criteria = [{"id": f"{identity}.{index}", "text": one["text"]} for index, one in enumerate(item["criteria"], 1)]
        kept.append({**item, "id": identity, "criteria": criteria})
    kept.extend(item for item in previous["requirements"] if item["id"] in reviewed and item not in kept)
    gone = [item["id"] for item in previous["requirements"] if item not in kept]
    new = [item["id"] for item in kept if item not in previous["requirements"]]
    changes = list(previous["changes"])
    if gone or new:
        effect = "; ".join(f"{', '.join(ids)} {word}" for ids, word in ((new, "added"), (gone, "removed")) if ids)
        changes.append({"comment": "The idea was rewritten.", "effect": effect, "ids": new + gone})
    return {**fresh, "requirements": kept, "changes": changes}


def _rewrite(requirement: dict[str, Any], pattern: re.Pattern[str], new: str, only_look: bool) -> bool:
    """Put `new` for every match in the texts of one requirement; return whether there was one."""
    texts = [requirement["title"], requirement["statement"], *requirement["user_story"].values()]
    if not any(pattern.search(text) for text in texts + [item["text"] for item in requirement["criteria"]]):
        return False
    if not only_look:
        requirement["title"] = pattern.sub(lambda _: new, requirement["title"])
        requirement["statement"] = pattern.sub(lambda _: new, requirement["statement"])
        requirement["user_story"] = {
            name: pattern.sub(lambda _: new, text) for name, text in requirement["user_story"].items()
        }
        for item in requirement["criteria"]:
            item["text"] = pattern.sub(lambda _: new, item["text"])
    return True
