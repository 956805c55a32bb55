"""Accounts of customers."""

from __future__ import annotations

from dataclasses import dataclass


class EmailTaken(Exception):
    """There is an account with this address already."""


@dataclass
class Account:
    """One customer. `password` is what auth.hash_password made, never the password itself."""

    email: str
    name: str
    password: str
    active: bool = True


class Accounts:
    """All accounts, by email address. Addresses are compared without case."""

    def __init__(self) -> None:
        self._by_email: dict[str, Account] = {}

    def add(self, account: Account) -> None:
        key = account.email.casefold()
        if key in self._by_email:
            raise EmailTaken(account.email)
        self._by_email[key] = account

    def find(self, email: str) -> Account | None:
        return self._by_email.get(email.casefold())

    def close(self, email: str) -> None:
        account = self.find(email)
        if account is not None:
            account.active = False
