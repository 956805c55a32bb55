"""From what a person types to a full id: a unique beginning of at least four hex digits, with or without "spec-"."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

from omoi_client.cli.cleaning import one_line
from omoi_client.cli.failures import Exit, Refusal, program

if TYPE_CHECKING:
    from omoi.v1.project_pb2 import Project
    from omoi.v1.ticket_pb2 import Task, Ticket
    from omoi_client.client import OmoiClient

SHORTEST = 4
_FULL = 32
_KINDS = {"spec-": "spec", "tsk-": "task", "tkt-": "ticket"}
_KEY = re.compile(r"(?:TSK-?)?0*(\d{1,5})", re.IGNORECASE)


def digits(typed: str, prefix: str) -> str:
    """The hex digits in `typed`. Raises Refusal (usage) when it cannot be the beginning of such an id."""
    kind = _KINDS[prefix]
    text = typed.strip().lower()
    for other, name in _KINDS.items():
        if text.startswith(other) and other != prefix:
            raise Refusal(f'"{typed}" is a {name}, not a {kind}', f"Give the id of a {kind}.", Exit.USAGE)
    found = text.removeprefix(prefix).replace("-", "")
    if re.fullmatch(r"[0-9a-f]{1,32}", found) is None:
        raise Refusal(f'"{typed}" is no id of a {kind}', _how_to_find(kind), Exit.USAGE)
    if len(found) < SHORTEST:
        raise Refusal(f'"{typed}" is too short', f"Give at least {SHORTEST} digits of the id.", Exit.USAGE)
    return found


def full(found: str, prefix: str) -> str:
    """The id made of 32 hex digits."""
    cuts = (found[:8], found[8:12], found[12:16], found[16:20], found[20:])
    return prefix + "-".join(cuts)


def choose(typed: str, prefix: str, known: Iterable[tuple[str, str]]) -> str:
    """The one id in `known` ((id, title) pairs) that begins like `typed`. Raises Refusal for none and for several."""
    wanted = digits(typed, prefix)
    kind = _KINDS[prefix]
    pairs = list(known)
    matches = [(one, title) for one, title in pairs if _hex(one, prefix).startswith(wanted)]
    if len(matches) == 1:
        return matches[0][0]
    if not matches:
        raise Refusal(f"no {kind} begins with {wanted}", _how_to_find(kind))
    everyone = [one for one, _ in pairs]
    listed = [f"{short(one, everyone)}: {one_line(title)[:60]}" for one, title in matches[:10]]
    more = [f"and {len(matches) - 10} more"] if len(matches) > 10 else []
    raise Refusal(f"{wanted} fits {len(matches)} {kind}s; give more digits", "\n".join(listed + more), Exit.USAGE)


def short(full_id: str, others: Iterable[str]) -> str:
    """The shortest beginning of `full_id`, of at least four digits, that none of `others` shares."""
    prefix, _, _ = full_id.partition("-")
    own = _hex(full_id, f"{prefix}-")
    rest = [_hex(one, f"{prefix}-") for one in others if one != full_id]
    length = SHORTEST
    while length < len(own) and any(one.startswith(own[:length]) for one in rest):
        length += 1
    return f"{prefix}-{own[:length]}" if length < len(own) else full_id


async def find_spec(omoi: OmoiClient, typed: str) -> str:
    """Full id of the spec that is meant. A full id is taken as it is; the server knows whether it exists."""
    wanted = digits(typed, "spec-")
    if len(wanted) == _FULL:
        return full(wanted, "spec-")
    return choose(typed, "spec-", [(one.spec_id, one.title) async for one in omoi.list_specs(include_archived=True)])


async def short_spec(omoi: OmoiClient, spec_id: str) -> str:
    """How to call a spec in few characters, among all that the server has now."""
    return short(spec_id, [one.spec_id async for one in omoi.list_specs(include_archived=True)])


async def find_ticket(omoi: OmoiClient, typed: str) -> Ticket:
    """The ticket that is meant."""
    wanted = digits(typed, "tkt-")
    if len(wanted) == _FULL:
        return await omoi.get_ticket(full(wanted, "tkt-"))
    tickets = {one.ticket_id: one async for one in omoi.list_tickets()}
    return tickets[choose(typed, "tkt-", [(one.ticket_id, one.title) for one in tickets.values()])]


async def find_task(omoi: OmoiClient, typed: str) -> Task:
    """The task that is meant: by id, or as SPEC/TSK-003 (SPEC/3) by its place in a spec's plan."""
    spec_part, slash, key_part = typed.partition("/")
    if slash:
        return await _task_by_key(omoi, spec_part, key_part)
    if re.fullmatch(r"tsk-\d{1,3}", typed.strip().lower()):
        raise Refusal(f"{typed} is in every plan", f"Say of which spec: SPEC/{typed}.", Exit.USAGE)
    digits(typed, "tsk-")
    tasks: dict[str, Task] = {}
    async for spec in omoi.list_specs(include_archived=True):
        if spec.progress.tasks_total or spec.execution_status.total or spec.ticket_id:
            tasks |= {one.task_id: one async for one in omoi.list_tasks(spec_id=spec.spec_id)}
    return tasks[choose(typed, "tsk-", [(one.task_id, f"{one.key} {one.title}") for one in tasks.values()])]


