"""What a customer wants to buy."""

from __future__ import annotations

from dataclasses import dataclass, field

from shop.catalogue import Catalogue


@dataclass
class Basket:
    """Counts by sku."""

    counts: dict[str, int] = field(default_factory=dict)

    def add(self, sku: str, count: int = 1) -> None:
        self.counts[sku] = self.counts.get(sku, 0) + count

    def remove(self, sku: str) -> None:
        self.counts.pop(sku, None)

    def total(self, catalogue: Catalogue) -> int:
        """Sum in cents. A product that is no longer sold counts nothing."""
        found = ((catalogue.find(sku), count) for sku, count in self.counts.items())
        return sum(product.price * count for product, count in found if product is not None)
