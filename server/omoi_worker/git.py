"""Git for the worker: every call goes through `Git.run`, which trusts nothing that a repository brings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from omoi_worker.processes import Processes, base_environment

TIMEOUT = 600.0
"""Seconds for one call; the largest is the checkout of a big repository."""

# On the command line, because a repository's own configuration wins over a global file.
_SETTINGS = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "core.attributesFile=/dev/null",
    "core.excludesFile=/dev/null",
    "core.autocrlf=false",
    "core.safecrlf=false",
    "core.protectHFS=true",
    "core.protectNTFS=true",
    "core.pager=cat",
    "commit.gpgSign=false",
    "diff.external=",
    "gc.auto=0",
    "maintenance.auto=false",
    "merge.renames=true",
    "protocol.allow=never",
    "protocol.file.allow=always",
    "protocol.ext.allow=never",
    "submodule.recurse=false",
    "fetch.recurseSubmodules=false",
    "advice.detachedHead=false",
)

_ATTRIBUTES = "* -text -filter -ident -working-tree-encoding -export-subst !eol !merge !diff\n"
"""In .git/info/attributes, which wins over a repository's .gitattributes: files are the bytes of their blobs."""


class GitError(Exception):
    """A git call failed. `exit_code` and `stderr` are git's."""

    def __init__(self, command: str, exit_code: int, stderr: str) -> None:
        reason = stderr.strip() or f"exit code {exit_code}"
        super().__init__(f"git {command} failed: {reason[-2000:]}")
        self.exit_code = exit_code
        self.stderr = stderr


class Git:
    """Git in one clone. `work` is the folder of the clone; the configuration file lies in `home`."""

    def __init__(self, processes: Processes, work: Path, home: Path, tmp: Path) -> None:
        self.work = work
        self._processes = processes
        self._config = home / "worker.gitconfig"
        self._cwd = home
        self._env = {
            **base_environment(home, tmp),
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": str(self._config),
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ALLOW_PROTOCOL": "file",
            "GIT_LITERAL_PATHSPECS": "1",
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_LFS_SKIP_SMUDGE": "1",
            "GIT_EDITOR": "true",
            "GIT_PAGER": "cat",
            "GIT_DIR": str(work / ".git"),
            "GIT_WORK_TREE": str(work),
        }

    def run(self, *arguments: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> bytes:
        """Run git and return stdout. Raises GitError, ProcessTimeout, Stopping; OSError when there is no git."""
        settings = [part for setting in _SETTINGS for part in ("-c", setting)]
        argv = ["git", "--no-pager", *settings, *arguments]
        cwd = self.work if self.work.is_dir() else self._cwd
        try:
            finished = self._processes.run(argv, cwd, {**self._env, **(env or {})}, TIMEOUT, stdin)
        except FileNotFoundError as error:
            raise GitError(arguments[0], 127, f"{error}. Install git in the sandbox.") from error
        if finished.exit_code != 0:
            raise GitError(arguments[0], finished.exit_code, finished.errors.decode("utf-8", "replace"))
        return finished.output

    def line(self, *arguments: str, stdin: bytes = b"", env: Mapping[str, str] | None = None) -> str:
        """Like `run`; the output as one line of text."""
        return self.run(*arguments, stdin=stdin, env=env).decode("utf-8", "replace").strip()

    def paths(self, *arguments: str) -> list[str]:
        """Like `run`; the output as paths that git separated with NUL (pass -z)."""
        return [path.decode("utf-8", "replace") for path in self.run(*arguments).split(b"\0") if path]

    def succeeds(self, *arguments: str) -> bool:
        """Whether a question to git (exit code 0 or 1) is answered yes. Raises GitError for any other code."""
        try:
            self.run(*arguments)
        except GitError as error:
            if error.exit_code == 1:
                return False
            raise
        return True

    def init(self) -> None:
        """Make the empty clone: no template, so no hooks, and no identity of the machine."""
        self._config.write_text("[safe]\n\tdirectory = *\n[init]\n\tdefaultBranch = main\n", encoding="utf-8")
        self.run("init", "--quiet", "--template=", str(self.work))
        info = self.work / ".git" / "info"
        info.mkdir(exist_ok=True)
        (info / "attributes").write_text(_ATTRIBUTES, encoding="utf-8")

    def fetch_bundle(self, bundle: Path, commit: str) -> None:
        """Take the objects of a bundle and make sure that `commit` is among them. Raises GitError."""
        self.run("fetch", "--quiet", "--no-tags", "--", str(bundle), "+refs/*:refs/given/*")
        self.run("rev-parse", "--quiet", "--verify", f"{commit}^{{commit}}")

    def checkout(self, commit: str) -> None:
        """Put the clone at `commit`, detached, with every change and unknown file gone."""
        self.run("checkout", "--quiet", "--force", "--detach", commit)
        self.run("clean", "-ffdqx")
