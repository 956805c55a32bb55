"""Requests to the shop and its answers."""

from __future__ import annotations

from dataclasses import dataclass, field

from shop.accounts import Account, Accounts, EmailTaken
from shop.auth import Auth, LoginFailed, hash_password
from shop.catalogue import Catalogue, Product
from shop.mail import Outbox


@dataclass
class Answer:
    """HTTP status and what the page shows."""

    status: int
    content: dict[str, object] = field(default_factory=dict)


class Shop:
    """Everything together."""

    def __init__(self) -> None:
        self.accounts = Accounts()
        self.auth = Auth(self.accounts)
        self.outbox = Outbox()
        self.catalogue = Catalogue([Product("mug", "Blue mug", 950, 12), Product("tea", "Green tea", 690, 40)])

    def post_signup(self, email: str, name: str, password: str) -> Answer:
        try:
            self.accounts.add(Account(email, name, hash_password(password)))
        except EmailTaken:
            return Answer(409, {"error": "There is an account with this address."})
        self.outbox.welcome(email, name)
        return Answer(201)

    def post_login(self, email: str, password: str) -> Answer:
        try:
            session = self.auth.login(email, password)
        except LoginFailed:
            return Answer(401, {"error": "Address or password is wrong."})
        return Answer(200, {"token": session.token})

    def get_search(self, words: str) -> Answer:
        found = [{"sku": one.sku, "title": one.title, "price": one.price} for one in self.catalogue.search(words)]
        return Answer(200, {"products": found})


def main() -> None:
    """Print the catalogue: `shop`."""
    for product in Shop().catalogue.search(""):
        print(f"{product.sku}  {product.title}")
