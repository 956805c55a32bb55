"""The outbox: messages are wanted in the database, and one process per workspace brings them to Slack, each once."""

from omoi_bot.posting.pace import Pace
from omoi_bot.posting.post import Post, put, withdraw
from omoi_bot.posting.sender import Sender
from omoi_bot.store.outbox import OnGone
from omoi_bot.store.posts import FIRST, PHASE, PROGRESS, Kept, get, of_message, of_spec, told, untold

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
    "told",
    "untold",
    "withdraw",
]
