"""The one function that calls git.

Everything git can be talked into running (hooks, fsmonitor, filters, pagers, helpers, ssh commands) is switched off
three times, because each place covers what another cannot:

* our own file in GIT_CONFIG_GLOBAL, which child processes of git read too;
* `-c` on every call, because the configuration of a repository overrides the global file;
* `-c` inside the `--upload-pack` / `--receive-pack` command for a path, because git clears `-c` for the process that
  serves the other repository (`local_repo_env` in git's environment.c).
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import resource
import shlex
import signal
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from omoi_server.errors import RepositoryError

# A silent connection ends within a minute, also when nobody is left to end it (git outlives a killed server).
SSH_COMMAND = (
    "ssh -oBatchMode=yes -oConnectTimeout=15 -oServerAliveInterval=15 -oServerAliveCountMax=3 -oPermitLocalCommand=no"
)

# Nothing here may be changed by the configuration of a repository that a stranger wrote.
SETTINGS: tuple[tuple[str, str], ...] = (
    ("core.hooksPath", "/dev/null"),
    ("core.fsmonitor", "false"),
    ("core.alternateRefsCommand", "true"),  # receive-pack runs it by a shell; `true` prints no refs
    ("core.attributesFile", "/dev/null"),
    ("core.excludesFile", "/dev/null"),
    ("core.sshCommand", SSH_COMMAND),
    ("core.pager", "cat"),
    ("core.editor", "false"),
    ("core.askPass", ""),
    ("core.protectHFS", "true"),
    ("core.protectNTFS", "true"),
    ("credential.helper", ""),
    ("http.lowSpeedLimit", "1"),
    ("http.lowSpeedTime", "60"),
    ("protocol.ext.allow", "never"),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
    ("receive.autogc", "false"),
    ("submodule.recurse", "false"),
    ("fetch.recurseSubmodules", "false"),
    ("push.recurseSubmodules", "no"),
    ("push.gpgSign", "false"),
    ("commit.gpgSign", "false"),
    ("log.showSignature", "false"),
    ("diff.external", ""),
    ("filter.lfs.process", ""),
    ("filter.lfs.smudge", ""),
    ("filter.lfs.clean", ""),
    ("filter.lfs.required", "false"),
    ("i18n.logOutputEncoding", "UTF-8"),
    ("core.quotePath", "false"),
)
# What a repository that receives a push must not decide for itself: updateInstead would rewrite somebody's files
# (and run smudge filters while it does), a rewritten branch would lose somebody's commits.
RECEIVE_SETTINGS: tuple[tuple[str, str], ...] = (
    ("receive.denyCurrentBranch", "refuse"),
    ("receive.denyNonFastForwards", "true"),
    ("receive.denyDeletes", "true"),
)
# Passed on from the server's environment: how to reach the network and an ssh agent; nothing else.
PASSED_ON = (
    "PATH",
    "HOME",
    "TMPDIR",
    "SSH_AUTH_SOCK",
    "https_proxy",
    "HTTPS_PROXY",
    "no_proxy",
    "NO_PROXY",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
)
MESSAGE_LIMIT = 64 * 1024
FILE_LIMIT = 8 * 1024**3
POLITE_SECONDS = 2.0
_CHUNK = 256 * 1024


@dataclass(frozen=True)
class GitResult:
    """What one call of git left: exit code, standard output, and what it said (secrets masked)."""

    code: int
    stdout: bytes
    stderr: str

    @property
    def text(self) -> str:
        """Standard output without the last newline; bytes that are no UTF-8 are replaced."""
        return self.stdout.decode("utf-8", "replace").rstrip("\n")


def mask(text: str) -> str:
    """Hide whatever stands between `://` and `@`: user names and passwords in addresses."""
    return re.sub(r"://[^/@\s'\"]*@", "://***@", text)


OWN_FOLDERS = ("git", "mirrors", "sandboxes", "scratch")
"""What OMOI_HOME holds of which git may speak; a project's repository may lie there too and keeps its path."""

_CONTENTS = re.compile(
    r"(unexpected line in [^:\n]*|bad shallow line|bad graft data|invalid object name|[Oo]bject directory(?= /)"
    r"|unable to normalize alternate object path|not a git repository:|bad (?:numeric )?config [^'\n]*(?='))[^\n]*"
)


def redact(text: str) -> str:
    """Hide secrets in addresses, and what git quotes from files it could not parse: they may be links to others."""
    return mask(_CONTENTS.sub(r"\1 (its content is not shown)", text))


def served_by(service: str, extra: Sequence[tuple[str, str]] = ()) -> str:
    """The command that serves a repository given by its path (`upload-pack`, `receive-pack`), with our settings.

    git hands it to a shell, so every word is quoted. GIT_ALLOW_PROTOCOL=none: the serving side never needs a network,
    and a partial clone would otherwise fetch missing objects with whatever command its configuration names.
    """
    words = [word for key, value in (*SETTINGS, *extra) for word in ("-c", f"{key}={value}")]
    return "GIT_ALLOW_PROTOCOL=none GIT_NO_LAZY_FETCH=1 git " + shlex.join([*words, service])


