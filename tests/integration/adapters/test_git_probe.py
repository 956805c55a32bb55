"""What is found out about a repository, and how an unusable one is refused."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from omoi_server.adapters.git import GitRepositories
from omoi_server.errors import RepositoryError

from .checkouts import Checkout, make_checkout


async def refusal(repositories: GitRepositories, path: Path) -> RepositoryError:
    with pytest.raises(RepositoryError) as refused:
        await repositories.probe(str(path))
    assert refused.value.remedy, refused.value.message
    return refused.value


async def test_a_clean_checkout(repositories: GitRepositories, shop: Checkout) -> None:
    facts = await repositories.probe(str(shop.path))
    assert (facts.default_branch, facts.head, facts.dirty_paths, facts.notes) == ("main", shop.tip("main"), (), ())


async def test_a_dirty_checkout_is_named_path_by_path(repositories: GitRepositories, shop: Checkout) -> None:
    (shop.path / "README.md").write_text("Shop, changed and longer\n")
    (shop.path / "new.txt").write_text("staged\n")
    shop.git("add", "new.txt")
    (shop.path / "shop" / "auth.py").unlink()
    (shop.path / "never added.txt").write_text("not git's\n")
    index = (shop.path / ".git" / "index").read_bytes()
    facts = await repositories.probe(str(shop.path))
    assert facts.dirty_paths == ("README.md", "new.txt", "shop/auth.py")
    assert "uncommitted" in facts.notes[0]
    assert (shop.path / ".git" / "index").read_bytes() == index


async def test_a_change_as_young_as_the_index_and_as_long_as_before(
    repositories: GitRepositories, shop: Checkout
) -> None:
    moment = (shop.path / ".git" / "index").stat().st_mtime_ns
    (shop.path / "README.md").write_text("Sh0p\n")
    os.utime(shop.path / "README.md", ns=(moment, moment))
    assert (await repositories.probe(str(shop.path))).dirty_paths == ("README.md",)


async def test_bare_worktree_and_link(repositories: GitRepositories, shop: Checkout, tmp_path: Path) -> None:
    shop.git("clone", "-q", "--bare", str(shop.path), str(tmp_path / "shop.git"))
    shop.git("worktree", "add", "-q", "-b", "side", str(tmp_path / "side"))
    (tmp_path / "link").symlink_to(shop.path)
    assert (await repositories.probe(str(tmp_path / "shop.git"))).default_branch == "main"
    assert (await repositories.probe(str(tmp_path / "side"))).default_branch == "side"
    assert repositories.check_url(str(tmp_path / "link")) == str(shop.path)
    assert (await repositories.probe(str(tmp_path / "link"))).head == shop.tip("main")


async def test_no_repository(repositories: GitRepositories, shop: Checkout, tmp_path: Path) -> None:
    plain, file = tmp_path / "plain", tmp_path / "file"
    plain.mkdir()
    file.write_text("")
    assert (await refusal(repositories, tmp_path / "absent")).reason == "REPOSITORY_NOT_FOUND"
    assert (await refusal(repositories, file)).reason == "REPOSITORY_NOT_FOUND"
    refused = await refusal(repositories, plain)
    assert refused.reason == "NOT_A_REPOSITORY" and "git -C" in refused.remedy
    inside = await refusal(repositories, shop.path / "shop")
    assert inside.reason == "NOT_A_REPOSITORY" and str(shop.path) in inside.remedy and "work_dir" in inside.remedy


async def test_empty_shallow_and_sha256(repositories: GitRepositories, shop: Checkout, tmp_path: Path) -> None:
    empty = make_checkout(tmp_path / "empty")
    refused = await refusal(repositories, empty.path)
    assert refused.reason == "REPOSITORY_EMPTY" and "--allow-empty" in refused.remedy
    shop.git("clone", "-q", "--depth=1", f"file://{shop.path}", str(tmp_path / "shallow"))
    assert "--unshallow" in (await refusal(repositories, tmp_path / "shallow")).remedy
    shop.git("init", "-q", "--object-format=sha256", str(tmp_path / "sha256"))
    assert (await refusal(repositories, tmp_path / "sha256")).reason == "REPOSITORY_FORMAT"


async def test_detached_head(repositories: GitRepositories, shop: Checkout) -> None:
    shop.git("branch", "other")
    shop.git("checkout", "-q", "--detach", "HEAD~1")
    facts = await repositories.probe(str(shop.path))
    assert (facts.default_branch, facts.head) == ("main", shop.tip("main"))
    assert "HEAD names no branch" in facts.notes[0]
    shop.git("branch", "-m", "main", "one")
    refused = await refusal(repositories, shop.path)
    assert (refused.reason, refused.field) == ("REPOSITORY_DETACHED", "default_branch")
    assert "one, other" in refused.remedy


async def test_a_repository_that_borrows_from_outside_the_roots(home: Path, shop: Checkout, tmp_path: Path) -> None:
    roots = tmp_path / "roots"
    roots.mkdir()
    shop.git("clone", "-q", "--shared", str(shop.path), str(roots / "borrower"))
    (roots / "pointer").mkdir()
    (roots / "pointer" / ".git").write_text(f"gitdir: {shop.path}/.git\n")
    strict = GitRepositories(home, roots=[roots])
    for name in ("borrower", "pointer"):
        assert (await refusal(strict, roots / name)).reason in ("PATH_NOT_ALLOWED", "NOT_A_REPOSITORY")
    shop.git("clone", "-q", "--no-hardlinks", str(shop.path), str(roots / "own"))
    assert (await strict.probe(str(roots / "own"))).default_branch == "main"


async def test_an_origin_that_does_not_answer(home: Path) -> None:
    repositories = GitRepositories(home, environ={"PATH": os.environ["PATH"]})
    with pytest.raises(RepositoryError) as refused:
        await repositories.probe("https://127.0.0.1:1/shop")
    assert refused.value.reason == "REPOSITORY_UNREACHABLE"


async def test_without_git(home: Path, shop: Checkout, tmp_path: Path) -> None:
    repositories = GitRepositories(home, environ={"PATH": str(tmp_path)})
    assert (await refusal(repositories, shop.path)).reason == "GIT_MISSING"
