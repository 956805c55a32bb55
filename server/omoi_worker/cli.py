"""The command line: `run`, `check`, `version`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code; argparse exits with 2 for wrong usage."""
    parser = argparse.ArgumentParser(prog="omoi-worker", description="Does one job of Omoi inside a sandbox.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    run = commands.add_parser("run", help="do the job in a sandbox directory")
    run.add_argument("directory", type=Path, metavar="DIR", help="the directory that holds job.json")
    check = commands.add_parser("check", help="check feature files and spec documents of the current folder")
    check.add_argument("features", nargs="+", metavar="FEATURE", help="a feature file")
    check.add_argument("--requirements", metavar="FILE.json", help="requirements to hold the features against")
    commands.add_parser("version", help="print the digest of this program and the version of its job format")
    chosen = parser.parse_args(arguments)
    if chosen.command == "run":
        return _run(chosen.directory)
    if chosen.command == "check":
        return _check(chosen.features, chosen.requirements)
    return _version()


def _run(directory: Path) -> int:
    from omoi_worker.attempt import run

    return run(directory)


def _check(features: Sequence[str], requirements: str | None) -> int:
    from omoi_worker.check import run_check

    lines, well = run_check(features, requirements, Path.cwd())
    for line in lines:
        print(line)
    return 0 if well else 1


def _version() -> int:
    from omoi_worker.archive import own_digest
    from omoi_worker.job import VERSION

    print(f"{own_digest()} schema {VERSION}")
    return 0
