"""A guest, a stranger, a deactivated person and a bot: none of them launches, steers, reads or approves, by any way in."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from omoi.v1 import project_pb2
from tests.integration.bot.scenes import IDEA, buttons, specs, until_form, words
from tests.integration.bot.stage import Stage, bot_stage
from tests.integration.bot.test_bot_buttons import at_gate, idle, status
from tests.peers.slack import Channel, Message, Person, envelopes, forms

pytestmark = pytest.mark.asyncio(loop_scope="module")

OTHER_IDEA = "Delete the audit log"
SENTENCES = {
    "guest": "Guests cannot use Omoi",
    "stranger": "Omoi works for members of its own organisation only",
    "deactivated": "This account is deactivated",
    "bot": "Omoi takes requests from people only",
}


@dataclass(frozen=True)
class Scene:
    """A spec of @mara's at its gate, in a channel that a maintainer allowed although another organisation is in it."""

    stage: Stage
    ts: str
    spec_id: str
    gate: Message
    people: dict[str, Person]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def scene(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Scene]:
    async with bot_stage(tmp_path_factory.mktemp("outsiders") / "stage") as stage:
        people = {
            "guest": stage.slack.add_person("gus", guest="multi"),
            "stranger": stage.slack.add_person("sam", stranger=True),
            "deactivated": stage.slack.add_person("dee", deactivated=True),
            "bot": stage.slack.add_person("robo", is_bot=True),
        }
        stage.channel.members.extend(one.id for one in people.values())
        stage.channel.shared_with.add(people["stranger"].team.id)
        await stage.link(stage.channel, shared_allowed_by=stage.identity(stage.jon))
        ts, known, gate = await at_gate(stage)
        yield Scene(stage, ts, known.spec_id, gate, people)
        await stage.omoi.cancel_spec(known.spec_id, "the module is over", "over")
        await idle(stage, known.spec_id)


def dm_of(scene: Scene, who: Person) -> Channel:
    """Of somebody else's organisation there is one, too: Slack Connect has direct messages."""
    slack = scene.stage.slack
    return slack.workspace.open_direct(slack.team.id, [who.user, slack.bot])


def dm_messages(scene: Scene, who: Person) -> list[Message]:
    return scene.stage.slack.messages(dm_of(scene, who))


async def says(scene: Scene, who: Person, text: str, *, thread: bool = False, dm: bool = False) -> None:
    """Also for somebody who is deactivated between saying it and its being read."""
    gone, who.user.deleted = who.user.deleted, False
    place = dm_of(scene, who) if dm else scene.stage.channel
    await who.says(place, text, thread=scene.ts if thread else None)
    who.user.deleted = gone


async def submits(scene: Scene, who: Person) -> str:
    """A form of somebody else's, sent as one's own: what a forged submission would be."""
    stage = scene.stage
    await stage.jon.clicks(scene.gate, "changes")
    form = await until_form(stage, stage.jon, "What should change?")
    held = forms.state(form.blocks, {"comment/value": "Drop all of it"})
    trigger = stage.slack.workspace.new_trigger(who.user, form.team_id, form.id)
    bot_id = stage.slack.bot_of(stage.slack.team).bot_id
    body = envelopes.view_interaction(
        "view_submission", stage.slack.team, who.user, form, trigger, held, bot_id
    )  # fmt: skip
    answer = await who._send("interactive", body, stage.slack.team)
    await stage.jon.closes(stage.jon.open_view)
    return str(answer.payload)


WAYS: dict[str, Callable[[Scene, Person], Awaitable[Any]]] = {
    "mention": lambda scene, who: says(scene, who, f"<@BOT> {OTHER_IDEA}"),
    "mention in the thread": lambda scene, who: says(scene, who, "<@BOT> use Redis instead", thread=True),
    "direct message": lambda scene, who: says(scene, who, OTHER_IDEA, dm=True),
    "the word stop": lambda scene, who: says(scene, who, "stop", thread=True),
    "the word approve": lambda scene, who: says(scene, who, "approve", thread=True),
    "the word status": lambda scene, who: says(scene, who, "<@BOT> status", thread=True),
    "an interruption": lambda scene, who: says(scene, who, "!now drop the tests", thread=True),
    "command with an idea": lambda scene, who: who.runs("/omoi", OTHER_IDEA, scene.stage.channel),
    "command list": lambda scene, who: who.runs("/omoi", "list", scene.stage.channel),
    "command status": lambda scene, who: who.runs("/omoi", f"status {scene.spec_id[:9]}", scene.stage.channel),
    "command cancel": lambda scene, who: who.runs("/omoi", f"cancel {scene.spec_id[:9]}", scene.stage.channel),
    "command projects": lambda scene, who: who.runs("/omoi", "projects", scene.stage.channel),
    "command new": lambda scene, who: who.runs("/omoi", "new", scene.stage.channel),
    "command claim": lambda scene, who: who.runs("/omoi", "claim 1234-5678", scene.stage.channel),
    "shortcut": lambda scene, who: who.uses_shortcut("turn_into_spec", scene.gate),
    "approve button": lambda scene, who: who.clicks(scene.gate, "approve"),
    "view button": lambda scene, who: who.clicks(scene.gate, "view_output"),
    "changes button": lambda scene, who: who.clicks(scene.gate, "changes"),
    "log entry": lambda scene, who: who.clicks(scene.gate, "menu", option="Log"),
    "reject entry": lambda scene, who: who.clicks(scene.gate, "menu", option="Reject…"),
    "form": submits,
    "home": lambda scene, who: who.opens_home(),
}


