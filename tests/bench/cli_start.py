"""Measure how long the `omoi` command takes to start, as whole processes, against the interpreter that runs it.

    python tests/bench/cli_start.py [--rounds 12] [--profile]

The ceiling is `python -c pass` of the same environment: nothing written in Python starts faster. `import grpc` stands
beside it as what help and completion must not pay. `--profile` prints the costliest imports of `omoi --help`.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.bench.measuring import Series, announce, rounds, show

PYTHON = sys.executable
OMOI = str(Path(sys.executable).parent / "omoi")

BARE = "python -c pass"
COMMANDS: dict[str, tuple[str, ...]] = {
    BARE: (PYTHON, "-c", "pass"),
    "python -c 'import click'": (PYTHON, "-c", "import click"),
    "python -c 'import grpc'": (PYTHON, "-c", "import grpc"),
    "omoi --help": (OMOI, "--help"),
    "omoi launch --help": (OMOI, "launch", "--help"),
    "omoi version": (OMOI, "version"),
    "omoi list (no server known)": (OMOI, "list"),
}
NO_SERVER = 4
"""Exit code of a command that finds no server: it has loaded everything by then and asked nobody."""


def once(command: Sequence[str], environment: dict[str, str]) -> tuple[float, float]:
    """(seconds from start to exit, processor seconds of the process)."""
    busy, began = _children(), time.perf_counter()
    ended = subprocess.run(command, env=environment, capture_output=True, check=False)
    took = time.perf_counter() - began
    if ended.returncode not in (0, NO_SERVER):
        raise SystemExit(f"{' '.join(command)} failed:\n{ended.stderr.decode(errors='replace')}")
    return took, _children() - busy


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def costly_imports(command: Sequence[str], environment: dict[str, str], count: int = 15) -> list[tuple[str, int, int]]:
    """(module, own µs, µs with all below it) of the modules that cost most themselves, each the least of five starts."""
    least: dict[str, tuple[int, int]] = {}
    for _ in range(5):
        ended = subprocess.run(
            [PYTHON, "-X", "importtime", *command], env=environment, capture_output=True, text=True, check=False
        )
        for own, total, name in _IMPORT.findall(ended.stderr):
            known = least.get(name, (sys.maxsize, sys.maxsize))
            least[name] = min(known[0], int(own)), min(known[1], int(total))
    return sorted(((name, *both) for name, both in least.items()), key=lambda one: -one[1])[:count]


_IMPORT = re.compile(r"^import time:\s+(\d+) \|\s+(\d+) \| +(\S+)$", re.MULTILINE)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the start of the omoi command.")
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--profile", action="store_true")
    options = parser.parse_args()
    if not Path(OMOI).exists():
        raise SystemExit(f"{OMOI} does not exist. Install the project into this environment: make setup.")
    done = announce("Start of the command: from exec to exit, bytecode present")
    with tempfile.TemporaryDirectory(prefix="omoi-bench-") as home:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("OMOI_", "PYTHON"))}
        environment = {**kept, "HOME": home, "OMOI_HOME": home, "LC_ALL": "C.UTF-8"}
        found = {name: Series() for name in COMMANDS}
        for command in COMMANDS.values():
            once(command, environment)
        for _, name in rounds(options.rounds, list(COMMANDS)):
            took, busy = once(COMMANDS[name], environment)
            found[name].add(1000 * took, cpu=1000 * busy)
        rows = []
        for name, series in found.items():
            low, high = series.spread
            ratio = "(ceiling)" if name == BARE else f"{series.ratio_to(found[BARE]):.2f}"
            busy = series.other("cpu")
            rows.append(
                [name, series.median, f"{low:.0f}-{high:.0f}", ratio, busy, f"{busy / found[BARE].other('cpu'):.2f}"]
            )
        show(("process", "ms", "min-max", "x bare", "CPU ms", "x bare"), rows)
        if options.profile:
            imports = costly_imports(COMMANDS["omoi --help"], environment)
            show(("import in omoi --help", "own µs", "with below µs"), [list(one) for one in imports])
    done()


if __name__ == "__main__":
    main()
