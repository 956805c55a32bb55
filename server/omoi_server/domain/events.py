"""What is written into the log: a draft without its number; the store gives sequence and time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SERVER = "server"
"""Source of what the server does by itself."""


def by_user(user_id: str) -> str:
    """Source of what a person asked for."""
    return f"user:{user_id}"


def by_worker(sandbox_id: str) -> str:
    """Source of what a worker journaled."""
    return f"worker:{sandbox_id}"


@dataclass(frozen=True)
class EventDraft:
    """One fact about one spec.

    `type` is a dotted name of the contract. `payload` is {} or {"<oneof field of SpecEvent>": {<proto field>: value}} with
    enum values as their names; rpc turns it into the message.
    """

    spec_id: str
    type: str
    message: str
    source: str = SERVER
    phase: str = ""
    payload: Mapping[str, Any] = field(default_factory=dict)
