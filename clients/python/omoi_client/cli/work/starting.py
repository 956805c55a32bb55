"""launch, execute, watch, cancel, and quick tasks."""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass, field
from pathlib import Path

from omoi.v1 import common_pb2
from omoi_client import limits, names
from omoi_client.cli import ids, screen
from omoi_client.cli.failures import Exit, Refusal, program
from omoi_client.cli.following import follow
from omoi_client.cli.running import Invocation
from omoi_client.client import OmoiClient

SOURCE = "cli"


@dataclass(frozen=True)
class Idea:
    """What a person asks for on the command line. gates: None = the project's, () = none."""

    text: str
    title: str = ""
    project: str = ""
    base: str = ""
    work_dir: str = ""
    gates: tuple[str, ...] | None = None
    start: bool = True
    priority: str = ""
    files: tuple[Path, ...] = field(default=())


async def launch(omoi: OmoiClient, idea: Idea, state: Invocation, watch: bool, as_json: bool) -> int:
    """LaunchSpec, and follow it when asked to."""
    attachments = attached(idea.files)
    project = await ids.find_project(omoi, idea.project)
    launched = await omoi.launch_spec(
        project.project_id,
        description=idea.text,
        title=idea.title,
        auto_execute=idea.start,
        gates=idea.gates,
        base_branch=idea.base,
        work_dir=idea.work_dir,
        attachments=attachments,
        source=common_pb2.Source(kind=SOURCE),
        priority=idea.priority,
    )
    if watch:
        screen.note(launched.message)
        return await follow(omoi, launched.spec_id, state, as_json=as_json)
    if as_json:
        screen.emit(launched)
    else:
        await _say_started(omoi, launched.spec_id, launched.message, idea.start)
    return Exit.DONE


async def quick_task(omoi: OmoiClient, idea: Idea, state: Invocation, watch: bool, as_json: bool) -> int:
    """CreateTicket, and follow its spec when asked to."""
    attachments = attached(idea.files)
    project = await ids.find_project(omoi, idea.project)
    created = await omoi.create_ticket(
        project.project_id,
        description=idea.text,
        title=idea.title,
        auto_execute=idea.start,
        base_branch=idea.base,
        work_dir=idea.work_dir,
        attachments=attachments,
        source=common_pb2.Source(kind=SOURCE),
        priority=idea.priority,
    )
    if watch:
        screen.note(created.message)
        return await follow(omoi, created.spec_id, state, as_json=as_json)
    if as_json:
        screen.emit(created)
    elif screen.on_terminal():
        await _say_started(omoi, created.spec_id, created.message, idea.start)
    else:
        screen.note(created.message)
        screen.table((), [(created.ticket_id, created.task_id, created.spec_id)])
    return Exit.DONE


async def execute(omoi: OmoiClient, typed: str, from_phase: str, state: Invocation, watch: bool, as_json: bool) -> int:
    """ExecuteSpec. A spec that runs already is not an error."""
    answer = await omoi.execute_spec(await ids.find_spec(omoi, typed), from_phase)
    if watch:
        screen.note(answer.message)
        return await follow(omoi, answer.spec_id, state, as_json=as_json)
    if as_json:
        screen.emit(answer)
    else:
        screen.say(answer.message or f"{names.phase_word(answer.current_phase)} runs.")
    return Exit.DONE


async def watch(omoi: OmoiClient, typed: str, after: int, state: Invocation, as_json: bool, forever: bool) -> int:
    """WatchSpecEvents until the end."""
    return await follow(omoi, await ids.find_spec(omoi, typed), state, after, as_json, forever)


async def cancel(omoi: OmoiClient, typed: str, reason: str, as_json: bool) -> int:
    """CancelSpec."""
    answer = await omoi.cancel_spec(await ids.find_spec(omoi, typed), reason)
    if as_json:
        screen.emit(answer)
    else:
        screen.say(answer.message or "Cancelled.")
    return Exit.DONE


def attached(files: tuple[Path, ...]) -> list[common_pb2.Attachment]:
    """The files as attachments. Raises Refusal naming the field, before anything large is read."""
    if len(files) > limits.ATTACHMENTS:
        raise Refusal(f"attachments: {len(files)} files; at most {limits.ATTACHMENTS} are taken", code=Exit.USAGE)
    room = limits.ATTACHMENT_BYTES
    found = []
    for path in files:
        try:
            with path.open("rb") as file:
                content = file.read(room + 1)
        except OSError as error:
            raise Refusal(f"attachments: {path} cannot be read", error.strerror or str(error), Exit.USAGE) from error
        room -= len(content)
        if room < 0:
            size = path.stat().st_size
            raise Refusal(
                f"attachments: the files are too large; {path.name} has {size:,} bytes",
                f"At most {limits.ATTACHMENT_BYTES:,} bytes are taken together. Attach less, or commit the file.",
                Exit.USAGE,
            )
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        found.append(common_pb2.Attachment(name=path.name, media_type=kind, content=content))
    return found


async def _say_started(omoi: OmoiClient, spec_id: str, message: str, started: bool) -> None:
    """In a pipe the id alone goes to stdout, so that `id=$(omoi launch …)` works."""
    if not screen.on_terminal():
        screen.note(message)
        screen.say(spec_id)
        return
    name = await ids.short_spec(omoi, spec_id)
    step = f"{program()} watch {name}" if started else f"{program()} execute {name}"
    screen.labelled([(name, message), ("next", step)])
