"""Which server, which token, and never the wrong one in plaintext."""

from __future__ import annotations

from pathlib import Path

import pytest

from omoi_client.endpoint import Endpoint, find_endpoint, is_loopback, omoi_home
from omoi_client.errors import ConfigurationError


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "address").write_text("127.0.0.1:41873\n")
    (tmp_path / "token").write_text("local-token\n")
    return tmp_path


def reason(address: str = "", token: str = "", **environ: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        find_endpoint(address, token, environ)
    assert caught.value.remedy
    return caught.value.reason


def test_the_files_of_the_server_on_this_machine(home: Path) -> None:
    assert find_endpoint(environ={"OMOI_HOME": str(home)}) == Endpoint("127.0.0.1:41873", "local-token", False)


def test_the_environment_is_before_the_files_and_the_caller_before_both(home: Path) -> None:
    env = {"OMOI_HOME": str(home), "OMOI_ADDRESS": "localhost:1", "OMOI_TOKEN": "env-token"}
    assert find_endpoint(environ=env) == Endpoint("localhost:1", "env-token", False)
    assert find_endpoint("[::1]:2", "mine", env) == Endpoint("[::1]:2", "mine", False)


def test_home_follows_xdg_and_ignores_a_relative_one() -> None:
    assert omoi_home({"XDG_STATE_HOME": "/state"}) == Path("/state/omoi")
    assert omoi_home({"XDG_STATE_HOME": "state"}) == Path("~/.local/state/omoi").expanduser()
    assert omoi_home({"OMOI_HOME": "/here", "XDG_STATE_HOME": "/state"}) == Path("/here")


@pytest.mark.parametrize(("written", "used"), [("0.0.0.0:50051", "127.0.0.1:50051"), ("[::]:7", "[::1]:7")])
def test_a_server_on_every_interface_is_reached_by_loopback(home: Path, written: str, used: str) -> None:
    (home / "address").write_text(written)
    assert find_endpoint(environ={"OMOI_HOME": str(home)}).address == used


def test_the_local_token_stays_on_this_machine(home: Path) -> None:
    env = {"OMOI_HOME": str(home)}
    assert reason("https://omoi.example.org", **env) == "NO_TOKEN"
    assert find_endpoint("https://127.0.0.1:9", environ=env).token == "local-token"


@pytest.mark.parametrize("address", ["omoi.example.org:50051", "10.0.0.7:50051", "http://omoi.example.org:80"])
def test_no_plaintext_to_elsewhere(address: str) -> None:
    assert reason(address, "secret") == "PLAINTEXT_REFUSED"
    assert find_endpoint(address, "secret", {"OMOI_TLS": "1"}).tls
    assert not find_endpoint(address, "secret", {"OMOI_INSECURE": "1"}).tls


def test_tls_by_address() -> None:
    assert find_endpoint("https://omoi.example.org", "t", {}) == Endpoint("omoi.example.org:443", "t", True)
    assert find_endpoint("https://omoi.example.org:8443/", "t", {}) == Endpoint("omoi.example.org:8443", "t", True)
    assert find_endpoint("https://[fd00::1]", "t", {}).address == "[fd00::1]:443"


@pytest.mark.parametrize(
    "address", ["nonsense", "host:", ":50051", "host:99999", "host:0", "::1:5", "ftp://h:1", "u@h:1", "h:1/x", "a b:1"]
)
def test_addresses_that_are_none(address: str) -> None:
    assert reason(address, "t", OMOI_TLS="1") == "BAD_ADDRESS"


def test_missing_and_damaged(tmp_path: Path) -> None:
    assert reason(OMOI_HOME=str(tmp_path)) == "NO_ADDRESS"
    assert reason("127.0.0.1:1", OMOI_HOME=str(tmp_path)) == "NO_TOKEN"
    assert reason("127.0.0.1:1", "two words") == "BAD_TOKEN"
    assert reason("127.0.0.1:1", "line\nbreak") == "BAD_TOKEN"


@pytest.mark.parametrize("blank", ["", " ", "\n"])
@pytest.mark.parametrize("name", ["OMOI_TOKEN", "OMOI_ADDRESS"])
def test_a_variable_set_but_empty_is_never_the_local_admin(home: Path, name: str, blank: str) -> None:
    env = {"OMOI_HOME": str(home), name: blank}
    with pytest.raises(ConfigurationError, match=f"{name} is set, but empty") as caught:
        find_endpoint(environ=env)
    assert caught.value.reason == "EMPTY_SETTING"
    assert f"unset {name}" in caught.value.remedy
    assert find_endpoint("127.0.0.1:1", "mine", env) == Endpoint("127.0.0.1:1", "mine", False)


def test_a_token_is_not_shown() -> None:
    assert "secret" not in repr(find_endpoint("127.0.0.1:1", "secret", {}))


@pytest.mark.parametrize(
    ("target", "local"),
    [
        ("127.8.9.1:1", True), ("LOCALHOST:1", True), ("[::1]:1", True), ("unix:/run/omoi", True),
        ("localhost.example.org:1", False), ("192.168.0.1:1", False), ("[::ffff:8.8.8.8]:1", False),
    ],
)  # fmt: skip
def test_loopback(target: str, local: bool) -> None:
    assert is_loopback(target) is local