async def _task_by_key(omoi: OmoiClient, spec_part: str, key_part: str) -> Task:
    spec_id = await find_spec(omoi, spec_part)
    number = _KEY.fullmatch(key_part.strip())
    tasks = [one async for one in omoi.list_tasks(spec_id=spec_id)]
    for task in tasks:
        own = _KEY.fullmatch(task.key)
        if number and own and int(own[1]) == int(number[1]):
            return task
    known = ", ".join(one.key for one in tasks if one.key) or "none yet"
    raise Refusal(f'{spec_part} has no task "{key_part}"', f"Its tasks: {known}.")


async def find_project(omoi: OmoiClient, typed: str) -> Project:
    """A project by name or id; without one, the only one there is. Raises Refusal that lists the known ones."""
    from omoi_client.errors import NotFound

    if typed:
        try:
            return await omoi.get_project(typed)
        except NotFound:
            names = [one.name async for one in omoi.list_projects()]
            remedy = f"Known projects: {', '.join(names)}. Add one: {program()} project add {typed} --repo PATH"
            if not names:
                remedy = await _way_in(omoi, typed)
            raise Refusal(f'project "{typed}" does not exist', remedy) from None
    projects = [one async for one in omoi.list_projects()]
    if len(projects) == 1:
        return projects[0]
    if not projects:
        raise Refusal("you see no project", await _way_in(omoi, "NAME"), Exit.USAGE)
    names = [one.name for one in projects]
    raise Refusal(
        "it is not clear which project is meant", f"Say --project with one of: {', '.join(names)}.", Exit.USAGE
    )


async def _way_in(omoi: OmoiClient, name: str) -> str:
    """What to do for whoever sees no project: an admin sees all, so there is none; others may only lack a role."""
    from omoi_client.errors import OmoiError

    try:
        caller = (await omoi.get_caller()).user
    except OmoiError:  # only the better advice is lost; the refusal itself is said all the same
        caller = None
    if caller is None or caller.is_admin:
        return f"There is no project yet. Add one: {program()} project add {name} --repo PATH"
    return (
        "You have no role in any project. Ask an admin, or a maintainer of the project, for one:\n"
        f"{program()} role set {name if name != 'NAME' else 'PROJECT'} {caller.user_id} contributor"
    )


def _hex(full_id: str, prefix: str) -> str:
    return full_id.removeprefix(prefix).replace("-", "")


def _how_to_find(kind: str) -> str:
    where = {"spec": "list", "task": "task list SPEC", "ticket": "tickets list"}[kind]
    return f"See them: {program()} {where}"
