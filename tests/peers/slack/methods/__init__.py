"""The Web API: one module for each family of methods, each with its table `METHODS`."""

from __future__ import annotations

from tests.peers.slack.methods import agents, apps, chat, conversations, files, oauth, people, reactions, views
from tests.peers.slack.web import Method

ALL: dict[str, Method] = {
    **agents.METHODS,
    **apps.METHODS,
    **chat.METHODS,
    **conversations.METHODS,
    **files.METHODS,
    **oauth.METHODS,
    **people.METHODS,
    **reactions.METHODS,
    **views.METHODS,
}
"""Every method that the peer knows; any other name is `unknown_method`."""
