"""Each RPC once the way it is meant, through a real server, store, repository and forge; no job is dispatched."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format

from omoi.v1 import common_pb2 as common
from omoi.v1 import event_pb2 as ev
from omoi.v1 import project_pb2 as pp
from omoi.v1 import spec_pb2 as sp
from omoi.v1 import ticket_pb2 as tp
from omoi_server.rpc import events
from tests.integration.rpc import rpc_rows as rows
from tests.integration.rpc.rpc_client import Rpc

EARS = "WHEN a login fails five times, THE SYSTEM SHALL lock the account."
REQUIREMENTS: dict[str, Any] = {
    "notice": "Written by rule (engine outline); no model was used.",
    "feature_name": "Lock",
    "introduction": "Locks accounts.",
    "glossary": [],
    "requirements": [
        {
            "id": "REQ-001",
            "title": "Lock",
            "user_story": {"role": "owner", "want": "a lock", "benefit": "safety"},
            "statement": EARS,
            "criteria": [{"id": "REQ-001.1", "text": EARS}],
        }
    ],
    "assumptions": [],
    "out_of_scope": [],
    "open_questions": [],
    "changes": [],
}


@pytest.fixture
async def project(rpc: Rpc, shop: Path) -> pp.Project:
    answer = await rpc(pp.CreateProjectRequest(repo_url=str(shop), gates=gates(common.SPEC_PHASE_TASKS)))
    made: pp.Project = answer.project
    return made


def gates(*phases: Any) -> common.GatePolicy:
    return common.GatePolicy(approval_phases=phases)


async def test_projects(rpc: Rpc, project: pp.Project, shop: Path) -> None:
    assert (project.name, project.default_branch, project.repo_url) == ("shop", "main", str(shop))
    assert project.export_documents and project.created_at.seconds
    for key in (project.project_id, "shop", "SHOP"):
        assert (await rpc(pp.GetProjectRequest(project_id=key))).project == project
    changed = await rpc(
        pp.UpdateProjectRequest(
            project_id=project.project_id, test_command="pytest -q", gates=gates(), max_concurrent_jobs=3
        )
    )
    assert (changed.project.test_command, changed.project.max_concurrent_jobs) == ("pytest -q", 3)
    assert list(changed.project.gates.approval_phases) == []
    unchanged = await rpc(pp.UpdateProjectRequest(project_id=project.project_id, export_documents=False))
    assert unchanged.project.test_command == "pytest -q" and not unchanged.project.export_documents
    await rpc(pp.CreateProjectRequest(repo_url=str(shop), name="Zoo"))
    await rpc(pp.CreateProjectRequest(repo_url=str(shop), name="attic"))
    first = await rpc(pp.ListProjectsRequest(page_size=2))
    assert [one.name for one in first.projects] == ["attic", "shop"]
    second = await rpc(pp.ListProjectsRequest(page_size=2, page_token=first.next_page_token))
    assert ([one.name for one in second.projects], second.next_page_token) == (["Zoo"], "")


async def test_launch_execute_update_cancel(rpc: Rpc, project: pp.Project) -> None:
    request = sp.LaunchSpecRequest(
        description="Lock an account after five failed logins. Then email its owner.",
        project_id=project.project_id,
        gates=gates(common.SPEC_PHASE_REQUIREMENTS, common.SPEC_PHASE_TASKS),
        attachments=[common.Attachment(name="a.txt", media_type="text/plain", content=b"\x00\xff")],
        context=[common.ContextEntry(author="jon", text="please")],
        source=common.Source(kind="cli", label="terminal"),
        priority=common.PRIORITY_HIGH,
        request_id="one",
    )
    made = await rpc(request)
    assert (made.status, made.current_phase) == (sp.SPEC_STATUS_EXECUTING, common.SPEC_PHASE_EXPLORE)
    assert made.message
    assert (await rpc(request)).spec_id == made.spec_id, "the same request_id is the same spec"
    spec = (await rpc(sp.GetSpecRequest(spec_id=made.spec_id))).spec
    assert spec.title == "Lock an account after five failed logins"
    assert spec.description == request.description
    assert (spec.kind, spec.status, spec.priority) == (
        sp.SPEC_KIND_FULL,
        sp.SPEC_STATUS_EXECUTING,
        common.PRIORITY_HIGH,
    )
    assert list(spec.gates.approval_phases) == [common.SPEC_PHASE_REQUIREMENTS, common.SPEC_PHASE_TASKS]
    assert (spec.source.kind, spec.user_id, spec.engine, spec.base_branch) == ("cli", "local", "outline", "main")
    assert not spec.settled and not spec.HasField("last_heartbeat") and not spec.HasField("open_command")
    assert [line.gated for line in spec.phases] == [False, True, False, True]
    again = await rpc(sp.ExecuteSpecRequest(spec_id=made.spec_id))
    assert again.status == sp.EXECUTE_SPEC_STATUS_ALREADY_RUNNING
    updated = await rpc(
        sp.UpdateSpecRequest(
            spec_id=made.spec_id, labels=sp.Labels(values=["login", "auth"]), priority=common.PRIORITY_LOW
        )
    )
    assert (list(updated.spec.labels), updated.spec.priority) == (["auth", "login"], common.PRIORITY_LOW)
    cancelled = await rpc(sp.CancelSpecRequest(spec_id=made.spec_id, reason="changed my mind"))
    assert (cancelled.spec.status, cancelled.spec.reason) == (sp.SPEC_STATUS_CANCELLED, "changed my mind")
    assert cancelled.spec.settled and cancelled.message
    archived = await rpc(sp.UpdateSpecRequest(spec_id=made.spec_id, archived=True))
    assert archived.spec.archived and list(archived.spec.labels) == ["auth", "login"]
    assert list((await rpc(sp.ListSpecsRequest())).specs) == []
    assert len((await rpc(sp.ListSpecsRequest(include_archived=True, query="EMAIL lock"))).specs) == 1
    resumed = await rpc(sp.ExecuteSpecRequest(spec_id=made.spec_id))
    assert resumed.status == sp.EXECUTE_SPEC_STATUS_STARTED
    assert resumed.current_phase == common.SPEC_PHASE_EXPLORE


async def test_the_log_is_the_same_in_pages_and_as_a_stream(rpc: Rpc, project: pp.Project) -> None:
    made = await rpc(sp.LaunchSpecRequest(title="Lock", project_id=project.project_id, auto_execute=False))
    assert made.status == sp.SPEC_STATUS_DRAFT
    await rows.say(rpc.office.db, made.spec_id, *(f"note {number}" for number in range(150)))
    await rpc(sp.CancelSpecRequest(spec_id=made.spec_id))
    paged: list[ev.SpecEvent] = []
    cursor, more = 0, True
    while more:
        page = await rpc(sp.ListSpecEventsRequest(spec_id=made.spec_id, after_sequence=cursor, page_size=40))
        paged += page.events
        cursor, more = page.last_sequence, page.has_more
    batches = await rpc(sp.WatchSpecEventsRequest(spec_id=made.spec_id, until_settled=True))
    assert [event for batch in batches for event in batch.events] == paged
    assert [event.sequence for event in paged] == list(range(1, len(paged) + 1))
    assert (paged[0].type, paged[0].spec.status, paged[0].source) == ("spec.created", "SPEC_STATUS_DRAFT", "user:local")
    assert paged[-1].type == "spec.cancelled"
    assert batches[-1].live and batches[-1].last_sequence == cursor
    end = await rpc(sp.ListSpecEventsRequest(spec_id=made.spec_id, after_sequence=cursor))
    assert (len(end.events), end.last_sequence, end.has_more) == (0, cursor, False)


async def test_lists_are_paged_and_bound_to_their_filters(rpc: Rpc, project: pp.Project) -> None:
    for number in range(5):
        await rpc(sp.LaunchSpecRequest(title=f"idea {number}", project_id=project.project_id, auto_execute=False))
    request = sp.ListSpecsRequest(page_size=2, project_id=project.project_id, statuses=[sp.SPEC_STATUS_DRAFT])
    seen: list[str] = []
    while True:
        page = await rpc(request)
        seen += [spec.title for spec in page.specs]
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
        request.page_size = 1
    assert seen == [f"idea {number}" for number in range(4, -1, -1)]
    request.query = "idea"
    assert (await rpc.refusal(request)).fields == ["page_token"]


async def test_a_page_ends_before_it_is_too_large_for_clients(rpc: Rpc, project: pp.Project) -> None:
    for number in range(20):
        description = f"{number} " + "ä€" * 49_000
        await rows.add_spec(rpc.office.db, project_id=project.project_id, title=str(number), description=description)
    request = sp.ListSpecsRequest(page_size=200)
    sizes: list[int] = []
    while True:
        page = await rpc(request)
        assert page.ByteSize() < 4 * 1024 * 1024
        sizes.append(len(page.specs))
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    assert len(sizes) == 2 and sum(sizes) == 20


async def test_review_and_output(rpc: Rpc, project: pp.Project) -> None:
    spec_id = await rows.add_spec(
        rpc.office.db,
        project_id=project.project_id,
        status="AWAITING_REVIEW",
        current_phase="REQUIREMENTS",
        gates=["REQUIREMENTS"],
    )
    await rows.add_output(rpc.office.db, spec_id, "EXPLORE")
    provenance = {"engine": "outline", "engine_version": "1", "prompt_version": "1", "model": None, "commit": "c" * 40}
    await rows.add_output(
        rpc.office.db,
        spec_id,
        "REQUIREMENTS",
        data=REQUIREMENTS,
        digest="d" * 64,
        findings=["vague word"],
        changes=["REQ-001 changed"],
        provenance=provenance,
    )
    output = await rpc(sp.GetPhaseOutputRequest(spec_id=spec_id, phase=common.SPEC_PHASE_REQUIREMENTS))
    assert json_format.MessageToDict(output.data) == REQUIREMENTS
    assert REQUIREMENTS["notice"] in output.markdown and "Requirement 1: Lock" in output.markdown
    assert (output.version, output.newest_version, output.digest, output.valid) == (1, 1, "d" * 64, True)
    assert (output.decision, output.HasField("decided_at")) == (sp.REVIEW_DECISION_UNSPECIFIED, False)
    assert (output.provenance.engine, output.provenance.model) == ("outline", "")
    assert (list(output.findings), list(output.changes)) == (["vague word"], ["REQ-001 changed"])
    review = sp.ReviewPhaseRequest(
        spec_id=spec_id,
        phase=common.SPEC_PHASE_REQUIREMENTS,
        digest="e" * 64,
        decision=sp.REVIEW_DECISION_APPROVE,
        comment="good",
    )
    stale = await rpc.refusal(review)
    assert (stale.code, stale.reason) == ("FAILED_PRECONDITION", "STALE_DIGEST")
    review.digest = output.digest
    decided = await rpc(review)
    assert decided.spec.status == sp.SPEC_STATUS_EXECUTING and decided.message
    output = await rpc(sp.GetPhaseOutputRequest(spec_id=spec_id, phase=common.SPEC_PHASE_REQUIREMENTS, version=1))
    assert (output.decision, output.comment) == (sp.REVIEW_DECISION_APPROVE, "good")
    assert output.decided_by and output.decided_at.seconds


async def test_quick_tasks_and_the_board(rpc: Rpc, project: pp.Project) -> None:
    made = await rpc(
        tp.CreateTicketRequest(description="Rename login()", project_id=project.project_id, auto_execute=False)
    )
    ticket = (await rpc(tp.GetTicketRequest(ticket_id=made.ticket_id))).ticket
    assert (ticket.spec_id, ticket.phase, ticket.tasks_total) == (made.spec_id, tp.TICKET_PHASE_INITIAL, 1)
    spec = (await rpc(sp.GetSpecRequest(spec_id=made.spec_id))).spec
    assert (spec.kind, spec.current_phase, spec.ticket_id) == (
        sp.SPEC_KIND_QUICK,
        common.SPEC_PHASE_COMPLETE,
        ticket.ticket_id,
    )
    (task,) = (await rpc(tp.ListTasksRequest(spec_id=made.spec_id))).tasks
    assert (task.task_id, task.status, task.key) == (made.task_id, tp.TASK_STATUS_DRAFT, "")
    assert list((await rpc(tp.StartTicketsRequest(ticket_ids=[made.ticket_id]))).task_ids) == [made.task_id]
    queued = tp.ListTasksRequest(ticket_id=made.ticket_id, statuses=[tp.TASK_STATUS_QUEUED])
    assert len((await rpc(queued)).tasks) == 1
    moved = await rpc(tp.MoveTicketRequest(ticket_id=made.ticket_id, phase=tp.TICKET_PHASE_REFACTORING))
    assert (moved.ticket.phase, moved.ticket.moved_by_hand) == (tp.TICKET_PHASE_REFACTORING, True)
    listed = tp.ListTicketsRequest(
        project_id=project.project_id, phase=tp.TICKET_PHASE_REFACTORING, spec_id=made.spec_id
    )
    assert [one.ticket_id for one in (await rpc(listed)).tickets] == [made.ticket_id]
    cancelled = await rpc(tp.CancelTaskRequest(task_id=made.task_id, reason="not now"))
    assert (cancelled.task.status, cancelled.task.reason) == (tp.TASK_STATUS_CANCELLED, "not now")
    assert (await rpc(tp.RetryTaskRequest(task_id=made.task_id))).task.status == tp.TASK_STATUS_QUEUED
    done = await rpc(tp.CompleteTaskRequest(task_id=made.task_id, reason="did it by hand"))
    assert done.task.status == tp.TASK_STATUS_SUCCEEDED
    spec = (await rpc(sp.GetSpecRequest(spec_id=made.spec_id))).spec
    assert spec.execution_status.is_complete
    assert spec.execution_status.outcome == sp.EXECUTION_OUTCOME_SUCCEEDED
    assert (spec.progress.tasks_done, spec.progress.tasks_total, spec.progress.phases_total) == (1, 1, 0)


async def test_tickets_and_tasks_are_paged(rpc: Rpc, project: pp.Project) -> None:
    spec_id, ticket_id = "", ""
    for _ in range(3):
        spec_id = await rows.add_spec(rpc.office.db, project_id=project.project_id)
        ticket_id = await rows.add_ticket(rpc.office.db, spec_id, project_id=project.project_id)
    for number in range(1, 6):
        evidence = {"command": "check", "exit_code": 0, "tail": "ok", "duration_ms": 5, "tree": "f" * 40, "new": 1}
        evidence = evidence if number == 1 else {"exit_code": 2**40}
        await rows.add_task(rpc.office.db, spec_id, ticket_id, number, status="SUCCEEDED", evidence=evidence)
    tickets = tp.ListTicketsRequest(page_size=2)
    first = await rpc(tickets)
    tickets.page_token = first.next_page_token
    assert (len(first.tickets), len((await rpc(tickets)).tickets)) == (2, 1)
    assert (first.tickets[0].tasks_done, first.tickets[0].tasks_total) == (5, 5)
    tasks = tp.ListTasksRequest(page_size=3, spec_id=spec_id)
    page = await rpc(tasks)
    tasks.page_token = page.next_page_token
    rest = await rpc(tasks)
    assert [task.key for task in (*page.tasks, *rest.tasks)] == [f"TSK-00{number}" for number in range(1, 6)]
    assert (page.tasks[0].evidence.command, page.tasks[0].evidence.duration_ms) == ("check", 5)


async def test_branch_and_pull_request(rpc: Rpc, project: pp.Project) -> None:
    made = await rpc(tp.CreateTicketRequest(title="Rename", project_id=project.project_id, auto_execute=False))
    branch = await rpc(sp.CreateBranchRequest(spec_id=made.spec_id))
    assert branch.branch_name.startswith("task/") and not branch.already_exists
    assert (await rpc(sp.CreateBranchRequest(spec_id=made.spec_id))).already_exists
    refusal = await rpc.refusal(sp.CreatePullRequestRequest(spec_id=made.spec_id))
    assert refusal.code == "FAILED_PRECONDITION"
    refusal = await rpc.refusal(sp.GetPullRequestRequest(spec_id=made.spec_id))
    assert (refusal.code, refusal.reason) == ("NOT_FOUND", "PULL_REQUEST_NOT_FOUND")
    assert (await rpc(sp.GetSpecRequest(spec_id=made.spec_id))).spec.branch_name == branch.branch_name


async def test_transcripts(rpc: Rpc, project: pp.Project) -> None:
    db = rpc.office.db
    spec_id = await rows.add_spec(db, project_id=project.project_id)
    ticket_id = await rows.add_ticket(db, spec_id, project_id=project.project_id)
    task_id = await rows.add_task(db, spec_id, ticket_id, 1)
    job_id = await rows.add_job(db, spec_id, project_id=project.project_id)
    plan = await rows.add_sandbox(db, spec_id, job_id, line=3)
    work = await rows.add_sandbox(db, spec_id, job_id, task_id=task_id, line=8)
    for line in (1, 2, 3):
        await rows.add(db, "journal_lines", sandbox_id=plan, line=line, type="note", text=f"plan {line}")
    for line in (4, 8):
        await rows.add(db, "journal_lines", sandbox_id=work, line=line, type="note", text="x" * 1_900_000)
    request = sp.GetTranscriptRequest(spec_id=spec_id, page_size=4)
    seen: list[tuple[str, int]] = []
    while True:
        page = await rpc(request)
        assert page.ByteSize() < 4 * 1024 * 1024
        assert page.next_page_token
        request.page_token = page.next_page_token
        if not page.lines:
            break
        seen += [(line.sandbox_id, line.line) for line in page.lines]
    assert seen == [(plan, 1), (plan, 2), (plan, 3), (work, 4), (work, 8)]
    only = await rpc(sp.GetTranscriptRequest(task_id=task_id, page_size=1))
    assert [line.line for line in only.lines] == [4]
    other = await rows.add_spec(db, project_id=project.project_id)
    refusal = await rpc.refusal(sp.GetTranscriptRequest(spec_id=other, task_id=task_id))
    assert (refusal.code, refusal.reason) == ("NOT_FOUND", "TASK_NOT_FOUND")


async def test_payloads_become_messages_and_unknown_ones_do_no_harm(rpc: Rpc, project: pp.Project) -> None:
    spec_id = await rows.add_spec(rpc.office.db, project_id=project.project_id, status="DRAFT")
    change = {"status": "SPEC_STATUS_EXECUTING", "reused": ["SPEC_PHASE_EXPLORE", "SPEC_PHASE_DESIGN"], "from_later": 1}
    payloads: list[dict[str, Any]] = [
        {"spec": change},
        {"command": {"id": 7, "text": "pytest", "exit_code": 1, "duration_ms": 12}},
        {"later_kind": {"x": 1}},
        {"task": {"status": 3}},
        {"task": {"title": "\ud800", "evidence": {"exit_code": 2**40}}},
        {"review": 5},
        {"spec_id": "spec-other", "sequence": 99, "message": "forged", "note": 1},
        {},
    ]
    for payload in payloads:
        await rows.say(rpc.office.db, spec_id, "told", payload=payload)
    (batch,) = await rpc(sp.WatchSpecEventsRequest(spec_id=spec_id, until_settled=True))
    kinds = [event.WhichOneof("payload") for event in batch.events]
    assert kinds == ["spec", "command", None, None, None, None, None, None]
    assert list(batch.events[0].spec.reused) == [common.SPEC_PHASE_EXPLORE, common.SPEC_PHASE_DESIGN]
    assert batch.events[1].command.id == 7
    for sequence, event in enumerate(batch.events, 1):
        assert (event.spec_id, event.sequence, event.message, event.source) == (spec_id, sequence, "told", "server")
        assert event.phase == common.SPEC_PHASE_EXPLORE and event.occurred_at.seconds


def test_concatenated_frames_are_the_generated_message() -> None:
    messages = [
        ev.SpecEvent(spec_id="s", sequence=n, message="ä" * size) for n, size in enumerate((0, 60, 70, 9_000), 1)
    ]
    frames = []
    for message in messages:
        content = message.SerializeToString()
        frames.append(b"\x0a" + events.varint(len(content)) + content)
    for last, live in ((0, False), (4, True), (127, False), (128, True), (2**62, True)):
        expected = sp.WatchSpecEventsResponse(events=messages, last_sequence=last, live=live)
        assert sp.WatchSpecEventsResponse.FromString(events.response(frames, last, live)) == expected
        assert events.response(frames, last, live) == expected.SerializeToString()
    assert json.loads(json_format.MessageToJson(sp.WatchSpecEventsResponse.FromString(b""))) == {}
