"""Which planning phases still have to run, and where a spec stands at its gates (design section 6)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from omoi_server.domain.states import Decision
from omoi_spec.phases import PLANNING_PHASES


@dataclass(frozen=True)
class OutputFacts:
    """The newest version of one phase's output."""

    version: int
    digest: str
    valid: bool
    decision: str


def is_finished(output: OutputFacts | None, gated: bool) -> bool:
    """A phase is finished when its newest version is valid, not objected to, and approved if a gate stands behind it."""
    if output is None or not output.valid or output.decision in (Decision.REJECT, Decision.REQUEST_CHANGES):
        return False
    return not gated or output.decision == Decision.APPROVE


def remaining_phases(outputs: Mapping[str, OutputFacts], gates: Collection[str]) -> tuple[str, ...]:
    """The planning phases from the first unfinished one on; empty when planning can go to SYNC."""
    for index, phase in enumerate(PLANNING_PHASES):
        if not is_finished(outputs.get(phase), phase in gates):
            return tuple(PLANNING_PHASES[index:])
    return ()


def waiting_gate(outputs: Mapping[str, OutputFacts], gates: Collection[str]) -> str | None:
    """The gate that only lacks a decision: the first unfinished phase, if its newest version is valid and undecided."""
    rest = remaining_phases(outputs, gates)
    if not rest or rest[0] not in gates:
        return None
    output = outputs.get(rest[0])
    return rest[0] if output is not None and output.valid and output.decision == "" else None


def unapproved_before(phase: str, outputs: Mapping[str, OutputFacts], gates: Collection[str]) -> str | None:
    """The first gated phase before `phase` whose newest version is not approved; None when the way is free."""
    before = PLANNING_PHASES if phase not in PLANNING_PHASES else PLANNING_PHASES[: PLANNING_PHASES.index(phase)]
    for gate in before:
        if gate in gates and not is_finished(outputs.get(gate), True):
            return gate
    return None
