"""Tidying a mirror: refs that are over go, packs become few, and nothing that is needed is lost."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from omoi_server.adapters.git import GitRepositories
from omoi_server.errors import RepositoryError

from .checkouts import PROJECT, Checkout


async def taken(repositories: GitRepositories, shop: Checkout, folder: Path, name: str) -> str:
    """A commit that came in a bundle, under refs/omoi/attempt/<name>/1."""
    work = shop.clone(folder / name)
    commit = work.commit(name, name)
    work.git("bundle", "create", "-q", str(folder / f"{name}.bundle"), "origin/main..main")
    await repositories.take_bundle(PROJECT, folder / f"{name}.bundle", commit, f"refs/omoi/attempt/{name}/1")
    return commit


def age(mirror: Path) -> None:
    """Everything in it was written a month ago."""
    then = time.time() - 30 * 86_400
    for path in (mirror / "objects").rglob("*"):
        if path.is_file():
            os.utime(path, (then, then))


@pytest.fixture
def eager(home: Path) -> GitRepositories:
    """One that collects garbage at every tidying."""
    return GitRepositories(home, most_packs=0)


async def test_a_few_packs_are_left_alone(
    repositories: GitRepositories, shop: Checkout, home: Path, tmp_path: Path
) -> None:
    await repositories.refresh(PROJECT, str(shop.path))
    commit = await taken(repositories, shop, tmp_path, "over")
    age(home / "mirrors" / f"{PROJECT}.git")
    await repositories.tidy(PROJECT, ["refs/omoi/attempt/over/1"], [])
    assert await repositories.attempt_refs(PROJECT) == []
    assert await GitRepositories(home).has_commit(PROJECT, commit)


async def test_only_what_is_over_goes(eager: GitRepositories, shop: Checkout, home: Path, tmp_path: Path) -> None:
    repositories = eager
    await repositories.tidy(PROJECT, [], [])  # no mirror yet: nothing to do
    assert await repositories.attempt_refs(PROJECT) == []
    shop.git("checkout", "-q", "-b", "side")
    base = shop.commit("side", "side")
    shop.git("checkout", "-q", "main")
    await repositories.refresh(PROJECT, str(shop.path))
    shop.git("branch", "-D", "side")
    await repositories.refresh(PROJECT, str(shop.path))
    lost, running = [await taken(repositories, shop, tmp_path, name) for name in ("lost", "running")]
    mirror = Checkout(home / "mirrors" / f"{PROJECT}.git")
    age(mirror.path)
    assert await repositories.attempt_refs(PROJECT) == ["refs/omoi/attempt/lost/1", "refs/omoi/attempt/running/1"]

    async def tidied(*needed: str) -> None:
        await repositories.tidy(PROJECT, ["refs/omoi/attempt/lost/1"], [*needed, "1" * 40])

    await tidied(base)
    assert await repositories.attempt_refs(PROJECT) == ["refs/omoi/attempt/running/1"]
    for commit in (base, running, shop.tip("main")):
        assert await repositories.has_commit(PROJECT, commit)
    assert not await repositories.has_commit(PROJECT, lost), "and it is not remembered as present"
    assert len(list((mirror.path / "objects" / "pack").glob("*.pack"))) == 1
    mirror.git("fsck", "--strict")
    age(mirror.path)
    await tidied()
    assert not await repositories.has_commit(PROJECT, base), "nobody needs it any more"


async def test_what_was_written_just_now_stays(eager: GitRepositories, shop: Checkout, tmp_path: Path) -> None:
    """A commit on its way to its ref."""
    repositories = eager
    await repositories.refresh(PROJECT, str(shop.path))
    commit = await taken(repositories, shop, tmp_path, "now")
    await repositories.tidy(PROJECT, ["refs/omoi/attempt/now/1"], [])
    assert await repositories.has_commit(PROJECT, commit)


async def test_only_own_refs_are_deleted(repositories: GitRepositories, shop: Checkout) -> None:
    await repositories.refresh(PROJECT, str(shop.path))
    with pytest.raises(RepositoryError):
        await repositories.tidy(PROJECT, ["refs/remotes/origin/main"], [])
