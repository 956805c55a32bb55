"""What people see and who decides: lists, refusals that say who can help, roles, the approver rule, gates as a floor."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from omoi.v1 import auth_pb2, common_pb2, project_pb2, spec_pb2, ticket_pb2
from omoi_server.errors import InvalidArgument
from omoi_server.rpc.auth_service import _grant_key
from tests.integration.rpc import rpc_rows as rows
from tests.integration.rpc.rpc_client import Refusal, Rpc

ap: Any = auth_pb2
cp: Any = common_pb2
pp: Any = project_pb2
sp: Any = spec_pb2
tp: Any = ticket_pb2

SYSTEM = "slack:T1"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.full)])
def database_url(request: pytest.FixtureRequest) -> str:
    """As everywhere, but PostgreSQL in the long run only: what differs there is in test_rpc_acting and test_rpc_claim."""
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgres_url")
    return url


class Team:
    """A bot, and people that it acts for by their first names."""

    def __init__(self, rpc: Rpc, secret: str) -> None:
        self.rpc = rpc
        self.bot = rpc.by(secret)
        self._secret = secret
        self.ids: dict[str, str] = {}

    async def add(self, name: str, role: int = 0, project: str = "shop") -> Rpc:
        answer = await self.bot(ap.ProvisionUserRequest(identity=f"{SYSTEM}/{name}", name=name))
        self.ids[name] = answer.user.user_id
        if role:
            await self.rpc(ap.SetRoleRequest(project_id=project, user_id=self.ids[name], role=role))
        return self.person(name)

    def person(self, name: str, viewer_of: str = "") -> Rpc:
        return self.bot.by(self._secret, f"{SYSTEM}/{name}", viewer_of)


@pytest.fixture
async def team(rpc: Rpc) -> Team:
    made = await rpc(ap.CreateTokenRequest(name="bot", scopes=[f"act-as:{SYSTEM}"], user_id="slack bot"))
    await rows.add_project(rpc.office.db)
    await rows.add_project(rpc.office.db, "prj-2", "web")
    await rows.add_project(rpc.office.db, "prj-3", "secret")
    return Team(rpc, made.secret)


async def test_lists_show_what_one_may_see(rpc: Rpc, team: Team) -> None:
    specs = {}
    for project in (rows.PROJECT, "prj-2", "prj-3"):
        specs[project] = [await rows.add_spec(rpc.office.db, project_id=project, age=n) for n in range(3)]
        await rows.add_ticket(rpc.office.db, specs[project][0], project_id=project)
    await team.add("mara", ap.ROLE_VIEWER)
    mara = team.person("mara", viewer_of="prj-2")
    seen = {rows.PROJECT, "prj-2"}
    assert {p.project_id for p in (await mara(pp.ListProjectsRequest())).projects} == seen
    assert {x.project_id for x in (await mara(tp.ListTicketsRequest())).tickets} == seen

    listed: list[Any] = []
    request = sp.ListSpecsRequest(page_size=2)
    while True:
        page = await mara(request)
        listed += page.specs
        if not page.next_page_token:
            break
        assert len(page.specs) == 2, "pages are full: nothing is left out after it was counted"
        request.page_token = page.next_page_token
    assert len(listed) == 6
    assert {spec.project_id for spec in listed} == seen
    assert {p.name for p in (await team.person("mara")(pp.ListProjectsRequest())).projects} == {"shop"}
    assert len((await rpc(sp.ListSpecsRequest())).specs) == 9


async def test_an_unknown_project_is_answered_with_those_one_sees(rpc: Rpc, team: Team) -> None:
    mara = await team.add("mara", ap.ROLE_VIEWER)
    for name in ("shpo", "secret", "prj-3"):
        refusal = await mara.refusal(pp.GetProjectRequest(project_id=name))
        assert refusal.reason == "PROJECT_NOT_FOUND"
        assert refusal.message == f'project "{name}" does not exist. Known projects: shop.'
    jon = await team.add("jon")
    assert "Known" not in (await jon.refusal(pp.GetProjectRequest(project_id="shop"))).message


async def test_a_refusal_names_the_role_and_who_gives_it(rpc: Rpc, team: Team) -> None:
    spec = await rows.add_spec(rpc.office.db, status="DRAFT")
    mara = await team.add("mara", ap.ROLE_VIEWER)
    refusal = await mara.refusal(sp.CancelSpecRequest(spec_id=spec))
    assert refusal.message == "this needs contributor in shop; you have viewer. Who can give it: an admin."
    for number in range(6):
        await team.add(f"jon{number}", ap.ROLE_MAINTAINER)
    refusal = await mara.refusal(sp.CancelSpecRequest(spec_id=spec))
    assert refusal.message.endswith("Who can give it: jon0, jon1, jon2, jon3, jon4 or an admin.")
    assert "jon5" not in refusal.message
    assert refusal.metadata["givers"].split(",")[0] == team.ids["jon0"]


async def test_maintainers_give_roles_and_see_who_has_them(rpc: Rpc, team: Team) -> None:
    jon, mara = await team.add("jon", ap.ROLE_MAINTAINER), await team.add("mara")
    await team.add("anna", ap.ROLE_VIEWER)
    given = await jon(ap.SetRoleRequest(project_id="SHOP", user_id=f"{SYSTEM}/mara", role=ap.ROLE_CONTRIBUTOR))
    assert (given.grant.role, given.grant.granted_by) == (ap.ROLE_CONTRIBUTOR, team.ids["jon"])
    names: list[str] = []
    request = ap.ListRolesRequest(project_id="shop", page_size=1)
    while True:
        page = await mara(request)
        names += [grant.user.name for grant in page.grants]
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    assert names == ["jon", "mara", "anna"]
    taken = await jon(ap.SetRoleRequest(project_id="shop", user_id=team.ids["mara"]))
    assert not taken.HasField("grant")
    assert (await mara.refusal(ap.ListRolesRequest(project_id="shop"))).code == "NOT_FOUND"
    await jon(ap.SetRoleRequest(project_id="shop", user_id=team.ids["jon"]))
    assert (await jon.refusal(pp.GetProjectRequest(project_id="shop"))).code == "NOT_FOUND", "the last one may leave"


@pytest.mark.parametrize("name", ["\x00", "\udcff", "a\x00b"])
def test_a_place_among_the_roles_that_nobody_gave_out_is_damaged(name: str) -> None:
    hidden = name.encode("utf-8", "surrogateescape").hex()
    with pytest.raises(InvalidArgument, match="damaged"):
        _grant_key([1, hidden, "usr-1"])


@pytest.mark.parametrize(
    ("values", "code", "named"),
    [
        ({"user_id": "usr-1", "role": 1}, "INVALID_ARGUMENT", "project_id"),
        ({"project_id": "shop", "role": 1}, "INVALID_ARGUMENT", "user_id"),
        ({"project_id": "shop", "user_id": "usr-1", "role": 9}, "INVALID_ARGUMENT", "role"),
        ({"project_id": "shop", "user_id": "slack:/x", "role": 1}, "INVALID_ARGUMENT", "user_id"),
        ({"project_id": "shop", "user_id": "usr-1", "role": 1}, "NOT_FOUND", "usr-1"),
        ({"project_id": "shop", "user_id": "slack:T1/U404", "role": 1}, "NOT_FOUND", "slack:T1/U404"),
        ({"project_id": "nowhere", "user_id": "local", "role": 1}, "NOT_FOUND", "nowhere"),
    ],
)
async def test_roles_that_cannot_be_given(rpc: Rpc, team: Team, values: Any, code: str, named: str) -> None:
    refusal = await rpc.refusal(ap.SetRoleRequest(**values))
    assert refusal.code == code
    assert named in refusal.message


async def test_what_of_a_user_is_shown_depends_on_who_asks(rpc: Rpc, team: Team) -> None:
    mara, jon = await team.add("mara"), await team.add("jon")
    await team.bot(ap.ProvisionUserRequest(identity=f"{SYSTEM}/mara", name="mara", email="mara@example.org"))
    other = await rpc(ap.CreateTokenRequest(name="x", scopes=["read"], user_id="some service"))
    request = ap.GetUserRequest(user_id=team.ids["mara"])
    for caller in (rpc, team.bot, mara, jon):  # jon: the token that acts for him may act for mara too
        user = (await caller(request)).user
        assert (user.email, list(user.identities)) == ("mara@example.org", [f"{SYSTEM}/mara"])
    user = (await rpc.by(other.secret)(request)).user
    assert (user.name, user.email, list(user.identities)) == ("mara", "", [])
    assert (await rpc.refusal(ap.GetUserRequest(user_id="usr-0"))).reason == "USER_NOT_FOUND"


async def test_only_a_maintainer_leaves_a_gate_out(rpc: Rpc, team: Team, shop: Path) -> None:
    project = (await rpc(pp.CreateProjectRequest(name="real", repo_url=str(shop)))).project.project_id
    gates = cp.GatePolicy(approval_phases=[cp.SPEC_PHASE_TASKS])
    await rpc(pp.UpdateProjectRequest(project_id=project, gates=gates))
    without = sp.LaunchSpecRequest(project_id=project, title="Lock", gates=cp.GatePolicy())
    mara = await team.add("mara", ap.ROLE_CONTRIBUTOR, "real")
    assert (await mara.refusal(without)).reason == "GATES_ARE_A_FLOOR"
    jon = await team.add("jon", ap.ROLE_MAINTAINER, "real")
    assert (await jon(without)).spec_id


async def waiting(rpc: Rpc, requester: str) -> Any:
    """A spec at its gate after TASKS; the request that approves it."""
    spec = await rows.add_spec(
        rpc.office.db, status="AWAITING_REVIEW", current_phase="TASKS", gates=["TASKS"], user_id=requester
    )
    for phase in ("EXPLORE", "REQUIREMENTS", "DESIGN", "TASKS"):
        await rows.add_output(rpc.office.db, spec, phase, digest=f"{phase:x<64}"[:64])
    return sp.ReviewPhaseRequest(
        spec_id=spec,
        phase=cp.SPEC_PHASE_TASKS,
        digest=f"{'TASKS':x<64}"[:64],
        decision=sp.REVIEW_DECISION_APPROVE,
    )


async def test_the_approver_rule_says_who_approves(rpc: Rpc, team: Team) -> None:
    mara = await team.add("mara", ap.ROLE_CONTRIBUTOR)
    jon = await team.add("jon", ap.ROLE_MAINTAINER)
    rule = pp.ApproverRule(min_role=ap.ROLE_MAINTAINER, user_ids=[f"{SYSTEM}/jon"])
    changed = await jon(pp.UpdateProjectRequest(project_id=rows.PROJECT, approvers=rule))
    assert list(changed.project.approvers.user_ids) == [team.ids["jon"]]
    request = await waiting(rpc, team.ids["mara"])
    for caller in (mara, rpc):  # an admin stands under the rule too
        refusal = await caller.refusal(request)
        assert (refusal.code, refusal.reason) == ("PERMISSION_DENIED", "NOT_AN_APPROVER")
        assert refusal.metadata["approvers"] == team.ids["jon"]
        assert "Who may: jon." in refusal.message
    assert (await jon(request)).spec.status == sp.SPEC_STATUS_EXECUTING
    late = await jon.refusal(request)
    assert (late.reason, late.metadata["decided_by"]) == ("ALREADY_DECIDED", team.ids["jon"])
    assert "approved by jon" in late.message
    events = (await jon(sp.ListSpecEventsRequest(spec_id=request.spec_id))).events
    (approved,) = [event for event in events if event.type == "review.approved"]
    assert (approved.source, approved.review.decided_by) == (f"user:{team.ids['jon']}", team.ids["jon"])
    assert approved.via


async def test_the_requester_may_be_excluded_and_still_ask_for_changes(rpc: Rpc, team: Team) -> None:
    mara, jon = await team.add("mara", ap.ROLE_CONTRIBUTOR), await team.add("jon", ap.ROLE_CONTRIBUTOR)
    rule = pp.ApproverRule(requester_excluded=True)
    await rpc(pp.UpdateProjectRequest(project_id=rows.PROJECT, approvers=rule))
    request = await waiting(rpc, team.ids["mara"])
    refusal = await mara.refusal(request)
    assert refusal.reason == "NOT_AN_APPROVER"
    assert team.ids["mara"] not in refusal.metadata["approvers"]
    assert team.ids["jon"] in refusal.metadata["approvers"]
    changes = sp.ReviewPhaseRequest()
    changes.CopyFrom(request)
    changes.decision, changes.comment = sp.REVIEW_DECISION_REQUEST_CHANGES, "Per address as well."
    assert (await mara(changes)).spec.status == sp.SPEC_STATUS_EXECUTING
    other = await waiting(rpc, team.ids["mara"])
    assert (await jon(other)).spec.status == sp.SPEC_STATUS_EXECUTING


@pytest.mark.parametrize(
    ("rule", "field"),
    [
        (pp.ApproverRule(min_role=ap.ROLE_VIEWER), "approvers.min_role"),
        (pp.ApproverRule(user_ids=["usr-0"]), "approvers.user_ids[0]"),
        (pp.ApproverRule(user_ids=["local", "local"]), "approvers.user_ids[1]"),
        (pp.ApproverRule(user_ids=["local"] * 51), "approvers.user_ids"),
        (pp.ApproverRule(user_ids=[f"{SYSTEM}/anna"]), "approvers.user_ids"),
        (pp.ApproverRule(user_ids=[f"{SYSTEM}/mara"], min_role=ap.ROLE_MAINTAINER), "approvers.user_ids"),
    ],
)
async def test_a_rule_that_nobody_satisfies_is_refused(rpc: Rpc, team: Team, rule: Any, field: str) -> None:
    await team.add("mara", ap.ROLE_CONTRIBUTOR)
    await team.add("anna")
    refusal = await rpc.refusal(pp.UpdateProjectRequest(project_id=rows.PROJECT, approvers=rule))
    assert (refusal.code, refusal.fields) == ("INVALID_ARGUMENT", [field])
    shown = (await rpc(pp.GetProjectRequest(project_id=rows.PROJECT))).project
    assert not shown.HasField("approvers")


async def test_a_new_project_takes_a_rule(rpc: Rpc, team: Team, shop: Path) -> None:
    rule = pp.ApproverRule(user_ids=["local"], requester_excluded=True)
    made = await rpc(pp.CreateProjectRequest(name="real", repo_url=str(shop), approvers=rule))
    assert made.project.approvers == pp.ApproverRule(
        min_role=ap.ROLE_CONTRIBUTOR, user_ids=["local"], requester_excluded=True
    )
    await team.add("mara")
    nobody = pp.ApproverRule(user_ids=[f"{SYSTEM}/mara"])
    with pytest.raises(Refusal, match="nobody could approve"):
        await rpc(pp.CreateProjectRequest(name="real2", repo_url=str(shop), approvers=nobody))
