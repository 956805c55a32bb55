"""Products and their stock."""

from __future__ import annotations

from dataclasses import dataclass


class OutOfStock(Exception):
    """Fewer are there than wanted."""


@dataclass
class Product:
    """Something to buy; `price` in cents."""

    sku: str
    title: str
    price: int
    stock: int = 0


class Catalogue:
    """All products, by sku."""

    def __init__(self, products: list[Product] | None = None) -> None:
        self._products = {product.sku: product for product in products or []}

    def find(self, sku: str) -> Product | None:
        return self._products.get(sku)

    def search(self, words: str) -> list[Product]:
        """Products whose title holds every word."""
        wanted = words.casefold().split()
        return [one for one in self._products.values() if all(word in one.title.casefold() for word in wanted)]

    def take(self, sku: str, count: int) -> None:
        """Remove from stock. Raises OutOfStock and takes nothing."""
        product = self._products[sku]
        if product.stock < count:
            raise OutOfStock(sku)
        product.stock -= count
