from shop.web import Shop


def test_a_customer_signs_up_and_logs_in() -> None:
    shop = Shop()
    assert shop.post_signup("ada@example.com", "Ada", "correct horse").status == 201
    assert shop.post_login("ada@example.com", "correct horse").status == 200
    assert [letter.to for letter in shop.outbox.letters] == ["ada@example.com"]


def test_an_address_is_used_once() -> None:
    shop = Shop()
    shop.post_signup("ada@example.com", "Ada", "correct horse")
    assert shop.post_signup("Ada@example.com", "Ada", "other").status == 409


def test_search_finds_by_words() -> None:
    found = Shop().get_search("blue").content["products"]
    assert [one["sku"] for one in found] == ["mug"]
