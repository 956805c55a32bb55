"""The outbox: messages are wanted in the database, and one process per workspace brings them to Slack, each once."""

from omoi_bot.posting.post import FIRST, PHASE, PROGRESS, Kept, Post, get, of_message, of_spec, put, withdraw

__all__ = ["FIRST", "PHASE", "PROGRESS", "Kept", "Post", "get", "of_message", "of_spec", "put", "withdraw"]
