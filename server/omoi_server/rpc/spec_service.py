"""SpecService: shape in, use case or view, message out. What only reads is in `spec_reading`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from omoi.v1 import spec_pb2 as pb
from omoi_server.domain.caller import Caller
from omoi_server.errors import InvalidArgument
from omoi_server.orchestrator import cancel, execute, launch, messages, publish, review, update
from omoi_server.orchestrator.office import Office
from omoi_server.rpc import names
from omoi_server.rpc.launching import launch_command
from omoi_server.rpc.shape import required
from omoi_server.rpc.spec_reading import SpecReading
from omoi_server.rpc.watch import Watchroom


class SpecService(SpecReading):
    """An idea on its way to a pull request."""

    def __init__(self, office: Office, watchroom: Watchroom) -> None:
        super().__init__(office)
        self._watchroom = watchroom

    async def LaunchSpec(self, request: pb.LaunchSpecRequest, caller: Caller) -> pb.LaunchSpecResponse:
        gates = None
        if request.HasField("gates"):
            gates = [names.PHASE.word(phase) for phase in request.gates.approval_phases]
        made = await launch.launch_spec(self._office, caller, launch_command(request, gates))
        return pb.LaunchSpecResponse(
            spec_id=made.spec_id,
            status=names.STATUS.number(made.status),
            current_phase=names.PHASE.number(made.current_phase),
            sandbox_id=made.sandbox_id,
            message=made.message,
        )

    async def ExecuteSpec(self, request: pb.ExecuteSpecRequest, caller: Caller) -> pb.ExecuteSpecResponse:
        required("spec_id", request.spec_id)
        done = await execute.execute_spec(
            self._office, caller, request.spec_id, names.PHASE.word(request.from_phase), request.request_id
        )
        return pb.ExecuteSpecResponse(
            spec_id=done.spec_id,
            status=pb.EXECUTE_SPEC_STATUS_STARTED if done.started else pb.EXECUTE_SPEC_STATUS_ALREADY_RUNNING,
            message=done.message,
            current_phase=names.PHASE.number(done.current_phase),
            sandbox_id=done.sandbox_id,
        )

    async def WatchSpecEvents(
        self, request: pb.WatchSpecEventsRequest, _caller: Caller, send: Callable[[bytes], Awaitable[None]]
    ) -> None:
        required("spec_id", request.spec_id)
        await self._watchroom.watch(request.spec_id, request.after_sequence, request.until_settled, send)

    async def UpdateSpec(self, request: pb.UpdateSpecRequest, caller: Caller) -> pb.UpdateSpecResponse:
        required("spec_id", request.spec_id)
        labels = list(request.labels.values) if request.HasField("labels") else None
        for index, label in enumerate(labels or ()):
            if label in request.labels.values[:index]:
                raise InvalidArgument(f"labels.values[{index}]", f"{label!r} is named twice. Name each label once.")
        await update.update_spec(
            self._office,
            caller,
            request.spec_id,
            labels,
            request.archived if request.HasField("archived") else None,
            names.PRIORITY.word(request.priority),
            request.request_id,
        )
        return pb.UpdateSpecResponse(spec=await self._spec(request.spec_id))

    async def ReviewPhase(self, request: pb.ReviewPhaseRequest, caller: Caller) -> pb.ReviewPhaseResponse:
        required("spec_id", request.spec_id)
        phase = required("phase", names.PHASE.word(request.phase), "Name the phase that is decided.")
        required("digest", request.digest, "GetPhaseOutput shows the digest of the version that you saw.")
        decision = required("decision", names.DECISION.word(request.decision), "APPROVE, REQUEST_CHANGES or REJECT.")
        if decision == "REQUEST_CHANGES" and not request.comment.strip():
            raise InvalidArgument("comment", "is required with REQUEST_CHANGES. Say what should change.")
        message = await review.review_phase(
            self._office,
            caller,
            request.spec_id,
            phase,
            request.digest,
            decision,
            request.comment,
            request.request_id,
        )
        return pb.ReviewPhaseResponse(spec=await self._spec(request.spec_id), message=message)

    async def CancelSpec(self, request: pb.CancelSpecRequest, caller: Caller) -> pb.CancelSpecResponse:
        required("spec_id", request.spec_id)
        message = await cancel.cancel_spec(self._office, caller, request.spec_id, request.reason, request.request_id)
        return pb.CancelSpecResponse(spec=await self._spec(request.spec_id), message=message)

    async def SendMessage(self, request: pb.SendMessageRequest, caller: Caller) -> pb.SendMessageResponse:
        required("spec_id", request.spec_id)
        comment_id, message = await messages.send_message(
            self._office,
            caller,
            request.spec_id,
            request.text,
            names.DELIVERY.word(request.delivery),
            request.task_id,
            request.permalink,
            request.request_id,
        )
        return pb.SendMessageResponse(comment=await self._comment(comment_id), message=message)

    async def CreateBranch(self, request: pb.CreateBranchRequest, caller: Caller) -> pb.CreateBranchResponse:
        required("spec_id", request.spec_id)
        branch, existed = await publish.create_branch(self._office, caller, request.spec_id, request.request_id)
        return pb.CreateBranchResponse(branch_name=branch, already_exists=existed)

    async def CreatePullRequest(
        self, request: pb.CreatePullRequestRequest, caller: Caller
    ) -> pb.CreatePullRequestResponse:
        required("spec_id", request.spec_id)
        opened, existed = await publish.create_pull_request(
            self._office, caller, request.spec_id, request.force, request.draft, request.request_id
        )
        return pb.CreatePullRequestResponse(
            pull_request_url=opened.url, pull_request_number=opened.number, already_exists=existed
        )
