"""Gates: the pause, the decision about exactly one version, changes that leave the rest alone."""

from __future__ import annotations

import asyncio
import json

import pytest

from omoi_server.errors import Aborted, FailedPrecondition, InvalidArgument, NotFound
from omoi_server.orchestrator.execute import execute_spec
from omoi_server.orchestrator.review import review_phase
from tests.offices import House, check_sequences


async def decide(house: House, spec_id: str, phase: str, digest: str, decision: str, comment: str = "") -> str:
    return await review_phase(house.office, house.caller, spec_id, phase, digest, decision, comment, "")


async def at_gate(house: House, *gates: str) -> str:
    spec_id = await house.launch(gates=gates)
    await house.start()
    spec = await house.settled(spec_id)
    assert (spec.status, spec.current_phase) == ("AWAITING_REVIEW", gates[0])
    return spec_id


async def test_a_gate_waits_over_a_restart_and_goes_on(house: House) -> None:
    spec_id = await at_gate(house, "REQUIREMENTS")
    await house.stop()
    await house.start()
    await asyncio.sleep(0.6)
    spec = await house.spec(spec_id)
    assert (spec.status, bool(spec.settled)) == ("AWAITING_REVIEW", True)
    output = (await house.outputs(spec_id))["REQUIREMENTS"]
    await decide(house, spec_id, "REQUIREMENTS", output.digest, "APPROVE")
    spec = await house.settled(spec_id)
    assert spec.status == "COMPLETED"
    types = await house.types(spec_id)
    assert types.count("review.requested") == 1
    starts = [e.phase for e in await house.events(spec_id) if e.type == "spec.phase_started"]
    assert starts == ["EXPLORE", "REQUIREMENTS", "DESIGN", "TASKS", "SYNC"]
    check_sequences(await house.events(spec_id))


async def test_changes_leave_the_rest_alone_and_a_stale_digest_is_refused(house: House) -> None:
    spec_id = await at_gate(house, "REQUIREMENTS")
    first = (await house.outputs(spec_id))["REQUIREMENTS"]
    before = first.data["requirements"]
    assert len(before) >= 2
    await decide(
        house, spec_id, "REQUIREMENTS", first.digest, "REQUEST_CHANGES", "REQ-001: lock after three failed logins"
    )
    await house.settled(spec_id)
    second = (await house.outputs(spec_id))["REQUIREMENTS"]
    assert second.version == 2
    after = {r["id"]: r for r in second.data["requirements"]}
    for requirement in before[1:]:
        assert json.dumps(after[requirement["id"]]) == json.dumps(requirement)
    assert after["REQ-001"] != before[0]
    with pytest.raises(FailedPrecondition) as stale:
        await decide(house, spec_id, "REQUIREMENTS", first.digest, "APPROVE")
    assert stale.value.reason == "STALE_DIGEST"
    assert "this is version 2, you saw version 1" in stale.value.message
    await decide(house, spec_id, "REQUIREMENTS", second.digest, "APPROVE")
    assert (await house.settled(spec_id)).status == "COMPLETED"


async def test_an_objection_without_effect_makes_no_version(house: House) -> None:
    spec_id = await at_gate(house, "REQUIREMENTS")
    first = (await house.outputs(spec_id))["REQUIREMENTS"]
    comment = "REQ-001: lock after three failed logins"
    await decide(house, spec_id, "REQUIREMENTS", first.digest, "REQUEST_CHANGES", comment)
    await house.settled(spec_id)
    second = (await house.outputs(spec_id))["REQUIREMENTS"]
    await decide(house, spec_id, "REQUIREMENTS", second.digest, "REQUEST_CHANGES", comment)
    spec = await house.settled(spec_id)
    third = (await house.outputs(spec_id))["REQUIREMENTS"]
    assert third.version in (2, 3)
    if third.version == 3:
        assert third.data != second.data, "a version equal to the old one is not made"
    assert spec.status == "AWAITING_REVIEW"
    await decide(house, spec_id, "REQUIREMENTS", third.digest, "APPROVE")
    assert (await house.settled(spec_id)).status == "COMPLETED"


