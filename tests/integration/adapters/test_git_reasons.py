"""What a failed conversation with an origin means, from git's and ssh's own words; and an origin that is really away."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from omoi_server.adapters.git import GitRepositories
from omoi_server.adapters.git_address import parse_address
from omoi_server.adapters.git_mirror import explained
from omoi_server.adapters.git_process import GitResult, failure
from omoi_server.errors import RepositoryError

from .checkouts import PROJECT, Checkout

SSH_ENDS = (
    "fatal: Could not read from remote repository.\n\nPlease make sure you have the correct access rights\n"
    "and the repository exists.\n"
)


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        (f"ssh: connect to host git.example.org port 22: Connection refused\n{SSH_ENDS}", "REPOSITORY_UNREACHABLE"),
        (
            f"ssh: Could not resolve hostname x: Temporary failure in name resolution\n{SSH_ENDS}",
            "REPOSITORY_UNREACHABLE",
        ),
        (
            f"Warning: Permanently added 'x'.\nConnection reset by 192.0.2.1 port 22\n{SSH_ENDS}",
            "REPOSITORY_UNREACHABLE",
        ),
        ("fatal: unable to access 'https://x/y/': The requested URL returned error: 503\n", "REPOSITORY_UNREACHABLE"),
        ("error: RPC failed; curl 56 recv failure\nfatal: early EOF\n", "REPOSITORY_UNREACHABLE"),
        (f"git@x: Permission denied (publickey).\n{SSH_ENDS}", "REPOSITORY_ACCESS_DENIED"),
        ("fatal: unable to access 'https://x/y/': The requested URL returned error: 403\n", "REPOSITORY_ACCESS_DENIED"),
        (f"Host key verification failed.\n{SSH_ENDS}", "REPOSITORY_HOST_UNKNOWN"),
        (f"fatal: '/x' does not appear to be a git repository\n{SSH_ENDS}", "REPOSITORY_NOT_FOUND"),
    ],
)
def test_the_line_that_tells_is_found(said: str, reason: str) -> None:
    error = explained(failure("fetch", GitResult(128, b"", said.strip())), parse_address("https://x/y", ()))
    assert error.reason == reason and error.remedy
    assert "Could not read" not in error.message


def test_an_address_says_nothing_about_the_reason() -> None:
    address = parse_address("https://127.0.0.1:40301/shop", ())
    said = f"fatal: unable to access '{address.text}/': Failed to connect to 127.0.0.1 port 40301: Connection refused"
    error = explained(failure("fetch", GitResult(128, b"", said)), address)
    assert error.reason == "REPOSITORY_UNREACHABLE"


async def test_an_origin_that_does_not_listen(repositories: GitRepositories, shop: Checkout, home: Path) -> None:
    """Fetch, look and push say the same: away, not refused."""
    await repositories.refresh(PROJECT, str(shop.path))
    commit = shop.tip("main")
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused
        address = f"https://127.0.0.1:{nobody.getsockname()[1]}/shop"
        for call in (
            repositories.refresh(PROJECT, address),
            repositories.remote_tip(PROJECT, address, "main"),
            repositories.push(PROJECT, address, "spec/1-x", None, commit, 20),
        ):
            with pytest.raises(RepositoryError) as away:
                await asyncio.wait_for(call, 30)
            assert away.value.reason == "REPOSITORY_UNREACHABLE"
