"""The mirror: fetching, resolving, reading and making commits."""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
import subprocess
import time
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from omoi_server.adapters.git import GitRepositories
from omoi_server.errors import RepositoryError
from omoi_server.ports import Author

from .checkouts import PROJECT, Checkout

MARA = Author("Mara ü", "mara@example.org")
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=timezone(timedelta(hours=2)))


@pytest.fixture
async def mirrored(repositories: GitRepositories, shop: Checkout) -> GitRepositories:
    await repositories.refresh(PROJECT, str(shop.path))
    return repositories


def mirror(home: Path) -> Checkout:
    return Checkout(home / "mirrors" / f"{PROJECT}.git")


def ended(pid: int) -> bool:
    """Whether a killed process is gone, or dead and only not yet collected by process 1; looks for at most 5 s."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX":
                return True
        except (FileNotFoundError, ProcessLookupError):
            return True
        time.sleep(0.01)
    return False


async def test_refresh_follows_the_origin(mirrored: GitRepositories, shop: Checkout) -> None:
    assert await mirrored.resolve(PROJECT, "main") == shop.tip("main")
    newer = shop.commit("x", "x")
    shop.git("branch", "spec")
    await mirrored.refresh(PROJECT, str(shop.path))
    assert await mirrored.resolve(PROJECT, "main") == newer
    shop.git("branch", "-D", "spec")
    shop.git("branch", "spec/one")
    shop.git("commit", "-q", "--amend", "-m", "rewritten")
    await mirrored.refresh(PROJECT, str(shop.path))
    assert await mirrored.resolve(PROJECT, "spec/one") == newer
    assert await mirrored.resolve(PROJECT, "main") == shop.tip("main")
    with pytest.raises(RepositoryError, match="main, spec/one") as refused:
        await mirrored.resolve(PROJECT, "spec")
    assert (refused.value.reason, refused.value.field) == ("BRANCH_UNKNOWN", "base_branch")


async def test_before_the_first_refresh(repositories: GitRepositories, shop: Checkout, tmp_path: Path) -> None:
    assert not await repositories.has_commit(PROJECT, shop.tip("main"))
    with pytest.raises(RepositoryError) as refused:
        await repositories.resolve(PROJECT, "main")
    assert refused.value.reason == "MIRROR_MISSING"
    with pytest.raises(RepositoryError) as refused:
        await repositories.refresh("../elsewhere", str(shop.path))
    assert refused.value.reason == "PROJECT_INVALID"
    with pytest.raises(RepositoryError) as refused:
        await repositories.refresh(PROJECT, str(tmp_path / "gone"))
    assert refused.value.reason == "REPOSITORY_NOT_FOUND" and refused.value.remedy


async def test_leftovers_that_may_not_be_entered_are_swept(
    mirrored: GitRepositories, home: Path, shop: Checkout
) -> None:
    place = mirror(home).path
    for left in (place / "incoming" / "pack", place.with_name(place.name + ".half") / "objects"):
        left.mkdir(parents=True)
        (left / "file").write_text("x")
        left.chmod(0o000)
    await mirrored.refresh(PROJECT, str(shop.path))
    assert not (place / "incoming").exists() and not place.with_name(place.name + ".half").exists()


async def test_many_writers_and_leftovers_of_a_killed_one(home: Path, shop: Checkout) -> None:
    one, other = GitRepositories(home), GitRepositories(home)
    await asyncio.gather(*(who.refresh(PROJECT, str(shop.path)) for who in (one, other) * 3))
    newer = shop.commit("x", "x")
    folder = mirror(home).path
    (folder / "refs" / "remotes" / "origin" / "main.lock").write_text("")
    (folder / "packed-refs.lock").write_text("")
    (folder / "incoming").mkdir()
    shutil.copytree(folder, folder.parent / f"{folder.name}.half")
    await one.refresh(PROJECT, str(shop.path))
    assert await one.resolve(PROJECT, "main") == newer
    assert sorted(path.name for path in folder.parent.iterdir()) == [f"{PROJECT}.git", f"{PROJECT}.lock"]


async def test_a_git_that_outlived_its_server_is_waited_for(
    repositories: GitRepositories, shop: Checkout, home: Path
) -> None:
    """Its locked descriptor is all that is left of the old server; here `sleep` stands for that git."""
    await repositories.refresh(PROJECT, str(shop.path))
    newer = shop.commit("x", "x")
    with (home / "mirrors" / f"{PROJECT}.lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        orphan = subprocess.Popen(["sleep", "60"], pass_fds=[lock.fileno()])
    refreshing = asyncio.create_task(repositories.refresh(PROJECT, str(shop.path)))
    await asyncio.wait([refreshing], timeout=0.3)
    assert not refreshing.done()
    assert await repositories.resolve(PROJECT, "main") != newer
    orphan.kill()
    orphan.wait()
    await refreshing
    assert await repositories.resolve(PROJECT, "main") == newer


async def test_remote_tip_brings_foreign_commits(mirrored: GitRepositories, shop: Checkout) -> None:
    url = str(shop.path)
    assert await mirrored.remote_tip(PROJECT, url, "spec/x") is None
    shop.git("branch", "other/spec/x")
    assert await mirrored.remote_tip(PROJECT, url, "spec/x") is None
    shop.git("checkout", "-q", "-b", "spec/x")
    foreign = shop.commit("by hand", "x")
    assert not await mirrored.has_commit(PROJECT, foreign)
    assert await mirrored.remote_tip(PROJECT, url, "spec/x") == foreign
    assert await mirrored.has_commit(PROJECT, foreign)
    assert await mirrored.is_ancestor(PROJECT, shop.tip("main"), foreign)
    assert not await mirrored.is_ancestor(PROJECT, foreign, shop.tip("main"))
    assert await mirrored.behind(PROJECT, "spec/x", shop.tip("main")) == 1


async def test_facts_of_commits(mirrored: GitRepositories, shop: Checkout) -> None:
    base = shop.tip("main")
    message = "Lock accounts\n\nBecause of attacks: many.\n\nSpec-Id: 7f3a\nTask-Id: a:b\nRequirements: REQ-001\n"
    (shop.path / "old.txt").write_text("x")
    shop.git("mv", "README.md", "ü renamed.md")
    first = shop.commit("new file.py", "x\n", message)
    shop.git("checkout", "-q", "-b", "side", base)
    side = shop.commit("side.py", "x")
    shop.git("checkout", "-q", "main")
    shop.git("merge", "-q", "--no-ff", "-m", "Merge side", "side")
    await mirrored.refresh(PROJECT, str(shop.path))
    facts = await mirrored.commit_facts(PROJECT, first)
    assert facts.trailers == (("Spec-Id", "7f3a"), ("Task-Id", "a:b"), ("Requirements", "REQ-001"))
    assert facts.subject == "Lock accounts" and facts.message == message
    assert facts.files == ("README.md", "new file.py", "ü renamed.md")
    assert (facts.parents, facts.author, facts.email) == ((base,), "Mara", "mara@example.org")
    listed = await mirrored.commits(PROJECT, base, shop.tip("main"))
    assert {commit.sha for commit in listed} == {first, side, shop.tip("main")}
    assert listed[-1].sha == shop.tip("main") and listed[-1].files == ("side.py",)
    root = await mirrored.commit_facts(PROJECT, shop.git("rev-list", "--max-parents=0", "main"))
    assert (root.parents, root.files) == ((), ("README.md",))
    assert await mirrored.commits(PROJECT, first, first) == []
    stat = await mirrored.diffstat(PROJECT, base, first)
    assert "new file.py" in stat and "3 files changed" in stat
    with pytest.raises(RepositoryError) as refused:
        await mirrored.commit_facts(PROJECT, "0" * 40)
    assert refused.value.reason == "COMMIT_UNKNOWN"
    with pytest.raises(RepositoryError) as refused:
        await mirrored.commit_facts(PROJECT, "--all")
    assert refused.value.reason == "COMMIT_INVALID"


async def test_commit_files_is_deterministic(mirrored: GitRepositories, shop: Checkout, home: Path) -> None:
    parent = shop.tip("main")
    files = {"specs/lock/omoi.json": b"{}\r\n", "README.md": b"new\0bytes"}
    first = await mirrored.commit_files(PROJECT, parent, files, "Add the plan\n\nSpec-Id: 7\n", MARA, NOON)
    again = await mirrored.commit_files(PROJECT, parent, files, "Add the plan\n\nSpec-Id: 7\n", MARA, NOON)
    later = await mirrored.commit_files(
        PROJECT, parent, files, "Add the plan\n\nSpec-Id: 7\n", MARA, NOON + timedelta(seconds=1)
    )
    assert first == again != later
    assert await mirrored.commit_files(PROJECT, first, files, "Nothing", MARA, NOON) == first
    facts = await mirrored.commit_facts(PROJECT, first)
    assert facts.files == ("README.md", "specs/lock/omoi.json")
    assert (facts.parents, facts.trailers) == ((parent,), (("Spec-Id", "7"),))
    bare = mirror(home)
    assert bare.git("cat-file", "blob", f"{first}:specs/lock/omoi.json") == "{}\r"
    assert bare.git("show", "-s", "--format=%an <%ae> %aI %cn %cI", first) == (
        "Mara ü <mara@example.org> 2026-03-01T12:00:00+02:00 Mara ü 2026-03-01T12:00:00+02:00"
    )
    assert "shop/auth.py" in bare.git("ls-tree", "-r", "--name-only", first)


async def test_commit_files_replaces_nothing_by_surprise(mirrored: GitRepositories, shop: Checkout) -> None:
    (shop.path / "specs").symlink_to("/etc")
    shop.git("add", "specs")
    shop.git("commit", "-q", "-m", "link")
    await mirrored.refresh(PROJECT, str(shop.path))
    for path, way in (("specs/lock/x.md", "specs"), ("shop", "shop"), ("README.md/x", "README.md")):
        with pytest.raises(RepositoryError, match=f"{way} is in the way") as refused:
            await mirrored.commit_files(PROJECT, shop.tip("main"), {path: b"x"}, "m", MARA, NOON)
        assert refused.value.reason == "TREE_PATH_TAKEN"
    with pytest.raises(RepositoryError) as refused:
        await mirrored.commit_files(PROJECT, shop.tip("main"), {".git/config": b"x"}, "m", MARA, NOON)
    assert refused.value.reason == "TREE_PATH_INVALID"
    with pytest.raises(ValueError, match="time zone"):
        await mirrored.commit_files(PROJECT, shop.tip("main"), {"x": b"x"}, "m", MARA, NOON.replace(tzinfo=None))


async def test_kept_refs_survive_the_origin(mirrored: GitRepositories, shop: Checkout, home: Path) -> None:
    tip = shop.tip("main")
    await mirrored.keep(PROJECT, "refs/omoi/wip/t1", tip)
    await mirrored.keep(PROJECT, "refs/omoi/wip/t1", tip)
    await mirrored.refresh(PROJECT, str(shop.path))
    assert mirror(home).git("rev-parse", "refs/omoi/wip/t1") == tip
    for _ in range(2):
        await mirrored.keep(PROJECT, "refs/omoi/wip/t1", None)
    assert mirror(home).git("for-each-ref", "refs/omoi") == ""
    for ref in ("refs/heads/main", "refs/omoi/../heads/x", "refs/omoi/a b", "HEAD"):
        with pytest.raises(RepositoryError) as refused:
            await mirrored.keep(PROJECT, ref, tip)
        assert refused.value.reason == "REF_INVALID"


async def test_time_limit_ends_git_and_frees_the_mirror(home: Path, shop: Checkout, tmp_path: Path) -> None:
    """An ssh that never answers: the call ends in time, nothing of it stays, the mirror can be written again."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "ssh").write_text(f"#!/bin/sh\necho $$ > {tmp_path}/pid\ntrap '' TERM\nexec sleep 60\n")
    (programs / "ssh").chmod(0o755)
    slow = GitRepositories(home, environ={"PATH": f"{programs}:{os.environ['PATH']}"}, time_limit=0.5)
    started = datetime.now(UTC)
    with pytest.raises(RepositoryError) as refused:
        await slow.probe("git@example.org:shop.git")
    assert refused.value.reason == "GIT_TIMEOUT" and "0.5 s" in refused.value.message
    assert (datetime.now(UTC) - started).total_seconds() < 10
    pid = int((tmp_path / "pid").read_text())
    assert ended(pid)
    await slow.refresh(PROJECT, str(shop.path))


async def test_a_cancelled_call_ends_git(home: Path, shop: Checkout, tmp_path: Path) -> None:
    programs = tmp_path / "bin"
    programs.mkdir()
    os.mkfifo(tmp_path / "started")
    (programs / "ssh").write_text(f"#!/bin/sh\necho $$ > {tmp_path}/started\nexec sleep 60\n")
    (programs / "ssh").chmod(0o755)
    repositories = GitRepositories(home, environ={"PATH": f"{programs}:{os.environ['PATH']}"})
    call = asyncio.create_task(repositories.refresh(PROJECT, "git@example.org:shop.git"))
    pid = int(await asyncio.to_thread((tmp_path / "started").read_text))
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert ended(pid)
    await repositories.refresh(PROJECT, str(shop.path))
    assert await repositories.resolve(PROJECT, "main") == shop.tip("main")