class Git:
    """Calls git for one OMOI_HOME. Creating it writes `OMOI_HOME/git/config`, the file in GIT_CONFIG_GLOBAL.

    `environ` defaults to the environment of the server, of which only PASSED_ON is used.
    """

    def __init__(
        self,
        home: Path,
        *,
        environ: Mapping[str, str] | None = None,
        time_limit: float = 120.0,
        output_limit: int = 64 * 1024 * 1024,
    ) -> None:
        self.folder = home / "git"
        homes = "|".join(re.escape(str(path)) for path in dict.fromkeys((home, home.resolve())))
        self._inside = re.compile(rf"(?:{homes})/(?={'|'.join(OWN_FOLDERS)})")
        self.time_limit = time_limit
        self.output_limit = output_limit
        source = os.environ if environ is None else environ
        self._passed_on = {key: source[key] for key in PASSED_ON if key in source}
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._config = self.folder / "config"
        _write_whole(self._config, _config_text())

    def environment(self, protocols: str, extra: Mapping[str, str] | None = None) -> dict[str, str]:
        """The whole environment of a call; `protocols` is GIT_ALLOW_PROTOCOL (`none` where nothing is fetched)."""
        return {
            "PATH": os.defpath,
            **self._passed_on,
            "LC_ALL": "C",
            "GIT_CONFIG_NOSYSTEM": "1",
            # A repository around OMOI_HOME is nobody's that we serve; its configuration stays its own.
            "GIT_CEILING_DIRECTORIES": str(self.folder.parent),
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": str(self._config),
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_ASKPASS": "",
            "SSH_ASKPASS": "",
            "GIT_SSH_COMMAND": SSH_COMMAND,
            "GIT_ALLOW_PROTOCOL": protocols,
            "GIT_OPTIONAL_LOCKS": "0",
            "GIT_NO_LAZY_FETCH": "1",
            "GIT_NO_REPLACE_OBJECTS": "1",
            "GIT_LFS_SKIP_SMUDGE": "1",
            "GIT_LITERAL_PATHSPECS": "1",
            **(extra or {}),
        }

    async def run(
        self,
        *args: str,
        cwd: Path,
        stdin: bytes | IO[bytes] = b"",
        env: Mapping[str, str] | None = None,
        protocols: str = "none",
        time_limit: float | None = None,
        sink: IO[bytes] | None = None,
        held: Sequence[int] = (),
        accept: Sequence[int] = (0,),
    ) -> GitResult:
        """Run `git args…` in `cwd`.

        stdin: bytes, or an open file read from where it stands. sink: gets standard output instead of the result.
        held: descriptors the processes keep open, so that a lock lives as long as the last of them.
        Raises RepositoryError: GIT_TIMEOUT (`time_limit` seconds; its process group is ended first),
        GIT_OUTPUT_TOO_LARGE, GIT_MISSING, REPOSITORY_NOT_FOUND and REPOSITORY_ACCESS_DENIED for a `cwd` that cannot
        be entered, and GIT_FAILED for an exit code that is not in `accept`.
        """
        settings = [word for key, value in SETTINGS for word in ("-c", f"{key}={value}")]
        limit = self.time_limit if time_limit is None else time_limit
        try:
            process = await asyncio.create_subprocess_exec(
                "git",
                *settings,
                *args,
                cwd=cwd,
                env=self.environment(protocols, env),
                stdin=asyncio.subprocess.PIPE if isinstance(stdin, bytes) else stdin,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                start_new_session=True,
                pass_fds=tuple(held),
            )
        except OSError as error:
            raise _not_started(cwd, self.outward(str(cwd)), error) from error
        _limit_files(process.pid)
        complete = False
        try:
            async with asyncio.timeout(limit):
                stdout, stderr = await self._talk(process, stdin if isinstance(stdin, bytes) else None, sink)
            complete = True
        except TimeoutError as error:
            raise RepositoryError(
                "GIT_TIMEOUT",
                f"git {args[0]} took longer than {limit:g} s and was ended.",
                "Look whether the repository answers, then try again.",
            ) from error
        finally:
            if not complete:
                await asyncio.shield(_end(process))
        code = process.returncode if process.returncode is not None else -1
        result = GitResult(code, stdout, self.outward(redact(stderr.decode("utf-8", "replace"))).strip())
        if code not in accept:
            raise failure(args[0], result)
        return result

    def outward(self, text: str) -> str:
        """The text with our own folders named from OMOI_HOME on: callers need not know where that lies."""
        return self._inside.sub("OMOI_HOME/", text)

    async def _talk(
        self, process: asyncio.subprocess.Process, stdin: bytes | None, sink: IO[bytes] | None
    ) -> tuple[bytes, bytes]:
        assert process.stdout is not None and process.stderr is not None
        try:
            async with asyncio.TaskGroup() as group:
                if stdin is not None:
                    group.create_task(_feed(process, stdin))
                output = group.create_task(_collect(process.stdout, self.output_limit, sink))
                said = group.create_task(_collect_tail(process.stderr))
                group.create_task(process.wait())
        except BaseExceptionGroup as errors:
            raise errors.exceptions[0] from None
        return output.result(), said.result()


