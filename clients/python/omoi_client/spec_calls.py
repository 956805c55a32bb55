"""SpecService as methods.

They are named after the RPCs; enums are given as words ("DESIGN", "approve"), answers are the messages.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Sequence
from contextlib import aclosing

from omoi.v1 import common_pb2, event_pb2, spec_pb2
from omoi_client import names, watching
from omoi_client.calls import Calls

_PAGE = 200


def gate_policy(phases: Iterable[str] | None) -> common_pb2.GatePolicy | None:
    """A policy that is set, possibly to nothing; None for "not said"."""
    if phases is None:
        return None
    return common_pb2.GatePolicy(approval_phases=[names.phase(word, "gates") for word in phases])


class SpecCalls:
    """Specs, their events, outputs and reviews. Every method raises OmoiError."""

    calls: Calls

    async def launch_spec(
        self,
        project_id: str,
        *,
        description: str = "",
        title: str = "",
        auto_execute: bool | None = None,
        gates: Iterable[str] | None = None,
        base_branch: str = "",
        work_dir: str = "",
        attachments: Sequence[common_pb2.Attachment] = (),
        context: Sequence[common_pb2.ContextEntry] = (),
        source: common_pb2.Source | None = None,
        priority: str = "",
        request_id: str = "",
    ) -> spec_pb2.LaunchSpecResponse:
        """Create a spec and, unless auto_execute is False, start it. gates: None = the project's, () = none wanted."""
        request = spec_pb2.LaunchSpecRequest(
            project_id=project_id,
            title=title,
            description=description,
            auto_execute=auto_execute,
            gates=gate_policy(gates),
            base_branch=base_branch,
            work_dir=work_dir,
            attachments=attachments,
            context=context,
            source=source,
            priority=names.priority(priority),
            request_id=request_id,
        )
        return await self.calls.unary("SpecService", request, spec_pb2.LaunchSpecResponse)

    async def execute_spec(
        self, spec_id: str, from_phase: str = "", request_id: str = ""
    ) -> spec_pb2.ExecuteSpecResponse:
        """Start, or go on at the first phase without a valid output, or again from `from_phase`."""
        request = spec_pb2.ExecuteSpecRequest(
            spec_id=spec_id, from_phase=names.phase(from_phase, "from_phase"), request_id=request_id
        )
        return await self.calls.unary("SpecService", request, spec_pb2.ExecuteSpecResponse)

    async def get_spec(self, spec_id: str) -> spec_pb2.Spec:
        """One spec."""
        request = spec_pb2.GetSpecRequest(spec_id=spec_id)
        return (await self.calls.unary("SpecService", request, spec_pb2.GetSpecResponse)).spec

    async def list_specs(
        self,
        *,
        project_id: str = "",
        statuses: Iterable[str] = (),
        labels: Iterable[str] = (),
        query: str = "",
        include_archived: bool = False,
        user_id: str = "",
        limit: int | None = None,
    ) -> AsyncIterator[spec_pb2.Spec]:
        """Specs, newest first, page by page as they are taken; at most `limit`."""
        request = spec_pb2.ListSpecsRequest(
            page_size=min(limit or _PAGE, _PAGE),
            project_id=project_id,
            statuses=[names.spec_status(word) for word in statuses],
            labels=labels,
            query=query,
            include_archived=include_archived,
            user_id=user_id,
        )
        given = 0
        while True:
            page = await self.calls.unary("SpecService", request, spec_pb2.ListSpecsResponse)
            for spec in page.specs:
                if limit is not None and given >= limit:
                    return
                given += 1
                yield spec
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token

    async def update_spec(
        self,
        spec_id: str,
        *,
        labels: Iterable[str] | None = None,
        archived: bool | None = None,
        priority: str = "",
        request_id: str = "",
    ) -> spec_pb2.Spec:
        """Change what is not None or empty; `labels` replaces all of them."""
        request = spec_pb2.UpdateSpecRequest(
            spec_id=spec_id,
            labels=None if labels is None else spec_pb2.Labels(values=labels),
            archived=archived,
            priority=names.priority(priority),
            request_id=request_id,
        )
        return (await self.calls.unary("SpecService", request, spec_pb2.UpdateSpecResponse)).spec

    async def list_spec_events(
        self, spec_id: str, after: int = 0, page_size: int = 0
    ) -> spec_pb2.ListSpecEventsResponse:
        """One page of the event log, oldest first."""
        request = spec_pb2.ListSpecEventsRequest(spec_id=spec_id, after_sequence=after, page_size=page_size)
        return await self.calls.unary("SpecService", request, spec_pb2.ListSpecEventsResponse)

    async def watch(
        self,
        spec_id: str,
        after: int = 0,
        until_settled: bool = False,
        *,
        patience: float | None = None,
        on_interruption: watching.Interruption | None = None,
    ) -> AsyncGenerator[event_pb2.SpecEvent, None]:
        """Every event after `after`, each once and in order, resuming by itself; see watching.batches."""
        found = self.watch_batches(spec_id, after, until_settled, patience=patience, on_interruption=on_interruption)
        async with aclosing(found):
            async for batch in found:
                for event in batch.events:
                    yield event

    def watch_batches(
        self,
        spec_id: str,
        after: int = 0,
        until_settled: bool = False,
        *,
        patience: float | None = None,
        on_interruption: watching.Interruption | None = None,
    ) -> watching.BatchStream:
        """The same in batches, with the word whether the end of the log was reached; for who draws a screen."""
        return watching.batches(
            self.calls, spec_id, after, until_settled, patience=patience, on_interruption=on_interruption
        )

    async def get_phase_output(self, spec_id: str, phase: str, version: int = 0) -> spec_pb2.GetPhaseOutputResponse:
        """What a phase produced; version 0 is the newest."""
        request = spec_pb2.GetPhaseOutputRequest(spec_id=spec_id, phase=names.phase(phase), version=version)
        return await self.calls.unary("SpecService", request, spec_pb2.GetPhaseOutputResponse)

    async def review_phase(
        self, spec_id: str, phase: str, digest: str, decision: str, comment: str = "", request_id: str = ""
    ) -> spec_pb2.ReviewPhaseResponse:
        """Decide a gate: "APPROVE", "REQUEST_CHANGES" or "REJECT" on the version with this digest."""
        request = spec_pb2.ReviewPhaseRequest(
            spec_id=spec_id,
            phase=names.phase(phase),
            digest=digest,
            decision=names.decision(decision),
            comment=comment,
            request_id=request_id,
        )
        return await self.calls.unary("SpecService", request, spec_pb2.ReviewPhaseResponse)

    async def cancel_spec(self, spec_id: str, reason: str = "", request_id: str = "") -> spec_pb2.CancelSpecResponse:
        """Stop a spec wherever it is."""
        request = spec_pb2.CancelSpecRequest(spec_id=spec_id, reason=reason, request_id=request_id)
        return await self.calls.unary("SpecService", request, spec_pb2.CancelSpecResponse)

    async def get_transcript(
        self, spec_id: str, task_id: str = "", page_token: str = "", page_size: int = 0
    ) -> spec_pb2.GetTranscriptResponse:
        """One page of what workers journaled; no lines means the end for now, and the token stays good."""
        request = spec_pb2.GetTranscriptRequest(
            spec_id=spec_id, task_id=task_id, page_token=page_token, page_size=page_size
        )
        return await self.calls.unary("SpecService", request, spec_pb2.GetTranscriptResponse)

    async def send_message(
        self,
        spec_id: str,
        text: str,
        *,
        delivery: str = "",
        task_id: str = "",
        permalink: str = "",
        request_id: str = "",
    ) -> spec_pb2.SendMessageResponse:
        """Words for the agent: "queued" (the default), "interrupt", or "comment" for the next attempt only."""
        request = spec_pb2.SendMessageRequest(
            spec_id=spec_id,
            text=text,
            delivery=names.delivery(delivery),
            task_id=task_id,
            permalink=permalink,
            request_id=request_id,
        )
        return await self.calls.unary("SpecService", request, spec_pb2.SendMessageResponse)

    async def list_comments(
        self, spec_id: str, page_token: str = "", page_size: int = 0
    ) -> spec_pb2.ListCommentsResponse:
        """One page of what people said, oldest first."""
        request = spec_pb2.ListCommentsRequest(spec_id=spec_id, page_token=page_token, page_size=page_size)
        return await self.calls.unary("SpecService", request, spec_pb2.ListCommentsResponse)

    async def create_branch(self, spec_id: str, request_id: str = "") -> spec_pb2.CreateBranchResponse:
        """Make the spec's branch exist at the origin."""
        request = spec_pb2.CreateBranchRequest(spec_id=spec_id, request_id=request_id)
        return await self.calls.unary("SpecService", request, spec_pb2.CreateBranchResponse, timeout=120)

    async def create_pull_request(
        self, spec_id: str, force: bool = False, draft: bool = False, request_id: str = ""
    ) -> spec_pb2.CreatePullRequestResponse:
        """Open the pull request, or return the one that exists."""
        request = spec_pb2.CreatePullRequestRequest(spec_id=spec_id, force=force, draft=draft, request_id=request_id)
        return await self.calls.unary("SpecService", request, spec_pb2.CreatePullRequestResponse, timeout=120)

    async def get_pull_request(self, spec_id: str) -> spec_pb2.PullRequest:
        """The pull request as the forge has it now, with its text."""
        request = spec_pb2.GetPullRequestRequest(spec_id=spec_id)
        return (await self.calls.unary("SpecService", request, spec_pb2.GetPullRequestResponse)).pull_request
