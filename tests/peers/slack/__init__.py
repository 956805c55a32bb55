"""A peer that speaks Slack: Web API, Socket Mode, HTTP events, OAuth and files, as strict as Slack says it is.

`SlackPeer` starts it, `Person` acts in it, `Record` tells what the app did. `python -m tests.peers.slack` serves it.
"""

from __future__ import annotations

from tests.peers.slack.forms import FormIncomplete, StaleClick
from tests.peers.slack.model import Channel, File, Message, Team, User, View
from tests.peers.slack.peer import SlackPeer
from tests.peers.slack.people import BadAnswer, NotAnswered, Person
from tests.peers.slack.record import Entry, Record

__all__ = [
    "BadAnswer",
    "Channel",
    "Entry",
    "File",
    "FormIncomplete",
    "Message",
    "NotAnswered",
    "Person",
    "Record",
    "SlackPeer",
    "StaleClick",
    "Team",
    "User",
    "View",
]
