"""Buttons, words and messages in the thread of a spec that waits for a review."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from omoi.v1 import spec_pb2
from omoi_bot.store.conversations import Conversation
from tests.integration.bot.scenes import buttons, eventually, launched, until_form, until_said, until_told, words
from tests.integration.bot.stage import Stage, bot_stage
from tests.peers.slack import Message


async def at_gate(stage: Stage) -> tuple[str, Conversation, Message]:
    """@mara's idea, planned as far as its gate; the message that asks."""
    ts, known = await launched(stage)
    return ts, known, await gate_of(stage, ts, 1)


async def gate_of(stage: Stage, ts: str, version: int) -> Message:
    """The message that asks for the review of this version of the plan; the live message says so, too."""

    def asked() -> list[Message]:
        head = f"Plan v{version} of"
        found = stage.slack.thread(stage.channel, ts)
        return [one for one in found if one.text.startswith(head) and "waits for your review" in one.text]

    await stage.slack.until(asked)
    return asked()[0]


async def status(stage: Stage, spec_id: str) -> str:
    return spec_pb2.SpecStatus.Name((await stage.omoi.get_spec(spec_id)).status).removeprefix("SPEC_STATUS_")


async def in_state(stage: Stage, spec_id: str, *wanted: str) -> None:
    async def there() -> bool:
        return await status(stage, spec_id) in wanted

    await eventually(stage, there)


async def idle(stage: Stage, spec_id: str) -> None:
    """No worker runs any more, so that nothing outlives the test."""

    async def settled() -> bool:
        return (await stage.omoi.get_spec(spec_id)).settled

    await eventually(stage, settled, 60)


@pytest.mark.full
async def test_changes_then_a_stale_approval_then_the_right_one(stage: Stage) -> None:
    ts, known, gate = await at_gate(stage)
    await stage.mara.clicks(gate, "changes")
    form = await until_form(stage, stage.mara, "What should change?")
    assert "REQ-001" in words(form)
    # What the peer remembers of v1 is clicked later, as by somebody whose Slack was asleep.
    old = [dict(block) for block in gate.blocks]
    await stage.mara.submits(form, {"comment/value": "Lock per IP as well", "requirements/value": ["REQ-001"]})
    fresh = await gate_of(stage, ts, 2)
    output = await stage.omoi.get_phase_output(known.spec_id, "TASKS", 1)
    assert "REQ-001: Lock per IP as well" in output.comment
    gate.blocks = old
    await stage.jon.clicks(gate, "approve")
    told = await until_told(stage, stage.jon, "That was Plan v1; v2 came")
    assert "approve" in buttons(told)
    await stage.mara.says(stage.channel, "Approve!", thread=ts)
    await in_state(stage, known.spec_id, "COMPLETED")
    await stage.slack.until(lambda: "approve" not in buttons(fresh))
    await stage.mara.says(stage.channel, "approve", thread=ts)
    await until_told(stage, stage.mara, "already approved by mara")
    await idle(stage, known.spec_id)


async def test_two_people_at_once_and_a_viewer(stage: Stage) -> None:
    ts, known, gate = await at_gate(stage)
    kim = stage.slack.add_person("kim")
    await stage.jon.invites(stage.channel, kim)
    await kim.clicks(gate, "approve")
    refused = await until_told(stage, kim, "mara")
    assert "contributor" in words(refused)
    assert await status(stage, known.spec_id) == "AWAITING_REVIEW"
    await kim.says(stage.channel, "nice", thread=ts)
    await stage.mara.edits(stage.channel, ts, "<@BOT> Lock it after two")

    async def noted() -> bool:
        return len((await stage.omoi.list_comments(known.spec_id)).comments) == 1

    await eventually(stage, noted)  # behind the first gate an edit restarts nothing
    before = [dict(block) for block in gate.blocks]
    await stage.jon.clicks(gate, "menu", option="Reject…")
    form = await until_form(stage, stage.jon, "Why?")
    await stage.mara.says(stage.channel, "I would wait", thread=ts)
    offer = await until_said(stage, stage.channel, ts, "Use as change request", "I would wait")
    await stage.jon.submits(form, {"comment/value": "Not now"})
    await in_state(stage, known.spec_id, "CANCELLED")
    gate.blocks = before
    await stage.mara.clicks(gate, "approve")
    told = await until_told(stage, stage.mara, "already rejected by jon")
    assert "changed nothing" in told.text
    await stage.mara.clicks(offer, "just_comment")
    await stage.slack.until(lambda: "just_comment" not in buttons(offer))
    comments = (await stage.omoi.list_comments(known.spec_id)).comments
    assert [one.text for one in comments] == ["Edited the request to: Lock it after two", "I would wait"]
    await idle(stage, known.spec_id)


