"""say, comments."""

from __future__ import annotations

from omoi.v1.spec_pb2 import COMMENT_STATE_DELIVERED, COMMENT_STATE_TAKEN, Comment
from omoi_client.cli import ids, screen
from omoi_client.cli.failures import Exit, program
from omoi_client.client import OmoiClient
from omoi_client.data import as_data


async def say(omoi: OmoiClient, typed: str, text: str, which: str, delivery: str, as_json: bool) -> int:
    """SendMessage."""
    spec_id = await ids.find_spec(omoi, typed)
    task_id = (await ids.find_task(omoi, which)).task_id if which else ""
    sent = await omoi.send_message(spec_id, text, delivery=delivery, task_id=task_id)
    if as_json:
        screen.emit({"comment": as_data(sent.comment), "message": sent.message})
    else:
        screen.say(sent.message)
    return Exit.DONE


async def comments(omoi: OmoiClient, typed: str, as_json: bool) -> int:
    """ListComments."""
    spec_id = await ids.find_spec(omoi, typed)
    said: list[Comment] = []
    token = ""
    while True:
        page = await omoi.list_comments(spec_id, token, 200)
        said += page.comments
        token = page.next_page_token
        if not token:
            break
    if as_json:
        screen.emit({"comments": [as_data(one) for one in said]})
    elif said:
        rows = [(screen.when(one.created_at), one.author, _state(one), one.text) for one in said]
        screen.table(("SAID", "BY", "STATE", "WORDS"), rows)
    elif screen.on_terminal():
        screen.say(f"Nobody said anything. Say something: {program()} say {ids.short(spec_id, [spec_id])} TEXT")
    return Exit.DONE


def _state(comment: Comment) -> str:
    if comment.state == COMMENT_STATE_TAKEN:
        return "read"
    return "delivered" if comment.state == COMMENT_STATE_DELIVERED else "waiting"
