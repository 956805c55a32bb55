"""Keeping a mirror small: refs of attempts that are over go, packs are put together, what nobody needs is pruned.

A commit can be needed though no ref names it: the base of a spec whose branch was rewritten at the origin, the tip of a
branch that somebody deleted there. Those get a ref of their own first (refs/omoi/needed/<commit>).
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from omoi_server.adapters.git_mirror import FETCH_SECONDS, Mirrors, Writing
from omoi_server.adapters.git_names import check_commit, check_own_ref

NEEDED = "refs/omoi/needed/"
ATTEMPTS = "refs/omoi/attempt/"
MOST_PACKS = 50
MOST_LOOSE = 6_700
"""git's own thresholds (git-gc(1): gc.autoPackLimit, gc.auto)."""
YOUNGEST_PRUNED = "2.weeks.ago"
"""git's own default: what is written now and gets its ref in a moment is days away from being pruned."""


async def attempt_refs(mirrors: Mirrors, project_id: str) -> list[str]:
    """The refs under which commits of attempts are kept; none without a mirror."""
    path = mirrors.path(project_id)
    return await _refs(mirrors, path, ATTEMPTS) if path.is_dir() else []


async def tidy(
    mirrors: Mirrors, project_id: str, over: Collection[str], needed: Collection[str], most_packs: int
) -> None:
    """Delete the refs `over`, hold the commits `needed`, and collect garbage above so many packs. Repeatable."""
    path = mirrors.path(project_id)
    if not path.is_dir():
        return
    for ref in over:
        check_own_ref(ref)
    async with mirrors.writing(project_id) as writing:
        held = await _refs(mirrors, path, NEEDED)
        present = [NEEDED + commit for commit in await _present(mirrors, path, needed)]
        gone = {*over, *held} - set(present)
        orders = [f"update {ref} {ref.removeprefix(NEEDED)}" for ref in present if ref not in held]
        orders += [f"delete {ref}" for ref in sorted(gone)]
        if orders:
            text = "".join(f"{order}\n" for order in orders).encode()
            await mirrors.git.run("update-ref", "--stdin", cwd=path, stdin=text, held=writing.held)
        if await _much(mirrors, path, most_packs):
            await _collect(mirrors, writing)


async def _refs(mirrors: Mirrors, path: Path, below: str) -> list[str]:
    return (await mirrors.git.run("for-each-ref", "--format=%(refname)", below, cwd=path)).text.split()


async def _present(mirrors: Mirrors, path: Path, commits: Collection[str]) -> list[str]:
    """Those of `commits` that the mirror has, in order."""
    if not commits:
        return []
    asked = "".join(f"{check_commit(commit)}\n" for commit in sorted(commits)).encode()
    found = await mirrors.git.run("cat-file", "--batch-check", cwd=path, stdin=asked)
    return [line.split()[0] for line in found.text.splitlines() if line.split()[1:2] == ["commit"]]


async def _much(mirrors: Mirrors, path: Path, most_packs: int) -> bool:
    counted = await mirrors.git.run("count-objects", "-v", cwd=path)
    numbers = dict(line.split(": ", 1) for line in counted.text.splitlines() if ": " in line)
    return int(numbers["packs"]) > most_packs or int(numbers["count"]) > MOST_LOOSE


async def _collect(mirrors: Mirrors, writing: Writing) -> None:
    try:
        await mirrors.git.run(
            "gc",
            "--quiet",
            "--cruft",
            f"--prune={YOUNGEST_PRUNED}",
            cwd=writing.path,
            time_limit=FETCH_SECONDS,
            held=writing.held,
        )
    finally:
        mirrors.forget(writing.path)
