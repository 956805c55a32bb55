"""output, approve, request-changes, reject.

An approval names a digest: the version that this person saw. Without --version that is the one shown last by this
program, and a person confirms it; a script has to name it.
"""

from __future__ import annotations

from datetime import datetime

import click

from omoi.v1.spec_pb2 import GetPhaseOutputResponse, ReviewPhaseResponse, Spec
from omoi_client.cli import ids, screen, shown
from omoi_client.cli.failures import Exit, Refusal, program
from omoi_client.cli.times import ago, utc_now
from omoi_client.client import OmoiClient
from omoi_client.names import decision_word, phase_word, status_word


async def output(omoi: OmoiClient, typed: str, phase: str, version: int, as_json: bool) -> int:
    """GetPhaseOutput: the document, and a line about it on stderr."""
    found = await omoi.get_phase_output(await ids.find_spec(omoi, typed), phase, version)
    if as_json:
        screen.emit(found)
        _remember(found)
    else:
        _show(found)
    return Exit.DONE


async def approve(omoi: OmoiClient, typed: str, version: int, yes: bool, as_json: bool) -> int:
    """Approve the gated phase."""
    spec = await _waiting(omoi, typed)
    phase = phase_word(spec.current_phase)
    if version:
        digest = (await omoi.get_phase_output(spec.spec_id, phase, version)).digest
    else:
        digest = await _seen(omoi, spec, phase, typed, yes)
    answer = await omoi.review_phase(spec.spec_id, phase, digest, "APPROVE")
    return _say(answer, f"{phase} is approved.", as_json)


async def request_changes(omoi: OmoiClient, typed: str, comment: str, phase: str, version: int, as_json: bool) -> int:
    """Ask for a new version of the gated phase, or of an earlier one."""
    spec = await _waiting(omoi, typed)
    at = phase or phase_word(spec.current_phase)
    digest = (await omoi.get_phase_output(spec.spec_id, at, version)).digest
    answer = await omoi.review_phase(spec.spec_id, at, digest, "REQUEST_CHANGES", comment)
    return _say(answer, f"Changes to {at.upper()} are requested.", as_json)


async def reject(omoi: OmoiClient, typed: str, reason: str, as_json: bool) -> int:
    """Stop the spec at its gate."""
    spec = await _waiting(omoi, typed)
    phase = phase_word(spec.current_phase)
    digest = (await omoi.get_phase_output(spec.spec_id, phase)).digest
    answer = await omoi.review_phase(spec.spec_id, phase, digest, "REJECT", reason)
    return _say(answer, f"{phase} is rejected.", as_json)


async def _waiting(omoi: OmoiClient, typed: str) -> Spec:
    spec = await omoi.get_spec(await ids.find_spec(omoi, typed))
    status = status_word(spec.status)
    if status != "AWAITING_REVIEW":
        remedy = f"It is {status}; a decision is taken at a gate. See: {program()} show {typed}"
        raise Refusal(f"{typed} does not wait for a decision", remedy)
    return spec


async def _seen(omoi: OmoiClient, spec: Spec, phase: str, typed: str, yes: bool) -> str:
    """Digest of the version that the person confirms to have seen."""
    seen = shown.recall(spec.spec_id, phase)
    if not screen.can_ask() and (seen is None or not yes):
        newest = await omoi.get_phase_output(spec.spec_id, phase)
        remedy = (
            f"Nobody can be asked here. Read it: {program()} output {typed} {phase.lower()}\n"
            f"Then name the version: {program()} approve {typed} --version {newest.version}"
        )
        raise Refusal("it is not clear which version is approved", remedy, Exit.USAGE)
    if seen is None:
        newest = await omoi.get_phase_output(spec.spec_id, phase)
        _show(newest)
        version, digest, since = newest.version, newest.digest, "shown above"
    else:
        since = f"shown {ago(datetime.fromisoformat(seen.at), utc_now())}"
        version, digest = seen.version, seen.digest
    if not yes and not click.confirm(f"Approve {phase} v{version} ({since})?", err=True):
        raise Refusal("nothing was decided", f"See it again: {program()} output {typed} {phase.lower()}")
    return digest


def _show(found: GetPhaseOutputResponse) -> None:
    phase = phase_word(found.phase)
    screen.document(found.markdown)
    decision = decision_word(found.decision)
    decided = f", {decision} by {found.decided_by}" if decision else ""
    newer = f"; v{found.newest_version} is the newest" if found.newest_version > found.version else ""
    screen.note(f"{phase} v{found.version}, score {found.score:.2f}{decided}{newer}")
    for change in found.changes:
        screen.note(f"  changed: {change}")
    for finding in found.findings:
        screen.note(f"  remark: {finding}")
    _remember(found)


def _remember(found: GetPhaseOutputResponse) -> None:
    shown.remember(found.spec_id, phase_word(found.phase), found.version, found.digest)


def _say(answer: ReviewPhaseResponse, otherwise: str, as_json: bool) -> int:
    if as_json:
        screen.emit(answer)
    else:
        screen.say(answer.message or otherwise)
    return Exit.DONE
