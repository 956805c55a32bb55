"""SendMessage and ListComments over the wire. What becomes of the words is in test_orchestrator_messages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from omoi.v1 import project_pb2 as pp
from omoi.v1 import spec_pb2
from tests.integration.rpc.rpc_client import Refusal, Rpc

sp: Any = spec_pb2


@pytest.fixture
async def spec_id(rpc: Rpc, shop: Path) -> str:
    project = (await rpc(pp.CreateProjectRequest(repo_url=str(shop)))).project
    launched = await rpc(sp.LaunchSpecRequest(project_id=project.project_id, title="Lock", auto_execute=False))
    return str(launched.spec_id)


async def test_words_are_kept_in_order_with_who_said_them(rpc: Rpc, spec_id: str) -> None:
    for index in range(5):
        sent = await rpc(
            sp.SendMessageRequest(spec_id=spec_id, text=f"word {index}\nand a line", permalink="https://s/1")
        )
        assert "next attempt" in sent.message
    shown: list[Any] = []
    token = ""
    while True:
        page = await rpc(sp.ListCommentsRequest(spec_id=spec_id, page_size=2, page_token=token))
        shown += page.comments
        token = page.next_page_token
        if not token:
            break
    assert [one.text for one in shown] == [f"word {index}\nand a line" for index in range(5)]
    assert {(one.author, one.user_id, one.permalink) for one in shown} == {("local", "local", "https://s/1")}
    assert {one.delivery for one in shown} == {sp.MESSAGE_DELIVERY_QUEUED}
    assert {one.state for one in shown} == {sp.COMMENT_STATE_WAITING}
    assert shown[0].created_at.seconds and not shown[0].HasField("taken_at")
    events = (await rpc(sp.ListSpecEventsRequest(spec_id=spec_id))).events
    added = [event for event in events if event.type == "comment.added"]
    assert [event.comment.comment_id for event in added] == [one.comment_id for one in shown]


async def test_a_repeated_request_says_it_once(rpc: Rpc, spec_id: str) -> None:
    request = sp.SendMessageRequest(spec_id=spec_id, text="once", delivery=sp.MESSAGE_DELIVERY_COMMENT, request_id="r1")
    first, again = await rpc(request), await rpc(request)
    assert first.comment == again.comment
    assert len((await rpc(sp.ListCommentsRequest(spec_id=spec_id))).comments) == 1


@pytest.mark.parametrize(
    ("fields", "code", "wrong"),
    [
        ({"text": ""}, "INVALID_ARGUMENT", "text"),
        ({"text": "x" * 10_001}, "INVALID_ARGUMENT", "10,000"),
        ({"text": "hi", "delivery": 77}, "INVALID_ARGUMENT", "delivery"),
        ({"text": "hi", "permalink": "file:///etc/passwd"}, "INVALID_ARGUMENT", "permalink"),
        ({"text": "hi", "task_id": "tsk-0"}, "NOT_FOUND", "tsk-0"),
        ({"text": "hi", "spec_id": "spec-0"}, "NOT_FOUND", "spec-0"),
    ],
)
async def test_bad_words_are_refused(rpc: Rpc, spec_id: str, fields: dict[str, Any], code: str, wrong: str) -> None:
    with pytest.raises(Refusal) as caught:
        await rpc(sp.SendMessageRequest(**{"spec_id": spec_id, **fields}))
    assert caught.value.code == code
    assert wrong in caught.value.message
    assert (await rpc(sp.ListCommentsRequest(spec_id=spec_id))).comments == []


async def test_a_made_up_page_is_refused(rpc: Rpc, spec_id: str) -> None:
    with pytest.raises(Refusal, match="page_token"):
        await rpc(sp.ListCommentsRequest(spec_id=spec_id, page_token="abc"))
