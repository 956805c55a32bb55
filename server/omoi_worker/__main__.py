"""Starts the worker: `python -m omoi_worker`, the script `omoi-worker`, or the archive."""

from __future__ import annotations

import sys

from omoi_worker.cli import main

__all__ = ["main"]

if __name__ == "__main__":
    sys.exit(main())
