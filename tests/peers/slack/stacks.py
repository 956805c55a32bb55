"""Forms: opening, stacking, replacing and closing views. https://docs.slack.dev/surfaces/modals"""

from __future__ import annotations

import secrets

from tests.peers.slack.kit.payloads import refuse, view_faults
from tests.peers.slack.kit.reading import with_block_ids
from tests.peers.slack.limits import LIMITS
from tests.peers.slack.model import Trigger, View
from tests.peers.slack.refusal import Json, Refusal
from tests.peers.slack.workspace import Workspace


def take_trigger(workspace: Workspace, trigger_id: str, team_id: str) -> Trigger:
    """Uses a trigger up. Raises invalid, exchanged or expired."""
    trigger = workspace.state.triggers.get(trigger_id)
    if trigger is None or trigger.team_id != team_id:
        raise Refusal("invalid_trigger_id")
    if trigger.used:
        raise Refusal(LIMITS["trigger.uses"].error, LIMITS["trigger.uses"].say(), source=LIMITS["trigger.uses"].source)
    if workspace.clock.now() > trigger.expires:
        life = LIMITS["trigger.life"]
        raise Refusal(life.error, life.say(), source=life.source)
    trigger.used = True
    return trigger


def _new(workspace: Workspace, payload: Json, user: str, team_id: str, root: str, previous: str) -> View:
    external = payload.get("external_id")
    if external and any(v.open and v.payload.get("external_id") == external for v in workspace.state.views.values()):
        raise Refusal("duplicate_external_id")
    made = workspace.state.new_id("V")
    kept = {**payload, "blocks": with_block_ids(payload.get("blocks") or [])}
    view = View(made, payload["type"], user, team_id, kept, _hash(), root or made, previous)
    workspace.state.views[made] = view
    return view


def open_view(workspace: Workspace, payload: Json, trigger: Trigger) -> View:
    """A form on top of nothing: what the person had open before is gone."""
    refuse(view_faults(payload, "modal"))
    close_all(workspace, trigger.user)
    view = _new(workspace, payload, trigger.user, trigger.team_id, "", "")
    workspace.state.stacks[trigger.user] = [view.id]
    workspace.changed("view", user=trigger.user)
    return view


def push_view(workspace: Workspace, payload: Json, user: str, team_id: str) -> View:
    """A form on top of the open ones, of which there are at most three."""
    refuse(view_faults(payload, "modal"))
    stack = workspace.state.stacks.get(user) or []
    if not stack:
        raise Refusal("not_found")
    limit = LIMITS["view.stack"]
    if len(stack) >= limit.value:
        raise Refusal(limit.error, limit.say(), source=limit.source)
    view = _new(workspace, payload, user, team_id, stack[0], stack[-1])
    stack.append(view.id)
    workspace.changed("view", user=user)
    return view


def replace_view(workspace: Workspace, view: View, payload: Json) -> View:
    """A new content for a view, under a new hash; ids of blocks that did not get one stay as they are."""
    refuse(view_faults(payload, view.kind))
    view.payload = {**payload, "blocks": with_block_ids(payload.get("blocks") or [])}
    view.hash = _hash()
    view.errors = {}
    workspace.changed(view.kind if view.kind == "home" else "view", user=view.user)
    return view


def publish_home(workspace: Workspace, payload: Json, user: str, team_id: str, known_hash: str) -> View:
    refuse(view_faults(payload, "home"))
    home = workspace.state.homes.get((team_id, user))
    if home is None:
        home = _new(workspace, payload, user, team_id, "", "")
        workspace.state.homes[team_id, user] = home
        workspace.changed("home", user=user)
        return home
    if known_hash and known_hash != home.hash:
        raise Refusal("hash_conflict")
    return replace_view(workspace, home, payload)


def top(workspace: Workspace, user: str) -> View | None:
    """The form that the person sees."""
    stack = workspace.state.stacks.get(user) or []
    return workspace.state.views[stack[-1]] if stack else None


def close_top(workspace: Workspace, user: str) -> None:
    """Closes the form on top; the one below, if any, is seen again."""
    stack = workspace.state.stacks.get(user) or []
    if stack:
        workspace.state.views[stack.pop()].open = False
        workspace.changed("view", user=user)


def close_all(workspace: Workspace, user: str) -> None:
    for made in workspace.state.stacks.pop(user, []):
        workspace.state.views[made].open = False
    workspace.changed("view", user=user)


def _hash() -> str:
    return f"{secrets.randbelow(10**10)}.{secrets.token_hex(4)}"
