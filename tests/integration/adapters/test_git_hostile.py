"""Repositories that try to have something run: every trap is first shown to work, then not to be sprung by us."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from omoi_server.adapters.git import GitRepositories
from omoi_server.errors import RepositoryError

from .checkouts import PROJECT, Checkout, make_checkout
from .conftest import Trap

HOOKS = (
    "pre-receive",
    "update",
    "post-receive",
    "post-update",
    "reference-transaction",
    "push-to-checkout",
    "pre-auto-gc",
    "pre-push",
    "post-checkout",
    "post-index-change",
    "fsmonitor-watchman",
    "proc-receive",
)


def arm(shop: Checkout, trap: Trap) -> None:
    """Hooks and every configuration that names a program and that a repository can carry."""
    hooks = shop.path / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in HOOKS:
        (hooks / name).write_text(f'#!/bin/sh\nexec "{trap.program}" hook {name} </dev/null\n')
        (hooks / name).chmod(0o755)
    program = f"'{trap.program}'"
    for key, value in (
        ("core.hooksPath", str(hooks)),
        ("core.fsmonitor", f"{program} fsmonitor"),
        ("core.sshCommand", f"{program} ssh"),
        ("core.pager", f"{program} pager"),
        ("core.editor", f"{program} editor"),
        ("core.askPass", str(trap.program)),
        ("core.gitProxy", str(trap.program)),
        ("core.alternateRefsCommand", f"</dev/null {program} alternates"),
        ("credential.helper", f"!{program} credential"),
        ("uploadpack.packObjectsHook", f"{program} pack-objects"),
        ("filter.evil.clean", f"{program} clean"),
        ("filter.evil.smudge", f"{program} smudge"),
        ("filter.evil.required", "true"),
        ("diff.external", f"{program} diff"),
        ("diff.evil.textconv", f"{program} textconv"),
        ("gpg.program", str(trap.program)),
        ("receive.denyCurrentBranch", "updateInstead"),
        ("receive.autogc", "true"),
        ("gc.auto", "1"),
        ("protocol.allow", "always"),
        ("protocol.ext.allow", "always"),
        ("alias.rev-parse", f"!{program} alias"),
    ):
        shop.git("config", key, value)
    (shop.path / ".git" / "info").mkdir(exist_ok=True)
    (shop.path / ".git" / "info" / "attributes").write_text("* filter=evil diff=evil\n")


async def everything(repositories: GitRepositories, shop: Checkout, tmp_path: Path) -> None:
    """All that the server ever does with a repository."""
    url = str(shop.path)
    facts = await repositories.probe(url)
    await repositories.refresh(PROJECT, url)
    base = await repositories.resolve(PROJECT, facts.default_branch)
    await repositories.bundle(PROJECT, [base], tmp_path / "repo.bundle")
    worker = Checkout(tmp_path / "worker")
    worker.path.mkdir()
    worker.git("init", "-q")
    worker.git("fetch", "-q", str(tmp_path / "repo.bundle"), "refs/omoi/tip-0")
    worker.git("checkout", "-q", "FETCH_HEAD")
    made = worker.commit("made.txt", "x")
    worker.git("branch", "out")
    worker.git("bundle", "create", "-q", str(tmp_path / "out.bundle"), f"{base}..out")
    await repositories.take_bundle(PROJECT, tmp_path / "out.bundle", made, "refs/omoi/attempt/j/1")
    await repositories.push(PROJECT, url, "spec/x", None, made, 20)
    assert await repositories.remote_tip(PROJECT, url, "spec/x") == made
    await repositories.commits(PROJECT, base, made)
    assert "made.txt" in await repositories.diffstat(PROJECT, base, made)


async def test_nothing_that_a_repository_names_is_run(
    repositories: GitRepositories, shop: Checkout, trap: Trap, tmp_path: Path
) -> None:
    lender = shop.clone(tmp_path / "lender")
    (shop.path / ".git" / "objects" / "info" / "alternates").write_text(f"{lender.path}/.git/objects\n")
    arm(shop, trap)
    # As young as the index: git has to read the file to know, and would run the clean filter to compare it.
    moment = (shop.path / ".git" / "index").stat().st_mtime_ns
    for name in ("README.md", "shop/auth.py"):
        os.utime(shop.path / name, ns=(moment + 10**9, moment + 10**9))
    os.utime(shop.path / ".git" / "index", ns=(moment, moment))
    await everything(repositories, shop, tmp_path)
    assert not trap.sprung.exists(), trap.sprung.read_text()


async def test_the_traps_work(shop: Checkout, trap: Trap, tmp_path: Path) -> None:
    """The same configuration does run its programs when git is called without care."""
    lender = shop.clone(tmp_path / "lender")
    (shop.path / ".git" / "objects" / "info" / "alternates").write_text(f"{lender.path}/.git/objects\n")
    arm(shop, trap)
    (shop.path / "README.md").touch()
    shop.git("diff-files", "--name-only")
    shop.git("status", "--porcelain")
    lender.git("push", "-q", str(shop.path), "HEAD:refs/heads/careless")
    sprung = trap.sprung.read_text()
    for word in ("fsmonitor", "clean", "alternates", "hook update", "hook post-receive", "hook reference-transaction"):
        assert word in sprung, word


async def test_a_partial_clone_cannot_make_us_fetch(
    repositories: GitRepositories, shop: Checkout, trap: Trap, tmp_path: Path
) -> None:
    """Missing objects of a partial clone are fetched by a command that its configuration names."""
    (shop.path / "big.txt").write_text("lazily fetched\n")
    shop.git("add", "big.txt")
    shop.git("commit", "-q", "-m", "big")
    blob = shop.git("rev-parse", "HEAD:big.txt")
    (shop.path / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    for key, value in (
        ("core.repositoryFormatVersion", "1"),
        ("extensions.partialClone", "origin"),
        ("remote.origin.url", str(tmp_path)),
        ("remote.origin.promisor", "true"),
        ("remote.origin.uploadpack", f"'{trap.program}' lazy"),
    ):
        shop.git("config", key, value)
    with pytest.raises(RepositoryError):
        await repositories.refresh(PROJECT, str(shop.path))
    await repositories.probe(str(shop.path))
    assert not trap.sprung.exists(), trap.sprung.read_text()


async def test_the_environment_of_the_server_does_not_reach_git(
    home: Path, shop: Checkout, trap: Trap, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GIT_SSH_COMMAND", "GIT_EXTERNAL_DIFF", "GIT_PAGER", "GIT_ASKPASS", "GIT_PROXY_COMMAND"):
        monkeypatch.setenv(name, str(trap.program))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "wrong"))
    monkeypatch.setenv("GIT_TRACE", "1")
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "core.fsmonitor")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", str(trap.program))
    user_home = tmp_path / "user"
    user_home.mkdir()
    (user_home / ".gitconfig").write_text(f"[core]\n\thooksPath = {tmp_path}\n\tfsmonitor = {trap.program}\n")
    monkeypatch.setenv("HOME", str(user_home))
    for name in ("GIT_DIR", "GIT_CONFIG_COUNT"):
        monkeypatch.setitem(os.environ, name, os.environ[name])
    repositories = GitRepositories(home)
    facts = await repositories.probe(str(shop.path))
    assert facts.default_branch == "main"
    assert not trap.sprung.exists()


@pytest.mark.parametrize("name", ["packed-refs", "HEAD", "config", "shallow", "objects/info/alternates", "info/grafts"])
async def test_links_in_the_git_directory_give_nothing_away(
    repositories: GitRepositories, shop: Checkout, tmp_path: Path, name: str
) -> None:
    await repositories.refresh(PROJECT, str(shop.path))
    (tmp_path / "token").write_text("omoi_TOPSECRET\n")
    target = shop.path / ".git" / name
    target.parent.mkdir(exist_ok=True)
    target.unlink(missing_ok=True)
    target.symlink_to(tmp_path / "token")
    url, tip = str(shop.path), await repositories.resolve(PROJECT, "main")
    for call in (
        repositories.probe(url),
        repositories.refresh(PROJECT, url),
        repositories.remote_tip(PROJECT, url, "main"),
        repositories.push(PROJECT, url, "spec/x", None, tip, 20),
    ):
        with pytest.raises(RepositoryError) as refused:
            await call
        assert refused.value.reason == "NOT_A_REPOSITORY"
        assert name in refused.value.message and "TOPSECRET" not in str(refused.value) + refused.value.remedy


async def test_links_inside_the_git_directory_and_worktrees_are_taken(
    repositories: GitRepositories, shop: Checkout, tmp_path: Path
) -> None:
    head = shop.path / ".git" / "HEAD"
    head.unlink()
    head.symlink_to("refs/heads/main")  # as old versions of git made it
    shop.git("worktree", "add", "-q", "-b", "side", str(tmp_path / "side"))
    for path in (shop.path, tmp_path / "side"):
        assert (await repositories.probe(str(path))).head == shop.tip("main")
    (shop.path / ".git" / "packed-refs").symlink_to(tmp_path / "a secret")
    with pytest.raises(RepositoryError, match="packed-refs"):
        await repositories.probe(str(tmp_path / "side"))


@pytest.mark.parametrize("name", ["packed-refs", "shallow", "objects/info/alternates"])
async def test_what_git_cannot_parse_is_not_quoted(repositories: GitRepositories, shop: Checkout, name: str) -> None:
    """The link may come between the check and git."""
    await repositories.refresh(PROJECT, str(shop.path))
    (shop.path / ".git" / name).write_text("omoi_TOPSECRET\n")
    for call in (repositories.probe, lambda url: repositories.refresh(PROJECT, url)):
        try:
            await call(str(shop.path))
        except RepositoryError as refused:
            assert "TOPSECRET" not in str(refused) + refused.message + refused.remedy


async def test_a_repository_around_the_home_lends_no_configuration(tmp_path: Path, shop: Checkout) -> None:
    around = make_checkout(tmp_path / "around")
    around.git("config", f"url.{tmp_path}/elsewhere.insteadOf", str(shop.path))
    repositories = GitRepositories(around.path / "deep" / "home")
    assert (await repositories.probe(str(shop.path))).head == shop.tip("main")


async def test_a_link_in_the_tree_is_not_followed(
    repositories: GitRepositories, shop: Checkout, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("TOPSECRET")
    (shop.path / "link").symlink_to(secret)
    shop.git("add", "link")
    shop.git("commit", "-q", "-m", "link")
    await repositories.refresh(PROJECT, str(shop.path))
    target = tmp_path / "x.bundle"
    await repositories.bundle(PROJECT, [shop.tip("main")], target)
    unpacked = Checkout(tmp_path / "unpacked")
    unpacked.path.mkdir()
    unpacked.git("init", "-q")
    unpacked.git("fetch", "-q", str(target), "refs/omoi/tip-0")
    assert unpacked.git("cat-file", "blob", "FETCH_HEAD:link") == str(secret)
    assert "TOPSECRET" not in unpacked.git("log", "-p", "FETCH_HEAD")
