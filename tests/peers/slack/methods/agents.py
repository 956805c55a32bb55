"""Agent sessions and the older assistant status. https://docs.slack.dev/ai/agent-sessions"""

from __future__ import annotations

from tests.peers.slack.limits import LIMITS
from tests.peers.slack.model import AgentSession, Channel
from tests.peers.slack.refusal import Json, Refusal
from tests.peers.slack.web import Call, Method

STATUSES = ("active", "processing", "suspended", "closed")


def _thread(call: Call) -> tuple[Channel, str]:
    channel = call.channel("channel_id")
    thread_ts = call.text("thread_ts")
    if channel.find(thread_ts) is None:
        raise Refusal("invalid_thread_ts")
    return channel, thread_ts


def _title(call: Call) -> str:
    title = call.text("title", required=False)
    limit = LIMITS["session.title"]
    if len(title) > limit.value:
        raise Refusal(limit.error, f"[ERROR] {limit.say()} [json-pointer:/title]", source=limit.source)
    return title


async def set_status(call: Call) -> Json:
    """Creates the session when there is none. Only for apps that are agents."""
    if not call.peer.manifest.is_agent:
        raise Refusal("not_allowed", "[ERROR] the app is not declared as an agent")
    status = call.text("status")
    if status not in STATUSES:
        call.invalid(f"must be one of: {', '.join(STATUSES)} [json-pointer:/status]")
    channel, thread_ts = _thread(call)
    title = _title(call)
    made = AgentSession(channel.id, thread_ts, status, title)
    session = call.peer.state.sessions.setdefault((channel.id, thread_ts), made)
    session.status = status
    if "agent_session_stopped" not in call.peer.manifest.events:
        call.warnings.append("missing_agent_session_stopped_event_subscription")
    call.note("status", channel=channel.id, ts=thread_ts, text=status)
    return {"status": status, "title": session.title}


async def rename(call: Call) -> Json:
    channel, thread_ts = _thread(call)
    session = call.peer.state.sessions.get((channel.id, thread_ts))
    if session is None:
        raise Refusal("session_not_found")
    session.title = _title(call)
    call.note("status", channel=channel.id, ts=thread_ts, text=session.status, detail={"title": session.title})
    return {"title": session.title}


async def assistant_status(call: Call) -> Json:
    """The line “is thinking…” under the thread; empty takes it away."""
    channel, thread_ts = _thread(call)
    limit = LIMITS["session.loading_messages"]
    if len(call.arguments.get("loading_messages") or []) > limit.value:
        raise Refusal(limit.error, f"[ERROR] {limit.say()} [json-pointer:/loading_messages]", source=limit.source)
    status = str(call.arguments.get("status") or "")
    call.peer.state.statuses[channel.id, thread_ts] = status
    call.note("status", channel=channel.id, ts=thread_ts, text=status)
    return {}


METHODS = {
    "agents.sessions.setStatus": Method(set_status, 3, ("chat:write",)),
    "agents.sessions.rename": Method(rename, 3, ("chat:write",)),
    "assistant.threads.setStatus": Method(assistant_status, 0, ("chat:write", "assistant:write")),
}
