"""What goes in and comes out of a sandbox whose worker cannot be trusted."""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from omoi_server.adapters.local_sandbox import LocalSandboxes
from omoi_server.errors import InvalidArgument, SandboxFileError
from omoi_worker.removal import delete_tree

from .workers import line, request

NAME = "sbx-7f3a-1"


def sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
async def sandboxes(home: Path) -> AsyncIterator[LocalSandboxes]:
    made = LocalSandboxes(home, "host-1")
    await made.create(request(NAME))
    await line(made, NAME, "end")
    yield made
    for name in await made.names():
        await made.remove(name)


@pytest.fixture
def folder(home: Path) -> Path:
    return home / "sandboxes" / NAME


async def test_journal_by_offset(sandboxes: LocalSandboxes, folder: Path) -> None:
    whole = (folder / "journal.jsonl").read_bytes()
    assert await sandboxes.read_journal(NAME, 0, 10) == whole[:10]
    assert await sandboxes.read_journal(NAME, 10, 1 << 20) == whole[10:]
    assert await sandboxes.read_journal(NAME, len(whole), 10) == b""
    assert await sandboxes.read_journal(NAME, len(whole) + 5, 10) == b""
    (folder / "journal.jsonl").unlink()
    assert await sandboxes.read_journal(NAME, 0, 10) == b""
    with pytest.raises(SandboxFileError) as refused:
        await sandboxes.read_journal("sbx-none-1", 0, 10)
    assert refused.value.reason == "SANDBOX_FILE_MISSING"


async def test_a_journal_that_is_none(sandboxes: LocalSandboxes, folder: Path, tmp_path: Path) -> None:
    journal = folder / "journal.jsonl"
    (tmp_path / "secret").write_text("secret")
    journal.unlink()
    journal.symlink_to(tmp_path / "secret")
    with pytest.raises(SandboxFileError) as refused:
        await sandboxes.read_journal(NAME, 0, 100)
    assert refused.value.reason == "SANDBOX_FILE_LINK"
    journal.unlink()
    os.mkfifo(journal)
    with pytest.raises(SandboxFileError) as refused:
        await sandboxes.read_journal(NAME, 0, 100)
    assert refused.value.reason == "SANDBOX_FILE_KIND"


async def test_fetch_a_file(sandboxes: LocalSandboxes, folder: Path, tmp_path: Path) -> None:
    content = os.urandom(3_000_000)
    (folder / "out" / "deep").mkdir()
    (folder / "out" / "deep" / "x.bundle").write_bytes(content)
    target = tmp_path / "new" / "x.bundle"
    await sandboxes.fetch_file(NAME, "out/deep/x.bundle", target, sha(content), 3_000_000)
    assert target.read_bytes() == content
    for limit, digest, reason in (
        (2_999_999, sha(content), "SANDBOX_FILE_TOO_LARGE"),
        (3_000_000, sha(b""), "SANDBOX_FILE_DIGEST"),
    ):
        with pytest.raises(SandboxFileError) as refused:
            await sandboxes.fetch_file(NAME, "out/deep/x.bundle", tmp_path / "not", digest, limit)
        assert refused.value.reason == reason
    assert sorted(path.name for path in target.parent.iterdir()) == ["x.bundle"]
    assert not (tmp_path / "not").exists()


@pytest.mark.parametrize(
    "path",
    ["job.json", "out", "out/", "out/../job.json", "../x", "/etc/passwd", "in/x", "out//x", "out/./x", "out/a\nb", ""],
)
async def test_paths_outside_out(sandboxes: LocalSandboxes, tmp_path: Path, path: str) -> None:
    with pytest.raises(SandboxFileError) as refused:
        await sandboxes.fetch_file(NAME, path, tmp_path / "t", sha(b""), 100)
    assert refused.value.reason == "SANDBOX_PATH_INVALID"


async def test_links_and_odd_files(sandboxes: LocalSandboxes, folder: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "token").write_bytes(b"secret")
    out = folder / "out"
    (out / "file").symlink_to(secret / "token")
    (out / "folder").symlink_to(secret)
    (out / "directory").mkdir()
    os.mkfifo(out / "fifo")
    for path, reason in (
        ("out/file", "SANDBOX_FILE_LINK"),
        ("out/folder/token", "SANDBOX_FILE_LINK"),
        ("out/directory", "SANDBOX_FILE_KIND"),
        ("out/fifo", "SANDBOX_FILE_KIND"),
        ("out/none", "SANDBOX_FILE_MISSING"),
    ):
        with pytest.raises(SandboxFileError) as refused:
            await sandboxes.fetch_file(NAME, path, tmp_path / "t", sha(b"secret"), 100)
        assert refused.value.reason == reason
    (out / "directory").rmdir()
    for left in out.iterdir():
        left.unlink()
    out.rmdir()
    out.symlink_to(secret)
    with pytest.raises(SandboxFileError) as refused:
        await sandboxes.fetch_file(NAME, "out/token", tmp_path / "t", sha(b"secret"), 100)
    assert refused.value.reason == "SANDBOX_FILE_LINK"