def failure(what: str, result: GitResult) -> RepositoryError:
    """The error for a call that failed: GIT_FAILED with the line in which git says why."""
    lines = [line.strip() for line in result.stderr.splitlines() if line.strip()]
    # Behind ssh git knows only that it could not read; ssh says why, on a line before.
    told = [line for line in lines if not line.startswith(_EMPTY_WORDS)]
    telling = [line for line in told if line.startswith(("fatal:", "error:"))]
    said = (telling or told or lines or [f"exit code {result.code}"])[0][:500]
    if "No space left on device" in result.stderr or "File too large" in result.stderr:
        return RepositoryError("STORAGE_FULL", f"git {what} could not write: {said}", "Make room and try again.")
    return RepositoryError("GIT_FAILED", f"git {what} failed: {said}.", "")


_EMPTY_WORDS = (
    "fatal: Could not read from remote repository",
    "Please make sure you have the correct access rights",
    "and the repository exists.",
    "Warning: ",
)


async def _feed(process: asyncio.subprocess.Process, data: bytes) -> None:
    assert process.stdin is not None
    # git may end before it has read everything; its exit code then says why.
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        process.stdin.write(data)
        await process.stdin.drain()
    process.stdin.close()
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        await process.stdin.wait_closed()


async def _collect(stream: asyncio.StreamReader, limit: int, sink: IO[bytes] | None) -> bytes:
    """Everything `stream` gives; a sink takes any number of bytes, memory only `limit`."""
    parts: list[bytes] = []
    size = 0
    while part := await stream.read(_CHUNK):
        if sink is not None:
            try:
                await asyncio.to_thread(sink.write, part)
            except OSError as error:
                raise RepositoryError(
                    "STORAGE_FULL",
                    f"The output of git could not be written: {error.strerror}.",
                    "Make room and try again.",
                ) from error
            continue
        size += len(part)
        if size > limit:
            raise RepositoryError(
                "GIT_OUTPUT_TOO_LARGE",
                f"git printed more than {limit} bytes.",
                "The repository is larger than this server takes.",
            )
        parts.append(part)
    return b"".join(parts)


async def _collect_tail(stream: asyncio.StreamReader) -> bytes:
    tail = b""
    while part := await stream.read(_CHUNK):
        tail = (tail + part)[-MESSAGE_LIMIT:]
    return tail


async def _end(process: asyncio.subprocess.Process) -> None:
    """End the whole process group: SIGTERM lets git remove its lock files, SIGKILL reaches what ignores that (ssh may).

    The group outlives git while any process of it lives, and its number is not given to another one until then.
    """
    for number, seconds in ((signal.SIGTERM, POLITE_SECONDS), (signal.SIGKILL, None)):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), seconds)
    # asyncio closes its pipes at their end, which comes when the last process of the group is gone.
    assert process.stdout is not None and process.stderr is not None
    for stream in (process.stdout, process.stderr):
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(_collect_tail(stream), POLITE_SECONDS)


def _limit_files(pid: int) -> None:
    """No file that git writes grows beyond FILE_LIMIT; a lower limit of the server itself stays."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    limit = FILE_LIMIT if hard == resource.RLIM_INFINITY else min(FILE_LIMIT, hard)
    with contextlib.suppress(ProcessLookupError):
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (limit, limit))


def _not_started(cwd: Path, shown: str, error: OSError) -> RepositoryError:
    if isinstance(error, PermissionError):
        return RepositoryError(
            "REPOSITORY_ACCESS_DENIED", f"{shown} cannot be entered.", "Give the server's user the right to read it."
        )
    if not cwd.is_dir():
        return RepositoryError("REPOSITORY_NOT_FOUND", f"{shown} is no directory.", "Check the path.")
    return RepositoryError("GIT_MISSING", f"git is not installed: {error.strerror}.", "Install git 2.39 or newer.")


def _config_text() -> str:
    lines = ["# Written by Omoi at every start; the only configuration that its git calls read."]
    identity = (("user.name", "Omoi"), ("user.email", "omoi@localhost"), ("user.useConfigOnly", "true"))
    for key, value in (*identity, ("safe.directory", "*"), *SETTINGS):
        section, _, name = key.rpartition(".")
        head, _, sub = section.partition(".")
        lines.append(f'[{head} "{sub}"]' if sub else f"[{head}]")
        lines.append(f'\t{name} = "{value}"')
    return "\n".join(lines) + "\n"


def _write_whole(path: Path, text: str) -> None:
    """Replace `path` in one step: another process may be reading it."""
    descriptor, name = tempfile.mkstemp(dir=path.parent)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    Path(name).replace(path)