@pytest.mark.full
async def test_documents_timeline_log_and_an_expired_trigger(stage: Stage) -> None:
    _, known, gate = await at_gate(stage)
    await stage.mara.clicks(gate, "view_output")
    await until_form(stage, stage.mara, "Plan v1", "Task")
    await stage.mara.closes(stage.mara.open_view)
    await stage.jon.clicks(gate, "menu", option="Timeline")
    form = await until_form(stage, stage.jon, "Timeline", "Everything")
    await stage.jon.clicks(form, "filter", option="Failures")
    await until_form(stage, stage.jon, "Nothing of this kind")
    await stage.jon.closes(stage.jon.open_view)
    await stage.jon.clicks(gate, "menu", option="Log")
    form = await until_form(stage, stage.jon, "the last")
    await stage.jon.clicks(form, "log")
    await stage.jon.closes(stage.jon.open_view)
    stage.slack.faults.delay(3.2, 1, "views.open")
    await stage.mara.clicks(gate, "changes")
    await until_told(stage, stage.mara, "Slack did not let me open the form in time")
    await idle(stage, known.spec_id)


@pytest.mark.full
async def test_a_whole_run_ends_in_a_pull_request(tmp_path: Path) -> None:
    async with bot_stage(tmp_path) as stage:
        ts, known, gate = await at_gate(stage)
        await asyncio.gather(stage.jon.clicks(gate, "approve"), stage.mara.clicks(gate, "approve"))
        assert stage.jon.confirmed is not None and "task" in str(stage.jon.confirmed)
        await stage.slack.until(lambda: stage.jon.private_posts or stage.mara.private_posts)
        told = [*stage.jon.private_posts, *stage.mara.private_posts]
        assert len(told) == 1 and "already approved by" in told[0].text

        async def done() -> bool:
            return (await stage.omoi.get_spec(known.spec_id)).execution_status.is_complete

        await eventually(stage, done, 90)
        ready = await until_said(stage, stage.channel, ts, "Create PR")
        await stage.mara.clicks(ready, "create_pr")
        opened = await until_said(stage, stage.channel, ts, "View pull request")
        await stage.mara.clicks(opened, "view_pr")
        await until_form(stage, stage.mara, "pull-requests")
        await stage.mara.says(stage.channel, "also for admins", thread=ts)


@pytest.mark.full
async def test_a_comment_becomes_the_change_request(stage: Stage) -> None:
    ts, known, gate = await at_gate(stage)
    await stage.jon.says(stage.channel, "Log each lock", thread=ts)
    offer = await until_said(stage, stage.channel, ts, "Log each lock", "use_as_change")
    await stage.mara.clicks(gate, "menu", option="Create branch")
    await until_told(stage, stage.mara, "The branch")
    await stage.mara.clicks(offer, "use_as_change")
    await gate_of(stage, ts, 2)
    output = await stage.omoi.get_phase_output(known.spec_id, "TASKS", 1)
    assert output.comment == "jon: Log each lock"
    assert "Used as change request by" in words(offer)
    await idle(stage, known.spec_id)
