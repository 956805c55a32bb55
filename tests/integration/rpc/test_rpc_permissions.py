"""Every RPC × every kind of caller × own and foreign project."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from omoi.v1 import auth_pb2, project_pb2, spec_pb2, ticket_pb2
from omoi_server.domain.secrets import token_hash
from omoi_server.rpc.permissions import NEEDS, need_of
from omoi_server.store.database import Database
from tests.integration.rpc import rpc_rows as rows
from tests.integration.rpc.permission_cases import MAINTAINS, OTHERS, READS, WORKS, Build, Side
from tests.integration.rpc.rpc_client import Refusal, Rpc

OWN, FOREIGN = "prj-own", "prj-foreign"
ABSENT = Side("prj-absent", "spec-absent", "tkt-absent", "tsk-absent")
SERVICE = "act-as:slack:T1"

# Own and foreign project, by one letter each:
#   + gets in   0 told that it does not exist   r ROLE_NEEDED   s SCOPE_NEEDED   a ADMIN_NEEDED
#   n NOT_WHILE_ACTING   c ONLY_WHILE_ACTING   u UNAUTHENTICATED
#                   reads  works  maint  | projects  new   token  tokens revoke  caller user   provision claim
OUTCOMES = {
    "nobody":             "uu     uu     uu     uu        uu     uu     uu     uu     uu     uu     uu     uu",
    "stranger":           "00     00     00     ++        aa     +a     ++     +0     ++     ++     ss     cc",
    "viewer":             "+0     r0     r0     ++        aa     +a     ++     +0     ++     ++     ss     cc",
    "contributor":        "+0     +0     r0     ++        aa     +a     ++     +0     ++     ++     ss     cc",
    "maintainer":         "+0     +0     +0     ++        aa     +a     ++     +0     ++     ++     ss     cc",
    "admin":              "++     ++     ++     ++        ++     ++     ++     ++     ++     ++     ss     cc",
    "maintainer, read":   "+0     ss     ss     ++        ss     ss     ss     ss     ++     ++     ss     cc",
    "maintainer, write":  "+0     +0     +0     ++        ss     ss     ss     ss     ++     ++     ss     cc",
    "admin, write":       "++     ++     ++     ++        ss     ss     ss     ss     ++     ++     ss     cc",
    "service, read-all":  "++     ss     ss     ++        ss     ss     ss     ss     ++     ++     ss     cc",
    "service, read-all, write": "++ rr   rr     ++        ss     ss     ss     ss     ++     ++     ss     cc",
    "service":            "ss     ss     ss     ss        ss     ss     ss     ss     ++     ++     ++     cc",
    "for a stranger":     "00     00     00     ++        nn     nn     nn     nn     ++     ++     nn     ++",
    "for one vouched for": "+0    r0     r0     ++        nn     nn     nn     nn     ++     ++     nn     ++",
    "for a viewer":       "+0     r0     r0     ++        nn     nn     nn     nn     ++     ++     nn     ++",
    "for a contributor":  "+0     +0     r0     ++        nn     nn     nn     nn     ++     ++     nn     ++",
    "for a maintainer":   "+0     +0     +0     ++        nn     nn     nn     nn     ++     ++     nn     ++",
    "for an admin":       "++     ++     ++     ++        nn     nn     nn     nn     ++     ++     nn     ++",
    "revoked":            "uu     uu     uu     uu        uu     uu     uu     uu     uu     uu     uu     uu",
    "expired":            "uu     uu     uu     uu        uu     uu     uu     uu     uu     uu     uu     uu",
}  # fmt: skip
COLUMNS = ("READS", "WORKS", "MAINTAINS", *OTHERS)

_REASONS = {
    "ROLE_NEEDED": "r",
    "SCOPE_NEEDED": "s",
    "ADMIN_NEEDED": "a",
    "NOT_WHILE_ACTING": "n",
    "ONLY_WHILE_ACTING": "c",
}


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.full)])
def database_url(request: pytest.FixtureRequest) -> str:
    """As everywhere, but PostgreSQL in the long run only."""
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    return url


async def furnish(db: Database, project: str, shop: Path) -> Side:
    await rows.add_project(db, project, project.removeprefix("prj-"), repo_url=str(shop / "gone"))
    spec = await rows.add_spec(db, project_id=project, status="DRAFT")
    await rows.say(db, spec, "hello")
    ticket = await rows.add_ticket(db, spec, project_id=project)
    task = await rows.add_task(db, spec, ticket, 1, status="SUCCEEDED")
    return Side(project, spec, ticket, task, repository=str(shop / "gone"))


async def add_user(db: Database, name: str, role: str = "", admin: bool = False) -> str:
    user = f"usr-{name}"
    await rows.add(db, "users", user_id=user, name=name, is_admin=admin)
    identity = {"identity": f"slack:T1/{name}", "system": "slack:T1"}
    await rows.add(db, "identities", user_id=user, **identity)
    if role:
        grant = {"granted_by": "local", "granted_at": datetime(2026, 1, 1)}
        await rows.add(db, "roles", project_id=OWN, user_id=user, role=role, **grant)
    return user


async def add_token(db: Database, user: str, secret: str, *scopes: str, **values: object) -> str:
    row = {"token_hash": token_hash(secret), "token_id": f"tok-{secret}", "name": secret, "scopes": list(scopes)}
    await rows.add(db, "tokens", user_id=user, **row, **values)
    return f"tok-{secret}"


async def people(rpc: Rpc) -> dict[str, tuple[Rpc, str]]:
    """A connection for every kind of caller, and the id of the user whose token it is."""
    db = rpc.office.db
    for name in ("stranger", "bystander"):
        await add_user(db, name)
    for role in ("viewer", "contributor", "maintainer"):
        await add_user(db, role, role.upper())
    await add_user(db, "admin", admin=True)
    await add_user(db, "service")
    callers: dict[str, tuple[Rpc, str]] = {"nobody": (rpc.by(""), "usr-bystander")}

    async def give(caller: str, user: str, *scopes: str, **values: object) -> None:
        secret = caller.replace(" ", "-").replace(",", "")
        await add_token(db, f"usr-{user}", secret, *scopes, **values)
        callers[caller] = (rpc.by(secret), f"usr-{user}")

    for user in ("stranger", "viewer", "contributor", "maintainer", "admin"):
        await give(user, user, "admin")
        await add_token(db, f"usr-{user}", f"spare-{user}", "read")
    await add_token(db, "usr-bystander", "spare-bystander", "read")
    await add_token(db, "usr-service", "spare-service", "read")
    await give("maintainer, read", "maintainer", "read")
    await give("maintainer, write", "maintainer", "write")
    await give("admin, write", "admin", "write")
    await give("service, read-all", "service", "read-all")
    await give("service, read-all, write", "service", "read-all", "write")
    await give("service", "service", SERVICE)
    await give("revoked", "admin", "admin", revoked_at=datetime(2026, 1, 1))
    await give("expired", "admin", "admin", expires_at=datetime(2026, 1, 1))
    for label, user in (("a stranger", "stranger"), ("an admin", "admin")):
        callers[f"for {label}"] = (rpc.by("service", f"slack:T1/{user}"), "usr-service")
    for user in ("viewer", "contributor", "maintainer"):
        callers[f"for a {user}"] = (rpc.by("service", f"slack:T1/{user}"), "usr-service")
    callers["for one vouched for"] = (rpc.by("service", "slack:T1/stranger", OWN), "usr-service")
    return callers


def letter(refusal: Refusal | None) -> str:
    """What became of a call. A refusal for the state of things, or of a code, means that it got in."""
    if refusal is None or refusal.code in ("FAILED_PRECONDITION", "ALREADY_EXISTS", "INVALID_ARGUMENT"):
        return "+"
    if refusal.reason == "ADMIN_CODE_WRONG":
        return "+"
    if refusal.code == "NOT_FOUND":
        return "0" if refusal.reason.partition("_")[0] in ("PROJECT", "SPEC", "TICKET", "TASK", "TOKEN") else "+"
    return "u" if refusal.code == "UNAUTHENTICATED" else _REASONS.get(refusal.reason, f"<{refusal}>")


async def attempt(caller: Rpc, build: Build, side: Side) -> Refusal | None:
    try:
        await caller(build(side))
    except Refusal as refusal:
        return refusal
    return None


def same_words(hidden: Refusal, absent: Refusal, side: Side) -> bool:
    """Whether nothing tells a thing that is hidden from one that does not exist."""
    text, metadata = hidden.message, dict(hidden.metadata)
    for real, none in zip(side.ids(), ABSENT.ids(), strict=True):
        text = text.replace(real, none)
        metadata = {name: value.replace(real, none) for name, value in metadata.items()}
    return (hidden.code, hidden.reason, text, metadata) == (
        absent.code,
        absent.reason,
        absent.message,
        absent.metadata,
    )


async def test_every_rpc_for_every_caller(rpc: Rpc, shop: Path) -> None:
    db = rpc.office.db
    own, foreign = await furnish(db, OWN, shop), await furnish(db, FOREIGN, shop)
    callers = await people(rpc)
    wrong: list[str] = []
    for who, line in OUTCOMES.items():
        caller, user = callers[who]
        mine = replace(own, user=user, token=f"tok-spare-{user.removeprefix('usr-')}")
        sides = (mine, replace(foreign, user="usr-bystander", token="tok-spare-bystander"))
        if user == "usr-bystander":
            sides = (mine, replace(foreign, user="usr-viewer", token="tok-spare-viewer"))
        for column, expected in zip(COLUMNS, line.split(), strict=True):
            table = {"READS": READS, "WORKS": WORKS, "MAINTAINS": MAINTAINS}.get(column) or {column: OTHERS[column]}
            for name, build in table.items():
                for side, wanted in zip(sides, expected, strict=True):
                    refusal = await attempt(caller, build, side)
                    if (got := letter(refusal)) != wanted:
                        wrong.append(f"{who}: {name} of {side.project} is {got}, should be {wanted}: {refusal}")
                    if got == "0" and column in ("READS", "WORKS", "MAINTAINS"):
                        absent = await attempt(caller, build, ABSENT)
                        assert refusal is not None
                        if absent is None or not same_words(refusal, absent, side):
                            wrong.append(f"{who}: {name} tells {refusal} apart from {absent}")
    assert not wrong, "\n".join(wrong)


def test_the_tables_name_every_rpc_and_no_other() -> None:
    services = [
        service
        for file in (spec_pb2, ticket_pb2, project_pb2, auth_pb2)
        for service in file.DESCRIPTOR.services_by_name.values()
    ]
    names = {f"{service.name}.{method.name}" for service in services for method in service.methods}
    assert set(NEEDS) == names
    cases = {*READS, *WORKS, *MAINTAINS, *OTHERS}
    assert cases == {name.partition(".")[2] for name in names}
    assert len(cases) == len(READS) + len(WORKS) + len(MAINTAINS) + len(OTHERS) == len(names)


def test_an_rpc_without_a_row_stops_the_start() -> None:
    with pytest.raises(LookupError, match=r"SpecService\.Forget"):
        need_of("omoi.v1.SpecService.Forget")