def seen_by(scene: Scene, who: Person) -> str:
    """Everything that only this person sees: private answers, the DM, the form on top, Home."""
    shown: list[Any] = [*who.private_posts, *dm_messages(scene, who)]
    shown += [one for one in (who.open_view, who.home) if one is not None]
    return "\n".join(words(one) for one in shown if not isinstance(one, Message) or one.user != who.id)


CASES = [(kind, way) for kind in SENTENCES for way in WAYS if (kind, way) != ("stranger", "home")]
"""The app has no Home in a workspace that it is not installed in."""


@pytest.mark.parametrize(("kind", "way"), CASES)
async def test_an_outsider_gets_one_sentence_and_nothing_happens(scene: Scene, kind: str, way: str) -> None:
    stage, who = scene.stage, scene.people[kind]
    before = [len(who.private_posts), len(dm_messages(scene, who))]
    answered = str(await WAYS[way](scene, who))

    def told() -> bool:
        new: list[Any] = [*who.private_posts[before[0] :], *dm_messages(scene, who)[before[1] :]]
        new += [one for one in (who.open_view, who.home if way == "home" else None) if one is not None]
        return any(SENTENCES[kind] in words(one) for one in new) or SENTENCES[kind] in answered

    await stage.slack.until(told)
    while who.open_view is not None:
        assert not who.open_view.payload.get("submit"), "a form that cannot be sent"
        await who.closes(who.open_view)
    assert [one.spec_id for one in await specs(stage)] == [scene.spec_id]
    assert await status(stage, scene.spec_id) == "AWAITING_REVIEW" and "approve" in buttons(scene.gate)
    assert (await stage.omoi.list_comments(scene.spec_id)).comments == []
    secret = seen_by(scene, who)
    assert "REQ-001" not in secret and "TSK-001" not in secret and IDEA not in secret.replace(OTHER_IDEA, "")
    assert stage.identity(who) not in str([one async for one in stage.omoi.list_roles(stage.project_id)])


async def test_a_reply_of_an_outsider_is_no_comment(scene: Scene) -> None:
    """They were not talking to Omoi, so it says nothing either."""
    for who in scene.people.values():
        before = len(who.private_posts)
        await says(scene, who, "nice", thread=True)
        await scene.stage.slack.settled()
        assert len(who.private_posts) == before
    await scene.stage.mara.says(scene.stage.channel, "status", thread=scene.ts)  # behind theirs in the same thread
    own = scene.stage.slack.bot.id
    await scene.stage.slack.until(lambda: scene.stage.slack.thread(scene.stage.channel, scene.ts)[-1].user == own)
    assert (await scene.stage.omoi.list_comments(scene.spec_id)).comments == []


async def test_home_lists_as_waiting_what_this_person_may_approve(scene: Scene) -> None:
    """And a click of somebody whom the rule leaves out is answered with who may."""
    stage, nothing = scene.stage, "Nothing waits for you."

    async def home_of(who: Person) -> str:
        published = len(stage.slack.record.of("home"))
        await who.opens_home()
        await stage.slack.until(lambda: len(stage.slack.record.of("home")) > published)
        await stage.slack.settled()
        assert who.home is not None
        return words(who.home)

    assert nothing not in await home_of(stage.mara) and nothing not in await home_of(stage.jon)
    rule = project_pb2.ApproverRule(requester_excluded=True)
    await stage.omoi.update_project(stage.project_id, approvers=rule)
    assert nothing in await home_of(stage.mara) and nothing not in await home_of(stage.jon)
    before = len(stage.mara.private_posts)
    await stage.mara.clicks(scene.gate, "approve")
    await stage.slack.until(lambda: len(stage.mara.private_posts) > before)
    assert "who asked for a spec may not approve it here" in words(stage.mara.private_posts[-1])
    assert await status(stage, scene.spec_id) == "AWAITING_REVIEW"
