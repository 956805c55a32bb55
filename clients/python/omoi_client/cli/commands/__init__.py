"""The commands as click knows them: names, arguments, help. Importing them loads neither grpc nor rich.

Each callback imports what it does (cli.work) when it runs, so that help and completion stay quick.
"""

from __future__ import annotations

import click

from omoi_client.cli.commands.looking import archive, label, list_specs, show
from omoi_client.cli.commands.people import role, token, whoami
from omoi_client.cli.commands.projects import project
from omoi_client.cli.commands.publishing import branch, logs, pr
from omoi_client.cli.commands.reviewing import approve, output, reject, request_changes
from omoi_client.cli.commands.shell import completion, version
from omoi_client.cli.commands.starting import cancel, execute, launch, watch
from omoi_client.cli.commands.talking import comments, say
from omoi_client.cli.commands.tasks import task
from omoi_client.cli.commands.tickets import tickets

ALL: tuple[click.Command, ...] = (
    launch,
    execute,
    watch,
    cancel,
    list_specs,
    show,
    output,
    logs,
    approve,
    request_changes,
    reject,
    say,
    comments,
    branch,
    pr,
    task,
    tickets,
    project,
    label,
    archive,
    whoami,
    role,
    token,
    completion,
    version,
)
