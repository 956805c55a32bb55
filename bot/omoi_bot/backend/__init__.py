"""The Omoi server as the bot sees it: the only room that knows the client and its messages."""

from __future__ import annotations

from omoi_bot.backend.server import (
    ROLE_WORDS,
    Backend,
    TokenFacts,
    TokenRefused,
    identity_unknown,
    role_of,
)

__all__ = ["ROLE_WORDS", "Backend", "TokenFacts", "TokenRefused", "identity_unknown", "role_of"]
