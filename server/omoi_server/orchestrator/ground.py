"""The ground a spec stands on: its base commit and its branch's name, decided once when the first job starts."""

from __future__ import annotations

from typing import Any

from omoi_server.domain.states import SpecKind
from omoi_server.orchestrator.office import Office
from omoi_server.store import specs
from omoi_server.store.transaction import Transaction
from omoi_spec.slugs import slug


async def settle_ground(office: Office, spec: Any, project: Any) -> Any:
    """Refresh the mirror; pin base_commit and branch_name if they are not yet. Returns the spec's row as it is then.

    Raises RepositoryError when the origin cannot be read or the base branch is unknown.
    """
    await office.repositories.refresh(project.project_id, project.repo_url)
    if spec.base_commit:
        behind = await office.repositories.behind(project.project_id, spec.base_branch, spec.base_commit)
        if behind != spec.behind:
            await office.write("behind", lambda tx: specs.update_spec(tx, spec.spec_id, behind=behind))
        return spec
    base = await office.repositories.resolve(project.project_id, spec.base_branch)
    wanted = branch_name(spec)
    async with office.db.read() as conn:
        taken = await specs.branch_names(conn, project.project_id, wanted)
    name, number = wanted, 1
    while name in taken or await office.repositories.remote_tip(project.project_id, project.repo_url, name):
        number += 1
        name = f"{wanted}-{number}"

    async def work(tx: Transaction) -> Any:
        row = await specs.locked(tx, spec.spec_id)
        if not row.base_commit:
            await specs.update_spec(tx, spec.spec_id, base_commit=base, branch_name=name)
        return await specs.spec(tx.conn, spec.spec_id)

    return await office.write("ground", work)


def branch_name(spec: Any) -> str:
    """`spec/<first 8 hex digits>-<slug>`, or `task/…` for a quick task (design section 5)."""
    prefix = "task" if spec.kind == SpecKind.QUICK else "spec"
    digits = spec.spec_id.removeprefix("spec-").replace("-", "")[:8]
    return f"{prefix}/{digits}-{slug(spec.title)}"
