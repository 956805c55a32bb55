"""Pushing: forward only, never under somebody's hands, and each refusal with its reason and remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from omoi_server.adapters.git import GitRepositories
from omoi_server.errors import PushRejected, RepositoryError

from .checkouts import PROJECT, Checkout

BRANCH = "spec/7f3a91c2-lock"


@pytest.fixture
async def ready(repositories: GitRepositories, shop: Checkout, tmp_path: Path) -> tuple[GitRepositories, str, str]:
    """A mirror that holds two commits of ours, one on top of the other, not yet at the origin."""
    await repositories.refresh(PROJECT, str(shop.path))
    work = shop.clone(tmp_path / "work")
    first, second = work.commit("a", "a"), work.commit("b", "b")
    work.git("bundle", "create", "-q", str(tmp_path / "b"), "origin/main..main")
    await repositories.take_bundle(PROJECT, tmp_path / "b", second, "refs/omoi/attempt/j/1")
    return repositories, first, second


async def rejection(
    repositories: GitRepositories, shop: Checkout, old: str | None, new: str, branch: str = BRANCH
) -> PushRejected:
    before = shop.git("for-each-ref")
    with pytest.raises(PushRejected) as rejected:
        await repositories.push(PROJECT, str(shop.path), branch, old, new, 20)
    assert rejected.value.remedy
    assert shop.git("for-each-ref") == before
    return rejected.value


async def test_forward_and_repeated(ready: tuple[GitRepositories, str, str], shop: Checkout) -> None:
    repositories, first, second = ready
    for old, new in ((None, first), (None, first), (first, second), (first, second)):
        await repositories.push(PROJECT, str(shop.path), BRANCH, old, new, 20)
        assert shop.tip(BRANCH) == new
    assert shop.git("status", "--porcelain") == ""


async def test_moved_rewritten_and_deleted(ready: tuple[GitRepositories, str, str], shop: Checkout) -> None:
    repositories, first, second = ready
    await repositories.push(PROJECT, str(shop.path), BRANCH, None, first, 20)
    shop.git("checkout", "-q", BRANCH)
    foreign = shop.commit("by hand", "x")
    shop.git("checkout", "-q", "main")
    moved = await rejection(repositories, shop, first, second)
    assert moved.kind == "moved" and foreign[:12] in moved.message
    assert (await rejection(repositories, shop, None, second)).kind == "moved"
    shop.git("branch", "-f", BRANCH, "main")
    assert (await rejection(repositories, shop, first, second)).kind == "moved"
    shop.git("branch", "-D", BRANCH)
    gone = await rejection(repositories, shop, first, second)
    assert gone.kind == "moved" and "gone" in gone.message
    await repositories.push(PROJECT, str(shop.path), BRANCH, None, second, 20)
    assert shop.tip(BRANCH) == second


async def test_never_backwards_or_sideways(ready: tuple[GitRepositories, str, str], shop: Checkout) -> None:
    repositories, first, second = ready
    await repositories.push(PROJECT, str(shop.path), BRANCH, None, second, 20)
    assert (await rejection(repositories, shop, second, first)).kind == "other"
    with pytest.raises(RepositoryError) as refused:
        await repositories.push(PROJECT, str(shop.path), BRANCH, second, "1" * 40, 20)
    assert refused.value.reason == "COMMIT_UNKNOWN"


@pytest.mark.parametrize("setting", [None, "ignore", "updateInstead"])
async def test_a_checked_out_branch_is_not_touched(
    ready: tuple[GitRepositories, str, str], shop: Checkout, setting: str | None
) -> None:
    repositories, first, second = ready
    await repositories.push(PROJECT, str(shop.path), BRANCH, None, first, 20)
    shop.git("checkout", "-q", BRANCH)
    if setting:
        shop.git("config", "receive.denyCurrentBranch", setting)
    rejected = await rejection(repositories, shop, first, second)
    assert rejected.kind == "checked_out" and f"git -C {shop.path} switch" in rejected.remedy
    assert not (shop.path / "b").exists()


async def test_checked_out_in_a_worktree(
    ready: tuple[GitRepositories, str, str], shop: Checkout, tmp_path: Path
) -> None:
    repositories, first, second = ready
    await repositories.push(PROJECT, str(shop.path), BRANCH, None, first, 20)
    shop.git("worktree", "add", "-q", str(tmp_path / "side"), BRANCH)
    rejected = await rejection(repositories, shop, first, second)
    assert rejected.kind == "checked_out" and str(tmp_path / "side") in rejected.remedy
    shop.git("worktree", "remove", str(tmp_path / "side"))
    await repositories.push(PROJECT, str(shop.path), BRANCH, first, second, 20)


async def test_names_that_clash(ready: tuple[GitRepositories, str, str], shop: Checkout) -> None:
    repositories, first, _ = ready
    shop.git("branch", "spec")
    rejected = await rejection(repositories, shop, None, first)
    assert rejected.kind == "clash" and "branch -m spec spec-old" in rejected.remedy
    shop.git("branch", "-m", "spec", "spec-old")
    shop.git("branch", f"{BRANCH}/deeper")
    below = await rejection(repositories, shop, None, first)
    assert below.kind == "clash" and f"{BRANCH}/deeper" in below.message


async def test_denied(ready: tuple[GitRepositories, str, str], shop: Checkout) -> None:
    repositories, first, _ = ready
    shop.git("config", "receive.hideRefs", "refs/heads/spec")
    rejected = await rejection(repositories, shop, None, first)
    assert rejected.kind == "denied" and "right to write" in rejected.remedy


async def test_an_origin_that_went_away(
    ready: tuple[GitRepositories, str, str], shop: Checkout, tmp_path: Path
) -> None:
    repositories, first, _ = ready
    shop.path.rename(tmp_path / "moved away")
    with pytest.raises(PushRejected) as rejected:
        await repositories.push(PROJECT, str(shop.path), BRANCH, None, first, 20)
    assert rejected.value.kind == "other"


async def test_a_bare_origin(ready: tuple[GitRepositories, str, str], shop: Checkout, tmp_path: Path) -> None:
    repositories, first, _ = ready
    bare = tmp_path / "it's.git"
    shop.git("clone", "-q", "--bare", str(shop.path), str(bare))
    await repositories.push(PROJECT, str(bare), BRANCH, None, first, 20)
    assert Checkout(bare).tip(BRANCH) == first
