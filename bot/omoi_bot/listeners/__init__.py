"""What people do in Slack, and what becomes of it: one listener for each kind of envelope."""

from __future__ import annotations

from omoi_bot.listeners.taking import HANDLERS

__all__ = ["HANDLERS"]
