"""Forms about a channel and about people: link, settings, role, own reminders."""

from __future__ import annotations

from omoi_bot.blocks import actions
from omoi_bot.blocks.actions import Target
from omoi_bot.blocks.forms.launch import WITH, gates_input, project_input
from omoi_bot.blocks.kit import choices, context, field, modal, option, section, text_input
from omoi_bot.blocks.model import Block, ChannelView, ProjectView, View
from omoi_bot.blocks.text import code, count, escape
from omoi_bot.blocks.words import document, who

ROLES = ("viewer", "contributor", "maintainer")

_LISTENING = (
    option("Mentions only", "mention"),
    option("Mentions and the requester's replies", "requester"),
    option("Every reply in a spec's thread", "all"),
)
_VERBOSITY = (
    option("Quiet", "quiet", "Gates, failures, the pull request"),
    option("Normal", "normal", "Phase results as well"),
    option("Everything", "everything", "The exploration as well"),
)
_ROLES = (
    option("Viewer", "viewer", "Reads specs and documents"),
    option("Contributor", "contributor", "Starts, steers and reviews as well"),
    option("Maintainer", "maintainer", "Links channels and gives roles as well"),
)


def settings_form(channel: ChannelView) -> View:
    """What Omoi listens to and says in this channel, and where it asks."""
    linked = f"Linked to *{escape(channel.project.name, 80)}*." if channel.project else "Not linked: `/omoi link`."
    broadcast = option("Also show the final pull request in the channel", WITH)
    blocks: list[Block] = [
        section(f"{_named(channel)}. {linked}"),
        field(actions.LISTENING, "Omoi hears", choices("radio_buttons", _LISTENING, [channel.listening])),
        field(actions.VERBOSITY, "Omoi says", choices("radio_buttons", _VERBOSITY, [channel.verbosity])),
        field(
            actions.GATES, "Ask after", gates_input(channel.gates if channel.gates is not None else ("TASKS",)), True,
            "For specs launched here. A project's own gates always hold.",
        ),
        context(_asks(channel)),
        field(
            actions.BROADCAST, "Pull request", choices("checkboxes", [broadcast], [WITH] if channel.broadcast else []), True
        ),
        field(
            actions.USERGROUP, "Reviewers", text_input(channel.usergroup, most=40, placeholder="S0123ABCD"), True,
            "A user group that is called when a review waits and the project names no approvers: its id, from the group's "
            "menu in Slack (Copy group ID).",
        ),
        field(
            actions.BOTS, "Apps that may comment", text_input(" ".join(channel.bots), most=600), True,
            "Their messages in a spec's thread are kept as comments and start nothing. Ids with spaces between: an app's "
            "member id (U…), or a workflow's or webhook's bot id (B…).",
        ),
    ]  # fmt: skip
    return modal("Channel settings", blocks, actions.SETTINGS_FORM, Target(channel=channel.channel), "Save", "Cancel")


def link_form(channel: ChannelView, projects: tuple[ProjectView, ...]) -> View:
    """Links a channel to a project, and says who will read what is posted: the number of members, outsiders too."""
    target = Target(channel=channel.channel)
    members = f"its {count(channel.members, 'member')}" if channel.members is not None else "everyone in it"
    warning = f"Whoever is in {_named(channel)} sees what I post there: {members}, and people who join later."
    blocks: list[Block] = [section(warning)]
    if channel.shared:
        blocks.append(
            section("This channel is shared with another organisation. Its people read along, but cannot steer.")
        )
    if channel.project is not None:
        by = f" by {who(channel.linked_by)}" if channel.linked_by else ""
        blocks.append(context(f"Linked to *{escape(channel.project.name, 80)}*{by} now."))
    if not projects:
        blocks.append(section("You are maintainer of no project; linking a channel needs that."))
        return modal("Link this channel", blocks, actions.LINK_FORM, target)
    chosen = channel.project.project_id if channel.project else ""
    blocks.append(field(actions.PROJECT, "Project", project_input(projects, chosen)))
    return modal("Link this channel", blocks, actions.LINK_FORM, target, "Link", "Cancel")


def role_form(projects: tuple[ProjectView, ...], slack_user: str = "", project_id: str = "", role: str = "") -> View:
    """Gives a person a role in a project. `slack_user` and the others are chosen at first."""
    if not projects:
        words = "You may give roles in no project; that needs maintainer there, or admin."
        return modal("Give a role", [section(words)], actions.ROLE_FORM, Target())
    person: dict[str, object] = {"type": "users_select", "action_id": actions.FIELD}
    if slack_user[:1] in {"U", "W"} and slack_user.isalnum() and slack_user.isascii() and len(slack_user) <= 30:
        person["initial_user"] = slack_user
    blocks = [
        field(actions.PERSON, "Who", person),
        field(actions.PROJECT, "Project", project_input(projects, project_id)),
        field(actions.ROLE, "Role", choices("radio_buttons", _ROLES, [role if role in ROLES else "contributor"])),
    ]  # fmt: skip
    return modal("Give a role", blocks, actions.ROLE_FORM, Target(), "Give", "Cancel")


def person_form(timezone: str = "", reminders: bool = True) -> View:
    """One person's own settings: whether an unanswered review is reminded of."""
    zone = f"Working hours are 9 to 17, Monday to Friday, in {code(timezone, 60)}." if timezone else ""
    held = option("Remind me of reviews after 3 working hours", WITH)
    blocks: list[Block] = [
        field(actions.REMINDERS, "Reminders", choices("checkboxes", [held], [WITH] if reminders else []), True)
    ]
    if zone:
        blocks.append(context(zone))
    return modal("Your settings", blocks, actions.PERSON_FORM, Target(), "Save", "Cancel")


def _asks(channel: ChannelView) -> str:
    """Where it is asked in the end: the channel's own choice, and what no channel can leave out."""
    own = "This channel's own choice." if channel.gates is not None else "As everywhere: once, after the plan."
    always = ", ".join(document(name) for name in channel.project_gates)
    return f"{own} The project always asks after: {always}." if always else own


def _named(channel: ChannelView) -> str:
    name = escape(channel.name.lstrip("#"), 80)
    return f"#{name}" if name else "this channel"
