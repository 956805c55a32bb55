"""Tokens in the database open nothing without the key."""

from __future__ import annotations

import pytest
from cryptography.fernet import Fernet

from omoi_bot.store.errors import StoreError
from omoi_bot.store.sealing import Sealer


def test_a_sealed_token_opens_with_its_key_only() -> None:
    key = Fernet.generate_key().decode()
    sealed = Sealer(key).seal("xoxb-secret")
    assert "secret" not in sealed
    assert Sealer(key).open(sealed) == "xoxb-secret"
    with pytest.raises(StoreError, match="another OMOI_BOT_SECRET_KEY"):
        Sealer(Fernet.generate_key().decode()).open(sealed)
    with pytest.raises(StoreError, match="another OMOI_BOT_SECRET_KEY"):
        Sealer(key).open("ünsinn")


@pytest.mark.parametrize("key", ["", "short", "ü" * 44, "A" * 43])
def test_a_bad_key_is_named_and_not_shown(key: str) -> None:
    with pytest.raises(StoreError, match="OMOI_BOT_SECRET_KEY is no key") as error:
        Sealer(key)
    assert not key or key not in str(error.value)
