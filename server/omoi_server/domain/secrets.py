"""Secrets that people and programs carry: tokens and one-time codes, and the sums by which they are known again."""

from __future__ import annotations

import hashlib
import secrets

TOKEN_BYTES = 32

_CROCKFORD = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Base 32 without I, L, O and U (https://www.crockford.com/base32.html)."""
_MEANT = str.maketrans({"O": "0", "I": "1", "L": "1", " ": None, "-": None})
CODE_CHARACTERS = 8
"""Of 5 bits each: 40 bits, for a code that lives 15 minutes and ends after ten wrong ones."""


def new_token() -> str:
    """A token's secret."""
    return f"omoi_{secrets.token_urlsafe(TOKEN_BYTES)}"


def token_hash(token: str) -> str:
    """SHA-256 of a token as hex: all that is stored of it. It has 256 random bits, so it needs no salt and no stretching."""
    return hashlib.sha256(token.encode()).hexdigest()


def new_code() -> str:
    """A one-time code such as 7K3M-Q9TX."""
    code = "".join(secrets.choice(_CROCKFORD) for _ in range(CODE_CHARACTERS))
    return f"{code[:4]}-{code[4:]}"


def code_hash(code: str) -> str:
    """SHA-256 of a code as hex, whatever its case, spaces and dashes; O counts as 0, I and L as 1."""
    return hashlib.sha256(code.upper().translate(_MEANT).encode()).hexdigest()
