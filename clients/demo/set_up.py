"""Make .venv in the checkout: `set_up.py server`, `playground` or `dev`. Standard library only; run by set_up.sh.

One line per step; one sentence with the remedy when something is missing. What was installed is noted in .venv, so that
the next run is over at once. What pip says is in .venv/set-up.log. The browser tests of `dev` need a Chromium, which apt-get
brings where it may.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
LOG = VENV / "set-up.log"
NOTED = VENV / "set-up.json"

INSTALLED = {"server": ("server",), "playground": ("server", "bot"), "dev": ("server", "bot", "dev")}
"""What each level installs; each holds all of the one before."""

LEVELS = list(INSTALLED)
BROWSERS = ("chromium", "chromium-browser", "google-chrome")

FOREIGN = (
    "PYTHONHOME",
    "PYTHONPATH",
    "PIP_USER",
    "PIP_TARGET",
    "PIP_PREFIX",
    "PIP_ROOT",
    "PIP_REQUIREMENT",
    "PIP_NO_DEPS",
)
"""A person's variables that would make pip install somewhere else, or something else."""

UNREACHABLE = re.compile(
    r"NewConnectionError|name resolution|Name or service not known|Network is unreachable|Connection refused"
    r"|ConnectTimeout|Read timed out|ProxyError|SSLError|from versions: none",
    re.IGNORECASE,
)
"""How pip tells that no index answers. The last one is what remains when pip was told to look nowhere."""


class SetUpError(Exception):
    """One sentence with the remedy."""


def main(arguments: list[str]) -> int:
    """Exit code 0 when .venv holds what was asked for."""
    if len(arguments) != 1 or arguments[0] not in INSTALLED:
        print(f"set-up: say what for: {' or '.join(INSTALLED)}.", file=sys.stderr)
        return 2
    try:
        VENV.mkdir(exist_ok=True)
        with (VENV / "set-up.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            set_up(arguments[0])
            if arguments[0] == "dev":
                bring_browser()
    except SetUpError as error:
        print(f"\nset-up: {error}", file=sys.stderr)
        return 1
    except OSError as error:
        where = error.filename or VENV
        print(
            f"\nset-up: {where} cannot be used: {error.strerror}; make room or give yourself the right to write there.",
            file=sys.stderr,
        )
        return 1
    except KeyboardInterrupt:
        print("\nset-up: interrupted; run make again to go on.", file=sys.stderr)
        return 130
    return 0


def set_up(level: str) -> None:
    """Do what is missing. Raises SetUpError."""
    noted = _noted()
    usable = _usable()
    known = noted.get("level", "")
    enough = known in LEVELS and LEVELS.index(known) >= LEVELS.index(level)
    if usable and noted.get("digest") == _digest() and enough:
        return
    _say(f"Python {sys.version.split()[0]} ({sys.executable})\n")
    if not usable:
        _make()
    # A checkout that was once set up for more stays so.
    wanted = known if enough and usable else level
    _install(wanted)
    NOTED.write_text(json.dumps({"digest": _digest(), "level": wanted}) + "\n")


def bring_browser() -> None:
    """A Chromium for the browser tests. Where it cannot be had a sentence says so, and those tests fail."""
    if any(shutil.which(name) for name in BROWSERS):
        return
    noted = _noted()
    if os.geteuid() == 0 and shutil.which("apt-get") and noted.get("browser") != "refused":
        _say("chromium for the browser tests … ")
        begun = time.monotonic()
        install = ["apt-get", "install", "-y", "--no-install-recommends", "chromium"]
        if _run(install) == 0 or (_run(["apt-get", "update"]) == 0 and _run(install) == 0):
            print(_seconds(begun), flush=True)
            return
        print("not to be had", flush=True)
        # Asked once: the next run says what is missing and does not wait for it again.
        NOTED.write_text(json.dumps({**noted, "browser": "refused"}) + "\n")
    print(
        "set-up    there is no Chromium on the PATH, so the browser tests will fail; install it "
        "(Debian, Ubuntu: apt-get install chromium).",
        flush=True,
    )


def _noted() -> dict[str, str]:
    try:
        found = json.loads(NOTED.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _digest() -> str:
    """Of everything that decides what must be installed, and of the place: an editable install names it."""
    parts = [os.fsencode(ROOT), (ROOT / "pyproject.toml").read_bytes(), (ROOT / "constraints.txt").read_bytes()]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def _usable() -> bool:
    """.venv has a Python that starts (its base may have been removed since), new enough, with pip."""
    try:
        check = "import sys, pip; sys.exit(sys.version_info < (3, 11))"
        return subprocess.run([PYTHON, "-I", "-c", check], capture_output=True, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _make() -> None:
    _say("virtual environment .venv … ")
    begun = time.monotonic()
    for entry in VENV.iterdir():
        if entry.name == "set-up.lock":
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
    done = _run([sys.executable, "-I", "-m", "venv", str(VENV)])
    if done != 0:
        raise SetUpError(
            f"{sys.executable} could not make .venv; install its venv module (Debian, Ubuntu: apt-get install python3-venv). "
            f"What it said: {_log_name()}."
        )
    print(_seconds(begun), flush=True)


def _install(level: str) -> None:
    extras = ",".join(INSTALLED[level])
    _say(f"packages for {' and '.join(INSTALLED[level])} … ")
    begun = time.monotonic()
    # Relative names: pip splits a list of constraint files at spaces, and the checkout's path may hold some.
    done = _run([str(PYTHON), "-m", "pip", "install", "--no-input", "-c", "constraints.txt", "-e", f".[{extras}]"])
    if done != 0:
        raise SetUpError(_why())
    print(_seconds(begun), flush=True)


def _run(command: list[str]) -> int:
    environment = {name: value for name, value in os.environ.items() if name not in FOREIGN}
    environment.setdefault("PIP_RETRIES", "2")
    environment["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    environment["DEBIAN_FRONTEND"] = "noninteractive"
    # The build of Omoi itself is held to the constraints too; which variable says so depends on pip's age.
    environment["PIP_CONSTRAINT"] = environment["PIP_BUILD_CONSTRAINT"] = "constraints.txt"
    with LOG.open("a") as log:
        log.write(f"$ {' '.join(command)}\n")
        log.flush()
        return subprocess.run(
            command, cwd=ROOT, env=environment, stdout=log, stderr=log, stdin=subprocess.DEVNULL
        ).returncode


def _why() -> str:
    said = LOG.read_text(errors="replace").rpartition("\n$ ")[2]
    if "No space left on device" in said:
        return f"the disk is full; make room and run make again. What pip said: {_log_name()}."
    if UNREACHABLE.search(said):
        return (
            "the packages cannot be fetched: no package index answers; connect to the network, or tell pip about a proxy or "
            f"mirror (pip config), and run make again. What pip said: {_log_name()}."
        )
    errors = [line.removeprefix("ERROR: ").rstrip(".") for line in said.splitlines() if line.startswith("ERROR: ")]
    reason = errors[-1] if errors else "pip ended without saying why"
    return f"the packages could not be installed: {reason}; see {_log_name()}, mend it and run make again."


def _log_name() -> str:
    return str(LOG.relative_to(ROOT))


def _say(text: str) -> None:
    print(f"set-up    {text}", end="", flush=True)


def _seconds(begun: float) -> str:
    return f"{time.monotonic() - begun:.0f} s"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
