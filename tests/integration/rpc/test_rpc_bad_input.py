"""Bad input for every RPC, on both databases: a clear status, the field or thing named, nothing changed."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.message import Message
from sqlalchemy import func, select

from omoi.v1 import auth_pb2, common_pb2, project_pb2, spec_pb2, ticket_pb2
from omoi_server.store import tables as t
from tests.integration.rpc import rpc_rows as rows
from tests.integration.rpc.rpc_client import Rpc

# Without their types: what is sent here is wrong on purpose.
ap: Any = auth_pb2
common: Any = common_pb2
pp: Any = project_pb2
sp: Any = spec_pb2
tp: Any = ticket_pb2

INVALID, MISSING = "INVALID_ARGUMENT", "NOT_FOUND"
GARBAGE = "';DROP TABLE specs;--"


@dataclass(frozen=True)
class World:
    """What exists: a project, a spec with three events, its ticket and a succeeded task."""

    project: str
    spec: str
    ticket: str
    task: str


@pytest.fixture
async def world(rpc: Rpc, shop: Path) -> World:
    db = rpc.office.db
    project = (await rpc(pp.CreateProjectRequest(repo_url=str(shop)))).project.project_id
    spec = await rows.add_spec(db, project_id=project, status="DRAFT")
    await rows.say(db, spec, "one", "two", "three")
    ticket = await rows.add_ticket(db, spec, project_id=project)
    return World(project, spec, ticket, await rows.add_task(db, spec, ticket, 1, status="SUCCEEDED"))


def policy(*phases: int) -> Any:
    """Gates by number: what a client in another language may send."""
    made = common.GatePolicy()
    made.approval_phases.extend(phases)
    return made


def token(*content: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).decode()


Case = tuple[Message, str, str]
"""A request, the status that refuses it, and the field (or a part of the message) that must be named."""


def cases_of_launch(w: World) -> list[Case]:
    launch = {"title": "Lock", "project_id": w.project}
    return [
        (sp.LaunchSpecRequest(project_id=w.project), INVALID, "description"),
        (sp.LaunchSpecRequest(title=" ", description="\n", project_id=w.project), INVALID, "description"),
        (sp.LaunchSpecRequest(title="x"), INVALID, "project_id"),
        (sp.LaunchSpecRequest(title="x", project_id=GARBAGE), MISSING, "does not exist"),
        (sp.LaunchSpecRequest(title="x" * 201, project_id=w.project), INVALID, "title"),
        (sp.LaunchSpecRequest(description="x" * 100_001, project_id=w.project), INVALID, "description"),
        (sp.LaunchSpecRequest(description="a\x00b", project_id=w.project), INVALID, "description"),
        (sp.LaunchSpecRequest(**launch, request_id="x" * 129), INVALID, "request_id"),
        (sp.LaunchSpecRequest(**launch, base_branch="--upload-pack=x"), INVALID, "base_branch"),
        (sp.LaunchSpecRequest(**launch, base_branch="nowhere"), "FAILED_PRECONDITION", "nowhere"),
        (sp.LaunchSpecRequest(**launch, work_dir="../etc"), INVALID, "work_dir"),
        (sp.LaunchSpecRequest(**launch, priority=77), INVALID, "priority"),
        (sp.LaunchSpecRequest(**launch, gates=policy(common.SPEC_PHASE_SYNC)), INVALID, "gates.approval_phases[0]"),
        (sp.LaunchSpecRequest(**launch, gates=policy(0)), INVALID, "gates.approval_phases[0]"),
        (sp.LaunchSpecRequest(**launch, gates=policy(1, 2, 1)), INVALID, "gates.approval_phases[2]"),
        (sp.LaunchSpecRequest(**launch, gates=policy(99)), INVALID, "gates.approval_phases[0]"),
        (sp.LaunchSpecRequest(**launch, attachments=[common.Attachment(name="a")] * 11), INVALID, "attachments"),
        (
            sp.LaunchSpecRequest(**launch, attachments=[common.Attachment(name="../../x")]),
            INVALID,
            "attachments[0].name",
        ),
        (sp.LaunchSpecRequest(**launch, attachments=[common.Attachment()]), INVALID, "attachments[0].name"),
        (
            sp.LaunchSpecRequest(**launch, attachments=[common.Attachment(name="a", content=b"x" * (3 << 20) + b"x")]),
            INVALID,
            "attachments",
        ),
        (sp.LaunchSpecRequest(**launch, context=[common.ContextEntry()] * 51), INVALID, "context"),
        (
            sp.LaunchSpecRequest(**launch, context=[common.ContextEntry(), common.ContextEntry(text="x" * 20_001)]),
            INVALID,
            "context[1].text",
        ),
        (sp.LaunchSpecRequest(**launch, source=common.Source(kind="x" * 41)), INVALID, "source.kind"),
    ]


def cases_of_specs(w: World) -> list[Case]:
    return [
        (sp.ExecuteSpecRequest(), INVALID, "spec_id"),
        (sp.ExecuteSpecRequest(spec_id=GARBAGE), MISSING, "does not exist"),
        (sp.ExecuteSpecRequest(spec_id=w.spec, from_phase=42), INVALID, "from_phase"),
        (sp.ExecuteSpecRequest(spec_id=w.spec, from_phase=common.SPEC_PHASE_SYNC), INVALID, "from_phase"),
        (sp.WatchSpecEventsRequest(), INVALID, "spec_id"),
        (sp.WatchSpecEventsRequest(spec_id=GARBAGE), MISSING, "does not exist"),
        (sp.WatchSpecEventsRequest(spec_id="spec-\x00"), INVALID, "spec_id"),
        (sp.WatchSpecEventsRequest(spec_id=w.spec, after_sequence=-1), INVALID, "after_sequence"),
        (sp.WatchSpecEventsRequest(spec_id=w.spec, after_sequence=4), "OUT_OF_RANGE", "ends at 3"),
        (sp.WatchSpecEventsRequest(spec_id=w.spec, after_sequence=2**63 - 1), "OUT_OF_RANGE", "ends at 3"),
        (sp.GetSpecRequest(), INVALID, "spec_id"),
        (sp.GetSpecRequest(spec_id=GARBAGE), MISSING, "does not exist"),
        (sp.GetSpecRequest(spec_id="x" * 81), INVALID, "spec_id"),
        (sp.GetSpecRequest(spec_id="\x00"), INVALID, "spec_id"),
        (sp.UpdateSpecRequest(), INVALID, "spec_id"),
        (sp.UpdateSpecRequest(spec_id=GARBAGE, archived=True), MISSING, "does not exist"),
        (sp.UpdateSpecRequest(spec_id=w.spec, priority=9), INVALID, "priority"),
        (sp.UpdateSpecRequest(spec_id=w.spec, labels=sp.Labels(values=["a", "b", "a"])), INVALID, "labels.values[2]"),
        (sp.UpdateSpecRequest(spec_id=w.spec, labels=sp.Labels(values=["x" * 51])), INVALID, "labels.values[0]"),
        (sp.UpdateSpecRequest(spec_id=w.spec, labels=sp.Labels(values=[""])), INVALID, "labels.values[0]"),
        (sp.UpdateSpecRequest(spec_id=w.spec, labels=sp.Labels(values=["a b"])), INVALID, "labels.values[0]"),
        (
            sp.UpdateSpecRequest(spec_id=w.spec, labels=sp.Labels(values=[str(n) for n in range(21)])),
            INVALID,
            "labels.values",
        ),
        (sp.ListSpecEventsRequest(), INVALID, "spec_id"),
        (sp.ListSpecEventsRequest(spec_id=GARBAGE), MISSING, "does not exist"),
        (sp.ListSpecEventsRequest(spec_id=w.spec, after_sequence=-1), INVALID, "after_sequence"),
        (sp.ListSpecEventsRequest(spec_id=w.spec, after_sequence=4), "OUT_OF_RANGE", "ends at 3"),
        (sp.ListSpecEventsRequest(spec_id=w.spec, page_size=-5), INVALID, "page_size"),
        (sp.CancelSpecRequest(), INVALID, "spec_id"),
        (sp.CancelSpecRequest(spec_id=GARBAGE), MISSING, "does not exist"),
        (sp.CancelSpecRequest(spec_id=w.spec, reason="x" * 2_001), INVALID, "reason"),
    ]


def cases_of_outputs(w: World) -> list[Case]:
    review = {"phase": common.SPEC_PHASE_TASKS, "digest": "d", "decision": sp.REVIEW_DECISION_APPROVE}
    return [
        (sp.GetPhaseOutputRequest(spec_id=w.spec), INVALID, "phase"),
        (sp.GetPhaseOutputRequest(spec_id=w.spec, phase=common.SPEC_PHASE_SYNC), INVALID, "phase"),
        (sp.GetPhaseOutputRequest(spec_id=w.spec, phase=31), INVALID, "phase"),
        (sp.GetPhaseOutputRequest(spec_id=w.spec, phase=common.SPEC_PHASE_TASKS), MISSING, "no output yet"),
        (sp.GetPhaseOutputRequest(spec_id=GARBAGE, phase=common.SPEC_PHASE_TASKS), MISSING, "does not exist"),
        (sp.GetPhaseOutputRequest(spec_id=w.spec, phase=common.SPEC_PHASE_TASKS, version=-1), INVALID, "version"),
        (sp.ReviewPhaseRequest(**review), INVALID, "spec_id"),
        (sp.ReviewPhaseRequest(**{**review, "spec_id": GARBAGE}), MISSING, "does not exist"),
        (sp.ReviewPhaseRequest(**{**review, "spec_id": w.spec, "phase": 0}), INVALID, "phase"),
        (sp.ReviewPhaseRequest(**{**review, "spec_id": w.spec, "phase": 50}), INVALID, "phase"),
        (sp.ReviewPhaseRequest(**{**review, "spec_id": w.spec, "digest": ""}), INVALID, "digest"),
        (sp.ReviewPhaseRequest(**{**review, "spec_id": w.spec, "digest": "d" * 65}), INVALID, "digest"),
        (sp.ReviewPhaseRequest(**{**review, "spec_id": w.spec, "decision": 0}), INVALID, "decision"),
        (sp.ReviewPhaseRequest(**{**review, "spec_id": w.spec, "decision": 8}), INVALID, "decision"),
        (sp.ReviewPhaseRequest(**{**review, "spec_id": w.spec, "decision": 2, "comment": " "}), INVALID, "comment"),
        (sp.ReviewPhaseRequest(**{**review, "spec_id": w.spec, "comment": "x" * 10_001}), INVALID, "comment"),
        (sp.ReviewPhaseRequest(**{**review, "spec_id": w.spec}), "FAILED_PRECONDITION", "nothing to decide"),
        (sp.GetTranscriptRequest(), INVALID, "spec_id"),
        (sp.GetTranscriptRequest(spec_id=GARBAGE), MISSING, "does not exist"),
        (sp.GetTranscriptRequest(task_id=GARBAGE), MISSING, "does not exist"),
        (sp.GetTranscriptRequest(spec_id=w.spec, page_size=-1), INVALID, "page_size"),
        (sp.GetTranscriptRequest(spec_id=w.spec, page_token="?"), INVALID, "page_token"),
        (sp.CreateBranchRequest(), INVALID, "spec_id"),
        (sp.CreateBranchRequest(spec_id=GARBAGE), MISSING, "does not exist"),
        (sp.GetPullRequestRequest(), INVALID, "spec_id"),
        (sp.GetPullRequestRequest(spec_id=GARBAGE), MISSING, "does not exist"),
        (sp.CreatePullRequestRequest(), INVALID, "spec_id"),
        (sp.CreatePullRequestRequest(spec_id=GARBAGE), MISSING, "does not exist"),
    ]


def cases_of_lists(w: World) -> list[Case]:
    tokens = [
        "?",
        "AAAA",
        token(),
        token(1, 2),
        token("x" * 16, ["a", "b"]),
        token([[[]]], {}),
        "=" * 7,
        "ä",
        "x" * 20_001,
    ]
    return [
        *((sp.ListSpecsRequest(page_token=one), INVALID, "page_token") for one in tokens),
        *((pp.ListProjectsRequest(page_token=one), INVALID, "page_token") for one in tokens),
        *((tp.ListTicketsRequest(page_token=one), INVALID, "page_token") for one in tokens),
        *((tp.ListTasksRequest(spec_id=w.spec, page_token=one), INVALID, "page_token") for one in tokens),
        (sp.ListSpecsRequest(page_size=-1), INVALID, "page_size"),
        (sp.ListSpecsRequest(project_id=GARBAGE), MISSING, "does not exist"),
        (sp.ListSpecsRequest(statuses=[99]), INVALID, "statuses[0]"),
        (sp.ListSpecsRequest(query="x" * 201), INVALID, "query"),
        (sp.ListSpecsRequest(query="\x00"), INVALID, "query"),
        (sp.ListSpecsRequest(labels=["x" * 51]), INVALID, "labels[0]"),
        (sp.ListSpecsRequest(labels=["x"] * 21), INVALID, "labels"),
        (sp.ListSpecsRequest(user_id="x" * 81), INVALID, "user_id"),
        (pp.ListProjectsRequest(page_size=-1), INVALID, "page_size"),
        (tp.ListTicketsRequest(page_size=-1), INVALID, "page_size"),
        (tp.ListTicketsRequest(phase=9), INVALID, "phase"),
        (tp.ListTicketsRequest(project_id=GARBAGE), MISSING, "does not exist"),
        (tp.ListTicketsRequest(spec_id=GARBAGE), MISSING, "does not exist"),
        (tp.ListTasksRequest(), INVALID, "spec_id"),
        (tp.ListTasksRequest(spec_id=GARBAGE), MISSING, "does not exist"),
        (tp.ListTasksRequest(ticket_id=GARBAGE), MISSING, "does not exist"),
        (tp.ListTasksRequest(spec_id=w.spec, page_size=-1), INVALID, "page_size"),
        (tp.ListTasksRequest(spec_id=w.spec, statuses=[1, 44]), INVALID, "statuses[1]"),
    ]


def cases_of_the_board(w: World) -> list[Case]:
    return [
        (tp.CreateTicketRequest(project_id=w.project), INVALID, "description"),
        (tp.CreateTicketRequest(title="x"), INVALID, "project_id"),
        (tp.CreateTicketRequest(title="x", project_id=GARBAGE), MISSING, "does not exist"),
        (tp.CreateTicketRequest(title="x" * 201, project_id=w.project), INVALID, "title"),
        (tp.CreateTicketRequest(title="x", project_id=w.project, priority=-3), INVALID, "priority"),
        (tp.GetTicketRequest(), INVALID, "ticket_id"),
        (tp.GetTicketRequest(ticket_id=GARBAGE), MISSING, "does not exist"),
        (tp.MoveTicketRequest(phase=tp.TICKET_PHASE_INITIAL), INVALID, "ticket_id"),
        (tp.MoveTicketRequest(ticket_id=w.ticket), INVALID, "phase"),
        (tp.MoveTicketRequest(ticket_id=w.ticket, phase=12), INVALID, "phase"),
        (tp.MoveTicketRequest(ticket_id=GARBAGE, phase=tp.TICKET_PHASE_INITIAL), MISSING, "does not exist"),
        (tp.StartTicketsRequest(), INVALID, "ticket_ids"),
        (tp.StartTicketsRequest(ticket_ids=[""]), INVALID, "ticket_ids[0]"),
        (tp.StartTicketsRequest(ticket_ids=["a", "b", "a"]), INVALID, "ticket_ids[2]"),
        (tp.StartTicketsRequest(ticket_ids=[str(n) for n in range(101)]), INVALID, "ticket_ids"),
        (tp.StartTicketsRequest(ticket_ids=[w.ticket, GARBAGE]), MISSING, "does not exist"),
        (tp.RetryTaskRequest(), INVALID, "task_id"),
        (tp.RetryTaskRequest(task_id=GARBAGE), MISSING, "does not exist"),
        (tp.RetryTaskRequest(task_id=w.task), "FAILED_PRECONDITION", ""),
        (tp.CancelTaskRequest(), INVALID, "task_id"),
        (tp.CancelTaskRequest(task_id=GARBAGE), MISSING, "does not exist"),
        (tp.CancelTaskRequest(task_id=w.task, reason="x" * 2_001), INVALID, "reason"),
        (tp.CancelTaskRequest(task_id=w.task), "FAILED_PRECONDITION", ""),
        (tp.CompleteTaskRequest(reason="done"), INVALID, "task_id"),
        (tp.CompleteTaskRequest(task_id=w.task), INVALID, "commit"),
        (tp.CompleteTaskRequest(task_id=w.task, commit="a" * 40, reason="both"), INVALID, "commit"),
        (tp.CompleteTaskRequest(task_id=w.task, commit="a" * 65), INVALID, "commit"),
        (tp.CompleteTaskRequest(task_id=GARBAGE, reason="done"), MISSING, "does not exist"),
        (tp.CompleteTaskRequest(task_id=w.task, reason="done"), "FAILED_PRECONDITION", ""),
    ]


def cases_of_projects(w: World, shop: Path) -> list[Case]:
    here = str(shop)
    return [
        (pp.CreateProjectRequest(), INVALID, "repo_url"),
        (pp.CreateProjectRequest(repo_url="ext::sh -c id"), "FAILED_PRECONDITION", "ext"),
        (pp.CreateProjectRequest(repo_url="--upload-pack=x"), "FAILED_PRECONDITION", "address --upload-pack=x"),
        (pp.CreateProjectRequest(repo_url=str(shop.parent)), "FAILED_PRECONDITION", "repository"),
        (pp.CreateProjectRequest(repo_url=here), "ALREADY_EXISTS", "shop"),
        (pp.CreateProjectRequest(repo_url=here, name="SHOP"), "ALREADY_EXISTS", "exists"),
        (pp.CreateProjectRequest(repo_url=here, name="-x"), INVALID, "name"),
        (pp.CreateProjectRequest(repo_url=here, name="x" * 64), INVALID, "name"),
        (pp.CreateProjectRequest(repo_url=here, name="x", max_concurrent_jobs=-1), INVALID, "max_concurrent_jobs"),
        (pp.CreateProjectRequest(repo_url=here, name="x", max_concurrent_jobs=101), INVALID, "max_concurrent_jobs"),
        (pp.CreateProjectRequest(repo_url=here, name="x", setup_command="x" * 2_001), INVALID, "setup_command"),
        (pp.CreateProjectRequest(repo_url=here, name="x", work_dir="/etc"), INVALID, "work_dir"),
        (pp.CreateProjectRequest(repo_url=here, name="x", gates=policy(6)), INVALID, "gates.approval_phases[0]"),
        (pp.CreateProjectRequest(repo_url=here, name="x", default_branch="gone"), "FAILED_PRECONDITION", "gone"),
        (pp.GetProjectRequest(), INVALID, "project_id"),
        (pp.GetProjectRequest(project_id=GARBAGE), MISSING, "Known projects: shop"),
        (pp.UpdateProjectRequest(), INVALID, "project_id"),
        (pp.UpdateProjectRequest(project_id=GARBAGE, work_dir="x"), MISSING, "does not exist"),
        (pp.UpdateProjectRequest(project_id=w.project, gates=policy(5)), INVALID, "gates.approval_phases[0]"),
        (pp.UpdateProjectRequest(project_id=w.project, default_branch=""), INVALID, "default_branch"),
        (pp.UpdateProjectRequest(project_id=w.project, max_concurrent_jobs=-9), INVALID, "max_concurrent_jobs"),
    ]


def cases_of_people(w: World) -> list[Case]:
    """Those of CreateToken, SetRole and approver rules are in test_rpc_tokens and test_rpc_roles."""
    return [
        (ap.CreateTokenRequest(scopes=["read"]), INVALID, "name"),
        (ap.ListTokensRequest(page_size=-1), INVALID, "page_size"),
        (ap.ListTokensRequest(page_token="xyz"), INVALID, "page_token"),
        (ap.RevokeTokenRequest(), INVALID, "token_id"),
        (ap.RevokeTokenRequest(token_id=GARBAGE), MISSING, "does not exist"),
        (ap.GetUserRequest(), INVALID, "user_id"),
        (ap.GetUserRequest(user_id=GARBAGE), MISSING, "does not exist"),
        (ap.ProvisionUserRequest(name="Mara"), INVALID, "identity"),
        (ap.ProvisionUserRequest(identity="slack:T1/U1"), INVALID, "name"),
        (ap.ProvisionUserRequest(identity=GARBAGE, name="Mara"), INVALID, "identity"),
        (ap.ProvisionUserRequest(identity="slack:T1/U1", name="x" * 201), INVALID, "name"),
        (ap.ProvisionUserRequest(identity="slack:T1/U1", name="x\x1b[1m"), INVALID, "name"),
        (ap.ProvisionUserRequest(identity="slack:T1/U1", name="x", email="x" * 321), INVALID, "email"),
        (ap.ClaimAdminRequest(code="x" * 41), INVALID, "code"),
        (ap.ClaimAdminRequest(code="0000-0000"), "PERMISSION_DENIED", "omoi-act-as"),
        (ap.SetRoleRequest(project_id=w.project), INVALID, "user_id"),
        (ap.ListRolesRequest(), INVALID, "project_id"),
        (ap.ListRolesRequest(project_id=GARBAGE), MISSING, "does not exist"),
        (ap.ListRolesRequest(project_id=w.project, page_token=token("x", [1, "zz", ""])), INVALID, "page_token"),
    ]


def cases_of_words(w: World) -> list[Case]:
    return [
        (sp.SendMessageRequest(text="hi"), INVALID, "spec_id"),
        (sp.SendMessageRequest(spec_id=GARBAGE, text="hi"), MISSING, "does not exist"),
        (sp.ListCommentsRequest(), INVALID, "spec_id"),
        (sp.ListCommentsRequest(spec_id=GARBAGE), MISSING, "does not exist"),
    ]


async def census(rpc: Rpc) -> dict[str, int]:
    async with rpc.office.db.read() as conn:
        return {
            name: int(await conn.scalar(select(func.count()).select_from(table)) or 0)
            for name, table in t.metadata.tables.items()
        }


async def test_every_bad_request_is_refused_by_name_and_changes_nothing(rpc: Rpc, world: World, shop: Path) -> None:
    cases = [
        *cases_of_launch(world),
        *cases_of_specs(world),
        *cases_of_outputs(world),
        *cases_of_lists(world),
        *cases_of_the_board(world),
        *cases_of_projects(world, shop),
        *cases_of_people(world),
        *cases_of_words(world),
    ]
    methods = {
        method.name
        for file in (sp, tp, pp, ap)
        for s in file.DESCRIPTOR.services_by_name.values()
        for method in s.methods
    }
    assert {case[0].DESCRIPTOR.name.removesuffix("Request") for case in cases} == methods - {"GetCaller"}
    before = await census(rpc)
    faults = []
    for request, code, named in cases:
        refusal = await rpc.refusal(request)
        where = (
            f"{request.DESCRIPTOR.name} {str(request)[:120]!r}: {refusal.code} {refusal.fields} {refusal.message[:160]}"
        )
        if refusal.code != code or refusal.domain != "omoi" or not refusal.reason:
            faults.append(f"wanted {code}: {where}")
        elif code == INVALID and refusal.fields != [named]:
            faults.append(f"wanted field {named}: {where}")
        elif named not in refusal.message:
            faults.append(f"wanted {named!r}: {where}")
    assert not faults, "\n".join(faults)
    assert await census(rpc) == before


async def test_a_token_of_another_list_does_not_fit(rpc: Rpc, world: World) -> None:
    await rows.add_spec(rpc.office.db, project_id=world.project)
    page = await rpc(sp.ListSpecsRequest(page_size=1))
    assert page.next_page_token
    for other in (
        tp.ListTicketsRequest(page_token=page.next_page_token),
        sp.ListSpecsRequest(page_token=page.next_page_token, labels=["x"]),
        sp.ListSpecsRequest(page_token=page.next_page_token, include_archived=True),
    ):
        refusal = await rpc.refusal(other)
        assert (refusal.code, refusal.fields) == (INVALID, ["page_token"])
    content = json.loads(base64.urlsafe_b64decode(page.next_page_token + "=="))
    damaged: list[Any] = [
        ["not a time", "x"],
        [1, 2],
        ["2026-01-01"],
        ["2026-01-01", "\x00"],
        ["2026-01-01", "\ud800"],
        {},
        None,
    ]
    for key in damaged:
        refusal = await rpc.refusal(sp.ListSpecsRequest(page_token=token(content[0], key)))
        assert (refusal.code, refusal.fields) == (INVALID, ["page_token"]), key
    transcript = await rpc(sp.GetTranscriptRequest(spec_id=world.spec))
    mark = json.loads(base64.urlsafe_b64decode(transcript.next_page_token + "=="))[0]
    damaged = [[-1, {}], [2**40, {}], [0, {"sbx": "1"}], [0, {"sbx": 2**70}], [True, {}], [0, []]]
    for key in damaged:
        refusal = await rpc.refusal(sp.GetTranscriptRequest(spec_id=world.spec, page_token=token(mark, key)))
        assert (refusal.code, refusal.fields) == (INVALID, ["page_token"]), key


async def test_a_request_id_with_other_content_is_refused(rpc: Rpc, world: World) -> None:
    launch = sp.LaunchSpecRequest(title="Lock", project_id=world.project, request_id="r", auto_execute=False)
    first = await rpc(launch)
    assert (await rpc(launch)).spec_id == first.spec_id
    launch.title = "Unlock"
    refusal = await rpc.refusal(launch)
    assert (refusal.code, refusal.reason) == ("ALREADY_EXISTS", "REQUEST_ID_REUSED")
    assert refusal.metadata["request_id"] == "r"
