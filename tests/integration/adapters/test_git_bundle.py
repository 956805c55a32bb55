"""Bundles out and in; what a sandbox hands back is checked object by object."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from omoi_server.adapters.git import GitRepositories
from omoi_server.errors import RepositoryError

from .checkouts import PROJECT, Checkout, make_checkout

REF = "refs/omoi/attempt/job-1/1"


@pytest.fixture
async def mirrored(repositories: GitRepositories, shop: Checkout) -> GitRepositories:
    await repositories.refresh(PROJECT, str(shop.path))
    return repositories


@pytest.fixture
def sandbox(shop: Checkout, tmp_path: Path) -> Checkout:
    """What a worker has: a clone in which it commits."""
    return shop.clone(tmp_path / "work")


def bundled(sandbox: Checkout, *revisions: str) -> Path:
    target = sandbox.path.parent / "result.bundle"
    sandbox.git("bundle", "create", "-q", str(target), *revisions)
    return target


def kept(home: Path) -> str:
    return Checkout(home / "mirrors" / f"{PROJECT}.git").git("for-each-ref", "refs/omoi")


async def refusal(repositories: GitRepositories, bundle: Path, commit: str, ref: str = REF) -> RepositoryError:
    with pytest.raises(RepositoryError) as refused:
        await repositories.take_bundle(PROJECT, bundle, commit, ref)
    return refused.value


async def test_a_bundle_is_self_contained(mirrored: GitRepositories, shop: Checkout, tmp_path: Path) -> None:
    older = shop.git("rev-parse", "HEAD~1")
    target = tmp_path / "repo.bundle"
    await mirrored.bundle(PROJECT, [shop.tip("main"), older, older], target)
    fresh = make_checkout(tmp_path / "fresh")
    fresh.git("bundle", "verify", "-q", str(target))
    fresh.git("fetch", "-q", str(target), "refs/omoi/*:refs/omoi/*")
    assert fresh.git("rev-parse", "refs/omoi/tip-0") == shop.tip("main")
    assert fresh.git("rev-parse", "refs/omoi/tip-1") == older
    fresh.git("fsck", "--strict")
    fresh.git("checkout", "-q", "refs/omoi/tip-0")
    assert (fresh.path / "shop" / "auth.py").is_file()
    assert [path.name for path in tmp_path.glob(".repo*")] == []
    with pytest.raises(RepositoryError) as refused:
        await mirrored.bundle(PROJECT, ["1" * 40], target)
    assert refused.value.reason == "COMMIT_UNKNOWN"


async def test_the_expected_commit_is_taken_and_nothing_else(
    mirrored: GitRepositories, sandbox: Checkout, home: Path
) -> None:
    wanted = sandbox.commit("shop/lock.py", "x", "Lock")
    sandbox.git("checkout", "-q", "-b", "more")
    sandbox.commit("other.py", "x")
    bundle = bundled(sandbox, "origin/main..main", "more")
    for _ in range(2):
        await mirrored.take_bundle(PROJECT, bundle, wanted, REF)
    assert kept(home).split() == [wanted, "commit", REF]
    assert (await mirrored.commit_facts(PROJECT, wanted)).files == ("shop/lock.py",)


async def test_unexpected_bundles(mirrored: GitRepositories, sandbox: Checkout, shop: Checkout, home: Path) -> None:
    first = sandbox.commit("a", "a")
    second = sandbox.commit("b", "b")
    whole = bundled(sandbox, "main")
    assert (await refusal(mirrored, whole, first)).reason == "BUNDLE_UNEXPECTED"
    assert (await refusal(mirrored, whole, second, "refs/heads/main")).reason == "REF_INVALID"
    thin = bundled(sandbox, "HEAD~1..main")
    refused = await refusal(mirrored, thin, second)
    assert refused.reason == "BUNDLE_UNEXPECTED" and first[:12] in refused.message
    assert kept(home) == ""


async def test_unreadable_bundles(mirrored: GitRepositories, sandbox: Checkout, tmp_path: Path, home: Path) -> None:
    commit = sandbox.commit("a", "a" * 5000)
    good = bundled(sandbox, "origin/main..main").read_bytes()
    bad = tmp_path / "bad.bundle"
    for content in (b"", b"hello", good[:40], good[:-30], good[:-5] + b"xxxxx", good.replace(b"\n\nPACK", b"\n\nPACX")):
        bad.write_bytes(content)
        assert (await refusal(mirrored, bad, commit)).reason in ("BUNDLE_INVALID", "BUNDLE_UNEXPECTED")
    bad.write_bytes(good.replace(b"# v2", b"# v9"))
    assert "first line" in (await refusal(mirrored, bad, commit)).message
    header, pack = good.split(b"\n\n", 1)
    bad.write_bytes(b"\n".join([b"# v3 git bundle", b"@filter=blob:none", *header.splitlines()[1:], b"", pack]))
    assert "filter" in (await refusal(mirrored, bad, commit)).message
    bad.unlink()
    bad.symlink_to(tmp_path / "result.bundle")
    assert (await refusal(mirrored, bad, commit)).reason == "BUNDLE_INVALID"
    assert kept(home) == "" and not await mirrored.has_commit(PROJECT, commit)
    assert not (home / "mirrors" / f"{PROJECT}.git" / "objects" / "pack" / "tmp").exists()


async def test_a_large_bundle(home: Path, shop: Checkout, sandbox: Checkout) -> None:
    strict = GitRepositories(home, bundle_limit=2000)
    await strict.refresh(PROJECT, str(shop.path))
    commit = sandbox.commit("noise", random.Random(7).randbytes(10_000).hex())
    refused = await refusal(strict, bundled(sandbox, "origin/main..main"), commit)
    assert refused.reason == "BUNDLE_TOO_LARGE" and refused.remedy


@pytest.mark.parametrize("name", [".git", ".GIT", "..", "git~1", ".g\u200cit", "sub/.git/hooks"])
async def test_trees_that_leave_the_tree(mirrored: GitRepositories, sandbox: Checkout, home: Path, name: str) -> None:
    blob = sandbox.git("hash-object", "-w", "--stdin", stdin=b"#!/bin/sh\n")
    tree = ""
    for part in reversed(name.split("/")):
        entry = f"040000 tree {tree}" if tree else f"100755 blob {blob}"
        tree = sandbox.git("mktree", stdin=f"{entry}\t{part}\n".encode())
    commit = sandbox.git("commit-tree", "-p", "HEAD", tree, stdin=b"evil")
    sandbox.git("update-ref", "refs/heads/evil", commit)
    refused = await refusal(mirrored, bundled(sandbox, "main..evil"), commit)
    assert refused.reason == "BUNDLE_INVALID" and "hasDot" in refused.message
    assert kept(home) == "" and not await mirrored.has_commit(PROJECT, commit)


async def test_incomplete_history(mirrored: GitRepositories, sandbox: Checkout, home: Path) -> None:
    """A commit whose file the bundle leaves out."""
    commit = sandbox.commit("a", "absent content")
    tree = sandbox.git("rev-parse", "HEAD^{tree}")
    pack = sandbox.path.parent / "pack"
    sandbox.git("pack-objects", "-q", str(pack), stdin=f"{commit}\n{tree}\n".encode())
    packed = next(sandbox.path.parent.glob("pack-*.pack")).read_bytes()
    bundle = sandbox.path.parent / "partial.bundle"
    bundle.write_bytes(f"# v2 git bundle\n{commit} refs/heads/main\n\n".encode() + packed)
    assert (await refusal(mirrored, bundle, commit)).reason == "BUNDLE_INVALID"
    assert not await mirrored.has_commit(PROJECT, commit)
