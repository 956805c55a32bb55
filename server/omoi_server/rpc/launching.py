"""What LaunchSpec and CreateTicket have in common: the request becomes one command."""

from __future__ import annotations

from collections.abc import Sequence

from omoi.v1 import spec_pb2, ticket_pb2
from omoi_server.orchestrator.launch import AttachmentIn, LaunchCommand
from omoi_server.rpc.names import PRIORITY
from omoi_server.rpc.shape import required


def launch_command(
    request: spec_pb2.LaunchSpecRequest | ticket_pb2.CreateTicketRequest, gates: Sequence[str] | None
) -> LaunchCommand:
    """The command for this request. InvalidArgument without a project."""
    source = request.source
    return LaunchCommand(
        title=request.title,
        description=request.description,
        project_id=required("project_id", request.project_id, "ListProjects shows the ids."),
        auto_execute=request.auto_execute if request.HasField("auto_execute") else None,
        gates=gates,
        base_branch=request.base_branch,
        work_dir=request.work_dir,
        attachments=[AttachmentIn(file.name, file.media_type, file.content) for file in request.attachments],
        context=[
            {"author": entry.author, "time": entry.time, "permalink": entry.permalink, "text": entry.text}
            for entry in request.context
        ],
        source={"kind": source.kind, "label": source.label, "permalink": source.permalink},
        priority=PRIORITY.word(request.priority),
        request_id=request.request_id,
    )