async def test_messages_are_numbered_and_sent_once(sandboxes: LocalSandboxes, folder: Path, tmp_path: Path) -> None:
    (tmp_path / "b").write_bytes(b"bundle")
    rebase = {"id": "m-1", "kind": "rebase", "bundle": "inbox/tip.bundle", "text": "ü"}
    for _ in range(2):
        await sandboxes.send(NAME, rebase, {"inbox/tip.bundle": tmp_path / "b"})
    await asyncio.gather(*(sandboxes.send(NAME, {"id": f"m-{n % 3}", "kind": "stop"}, {}) for n in range(9)))
    names = sorted(path.name for path in (folder / "inbox").iterdir())
    assert [name[:5] for name in names[:3]] == ["0001-", "0002-", "0003-"] and names[3:] == ["tip.bundle"]
    assert {name[5:] for name in names[:3]} == {"m-0.json", "m-1.json", "m-2.json"}
    assert json.loads((folder / "inbox" / "0001-m-1.json").read_text()) == rebase
    # A message that the worker took away is not sent again.
    (folder / "inbox" / "0001-m-1.json").unlink()
    await sandboxes.send(NAME, rebase, {"tip.bundle": tmp_path / "b"})
    assert not (folder / "inbox" / "0001-m-1.json").exists()


async def test_a_message_interrupted_keeps_its_number(sandboxes: LocalSandboxes, folder: Path) -> None:
    (folder / "sent" / "m-1").write_text("1")
    await sandboxes.send(NAME, {"id": "m-2", "kind": "stop"}, {})
    await sandboxes.send(NAME, {"id": "m-1", "kind": "stop"}, {})
    assert sorted(path.name for path in (folder / "inbox").iterdir()) == ["0001-m-1.json", "0002-m-2.json"]


async def test_an_inbox_that_leads_elsewhere(sandboxes: LocalSandboxes, folder: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (folder / "inbox").rmdir()
    (folder / "inbox").symlink_to(elsewhere)
    with pytest.raises(SandboxFileError) as refused:
        await sandboxes.send(NAME, {"id": "m-1", "kind": "stop"}, {})
    assert refused.value.reason == "SANDBOX_FILE_LINK"
    assert list(elsewhere.iterdir()) == []
    with pytest.raises(InvalidArgument):
        await sandboxes.send(NAME, {"id": "../m", "kind": "stop"}, {})
    with pytest.raises(SandboxFileError):
        await sandboxes.send("sbx-none-1", {"id": "m-1", "kind": "stop"}, {})


async def test_remove_takes_everything_and_follows_nothing(
    sandboxes: LocalSandboxes, folder: Path, tmp_path: Path
) -> None:
    keep = tmp_path / "keep"
    keep.mkdir()
    (keep / "file").write_text("x")
    (folder / "work" / "link").symlink_to(keep)
    (folder / "work" / "locked" / "deeper").mkdir(parents=True)
    (folder / "work" / "locked" / "deeper" / "file").write_text("x")
    (folder / "work" / "locked").chmod(0)
    for name in (f"{NAME}.tmp-abc", f"{NAME}.gone-abc", "sbx-7f3a-12", "sbx-half-1.tmp-x"):
        (folder.parent / name).mkdir()
    assert await sandboxes.names() == ["sbx-7f3a-1", "sbx-7f3a-12", "sbx-half-1"]
    half = await sandboxes.status("sbx-half-1")
    assert half.exists and not half.started and not half.alive
    for _ in range(2):
        await sandboxes.remove(NAME)
    assert await sandboxes.names() == ["sbx-7f3a-12", "sbx-half-1"]
    assert (keep / "file").read_text() == "x"


async def test_a_name_that_is_a_link(sandboxes: LocalSandboxes, folder: Path, tmp_path: Path) -> None:
    other = folder.with_name("sbx-other-1")
    await sandboxes.remove(NAME)
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "file").write_text("x")
    for link in (folder, other):
        link.symlink_to(tmp_path / "precious")
    assert not (await sandboxes.status(NAME)).started
    await sandboxes.create(request(NAME))
    await line(sandboxes, NAME, "end")
    assert not folder.is_symlink() and [path.name for path in (tmp_path / "precious").iterdir()] == ["file"]
    await sandboxes.remove("sbx-other-1")
    assert await sandboxes.names() == [NAME]
    assert (tmp_path / "precious" / "file").read_text() == "x"


async def test_remove_takes_folders_nested_without_end(sandboxes: LocalSandboxes, folder: Path, tmp_path: Path) -> None:
    """Deeper than the interpreter recurses, than descriptors reach and than a path may be long."""
    (tmp_path / "kept").write_text("x")
    descriptor = os.open(folder / "work", os.O_RDONLY)
    for _ in range(1500):
        os.mkdir("deep", dir_fd=descriptor)
        deeper = os.open("deep", os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = deeper
    os.symlink(tmp_path, "link", dir_fd=descriptor)
    os.fchmod(descriptor, 0o500)
    os.close(descriptor)
    await sandboxes.remove(NAME)
    assert not list(folder.parent.iterdir())
    assert (tmp_path / "kept").read_text() == "x"


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root to become an ordinary user; as one, the test above shows it")
def test_delete_read_only_trees_as_an_ordinary_user(tmp_path: Path) -> None:
    """Modes do not stop root, so this one is done by user 65534 in a process of its own."""
    tmp_path.chmod(0o777)
    child = os.fork()
    if child == 0:
        code = 1
        try:
            # The directories above belong to root and admit nobody else, so the path is walked before.
            os.chdir(tmp_path)
            os.setgroups([])
            os.setgid(65534)
            os.setuid(65534)
            top = Path("top")
            (top / "a" / "b").mkdir(parents=True)
            (top / "a" / "b" / "file").write_text("x")
            (top / "a" / "b").chmod(0)
            (top / "a").chmod(0o500)
            delete_tree(top)
            code = 0
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert not (tmp_path / "top").exists()
