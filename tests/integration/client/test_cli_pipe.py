"""The command in a pipe: what scripts depend on."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

import grpc
import pytest

from omoi.v1 import common_pb2, project_pb2, spec_pb2, ticket_pb2
from tests.integration.client.client_peer import Cut, Peer, event
from tests.integration.client.conftest import START, Run

HOSTILE = "\x1b]0;owned\x07Lock\x1b[31m [bold]accounts[/bold]\u202e\nnow"
GATED: dict[str, Any] = {
    "current_phase": common_pb2.SPEC_PHASE_REQUIREMENTS,
    "waiting_for": "approval of REQUIREMENTS v1",
}


def with_output(peer: Peer, spec_id: str, version: int = 1, digest: str = "d1") -> None:
    phase = common_pb2.SPEC_PHASE_REQUIREMENTS
    peer.outputs[spec_id, phase, version] = spec_pb2.GetPhaseOutputResponse(
        spec_id=spec_id, phase=phase, version=version, newest_version=version, markdown=f"# v{version}\n\n\ttext\n",
        digest=digest, score=0.96,
    )  # fmt: skip


def with_tasks(peer: Peer, spec_id: str) -> None:
    for number in (1, 2, 3):
        peer.tasks.append(
            ticket_pb2.Task(
                task_id=f"tsk-{number}000{number:028x}",
                spec_id=spec_id,
                key=f"TSK-{number:03}",
                title=f"Step {number}",
                status=ticket_pb2.TASK_STATUS_FAILED if number == 3 else ticket_pb2.TASK_STATUS_SUCCEEDED,
                commit="" if number == 3 else f"{number}" * 40,
                reason="its check failed" if number == 3 else "",
                requirements=["REQ-001"],
            )
        )
    peer.specs[spec_id].progress.tasks_total = 3


async def test_launch_prints_the_id_alone(peer: Peer, omoi: Run) -> None:
    ran = await omoi("launch", "Lock an account", "--gate", "requirements", "--gate", "TASKS", "--base", "dev")

    assert (ran.code, ran.out) == (0, f"{next(iter(peer.specs))}\n")
    asked = peer.asked_for(spec_pb2.LaunchSpecRequest)[0]
    assert asked.description == "Lock an account"
    assert (asked.base_branch, asked.source.kind, asked.project_id) == ("dev", "cli", peer.projects[0].project_id)
    assert list(asked.gates.approval_phases) == [common_pb2.SPEC_PHASE_REQUIREMENTS, common_pb2.SPEC_PHASE_TASKS]
    assert "Planning begins." in ran.err


async def test_launch_reads_the_idea_and_files(peer: Peer, omoi: Run, tmp_path: Path) -> None:
    note = tmp_path / "note.txt"
    note.write_text("more")
    ran = await omoi("launch", "-", "--attach", str(note), "--no-gates", "--no-execute", "--json", stdin=b"An idea\n")

    asked = peer.asked_for(spec_pb2.LaunchSpecRequest)[0]
    assert asked.description == "An idea\n"
    assert [(one.name, one.media_type, one.content) for one in asked.attachments] == [
        ("note.txt", "text/plain", b"more")
    ]
    assert asked.HasField("gates") and not asked.auto_execute
    assert json.loads(ran.out)["spec_id"] in peer.specs


async def test_sizes_are_refused_here_and_name_the_field(peer: Peer, omoi: Run, tmp_path: Path) -> None:
    long = await omoi("launch", "-", stdin=b"x" * 100_001)
    title = await omoi("launch", "idea", "--title", "t" * 201)
    big = tmp_path / "big.bin"
    with big.open("wb") as file:
        file.truncate(10_000_000)
    attached = await omoi("launch", "idea", "--attach", str(big))

    assert (long.code, title.code, attached.code) == (2, 2, 2)
    assert "omoi: description has 100,001 characters; at most 100,000 are taken." in long.err
    assert "omoi: title has 201 characters; at most 200 are taken.\n      Shorten it." in title.err
    assert "attachments: the files are too large; big.bin has 10,000,000 bytes" in attached.err
    assert not peer.asked_for(spec_pb2.LaunchSpecRequest)


async def test_an_unknown_project_lists_the_known_ones(peer: Peer, omoi: Run) -> None:
    peer.projects.append(project_pb2.Project(project_id="prj-2", name="web"))
    ran = await omoi("launch", "idea", "--project", "shpo")
    assert ran.code == 1
    assert ran.err == (
        'omoi: project "shpo" does not exist.\n'
        "      Known projects: shop, web. Add one: omoi project add shpo --repo PATH\n"
    )
    unclear = await omoi("launch", "idea")
    assert (unclear.code, unclear.out) == (2, "")
    assert "shop, web" in unclear.err


async def test_watch_prints_one_line_per_event_and_nothing_a_terminal_acts_on(peer: Peer, omoi: Run) -> None:
    spec_id = peer.add_spec()
    peer.events[spec_id] = [
        event(1, "spec.created", HOSTILE),
        event(2, "spec.phase_started", "Design began.", phase=common_pb2.SPEC_PHASE_DESIGN),
        event(3, "brand.new", "Something later versions say."),
    ]
    ran = await omoi("watch", "7f3a")
    assert ran.code == 0
    assert ran.out.splitlines() == [
        "1 2023-11-14T22:13:21Z spec.created - Lock [bold]accounts[/bold] now",
        "2 2023-11-14T22:13:22Z spec.phase_started DESIGN Design began.",
        "3 2023-11-14T22:13:23Z brand.new - Something later versions say.",
    ]
    later = await omoi("watch", spec_id, "--after", "2")
    assert later.out.startswith("3 ") and later.out.count("\n") == 1


async def test_watch_json_is_one_object_per_event(peer: Peer, omoi: Run) -> None:
    spec_id = peer.add_spec()
    peer.events[spec_id] = [event(1, "spec.created", HOSTILE), event(2)]
    ran = await omoi("watch", "spec-7f3a", "--json")
    rows = [json.loads(line) for line in ran.out.splitlines()]
    assert [row["sequence"] for row in rows] == [1, 2]
    assert rows[0]["message"] == HOSTILE
    assert rows[0]["occurred_at"] == "2023-11-14T22:13:21Z"
    assert rows[0]["phase"] == "SPEC_PHASE_UNSPECIFIED"
    assert "\x1b" not in ran.out


async def test_watch_survives_cuts_and_says_so_once(peer: Peer, omoi: Run) -> None:
    spec_id = peer.add_spec()
    peer.events[spec_id] = [event(number) for number in range(1, 6)]
    cut = grpc.StatusCode.UNAVAILABLE
    peer.cuts = [Cut([[1, 2]], cut), Cut([], cut), Cut([[2, 3]], cut)]
    ran = await omoi("watch", "7f3a")
    assert [line.split()[0] for line in ran.out.splitlines()] == ["1", "2", "3", "4", "5"]
    assert ran.err.count("Trying again.") == 2


@pytest.mark.parametrize(
    ("status", "counts", "code", "said"),
    [
        ("COMPLETED", {"total": 2, "succeeded": 2, "is_complete": True, "outcome": 2}, 0, "done: "),
        ("COMPLETED", {"total": 2, "succeeded": 1, "failed": 1, "outcome": 3}, 3, "1 failed"),
        ("COMPLETED", {"total": 2, "succeeded": 1, "paused": 1, "outcome": 1}, 5, "1 paused"),
        ("COMPLETED", {"total": 2, "cancelled": 2, "outcome": 4}, 3, "2 cancelled"),
        ("FAILED", {}, 3, "failed: "),
        ("CANCELLED", {}, 3, "cancelled: "),
        ("AWAITING_REVIEW", {}, 5, "omoi approve spec-7f3a"),
        ("PAUSED", {}, 5, "omoi execute spec-7f3a"),
        ("DRAFT", {}, 5, "it was not started"),
    ],
)
async def test_the_exit_code_says_how_it_ended(
    peer: Peer, omoi: Run, status: str, counts: dict[str, Any], code: int, said: str
) -> None:
    peer.add_spec(status=status, execution_status=spec_pb2.ExecutionStatus(**counts))
    ran = await omoi("watch", "7f3a")
    assert (ran.code, ran.out) == (code, "")
    assert said in ran.err


async def test_launch_watch_follows_to_the_end(peer: Peer, omoi: Run) -> None:
    def plan(spec: spec_pb2.Spec) -> None:
        peer.events[spec.spec_id] = [event(1), event(2)]
        spec.status, spec.settled = spec_pb2.SPEC_STATUS_AWAITING_REVIEW, True
        spec.current_phase = common_pb2.SPEC_PHASE_REQUIREMENTS

    peer.on_launch = plan
    ran = await omoi("launch", "idea", "--watch")
    assert ran.code == 5
    assert [line.split()[0] for line in ran.out.splitlines()] == ["1", "2"]


async def test_an_interrupt_leaves_the_run_and_says_how_to_go_on(peer: Peer, environment: dict[str, str]) -> None:
    spec_id = peer.add_spec(status="EXECUTING", settled=False)
    peer.events[spec_id] = [event(1), event(2)]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", START, "watch", "7f3a",
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE, env=environment,
    )  # fmt: skip
    assert process.stdout is not None
    for _ in range(2):
        await process.stdout.readline()
    process.send_signal(signal.SIGINT)
    _, err = await process.communicate()
    assert process.returncode == 130
    said = err.decode()
    assert "omoi: interrupted." in said
    assert f"The run goes on. Watch it again: omoi watch {spec_id} --after 2" in said
    assert "Traceback" not in said


async def test_head_is_silent(peer: Peer, environment: dict[str, str]) -> None:
    spec_id = peer.add_spec(status="EXECUTING", settled=False)
    peer.events[spec_id] = [event(number) for number in range(1, 3000)]
    reading, writing = os.pipe()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", START, "watch", "7f3a", stdout=writing, stderr=asyncio.subprocess.PIPE, env=environment
    )
    os.close(writing)
    await asyncio.to_thread(os.read, reading, 10)
    os.close(reading)
    _, err = await asyncio.wait_for(process.communicate(), 20)
    assert (process.returncode, err) == (0, b"")


async def test_not_reachable_is_4_and_a_refusal_is_1(peer: Peer, omoi: Run, environment: dict[str, str]) -> None:
    refused = await omoi("show", "spec-7f3a0000-0000-0000-0000-000000000000")
    assert refused.code == 1
    assert refused.err.startswith("omoi: there is no spec spec-7f3a") and "\n      List them.\n" in refused.err

    denied = await omoi("list", env={"OMOI_TOKEN": "wrong"})
    assert (denied.code, denied.err) == (1, "omoi: the token is not valid.\n      Get another.\n")

    await peer.stop()
    away = await omoi("list")
    assert away.code == 4
    assert away.err.startswith(f"omoi: no Omoi server answers at {peer.address}.\n      Start it with omoi-server")

    nowhere = await omoi("list", env={"OMOI_HOME": "/nowhere"})
    assert nowhere.code == 4
    far = await omoi("list", env={"OMOI_ADDRESS": "omoi.example.org:50051", "OMOI_TOKEN": "secret-token"})
    assert far.code == 2
    assert "plaintext" in far.err and "secret-token" not in far.err


async def test_ids_are_unique_beginnings(peer: Peer, omoi: Run) -> None:
    first = peer.add_spec("7f3a1", title=HOSTILE)
    second = peer.add_spec("7f3a2")
    peer.add_spec("beef", archived=True)

    both = await omoi("show", "7f3a")
    assert both.code == 2
    assert both.err.startswith("omoi: 7f3a fits 2 specs; give more digits.\n")
    assert "      spec-7f3a1: Lock [bold]accounts[/bold] now\n" in both.err

    for typed in ("7f3a2", "SPEC-7F3A2", second, second.removeprefix("spec-"), second.replace("-", "")[4:]):
        ran = await omoi("show", typed, "--json")
        assert json.loads(ran.out)["spec_id"] == second
    assert (await omoi("show", "beef")).code == 0
    assert (await omoi("show", "0000")).code == 1
    for garbage in ("7f3", "x y", "../..", "spec-", "tsk-7f3a"):
        ran = await omoi("show", garbage)
        assert (ran.code, ran.out) == (2, ""), garbage
    assert first in peer.specs


async def test_approve_in_a_pipe_wants_the_version(peer: Peer, omoi: Run) -> None:
    spec_id = peer.add_spec(status="AWAITING_REVIEW", **GATED)
    with_output(peer, spec_id)

    for arguments in ((), ("--yes",)):
        unclear = await omoi("approve", "7f3a", *arguments)
        assert (unclear.code, unclear.out) == (2, "")
        assert "omoi approve 7f3a --version 1" in unclear.err
    assert not peer.asked_for(spec_pb2.ReviewPhaseRequest)

    ran = await omoi("approve", "7f3a", "--version", "1")
    assert (ran.code, ran.out) == (0, "Decided on v1.\n")
    asked = peer.asked_for(spec_pb2.ReviewPhaseRequest)[0]
    assert (asked.digest, asked.decision) == ("d1", spec_pb2.REVIEW_DECISION_APPROVE)


async def test_a_version_that_is_no_longer_the_newest_is_refused(peer: Peer, omoi: Run) -> None:
    spec_id = peer.add_spec(status="AWAITING_REVIEW", **GATED)
    with_output(peer, spec_id)
    shown = await omoi("output", "7f3a", "requirements")
    assert shown.out == "# v1\n\n\ttext\n"
    with_output(peer, spec_id, 2, "d2")

    for arguments in (("--version", "1"), ("--yes",)):
        ran = await omoi("approve", "7f3a", *arguments)
        assert (ran.code, ran.out) == (1, "")
        assert ran.err == "omoi: This is version 2, you saw another.\n      Look at it and decide again.\n".replace(
            "This", "this"
        )
    assert {one.digest for one in peer.asked_for(spec_pb2.ReviewPhaseRequest)} == {"d1"}


async def test_request_changes_and_reject_name_what_is_there(peer: Peer, omoi: Run) -> None:
    spec_id = peer.add_spec(status="AWAITING_REVIEW", **GATED)
    with_output(peer, spec_id)
    assert (await omoi("request-changes", "7f3a", "REQ-002: per IP too")).code == 0
    assert (await omoi("reject", "7f3a", "--reason", "not now", "--json")).code == 0
    first, second = peer.asked_for(spec_pb2.ReviewPhaseRequest)
    assert (first.decision, first.comment, first.digest) == (2, "REQ-002: per IP too", "d1")
    assert (second.decision, second.comment) == (3, "not now")

    other = peer.add_spec("beef", status="EXECUTING", settled=False)
    ran = await omoi("approve", other, "--version", "1")
    assert ran.code == 1 and "does not wait for a decision" in ran.err


async def test_tasks_are_named_by_id_or_place(peer: Peer, omoi: Run) -> None:
    spec_id = peer.add_spec()
    with_tasks(peer, spec_id)

    listed = await omoi("task", "list", "7f3a")
    rows = [line.split("\t") for line in listed.out.splitlines()]
    assert [row[0] for row in rows] == ["TSK-001", "TSK-002", "TSK-003"]
    assert rows[2][2] == "FAILED" and rows[2][5] == "its check failed"

    for typed in ("7f3a/TSK-003", "7f3a/3", "tsk-30000"):
        ran = await omoi("task", "show", typed, "--json")
        assert json.loads(ran.out)["key"] == "TSK-003", ran.err
    assert (await omoi("task", "retry", "7f3a/TSK-003")).code == 0
    assert peer.asked_for(ticket_pb2.RetryTaskRequest)[0].task_id == peer.tasks[2].task_id
    assert (await omoi("task", "cancel", "7f3a/1", "--reason", "no")).code == 0
    assert (await omoi("task", "complete", "7f3a/2", "--commit", "a" * 40)).code == 0
    assert (await omoi("task", "complete", "7f3a/2")).code == 2
    missing = await omoi("task", "show", "7f3a/TSK-009")
    assert missing.code == 1 and "TSK-001, TSK-002, TSK-003" in missing.err
    assert (await omoi("task", "show", "TSK-001")).code == 2


async def test_show_traces_requirements_to_commits(peer: Peer, omoi: Run) -> None:
    spec_id = peer.add_spec(
        execution_status=spec_pb2.ExecutionStatus(total=3, succeeded=2, failed=1, outcome="EXECUTION_OUTCOME_FAILED")
    )
    with_tasks(peer, spec_id)
    with_output(peer, spec_id)
    found = peer.outputs[spec_id, common_pb2.SPEC_PHASE_REQUIREMENTS, 1]
    found.data.update({"requirements": [{"id": "REQ-001", "criteria": [{"id": "REQ-001.1"}, {"id": "REQ-001.2"}]}]})
    ran = await omoi("show", "7f3a")
    assert ran.code == 0
    assert "REQ-001     → 2 criteria → TSK-001, TSK-002, TSK-003 → 1111111, 2222222" in ran.out


async def test_the_board_and_quick_tasks(peer: Peer, omoi: Run) -> None:
    spec_id = peer.add_spec()
    for digit in "abc":
        peer.tickets.append(
            ticket_pb2.Ticket(
                ticket_id=f"tkt-{digit * 32}", spec_id=spec_id, title=digit, phase="TICKET_PHASE_IMPLEMENTATION"
            )
        )
    listed = await omoi("tickets")
    assert len(listed.out.splitlines()) == 3
    assert len(json.loads((await omoi("tickets", "list", "--json")).out)["tickets"]) == 3
    assert (await omoi("tickets", "move", "bbbb", "integration")).code == 0
    assert peer.asked_for(ticket_pb2.MoveTicketRequest)[0].ticket_id == f"tkt-{'b' * 32}"
    started = await omoi("tickets", "start", "aaaa", "cccc")
    assert started.out.count("queued") == 2
    added = await omoi("tickets", "add", "Fix the typo", "--no-execute")
    assert added.out.split("\t")[:2] == ["tkt-1", "tsk-1"]
    assert not peer.asked_for(ticket_pb2.CreateTicketRequest)[0].auto_execute


async def test_logs_read_every_page(peer: Peer, omoi: Run) -> None:
    peer.add_spec()
    peer.transcript = [
        spec_pb2.TranscriptLine(sandbox_id="sbx-1", line=number, type="note", text=f"{HOSTILE} {number}")
        for number in range(1, 6)
    ]
    for arguments in ((), ("--follow",)):
        ran = await omoi("logs", "7f3a", *arguments)
        assert ran.code == 0
        assert len(ran.out.splitlines()) == 5 and "\x1b" not in ran.out


async def test_projects(peer: Peer, omoi: Run, tmp_path: Path) -> None:
    added = await omoi("project", "add", "web", "--repo", os.path.relpath(tmp_path), "--gate", "tasks")
    assert (added.code, added.out) == (0, "prj-new\n")
    assert "2 changed files are not seen." in added.err
    asked = peer.asked_for(project_pb2.CreateProjectRequest)[0]
    assert asked.repo_url == str(tmp_path.resolve())
    assert list(asked.gates.approval_phases) == [common_pb2.SPEC_PHASE_TASKS]
    await omoi("project", "add", "far", "--repo", "ext::sh -c id")
    assert peer.asked_for(project_pb2.CreateProjectRequest)[1].repo_url == "ext::sh -c id"
    listed = await omoi("project", "list")
    assert [line.split("\t")[0] for line in listed.out.splitlines()] == ["shop", "web", "far"]
    assert (await omoi("project", "show", "web")).code == 0


async def test_the_rest_of_the_commands(peer: Peer, omoi: Run) -> None:
    spec_id = peer.add_spec(labels=["auth"])
    assert (await omoi("branch", "7f3a")).out == "spec/7f3a-idea\n"
    assert (await omoi("pr", "7f3a", "--force", "--draft")).out == "/home/pr/shop-1.md\n"
    asked = peer.asked_for(spec_pb2.CreatePullRequestRequest)[0]
    assert asked.force and asked.draft
    assert (await omoi("execute", "7f3a", "--from", "design")).out == "Reused EXPLORE; DESIGN runs.\n"
    assert peer.asked_for(spec_pb2.ExecuteSpecRequest)[0].from_phase == common_pb2.SPEC_PHASE_DESIGN
    assert (await omoi("cancel", "7f3a")).out == "Stopped.\n"
    assert (await omoi("label", "7f3a", "urgent", "--remove", "auth")).out == "urgent\n"
    assert (await omoi("label", "7f3a", "--remove", "gone")).code == 1
    assert (await omoi("archive", "7f3a")).code == 0
    assert (await omoi("list")).out == ""
    row = (await omoi("list", "lock", "--all", "--status", "completed", "--project", "shop")).out.split("\t")
    assert row[0] == spec_id and row[1] == "COMPLETED" and row[3] == "shop"
    wanted = peer.asked_for(spec_pb2.ListSpecsRequest)[-1]
    assert (wanted.query, wanted.include_archived, list(wanted.statuses)) == ("lock", True, [5])
    assert json.loads((await omoi("list", "--all", "--json")).out)["specs"][0]["labels"] == ["urgent"]
