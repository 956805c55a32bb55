"""Gate policies: a project's gates are a floor; a launch adds; only a maintainer removes (design section 6)."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from omoi_server.errors import InvalidArgument, PermissionDenied
from omoi_spec.phases import PLANNING_PHASES


def checked(gates: Sequence[str], field: str = "gates.approval_phases") -> list[str]:
    """The gates in phase order. InvalidArgument for a phase that has no output, or one named twice."""
    for gate in gates:
        if gate not in PLANNING_PHASES:
            raise InvalidArgument(field, f"{gate or 'UNSPECIFIED'} cannot be a gate; use {', '.join(PLANNING_PHASES)}.")
        if list(gates).count(gate) > 1:
            raise InvalidArgument(field, f"{gate} is named twice; name each phase once.")
    return [phase for phase in PLANNING_PHASES if phase in gates]


def effective(project: Collection[str], wanted: Sequence[str] | None, may_lower: bool) -> list[str]:
    """The gates of a launch: the project's when nothing is said, else what is wanted.

    Raises PermissionDenied (GATES_ARE_A_FLOOR) when that would remove one of the project's and the caller may not.
    """
    if wanted is None:
        return [phase for phase in PLANNING_PHASES if phase in project]
    gates = checked(wanted)
    removed = [phase for phase in project if phase not in gates]
    if removed and not may_lower:
        raise PermissionDenied(
            "GATES_ARE_A_FLOOR",
            f"the project has gates after {', '.join(removed)}, which only a maintainer may leave out. Name them too.",
        )
    return gates
