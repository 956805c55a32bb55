"""What is written into the log: a draft without its number; the store gives sequence and time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SERVER = "server"
"""Source of what the server does by itself."""


_VIA = " via "
"""Ids hold no space."""


def by_user(user_id: str, via: str = "") -> str:
    """Source of what a person asked for; `via`: the user id of the service that acted for them."""
    return f"user:{user_id}{_VIA}{via}" if via else f"user:{user_id}"


def source_and_via(source: str) -> tuple[str, str]:
    """A draft's source taken apart into what the log shows as source and as via."""
    who, _, via = source.partition(_VIA)
    return who, via


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
