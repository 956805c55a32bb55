"""The spec's documents on its branch: requirements.md, design.md, tasks.md and omoi.json (design section 2, step 5)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from omoi_server.domain.foreign_words import visible
from omoi_spec import markdown

NAMES = {"REQUIREMENTS": "requirements.md", "DESIGN": "design.md", "TASKS": "tasks.md"}


def documents_folder(spec: Any) -> str:
    """`specs/<slug>`: the branch's last part, so that two specs with one title do not meet when both are merged."""
    return f"specs/{spec.branch_name.rsplit('/', 1)[-1]}"


def documents(
    spec: Any, newest: Mapping[str, Any], decisions: list[Any], task_ids: Mapping[str, str]
) -> dict[str, bytes]:
    """Path → content. `decisions` are rows of decided versions, `task_ids` the real ids by SpecTask key."""
    folder = documents_folder(spec)
    files = {
        f"{folder}/{name}": markdown.render(phase, newest[phase].data).encode()
        for phase, name in NAMES.items()
        if phase in newest
    }
    facts = {
        "spec_id": spec.spec_id,
        "title": spec.title,
        "engine": spec.engine,
        "outputs": {
            phase: {"version": row.version, "digest": row.digest, "provenance": row.provenance}
            for phase, row in sorted(newest.items())
        },
        "approvals": [
            {
                "phase": row.phase,
                "version": row.version,
                "digest": row.digest,
                "decided_by": row.decided_by,
                "decided_at": f"{row.decided_at.isoformat(timespec='milliseconds')}Z",
            }
            for row in decisions
            if row.decision == "APPROVE"
        ],
        "tasks": dict(sorted(task_ids.items())),
    }
    files[f"{folder}/omoi.json"] = (json.dumps(facts, indent=2, ensure_ascii=False, sort_keys=True) + "\n").encode()
    return files


def message(spec: Any, newest: Mapping[str, Any], job: Any) -> str:
    """Subject and trailers of the commit that carries the documents."""
    versions = ", ".join(f"{phase.lower()} v{newest[phase].version}" for phase in NAMES if phase in newest)
    title = visible(spec.title) or spec.spec_id
    title = title if len(title) <= 60 else f"{title[:59]}…"
    return f"Plan: {title}\n\n{versions}\n\nSpec-Id: {spec.spec_id}\nOmoi-Job: {job.job_id}/{job.fence}\n"
