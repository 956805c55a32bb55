"""whoami, role, token."""

from __future__ import annotations

import click

from omoi_client.cli.commands.options import ROLES, choice, json_option
from omoi_client.cli.running import run


@click.command()
@json_option
def whoami(as_json: bool) -> int:
    """Show who you are to the server, and your roles."""
    from omoi_client.cli.work import people

    return run(lambda omoi: people.whoami(omoi, as_json))


@click.group()
def role() -> None:
    """Who may do what in a project.

    A USER is named by id (usr-…), or as slack:T012AB3C4/U061F7AUR.
    """


@role.command("list")
@click.argument("project", default="")
@json_option
def list_roles(project: str, as_json: bool) -> int:
    """List who has which role in PROJECT, which may be left out when there is only one."""
    from omoi_client.cli.work import people

    return run(lambda omoi: people.list_roles(omoi, project, as_json))


@role.command("set")
@click.argument("project")
@click.argument("user")
@click.argument("which", metavar="|".join((*ROLES, "none")), type=choice((*ROLES, "none")))
@json_option
def set_role(project: str, user: str, which: str, as_json: bool) -> int:
    """Give USER a role in PROJECT, or with none take it away. Needs maintainer."""
    from omoi_client.cli.work import people

    return run(lambda omoi: people.set_role(omoi, project, user, which, as_json))


@click.group()
def token() -> None:
    """API tokens for people and programs."""


def _each(context: click.Context, parameter: click.Parameter, given: tuple[str, ...]) -> tuple[str, ...]:
    """`--scope read,write` is `--scope read --scope write`."""
    return tuple(one.strip() for some in given for one in some.split(","))


@token.command()
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    callback=_each,
    required=True,
    help="read, write, admin, read-all, act-as:SYSTEM or *. Repeatable.",
)
@click.option("--user", default="", help="Whose: a user's id, or the name of a service. Default: yours.")
@click.option(
    "--expires", default="", metavar="90d", help="How long it lives: a number and m, h, d or w. Default: for ever."
)
@json_option
def create(name: str, scopes: tuple[str, ...], user: str, expires: str, as_json: bool) -> int:
    """Make a token. Its secret is shown this once; in a pipe only the secret goes to stdout."""
    from omoi_client.cli.work import tokens

    return run(lambda omoi: tokens.create(omoi, name, scopes, user, expires, as_json))


@token.command("list")
@click.option("--all", "ended_too", is_flag=True, help="Revoked and expired ones too.")
@json_option
def list_tokens(ended_too: bool, as_json: bool) -> int:
    """List tokens without their secrets: your own, or as an admin all."""
    from omoi_client.cli.work import tokens

    return run(lambda omoi: tokens.list_tokens(omoi, ended_too, as_json))


@token.command()
@click.argument("token_id", metavar="TOKEN")
@json_option
def revoke(token_id: str, as_json: bool) -> int:
    """Make a token useless, within two seconds."""
    from omoi_client.cli.work import tokens

    return run(lambda omoi: tokens.revoke(omoi, token_id, as_json))
