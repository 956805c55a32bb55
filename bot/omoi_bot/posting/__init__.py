"""The outbox: messages are wanted in the database, and one process per workspace brings them to Slack, each once."""

from omoi_bot.posting.outbox import OnGone
from omoi_bot.posting.pace import Pace
from omoi_bot.posting.post import FIRST, PHASE, PROGRESS, Kept, Post, get, of_message, of_spec, put, withdraw
from omoi_bot.posting.sender import Sender

__all__ = [
    "FIRST",
    "PHASE",
    "PROGRESS",
    "Kept",
    "OnGone",
    "Pace",
    "Post",
    "Sender",
    "get",
    "of_message",
    "of_spec",
    "put",
    "withdraw",
]
