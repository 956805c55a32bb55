"""task list, show, retry, cancel, complete."""

from __future__ import annotations

from omoi.v1.ticket_pb2 import Task
from omoi_client.cli import ids, screen
from omoi_client.cli.failures import Exit
from omoi_client.cli.times import took
from omoi_client.client import OmoiClient
from omoi_client.data import as_data
from omoi_client.names import task_word


async def list_tasks(omoi: OmoiClient, typed: str, statuses: tuple[str, ...], as_json: bool) -> int:
    """The tasks of a spec in the order of the plan."""
    spec_id = await ids.find_spec(omoi, typed)
    tasks = [one async for one in omoi.list_tasks(spec_id=spec_id, statuses=statuses)]
    if as_json:
        screen.emit({"tasks": [as_data(one) for one in tasks]})
        return Exit.DONE
    terminal = screen.on_terminal()
    every = [one.task_id for one in tasks]
    rows = [
        (
            one.key or "-",
            ids.short(one.task_id, every) if terminal else one.task_id,
            task_word(one.status),
            one.commit[:7] if terminal else one.commit,
            one.title,
            one.reason or one.waiting_for,
        )
        for one in tasks
    ]
    if rows:
        screen.table(("TASK", "ID", "STATUS", "COMMIT", "TITLE", "WHY"), rows)
    elif terminal:
        screen.say("No tasks.")
    return Exit.DONE


async def show(omoi: OmoiClient, typed: str, as_json: bool) -> int:
    """One task."""
    _say(await ids.find_task(omoi, typed), as_json)
    return Exit.DONE


async def retry(omoi: OmoiClient, typed: str, as_json: bool) -> int:
    """Queue it again."""
    _say(await omoi.retry_task(await _id(omoi, typed)), as_json)
    return Exit.DONE


async def cancel(omoi: OmoiClient, typed: str, reason: str, as_json: bool) -> int:
    """Cancel it."""
    _say(await omoi.cancel_task(await _id(omoi, typed), reason), as_json)
    return Exit.DONE


async def complete(omoi: OmoiClient, typed: str, commit: str, reason: str, as_json: bool) -> int:
    """A person did it."""
    _say(await omoi.complete_task(await _id(omoi, typed), commit=commit, reason=reason), as_json)
    return Exit.DONE


async def _id(omoi: OmoiClient, typed: str) -> str:
    return (await ids.find_task(omoi, typed)).task_id


def _say(task: Task, as_json: bool) -> None:
    if as_json:
        screen.emit(task)
        return
    evidence = ""
    if task.HasField("evidence"):
        one = task.evidence
        evidence = f"{one.command} exited {one.exit_code} in {took(one.duration_ms / 1000)} (tree {one.tree[:7]})"
    screen.labelled(
        [
            (task.key or "task", task.title),
            ("id", task.task_id),
            ("status", task_word(task.status)),
            ("why", task.reason),
            ("code", task.code),
            ("waits for", task.waiting_for),
            ("depends on", ", ".join(task.depends_on)),
            ("serves", ", ".join(task.requirements)),
            ("files", ", ".join(task.files)),
            ("check", task.check),
            ("done", task.summary),
            ("commit", task.commit),
            ("evidence", evidence),
            ("attempts", str(task.attempts or "")),
            ("spec", task.spec_id),
            ("what", task.description if task.description != task.title else ""),
        ]
    )
