"""Which addresses are taken, and that a refusal names field, reason and remedy and leaks nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from omoi_server.adapters.git import GitRepositories
from omoi_server.adapters.git_address import parse_address
from omoi_server.adapters.git_names import check_branch, check_tree_path
from omoi_server.errors import RepositoryError


@pytest.mark.parametrize(
    ("text", "kind", "normal"),
    [
        ("https://git.example.org/team/shop.git", "https", "https://git.example.org/team/shop.git"),
        ("https://git.example.org:8443/shop/", "https", "https://git.example.org:8443/shop"),
        ("ssh://git@example.org:2222/shop.git", "ssh", "ssh://git@example.org:2222/shop.git"),
        ("git@example.org:team/shop.git", "ssh", "git@example.org:team/shop.git"),
        ("acme/shop", "https", "https://github.com/acme/shop"),
    ],
)
def test_taken(text: str, kind: str, normal: str) -> None:
    address = parse_address(text)
    assert (address.kind, address.text) == (kind, normal)
    assert parse_address(normal) == address


async def test_a_link_to_itself_is_refused(repositories: GitRepositories, tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    with pytest.raises(RepositoryError) as refused:
        await repositories.probe(str(tmp_path / "loop" / "shop"))
    assert refused.value.reason == "REPOSITORY_NOT_FOUND" and refused.value.remedy


@pytest.mark.parametrize(
    "text",
    [
        "",
        " /srv/shop",
        "ext::sh -c id",
        "fd::17",
        "--upload-pack=x",
        "-x",
        "git@-oProxyCommand=id:shop",
        "-oProxyCommand=id@host:shop",
        "ssh://-oProxyCommand=id/shop",
        "git@host:-shop",
        "https://host/-x",
        "shop",
        "./shop",
        "../shop",
        "a/../b",
        "~/shop",
        "http://example.org/shop",
        "git://example.org/shop",
        "file:///srv/shop",
        "/srv/shop\n--upload-pack=x",
        "/srv/sh\0op",
        "https://example.org/a\rb",
        "https://example.org",
        "https:///shop",
        "https://[::1/shop",
        "https://example.org:99999/shop",
        "x" * 3000,
    ],
)
def test_refused(text: str) -> None:
    with pytest.raises(RepositoryError) as refused:
        parse_address(text)
    assert refused.value.reason == "REPO_URL_INVALID"
    assert refused.value.field == "repo_url"
    assert refused.value.remedy
    assert "\n" not in refused.value.message and "\0" not in refused.value.message


@pytest.mark.parametrize("text", ["https://jon:s3cret@example.org/shop", "https://s3cret@example.org/shop"])
def test_credentials_are_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(RepositoryError, match="credentials") as refused:
        parse_address(text)
    assert "s3cret" not in str(refused.value)
    assert "netrc" in refused.value.remedy


def test_paths_lie_below_the_roots_even_through_links(tmp_path: Path) -> None:
    inside, outside = tmp_path / "roots" / "shop", tmp_path / "secret"
    inside.mkdir(parents=True)
    outside.mkdir()
    (tmp_path / "roots" / "link").symlink_to(outside)
    (tmp_path / "elsewhere").symlink_to(inside)
    roots = [tmp_path / "roots"]
    assert parse_address(str(inside), roots).path == inside
    assert parse_address(f"{inside}/.git", roots).path == inside
    assert parse_address(str(tmp_path / "elsewhere"), roots).path == inside
    for escaping in (tmp_path / "roots" / "link", outside, inside / ".." / ".." / "secret", tmp_path / "roots2"):
        with pytest.raises(RepositoryError, match="OMOI_REPO_ROOTS") as refused:
            parse_address(str(escaping), roots)
        assert refused.value.reason == "PATH_NOT_ALLOWED"


def test_what_a_sandbox_can_write_is_never_a_repository(repositories: GitRepositories, home: Path) -> None:
    with pytest.raises(RepositoryError) as refused:
        repositories.check_url(str(home / "sandboxes" / "sbx-1" / "work"))
    assert refused.value.reason == "PATH_NOT_ALLOWED"


@pytest.mark.parametrize("name", ["main", "spec/7f3a91c2-lock-an-account", "feature/ü", "v1.0", "a@b"])
def test_branch_names_that_git_takes(name: str) -> None:
    assert check_branch(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "-x",
        "a..b",
        "a b",
        "a~1",
        "a^",
        "a:b",
        "a?",
        "a*",
        "a[",
        "a\\b",
        "/a",
        "a/",
        "a//b",
        ".a",
        "a/.b",
        "a.lock",
        "a.lock/b",
        "a.",
        "@",
        "HEAD",
        "a@{1}",
        "a\nb",
        "x" * 300,
    ],
)
def test_branch_names_that_git_does_not_take(name: str) -> None:
    with pytest.raises(RepositoryError) as refused:
        check_branch(name)
    assert refused.value.field == "base_branch"


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/etc/passwd",
        "../x",
        "a/../b",
        ".git/config",
        "a/.GIT/x",
        ".git./x",
        ".g\u200cit/x",
        "git~1/x",
        "a\\..\\b",
        "a//b",
        "a\nb",
        ".",
    ],
)
def test_tree_paths_that_leave_the_tree(path: str) -> None:
    with pytest.raises(RepositoryError) as refused:
        check_tree_path(path)
    assert refused.value.reason == "TREE_PATH_INVALID"


def test_ordinary_tree_paths() -> None:
    for path in ("specs/lock/omoi.json", ".github/x.yml", ".gitignore", "a b/ü.md", "..."):
        assert check_tree_path(path) == path
