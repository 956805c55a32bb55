"""From a basket to an order."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

from shop import money
from shop.basket import Basket
from shop.catalogue import Catalogue
from shop.mail import Outbox

SHIPPING = 490
FREE_SHIPPING_FROM = 5_000


class EmptyBasket(Exception):
    """There is nothing to order."""


@dataclass(frozen=True)
class Order:
    """What was ordered; amounts in cents."""

    number: int
    email: str
    counts: tuple[tuple[str, int], ...]
    total: int


class Orders:
    """Takes orders and keeps them."""

    def __init__(self, catalogue: Catalogue, outbox: Outbox) -> None:
        self._catalogue = catalogue
        self._outbox = outbox
        self._numbers = itertools.count(1001)
        self.placed: list[Order] = []

    def place(self, email: str, basket: Basket) -> Order:
        """Raises EmptyBasket or OutOfStock."""
        if not basket.counts:
            raise EmptyBasket(email)
        for sku, count in basket.counts.items():
            self._catalogue.take(sku, count)
        goods = basket.total(self._catalogue)
        total = goods + (0 if goods >= FREE_SHIPPING_FROM else SHIPPING)
        order = Order(next(self._numbers), email, tuple(sorted(basket.counts.items())), total)
        self.placed.append(order)
        self._outbox.confirm_order(email, order.number, money.show(total))
        return order
