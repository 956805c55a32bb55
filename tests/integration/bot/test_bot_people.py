"""Who gets in: members of the own organisation; guests and strangers only by name; bots and deactivated people never."""

from __future__ import annotations

from pathlib import Path

import pytest

from omoi_bot.people import Person, Refusal
from omoi_client.errors import NotFound, PermissionDenied
from tests.integration.bot.counting import Heard
from tests.integration.bot.stage import Stage, bot_stage
from tests.peers.slack.people import Person as Member


async def resolved(stage: Stage, who: Member, team: str = "") -> Person | Refusal:
    return await stage.bot.desk.people.resolve(team or stage.slack.team.id, who.id)


async def known(stage: Stage, who: Member, team: str = "") -> Person:
    found = await resolved(stage, who, team)
    assert isinstance(found, Person), found
    return found


async def test_a_member_is_a_user_with_name_address_and_zone(tmp_path: Path) -> None:
    async with bot_stage(tmp_path, heard=Heard().rooms(), work=False) as stage:
        person = await known(stage, stage.mara)
        assert person.identity == f"slack:{stage.slack.team.id}/{stage.mara.id}"
        assert (person.name, person.tz, person.guest) == ("Mara", "Europe/Berlin", False) or person.name == "mara"
        user = await stage.omoi.get_user(person.user_id)
        assert user.email == "mara@example.com"
        assert not person.admin_missing


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ({"guest": "multi"}, "guest"),
        ({"guest": "single"}, "guest"),
        ({"stranger": True}, "stranger"),
        ({"deactivated": True}, "deactivated"),
        ({"is_bot": True}, "bot"),
    ],
)
async def test_who_does_not_belong_gets_a_sentence_and_no_user(
    tmp_path: Path, kind: dict[str, object], why: str
) -> None:
    async with bot_stage(tmp_path, heard=Heard().rooms(), work=False) as stage:
        other = stage.slack.add_person("other", **kind)  # type: ignore[arg-type]  # each names one argument
        if why == "stranger":
            stage.slack.add_channel("shared", [other, stage.slack.bot], shared_with=[other.team])
        found = await resolved(stage, other)
        assert isinstance(found, Refusal)
        assert found.why == why
        assert found.sentence.endswith((".", "`."))
        with pytest.raises(Exception, match="does not exist"):
            await stage.omoi.set_role(stage.project_id, stage.identity(other), "viewer")


async def test_somebody_whom_slack_does_not_know_is_refused(tmp_path: Path) -> None:
    async with bot_stage(tmp_path, heard=Heard().rooms(), work=False) as stage:
        found = await stage.bot.desk.people.resolve(stage.slack.team.id, "U0NOBODY")
        assert isinstance(found, Refusal)
        assert found.why == "unknown"


async def test_a_guest_who_was_named_has_that_role_and_nothing_besides(tmp_path: Path) -> None:
    async with bot_stage(tmp_path, heard=Heard().rooms(), work=False) as stage:
        guest = stage.slack.add_person("guest", guest="multi")
        stage.channel.members.append(guest.id)
        people = stage.bot.desk.people
        admitted = await people.admit(stage.slack.team.id, guest.id)
        assert isinstance(admitted, Person)
        assert isinstance(await resolved(stage, guest), Refusal)
        await stage.omoi.set_role(stage.project_id, admitted.identity, "contributor")
        person = await known(stage, guest)
        assert person.guest
        assert await people.viewer_projects(person) == ()
        assert await people.role_in(person, stage.project_id) == "contributor"
        bot = stage.slack.add_person("other-bot", is_bot=True)
        assert isinstance(await people.admit(stage.slack.team.id, bot.id), Refusal)


async def test_members_of_a_linked_channel_may_look_and_others_see_nothing(tmp_path: Path) -> None:
    async with bot_stage(tmp_path, heard=Heard().rooms(), work=False) as stage:
        lena, otto = stage.slack.add_person("lena"), stage.slack.add_person("otto")
        stage.channel.members.append(lena.id)
        people = stage.bot.desk.people
        inside, outside = await known(stage, lena), await known(stage, otto)
        assert await people.viewer_projects(inside) == (stage.project_id,)
        assert await people.role_in(inside, stage.project_id) == "viewer"
        assert await people.role_in(outside, stage.project_id) == ""
        assert (await (await people.acting(inside)).get_project(stage.project_id)).name == "shop"
        with pytest.raises(NotFound):
            await (await people.acting(outside)).get_project(stage.project_id)
        with pytest.raises(PermissionDenied):
            await (await people.acting(inside)).launch_spec(stage.project_id, description="an idea")


async def test_a_shared_channel_is_closed_until_a_maintainer_allows_it(tmp_path: Path) -> None:
    async with bot_stage(tmp_path, heard=Heard().rooms(), work=False) as stage:
        stranger = stage.slack.add_person("stranger", stranger=True)
        shared = stage.slack.add_channel(
            "partners", [stage.mara, stranger, stage.slack.bot], shared_with=[stranger.team]
        )
        pending = stage.slack.add_channel("soon", [stage.mara, stage.slack.bot], pending=True)
        hidden = stage.slack.add_channel("hidden", [stage.mara], kind="private")
        people, team = stage.bot.desk.people, stage.slack.team.id
        await stage.link(shared)
        person = await known(stage, stage.slack.add_person("lena"))
        shared.members.append(person.slack_user)
        assert await people.viewer_projects(person) == ()
        for channel, why in ((shared, "shared"), (pending, "shared"), (hidden, "unreadable")):
            found = await people.channel_open(team, channel.id)
            assert found is not None
            assert found.why == why
        assert await people.channel_open(team, stage.channel.id) is None
        await stage.link(shared, shared_allowed_by=stage.identity(stage.jon))
        assert await people.channel_open(team, shared.id) is None
        assert await people.viewer_projects(person) == (stage.project_id,)
        assert isinstance(await resolved(stage, stranger), Refusal)


async def test_one_grid_person_in_two_workspaces_is_one_user(tmp_path: Path) -> None:
    async with bot_stage(tmp_path, heard=Heard().rooms(), work=False, enterprise_id="E0ACME") as stage:
        other = stage.slack.add_team("Acme Labs", enterprise_id="E0ACME")
        installed = stage.slack.install(other)
        from omoi_bot.store.workspaces import Workspace

        home = stage.bot.workspaces
        await home.installed(Workspace(other.id, "E0ACME", other.name, installed.bot.id, installed.bot.bot_id))
        grid = stage.slack.add_person("grid", also_in=[other])
        first = await known(stage, grid)
        stage.bot.slack.caller.token_for = lambda team: installed.token if team == other.id else stage.slack.bot_token
        second = await known(stage, grid, other.id)
        assert first.identity == second.identity == f"slack:E0ACME/{grid.id}"
        assert first.user_id == second.user_id


async def test_who_may_and_no_admin_yet(tmp_path: Path) -> None:
    async with bot_stage(tmp_path, heard=Heard().rooms(), work=False, people=False) as stage:
        person = await known(stage, stage.mara)
        assert person.admin_missing
        await stage.make_admin(stage.jon)
        person = await known(stage, stage.mara)
        assert not person.admin_missing
        assert (await known(stage, stage.jon)).is_admin
        await stage.give_role(stage.mara, "maintainer")
        assert await stage.bot.desk.people.who_may(stage.project_id, "contributor") == ("mara",)
        assert await stage.bot.desk.people.role_in(await known(stage, stage.jon), stage.project_id) == "maintainer"
