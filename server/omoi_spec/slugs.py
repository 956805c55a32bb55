"""Short names for branches and folders."""

from __future__ import annotations

import hashlib
import re
import unicodedata

LONGEST = 50

# Letters that Unicode decomposition leaves alone, written as their languages do without them.
_LETTERS = str.maketrans(
    {
        "ß": "ss",
        "æ": "ae",
        "Æ": "ae",
        "ø": "o",
        "Ø": "o",
        "œ": "oe",
        "Œ": "oe",
        "đ": "d",
        "Đ": "d",
        "ł": "l",
        "Ł": "l",
    }
)


def slug(text: str) -> str:
    """Return `text` as `[a-z0-9-]{1,50}`, cut between words, never starting or ending with "-".

    Text without a Latin letter or digit becomes "spec-" and eight hex digits of its SHA-256, so
    that different texts keep different names.
    """
    plain = unicodedata.normalize("NFKD", text.translate(_LETTERS))
    plain = plain.encode("ascii", "ignore").decode("ascii").lower()
    plain = plain.replace("'", "")
    words = re.findall(r"[a-z0-9]+", plain)
    if not words:
        digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
        return f"spec-{digest[:8]}"
    name: str = words[0][:LONGEST]
    for word in words[1:]:
        if len(name) + 1 + len(word) > LONGEST:
            break
        name = f"{name}-{word}"
    return name
