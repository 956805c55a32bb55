"""Passwords, log-in and sessions."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import time
from dataclasses import dataclass

from shop.accounts import Account, Accounts

ROUNDS = 50_000
SESSION_SECONDS = 8 * 60 * 60


class LoginFailed(Exception):
    """Unknown address, wrong password or a closed account; which of them is not said."""


@dataclass(frozen=True)
class Session:
    """Proof that somebody logged in; `expires` in seconds since the epoch."""

    token: str
    email: str
    expires: float


def hash_password(password: str, salt: str = "") -> str:
    """`salt$digest`, with a fresh salt unless one is given."""
    salt = salt or secrets.token_hex(8)
    digest = hashlib.pbkdf2_hmac("sha256", password.encode(), salt.encode(), ROUNDS).hex()
    return f"{salt}${digest}"


def check_password(account: Account, password: str) -> bool:
    """Whether it is the account's password. Takes the same time for every answer."""
    salt, _, _ = account.password.partition("$")
    return hmac.compare_digest(account.password, hash_password(password, salt))


class Auth:
    """Logs customers in and out."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self._sessions: dict[str, Session] = {}

    def login(self, email: str, password: str) -> Session:
        """Start a session. Raises LoginFailed."""
        account = self._accounts.find(email)
        if account is None or not account.active or not check_password(account, password):
            raise LoginFailed(email)
        session = Session(secrets.token_urlsafe(16), account.email, time.time() + SESSION_SECONDS)
        self._sessions[session.token] = session
        return session

    def logout(self, token: str) -> None:
        self._sessions.pop(token, None)

    def who(self, token: str) -> str | None:
        """Address of the customer with this session, if it has not expired."""
        session = self._sessions.get(token)
        if session is None or session.expires < time.time():
            return None
        return session.email
