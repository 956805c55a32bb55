import pytest

from shop.accounts import Account, Accounts
from shop.auth import Auth, LoginFailed, hash_password


@pytest.fixture
def auth() -> Auth:
    accounts = Accounts()
    accounts.add(Account("ada@example.com", "Ada", hash_password("correct horse")))
    return Auth(accounts)


def test_the_right_password_opens_a_session(auth: Auth) -> None:
    session = auth.login("ADA@example.com", "correct horse")
    assert auth.who(session.token) == "ada@example.com"


@pytest.mark.parametrize(("email", "password"), [("ada@example.com", "wrong"), ("bob@example.com", "correct horse")])
def test_anything_else_fails_in_one_way(auth: Auth, email: str, password: str) -> None:
    with pytest.raises(LoginFailed):
        auth.login(email, password)


def test_a_session_ends_with_the_logout(auth: Auth) -> None:
    session = auth.login("ada@example.com", "correct horse")
    auth.logout(session.token)
    assert auth.who(session.token) is None
