"""UpdateSpec: labels, archive, priority."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from omoi_server.domain.caller import Caller
from omoi_server.domain.events import EventDraft, by_user
from omoi_server.domain.states import PRIORITIES
from omoi_server.errors import FailedPrecondition, InvalidArgument
from omoi_server.orchestrator.office import Office
from omoi_server.store import jobs, requests, specs
from omoi_server.store.requests import Request
from omoi_server.store.transaction import Transaction

MAX_LABELS = 20
_LABEL = re.compile(r"[\w.:/-]{1,50}")


async def update_spec(
    office: Office,
    caller: Caller,
    spec_id: str,
    labels: Sequence[str] | None,
    archived: bool | None,
    priority: str,
    request_id: str,
) -> None:
    """Change what is given. Raises InvalidArgument, NotFound, FailedPrecondition (STILL_RUNNING)."""
    content = {"spec_id": spec_id, "labels": labels, "archived": archived, "priority": priority}
    request = Request(caller.user_id, "UpdateSpec", request_id, content)
    request.check()
    changes: dict[str, Any] = {}
    if labels is not None:
        changes["labels"] = _checked_labels(labels)
    if priority:
        if priority not in PRIORITIES:
            raise InvalidArgument("priority", f"{priority} is unknown; use {', '.join(PRIORITIES)}.")
        changes["priority"] = PRIORITIES[priority]
    if archived is not None:
        changes["archived"] = archived

    async def work(tx: Transaction) -> None:
        spec = await specs.locked(tx, spec_id)
        if await requests.find_earlier(tx, request):
            return
        if archived and await jobs.open_jobs(tx.conn, spec_id):
            raise FailedPrecondition("STILL_RUNNING", f"{spec_id} is running. Cancel it first, then archive it.")
        changed = {name: value for name, value in changes.items() if getattr(spec, name) != value}
        if changed:
            await specs.update_spec(tx, spec_id, **changed)
            if "priority" in changed:
                await jobs.change_priority(tx, spec_id, changed["priority"])
            tx.emit(EventDraft(spec_id, "spec.updated", _told(changed, priority), by_user(caller.user_id, caller.via)))
        await requests.remember(tx, request, spec_id)

    await office.write("update", work)


def _told(changed: dict[str, Any], priority: str) -> str:
    parts = []
    if "labels" in changed:
        parts.append(f"labels: {', '.join(changed['labels']) or 'none'}")
    if "archived" in changed:
        parts.append("archived" if changed["archived"] else "taken out of the archive")
    if "priority" in changed:
        parts.append(f"priority {priority.lower()}")
    return f"Changed: {'; '.join(parts)}."


def _checked_labels(labels: Sequence[str]) -> list[str]:
    if len(labels) > MAX_LABELS:
        raise InvalidArgument("labels", f"has {len(labels)} values; at most {MAX_LABELS} are allowed.")
    for index, label in enumerate(labels):
        if not _LABEL.fullmatch(label):
            raise InvalidArgument(
                f"labels.values[{index}]", f"{label[:60]!r} must be 1 to 50 letters, digits or any of - _ . : /"
            )
    return sorted(set(labels))
