"""Words that act: only when they are the whole message (rule 9), so that "stop using Redis" is a wish and not a stop."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from omoi_bot.listeners import reading


class Word(StrEnum):
    """What a whole message can command."""

    STOP = "stop"
    STATUS = "status"
    RETRY = "retry"
    HELP = "help"
    APPROVE = "approve"


@dataclass(frozen=True)
class Saying:
    """A message, read. `text` is without the mention and in plain words; `to_omoi`: it mentions the bot; `now`: it began with
    `!now` and is to interrupt the agent; `word`: it is a command and nothing else."""

    text: str
    to_omoi: bool = False
    now: bool = False
    word: Word | None = None


_NOW = re.compile(r"!now\b[ \t]*[:,]?\s*", re.IGNORECASE)
_DECORATION = " \t\n.!*_`~"


def word_of(text: str) -> Word | None:
    """The command that this text is, whatever the case and with `.` and `!` ignored; None for everything longer."""
    bare = text.strip(_DECORATION).casefold()
    return Word(bare) if bare in tuple(Word) else None


def read(text: str, bot_user: str, names: dict[str, str] | None = None) -> Saying:
    """Read a Slack text as something said to, or near, the bot user `bot_user` ("U…")."""
    to_omoi, rest = reading.without_mention(text, bot_user)
    words = reading.plain(rest, names)
    now = _NOW.match(words)
    if now:
        return Saying(words[now.end() :].strip(), to_omoi, now=True)
    return Saying(words, to_omoi, word=word_of(words))
