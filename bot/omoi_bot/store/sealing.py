"""Seals the tokens of workspaces, so that a copy of the database opens nothing."""

from __future__ import annotations

from cryptography.fernet import Fernet, InvalidToken

from omoi_bot.store.errors import StoreError


class Sealer:
    """Fernet with the key from OMOI_BOT_SECRET_KEY (32 bytes, url-safe base64)."""

    def __init__(self, key: str) -> None:
        """StoreError for a key that is not one; the message does not hold it."""
        try:
            self._fernet = Fernet(key.encode("ascii", "replace"))
        except ValueError as error:
            raise StoreError(
                "OMOI_BOT_SECRET_KEY is no key: 32 random bytes in url-safe base64. Make one with: python -c "
                '"from cryptography.fernet import Fernet; print(Fernet.generate_key().decode())"'
            ) from error

    def seal(self, token: str) -> str:
        """The token as it is stored."""
        return self._fernet.encrypt(token.encode()).decode("ascii")

    def open(self, sealed: str) -> str:
        """The token. StoreError when it was sealed with another key, or changed."""
        try:
            return self._fernet.decrypt(sealed.encode("ascii", "replace")).decode()
        except InvalidToken as error:
            raise StoreError(
                "The token of this workspace was sealed with another OMOI_BOT_SECRET_KEY. Put the old key back, or "
                "install Omoi in the workspace again."
            ) from error
