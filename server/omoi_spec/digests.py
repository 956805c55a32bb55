"""Content digests of phase outputs.

Two digests exist: the output digest names what a reviewer approves (an output together with the
outputs it was made from); the input digest decides whether an output may be used again.
Engine, prompt version and repository commit are provenance and are part of neither.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

_EXACT_FLOAT = 2.0**53


def canonical(data: object) -> bytes:
    """Return `data` (plain JSON) as one fixed sequence of ASCII bytes.

    Keys are sorted, there is no white space, and a whole number is written the same whether it
    came as 2 or 2.0, because stores and languages differ in which of the two they give back.
    Raises ValueError for NaN and infinities, TypeError for what is not JSON.
    """
    text = json.dumps(_plain(data), sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return text.encode("ascii")


def output_digest(data: object, upstream_digests: Iterable[str]) -> str:
    """Return the SHA-256 (hex) of an output and of the digests of the outputs it was made from.

    The order of `upstream_digests` counts: give them in phase order.
    """
    return _sha256({"data": data, "upstream": list(upstream_digests)})


def input_digest(title: str, description: str, feedback: Iterable[str], upstream_digests: Iterable[str]) -> str:
    """Return the SHA-256 (hex) of all that an output is made from.

    `feedback` holds the accepted change requests, oldest first.
    """
    return _sha256(
        {
            "title": title,
            "description": description,
            "feedback": list(feedback),
            "upstream": list(upstream_digests),
        }
    )


def _sha256(data: object) -> str:
    return hashlib.sha256(canonical(data)).hexdigest()


def _plain(value: object) -> object:
    if isinstance(value, float) and value.is_integer() and abs(value) < _EXACT_FLOAT:
        return int(value)
    if isinstance(value, dict):
        for key in value:
            if not isinstance(key, str):
                raise TypeError(f"Keys of canonical data are strings; found {type(key).__name__}.")
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    return value
