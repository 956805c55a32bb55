"""What ends the demo with one sentence."""

from __future__ import annotations


class DemoError(Exception):
    """The thing, the reason and what to do, in one sentence."""