async def test_of_two_decisions_one_wins(house: House) -> None:
    spec_id = await at_gate(house, "REQUIREMENTS")
    digest = (await house.outputs(spec_id))["REQUIREMENTS"].digest
    answers = await asyncio.gather(
        decide(house, spec_id, "REQUIREMENTS", digest, "APPROVE"),
        decide(house, spec_id, "REQUIREMENTS", digest, "APPROVE"),
        return_exceptions=True,
    )
    lost = [answer for answer in answers if isinstance(answer, Aborted)]
    assert len(lost) == 1
    assert lost[0].reason == "ALREADY_DECIDED"
    await house.settled(spec_id)


async def test_a_rejected_spec_is_cancelled_and_starts_that_phase_anew(house: House) -> None:
    spec_id = await at_gate(house, "REQUIREMENTS")
    digest = (await house.outputs(spec_id))["REQUIREMENTS"].digest
    await decide(house, spec_id, "REQUIREMENTS", digest, "REJECT", "not this quarter")
    spec = await house.settled(spec_id)
    assert (spec.status, spec.reason) == ("CANCELLED", "not this quarter")
    answer = await execute_spec(house.office, house.caller, spec_id, "", "")
    assert answer.current_phase == "REQUIREMENTS"
    assert "explore" in answer.message.lower()
    spec = await house.settled(spec_id)
    assert spec.status == "AWAITING_REVIEW"


async def test_there_is_no_way_around_an_unapproved_gate(house: House) -> None:
    spec_id = await at_gate(house, "REQUIREMENTS", "TASKS")
    for phase in ("", "DESIGN", "EXPLORE"):
        with pytest.raises(FailedPrecondition) as refused:
            await execute_spec(house.office, house.caller, spec_id, phase, "")
        assert refused.value.reason == "AWAITING_REVIEW"
    digest = (await house.outputs(spec_id))["REQUIREMENTS"].digest
    await decide(house, spec_id, "REQUIREMENTS", digest, "APPROVE")
    spec = await house.settled(spec_id)
    assert (spec.status, spec.current_phase) == ("AWAITING_REVIEW", "TASKS")
    output = await house.outputs(spec_id)
    with pytest.raises(FailedPrecondition, match="TASKS"):
        await decide(house, spec_id, "DESIGN", output["DESIGN"].digest, "APPROVE")
    # An earlier phase may be criticised from a later gate; everything after it is made anew.
    await decide(house, spec_id, "REQUIREMENTS", digest, "REQUEST_CHANGES", "REQ-001: lock for 15 minutes only")
    spec = await house.settled(spec_id)
    assert (spec.status, spec.current_phase) == ("AWAITING_REVIEW", "REQUIREMENTS")
    assert (await house.outputs(spec_id))["REQUIREMENTS"].version == 2


@pytest.mark.parametrize(
    ("phase", "digest", "decision", "comment", "field"),
    [
        ("SYNC", "x", "APPROVE", "", "phase"),
        ("", "x", "APPROVE", "", "phase"),
        ("TASKS", "", "APPROVE", "", "digest"),
        ("TASKS", "x", "", "", "decision"),
        ("TASKS", "x", "REQUEST_CHANGES", "  ", "comment"),
        ("TASKS", "x", "REQUEST_CHANGES", "y" * 10_001, "comment"),
    ],
)
async def test_bad_reviews_name_the_field(
    house: House, phase: str, digest: str, decision: str, comment: str, field: str
) -> None:
    with pytest.raises(InvalidArgument) as refused:
        await decide(house, "spec-x", phase, digest, decision, comment)
    assert refused.value.violations[0][0] == field


async def test_a_review_of_nothing(house: House) -> None:
    with pytest.raises(NotFound):
        await decide(house, "spec-unknown", "TASKS", "x", "APPROVE")
    spec_id = await house.launch(auto_execute=False)
    with pytest.raises(FailedPrecondition, match="no output yet"):
        await decide(house, spec_id, "TASKS", "x", "APPROVE")
