"""What somebody may do is judged as it is when it counts: changes of rule and role that come at the same moment."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import delete, update

from omoi.v1 import auth_pb2, common_pb2, spec_pb2
from omoi_server.store import tables as t
from omoi_server.store.transaction import Transaction
from tests.integration.rpc import rpc_rows as rows
from tests.integration.rpc.rpc_client import Rpc

ap: Any = auth_pb2
cp: Any = common_pb2
sp: Any = spec_pb2

DIGEST = f"{'TASKS':x<64}"


async def at_gate(rpc: Rpc) -> Any:
    """A spec at its gate after TASKS; the request that approves it."""
    spec = await rows.add_spec(rpc.office.db, status="AWAITING_REVIEW", current_phase="TASKS", gates=["TASKS"])
    for phase in ("EXPLORE", "REQUIREMENTS", "DESIGN", "TASKS"):
        await rows.add_output(rpc.office.db, spec, phase, digest=f"{phase:x<64}")
    return sp.ReviewPhaseRequest(
        spec_id=spec, phase=cp.SPEC_PHASE_TASKS, digest=DIGEST, decision=sp.REVIEW_DECISION_APPROVE
    )


@pytest.mark.parametrize("change", ["rule", "role"])
async def test_an_approval_waits_for_a_change_of_who_may_approve(rpc: Rpc, change: str) -> None:
    """Whoever changed the rule, or took a role away, was told so: no approval of the old kind follows."""
    project = await rows.add_project(rpc.office.db)
    made = await rpc(ap.CreateTokenRequest(name="jon", scopes=["write"], user_id="jon"))
    jon = rpc.by(made.secret)
    await rpc(ap.SetRoleRequest(project_id=project, user_id=made.token.user_id, role=ap.ROLE_CONTRIBUTOR))
    request = await at_gate(rpc)
    changed, commit = asyncio.Event(), asyncio.Event()

    async def work(tx: Transaction) -> None:
        await tx.lock_project(project)
        if change == "rule":
            rule = {"min_role": "MAINTAINER", "user_ids": [], "requester_excluded": False}
            await tx.conn.execute(update(t.projects).where(t.projects.c.project_id == project).values(approvers=rule))
        else:
            await tx.conn.execute(delete(t.roles).where(t.roles.c.project_id == project))
        changed.set()
        await commit.wait()

    changing = asyncio.create_task(rpc.office.db.write(work))
    await changed.wait()
    approving = asyncio.create_task(jon.refusal(request))
    await asyncio.wait({approving}, timeout=0.5)
    commit.set()
    await changing
    assert (await approving).reason == "NOT_AN_APPROVER"
    assert (await rpc(sp.GetSpecRequest(spec_id=request.spec_id))).spec.status == sp.SPEC_STATUS_AWAITING_REVIEW
