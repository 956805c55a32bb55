"""A small repository and a context that keeps what an engine journals."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from omoi_worker.engines import Data, PastCommit, load

FILES = {
    "pyproject.toml": '[project]\nname = "shop"\ndependencies = ["flask>=3"]\n\n[project.scripts]\nshop = "shop.web:main"\n\n'
    '[tool.pytest.ini_options]\ntestpaths = ["tests"]\n',
    "README.md": "# Shop\n\nA small shop that sells books and keeps accounts.\n",
    "AGENTS.md": "# Rules\n\n- Never log a password.\n- Run `pytest` before every commit.\n\n```\n- never quoted: this is code\n```\n",
    "shop/__init__.py": '"""A small shop."""\n',
    "shop/auth.py": '"""Login and accounts."""\n\nfrom dataclasses import dataclass\n\n\n@dataclass\nclass Account:\n    email: str\n'
    "    failed_logins: int = 0\n\n\ndef login(account: Account, password: str) -> bool:\n"
    '    """Check a password and count failed logins of an account."""\n    return False\n',
    "shop/mail.py": '"""Mail to owners of accounts."""\n\n\ndef send_mail(address: str) -> None:\n    """Hand one email to the server."""\n',
    "shop/orders.py": '"""Orders and their invoices."""\n\n\ndef export_orders(month: str) -> str:\n    """Write orders as CSV."""\n    return ""\n',
    "shop/web.py": "from flask import Flask\n\napp = Flask(__name__)\n",
    "tests/test_auth.py": "from shop.auth import login\n\n\ndef test_login():\n    assert login\n",
}


class Notebook:
    """Implements `engines.Context`."""

    def __init__(self, root: Path, job: Data) -> None:
        self.root = root
        self.job = job
        self.notes: list[str] = []
        self.commands: list[str] = []
        self.past: list[PastCommit] = []

    def note(self, text: str) -> None:
        self.notes.append(text)

    @contextmanager
    def command(self, text: str) -> Iterator[None]:
        self.commands.append(text)
        yield

    def history(self, limit: int) -> list[PastCommit]:
        return self.past[:limit]


def job_of(title: str, description: str = "", **project: str) -> Data:
    return {"spec_id": "7f3a91c2", "title": title, "description": description, "project": {"name": "shop", **project}}


Plan = Callable[..., dict[str, Data]]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "clone"
    for path, text in FILES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8")
    return root


@pytest.fixture
def notebook(repository: Path) -> Callable[..., Notebook]:
    """Make a context for an idea in the sample repository."""

    def make(title: str, description: str = "", **project: str) -> Notebook:
        return Notebook(repository, job_of(title, description, **project))

    return make


@pytest.fixture
def plan(notebook: Callable[..., Notebook]) -> Plan:
    """Run the four phases: feedback and previous are given by phase."""

    def run(
        title: str,
        description: str = "",
        feedback: dict[str, list[str]] | None = None,
        previous: dict[str, Data] | None = None,
        **project: str,
    ) -> dict[str, Data]:
        engine = load("outline")
        context = notebook(title, description, **project)
        outputs: dict[str, Data] = {}
        for phase in ("EXPLORE", "REQUIREMENTS", "DESIGN", "TASKS"):
            asked: list[dict[str, Any]] = [
                {"id": str(number), "author": "mara", "text": text}
                for number, text in enumerate((feedback or {}).get(phase, []))
            ]
            old = (previous or {}).get(phase)
            outputs[phase] = engine.plan(phase, context, dict(outputs), old, asked, "").data
        return outputs

    return run
