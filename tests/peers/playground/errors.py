"""What ends the playground, or refuses a wish of the page, with one sentence."""

from __future__ import annotations


class PlaygroundError(Exception):
    """The thing, the reason and what to do, in one sentence."""
