import pytest

from shop import money
from shop.basket import Basket
from shop.catalogue import Catalogue, OutOfStock, Product
from shop.mail import Outbox
from shop.orders import SHIPPING, EmptyBasket, Orders


@pytest.fixture
def orders() -> Orders:
    return Orders(Catalogue([Product("mug", "Blue mug", 950, 12)]), Outbox())


def test_a_small_order_pays_shipping(orders: Orders) -> None:
    assert orders.place("ada@example.com", Basket({"mug": 2})).total == 1900 + SHIPPING


def test_a_large_order_does_not(orders: Orders) -> None:
    assert orders.place("ada@example.com", Basket({"mug": 6})).total == 5700


def test_nothing_is_sold_that_is_not_there(orders: Orders) -> None:
    with pytest.raises(OutOfStock):
        orders.place("ada@example.com", Basket({"mug": 13}))


def test_an_empty_basket_is_no_order(orders: Orders) -> None:
    with pytest.raises(EmptyBasket):
        orders.place("ada@example.com", Basket())


def test_amounts_are_shown_with_two_digits() -> None:
    assert money.show(1205) == "12.05 EUR"
