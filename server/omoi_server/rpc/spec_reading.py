"""The RPCs of SpecService that only read. Each answers from one snapshot."""

from __future__ import annotations

from omoi.v1 import spec_pb2 as pb
from omoi_server.domain.caller import Caller
from omoi_server.errors import InvalidArgument, NotFound
from omoi_server.orchestrator import publish
from omoi_server.orchestrator.office import Office
from omoi_server.rpc import convert, events, names, paging
from omoi_server.rpc.shape import required
from omoi_server.rpc.watch import require_head
from omoi_server.store import comments, projects, specs, tasks, views_outputs, views_specs
from omoi_server.store import events as event_log
from omoi_server.store.views_outputs import Reading
from omoi_server.store.views_specs import PLANNING, SpecFilter, SpecKey
from omoi_spec import markdown


class SpecReading:
    """Reading specs, their events, outputs and transcripts."""

    def __init__(self, office: Office) -> None:
        self._office = office

    async def _spec(self, spec_id: str) -> pb.Spec:
        async with self._office.db.read() as conn:
            return convert.spec(await views_specs.get_spec(conn, spec_id, self._office.max_concurrent))

    async def GetSpec(self, request: pb.GetSpecRequest, _caller: Caller) -> pb.GetSpecResponse:
        return pb.GetSpecResponse(spec=await self._spec(required("spec_id", request.spec_id)))

    async def ListSpecs(self, request: pb.ListSpecsRequest, caller: Caller) -> pb.ListSpecsResponse:
        size = paging.size(request.page_size, 50, 200)
        key = paging.key_of(request, str, str)
        wanted = SpecFilter(
            project_id=request.project_id,
            user_id=request.user_id,
            statuses=names.STATUS.filter(request.statuses),
            labels=list(request.labels),
            query=request.query,
            include_archived=request.include_archived,
        )
        async with self._office.db.read() as conn:
            if wanted.project_id:
                await projects.project(conn, wanted.project_id)
            after = SpecKey(paging.moment(key[0]), key[1]) if key else None
            views = await views_specs.list_specs(conn, caller, wanted, size + 1, after, self._office.max_concurrent)
        messages = [convert.spec(view) for view in views[:size]]
        shown = paging.fitting(messages)
        token = ""
        if len(views) > shown:
            last = views[shown - 1].row
            token = paging.token(request, [last["created_at"].isoformat(), last["spec_id"]])
        return pb.ListSpecsResponse(specs=messages[:shown], next_page_token=token)

    async def ListSpecEvents(self, request: pb.ListSpecEventsRequest, _caller: Caller) -> pb.ListSpecEventsResponse:
        spec_id = required("spec_id", request.spec_id)
        size = paging.size(request.page_size, 200, 1_000)
        async with self._office.db.read() as conn:
            head = (await event_log.heads(conn, [spec_id])).get(spec_id)
            head = require_head(head, spec_id, request.after_sequence)
            rows = await event_log.read_events(conn, spec_id, request.after_sequence, size)
        messages = [events.event(row) for row in rows]
        messages = messages[: paging.fitting(messages)]
        last = messages[-1].sequence if messages else request.after_sequence
        return pb.ListSpecEventsResponse(events=messages, last_sequence=last, has_more=last < head.last_sequence)

    async def GetPhaseOutput(self, request: pb.GetPhaseOutputRequest, _caller: Caller) -> pb.GetPhaseOutputResponse:
        spec_id = required("spec_id", request.spec_id)
        phase = names.PHASE.word(request.phase)
        if phase not in PLANNING:
            raise InvalidArgument("phase", f"{phase or 'UNSPECIFIED'} has no output. Use one of {', '.join(PLANNING)}.")
        async with self._office.db.read() as conn:
            await specs.spec(conn, spec_id)
            view = await views_outputs.get_output(conn, spec_id, phase, request.version)
        return convert.output(view, markdown.render(phase, view.row["data"]))

    async def ListComments(self, request: pb.ListCommentsRequest, _caller: Caller) -> pb.ListCommentsResponse:
        spec_id = required("spec_id", request.spec_id)
        size = paging.size(request.page_size, 50, 200)
        key = paging.key_of(request, int)
        async with self._office.db.read() as conn:
            await specs.spec(conn, spec_id)
            rows = await comments.list_comments(conn, spec_id, size + 1, _position(key[0]) if key else 0)
        shown = [convert.comment(row) for row in rows[:size]]
        shown = shown[: paging.fitting(shown)]
        token = paging.token(request, [rows[len(shown) - 1].position]) if len(rows) > len(shown) else ""
        return pb.ListCommentsResponse(comments=shown, next_page_token=token)

    async def GetPullRequest(self, request: pb.GetPullRequestRequest, _caller: Caller) -> pb.GetPullRequestResponse:
        text = await publish.read_pull_request(self._office, required("spec_id", request.spec_id))
        return pb.GetPullRequestResponse(
            pull_request=pb.PullRequest(
                number=text.pull_request.number,
                url=text.pull_request.url,
                title=text.title,
                branch_name=text.pull_request.branch,
                base_branch=text.base_branch,
                draft=text.draft,
                body=text.body,
            )
        )

    async def _comment(self, comment_id: str) -> pb.Comment:
        async with self._office.db.read() as conn:
            row = await comments.comment(conn, comment_id)
        assert row is not None, "comments are never deleted"
        return convert.comment(row)

    async def GetTranscript(self, request: pb.GetTranscriptRequest, _caller: Caller) -> pb.GetTranscriptResponse:
        if not request.spec_id and not request.task_id:
            raise InvalidArgument("spec_id", "is required, unless task_id is given.")
        size = paging.size(request.page_size, 200, 1_000)
        reading = _reading(paging.key_of(request, int, dict))
        async with self._office.db.read() as conn:
            spec_id = request.spec_id
            if request.task_id:
                task = await tasks.task(conn, request.task_id)
                spec_id = spec_id or task.spec_id
                if task.spec_id != spec_id:
                    raise NotFound("TASK_NOT_FOUND", f"{request.task_id} does not belong to {spec_id}.")
            await specs.spec(conn, spec_id)
            while True:
                rows, after = await views_outputs.read_transcript(conn, spec_id, request.task_id, reading, size)
                lines = [convert.transcript_line(row) for row in rows]
                fitting = paging.fitting(lines)
                if fitting == len(lines):
                    break
                size = fitting
        token = paging.token(request, [after.done, dict(after.lines or {})])
        return pb.GetTranscriptResponse(lines=lines, next_page_token=token)


def _position(value: int) -> int:
    """A position from a token. InvalidArgument if somebody made it up."""
    if not 0 <= value < 2**31:
        raise InvalidArgument("page_token", "is damaged. Take next_page_token of the previous answer.")
    return value


def _reading(key: list[object] | None) -> Reading:
    """A transcript token's content. InvalidArgument if somebody made it up."""
    if key is None:
        return Reading()
    done, lines = key
    assert isinstance(done, int) and isinstance(lines, dict), "key_of checked the types"
    if not all(type(line) is int and 0 <= line < 2**63 for line in lines.values()):
        raise InvalidArgument("page_token", "is damaged. Take next_page_token of the previous answer.")
    return Reading(done, lines)
