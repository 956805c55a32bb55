"""Where a spec is told: its conversation, the settings of that channel, and who is named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from omoi_bot.backend.views import who
from omoi_bot.blocks.model import Who
from omoi_bot.follow.cards import Changes, Decision, Ending, Telling
from omoi_bot.follow.room import Room
from omoi_bot.follow.story import NORMAL
from omoi_bot.posting import get
from omoi_bot.store import channels, conversations, workspaces
from omoi_bot.store.conversations import Conversation

_QUOTED = ("command", "shortcut", "form", "home")
"""Ways to start that leave no message of the requester above the live message."""


@dataclass(frozen=True)
class Scene:
    """`plan` and `agent`: what the workspace takes. `moves`: how often the report moved. `live_error`: why Slack will
    never show the live message. `people`: users by their id. At a gate `called` are those whom it mentions, and `deciders`
    those of a named list who may decide; `far`: the live message lies far up in the thread."""

    conversation: Conversation
    verbosity: str = NORMAL
    broadcast: bool = False
    usergroup: str = ""
    channel_name: str = ""
    plan: bool = True
    agent: bool = False
    live_error: str = ""
    people: Mapping[str, Who] = field(default_factory=dict)
    called: tuple[Who, ...] = ()
    deciders: tuple[Who, ...] = ()
    far: bool = False

    @property
    def moves(self) -> int:
        return moves_of(self.conversation)

    @property
    def quoted(self) -> bool:
        """The live message has to say who asked for what."""
        return self.conversation.origin in _QUOTED or self.moves > 0

    def who(self, user_id: str) -> Who | None:
        """The user as one who can be mentioned; None for nobody."""
        return self.people.get(user_id, Who(name=user_id)) if user_id else None

    async def with_people(self, room: Room, told: Sequence[Telling]) -> Scene:
        """With everybody whom these tellings name."""
        named = {name for telling in told if (name := _named(telling))}
        users = await room.backend.users(sorted(named)) if named else {}
        return replace(self, people={user_id: who(user, user_id) for user_id, user in users.items()})


def moves_of(conversation: Conversation) -> int:
    """How often the report moved; it stands in the id of its live message ("live:<spec>:m2")."""
    tail = conversation.live_post_id.rpartition(":")[2]
    return int(tail[1:]) if tail.startswith("m") and tail[1:].isdigit() else 0


async def set_scene(room: Room, spec_id: str) -> Scene | None:
    """The scene as the database has it; None when nobody wants to hear about the spec."""
    async with room.db.read() as tx:
        conversation = await conversations.of_spec(tx, spec_id)
        if conversation is None:
            return None
        channel = await channels.get(tx, conversation.team, conversation.channel)
        workspace = await workspaces.get(tx, conversation.team)
        live = await get(tx, conversation.live_post_id)
        now = tx.now
    scene = Scene(conversation, live_error=live.error if live is not None and live.state == "GONE" else "")
    if workspace is not None:
        refused = workspace.plan_refused_until
        scene = replace(scene, plan=refused is None or refused <= now, agent=workspace.agent)
    if channel is None:
        return scene
    return replace(
        scene,
        verbosity=channel.verbosity,
        broadcast=channel.broadcast,
        usergroup=channel.usergroup,
        channel_name=channel.name,
    )


def _named(telling: Telling) -> str:
    card = telling.card
    if isinstance(card, Decision | Changes):
        return card.by
    return card.end.by if isinstance(card, Ending) else ""
