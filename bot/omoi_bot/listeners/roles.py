"""Roles: given and taken by maintainers; and the first administrator, who claims it with the server's one-time code."""

from __future__ import annotations

import re
from typing import Any

from omoi_bot.blocks import answers
from omoi_bot.blocks.actions import Target
from omoi_bot.blocks.forms.settings import role_form
from omoi_bot.blocks.model import Message, ProjectView, Who
from omoi_bot.listeners import decisions, failures, launching, linking, projects
from omoi_bot.listeners.turn import Told, Turn
from omoi_bot.people import Refusal
from omoi_bot.store import channels, requests
from omoi_client.errors import OmoiError

Json = dict[str, Any]

ROLES = ("viewer", "contributor", "maintainer", "none")
"""What can be given; `none` takes a role away."""

_SYNTAX = "Type `/omoi role @person contributor`, with `viewer`, `contributor`, `maintainer` or `none`, and the project's name if needed."
_MENTION = re.compile(r"<@([UW][A-Z0-9]+)(?:\|[^<>]*)?>\s*")


async def form(turn: Turn, _: Target) -> Json:
    """The form that gives a role, for the projects in which this person may."""
    mine = await linking.maintained(turn)
    return role_form(tuple(ProjectView(one.project_id, one.name) for one in mine))


async def typed(turn: Turn, rest: str) -> None:
    """`/omoi role @person ROLE [project]`. Raises Told when it cannot be understood or is not allowed."""
    found = _MENTION.match(rest)
    words = rest[found.end() :].split() if found else []
    if found is None or len(words) not in (1, 2):
        raise Told(_SYNTAX)
    role = words[0].casefold().strip("`.!")
    if role not in ROLES:
        raise Told(answers.sentence(f"“{words[0][:40]}” is no role. Use viewer, contributor, maintainer or none."))
    project_id = await _project(turn, words[1] if len(words) == 2 else "")
    await turn.tell(await give(turn, found.group(1), role, project_id))


async def give(turn: Turn, slack_user: str, role: str, project_id: str) -> Message:
    """Give the role ("none" takes it away) and go on with what waited for it; what was done.

    A guest or somebody of another organisation gets in by this, because a maintainer names them.
    """
    person = await turn.person()
    omoi = await turn.desk.people.acting(person)
    named = await turn.desk.people.admit(turn.origin.team, slack_user)
    if isinstance(named, Refusal):
        raise Told(named.sentence)
    try:
        await omoi.set_role(project_id, named.identity, role, turn.request_id(f"role/{named.identity}/{project_id}"))
        project = await omoi.get_project(project_id)
    except OmoiError as error:
        if failures.passing(error):
            raise
        raise Told(await failures.refusal(turn, error, project_id, "maintainer")) from error
    async with turn.desk.db.read() as tx:
        waiting = await requests.waiting(tx, "WAITING_ROLE", identity=named.identity)
    await launching.go_on_with(turn, waiting)
    shown = "without a role" if role == "none" else role
    who = Who(slack_user=slack_user, name=named.name)
    return answers.role_given(who, shown, project.name, decisions.mention(person))


async def claim(turn: Turn, code: str) -> None:
    """`/omoi claim CODE`: the first administrator. Then what waited for one goes on."""
    if not code.strip():
        raise Told(
            "Type the one-time code after it: `/omoi claim CODE`. The server prints it; `omoi-server admin-code` again."
        )
    person = await turn.person()
    omoi = await turn.desk.people.acting(person)
    try:
        await omoi.claim_admin(code, turn.request_id("claim"))
    except OmoiError as error:
        if failures.passing(error):
            raise
        raise Told(Message(failures.sentence(error))) from error
    await turn.tell(answers.claimed(decisions.mention(person)))
    async with turn.desk.db.read() as tx:
        waiting = await requests.waiting(tx, "WAITING_ADMIN", team=turn.origin.team)
    await launching.go_on_with(turn, waiting)


async def _project(turn: Turn, name: str) -> str:
    """The named project, the channel's, or the only one this person maintains. Raises Told when it is not clear."""
    if name:
        found = await projects.named(await turn.omoi(), name)
        if found is None:
            raise Told(answers.sentence(f"There is no project “{name[:80]}” that you can see."))
        return found.project_id
    async with turn.desk.db.read() as tx:
        channel = await channels.get(tx, turn.origin.team, turn.origin.channel)
    if channel and channel.project_id:
        return channel.project_id
    mine = await linking.maintained(turn)
    if len(mine) == 1:
        return mine[0].project_id
    raise Told(
        f"Say in which project. {_SYNTAX}" if mine else "Roles are given by a project's maintainers and by admins."
    )
