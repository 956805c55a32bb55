"""A long document is one file per version in the thread, whatever gets lost on the way (rule 16)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from omoi_bot.blocks import documents
from omoi_bot.blocks.model import PhaseOutput
from omoi_bot.listeners import long_documents
from omoi_bot.listeners.payloads import Origin
from omoi_bot.listeners.turn import Turn
from tests.integration.bot.scenes import launched
from tests.integration.bot.stage import Stage, bot_stage

LONG = "# Requirements\n\n" + "".join(
    f"## Requirement {number}\n\n" + "The system locks the account and says why. " * 60 + "\n\n"
    for number in range(1, 120)
)


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async with bot_stage(tmp_path / "stage", work=False) as made:
        yield made


def output(spec_id: str, version: int = 1, markdown: str = LONG) -> PhaseOutput:
    return PhaseOutput(spec_id, "REQUIREMENTS", version, markdown, "Lock an account", spec_id[:9])


def turn(stage: Stage, key: str) -> Turn:
    return Turn(stage.bot.desk, key, {}, Origin(stage.slack.team.id, stage.mara.id, stage.channel.id))


def uploads(stage: Stage) -> list[Any]:
    return stage.slack.record.of("file")


async def test_one_file_per_version_for_all_who_open_it(stage: Stage) -> None:
    assert documents.pages(LONG) > documents.MOST_PAGES
    ts, known = await launched(stage)
    shown = await asyncio.gather(
        *(long_documents.with_file(turn(stage, f"click-{n}"), output(known.spec_id)) for n in range(4))
    )
    assert len(uploads(stage)) == 1, "four clicks at once are one upload"
    assert any(one.file_link for one in shown)
    later = await long_documents.with_file(turn(stage, "click-9"), output(known.spec_id))
    assert later.file_link and "the whole document as a file" in str(documents.view(later, 3)), "said on every page"
    message = uploads(stage)[0].message
    assert message.thread_ts == ts
    assert (message.files[0].name, message.files[0].title) == (
        f"requirements-v1-{known.spec_id[5:13]}.md",
        f"Requirements v1 · {known.spec_id[:9]}",
    )
    assert message.files[0].content.decode() == LONG
    await long_documents.with_file(turn(stage, "click-10"), output(known.spec_id, 2))
    assert len(uploads(stage)) == 2, "another version is another file"
    short = await long_documents.with_file(turn(stage, "click-11"), output(known.spec_id, 3, "# Short\n\nOne line."))
    assert not short.file_link and len(uploads(stage)) == 2


async def test_an_upload_whose_answer_was_lost_is_found_before_it_is_repeated(stage: Stage) -> None:
    _, known = await launched(stage)
    stage.slack.faults.lose_answers(1, "files.completeUploadExternal")
    first = await long_documents.with_file(turn(stage, "click-1"), output(known.spec_id))
    assert not first.file_link and len(uploads(stage)) == 1
    stage.slack.faults.fail(503, 3, "conversations.replies")
    blind = await long_documents.with_file(turn(stage, "click-2"), output(known.spec_id))
    assert not blind.file_link and len(uploads(stage)) == 1, "while nobody can look, nothing is sent"
    found = await long_documents.with_file(turn(stage, "click-3"), output(known.spec_id))
    assert found.file_link and len(uploads(stage)) == 1


async def test_nothing_is_uploaded_where_nothing_may_be_shown(stage: Stage) -> None:
    _, known = await launched(stage)
    stage.channel.is_pending_ext_shared = True
    stage.bot.desk.people.forget_channel(stage.slack.team.id, stage.channel.id)
    shown = await long_documents.with_file(turn(stage, "click-1"), output(known.spec_id))
    assert not shown.file_link and uploads(stage) == []
    elsewhere = await long_documents.with_file(
        turn(stage, "click-2"), output("spec-00000000-0000-4000-8000-000000000000")
    )
    assert not elsewhere.file_link, "a spec of the command line has no thread"
