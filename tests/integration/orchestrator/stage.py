"""What a scripted worker plays: sound phase outputs for any task plan, and signals between test and worker."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from pathlib import Path
from typing import Any

from omoi_worker import archive

HERE = Path(__file__).parent
ENGINE = "omoi_worker/engines/outline/engine.py"
LIES = "omoi_worker/lies.py"
LYING_MAIN = b"import sys\n\nfrom omoi_worker import lies\n\nsys.exit(lies.main())\n"


class Stage:
    """A folder with the script, a worker archive that plays it, and the log of what it played."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        self.archive = folder / "worker.pyz"
        self._script: dict[str, Any] = {"phases": {}, "steps": {}, "lie": "", "lie_at": ""}
        self.plan(task(1), task(2, depends_on=["TSK-001"]))
        self._build()

    def plan(self, *tasks: dict[str, Any], requirements: int = 1) -> None:
        """Play this task plan, and outputs before it that fit."""
        self._script["phases"] = {
            "EXPLORE": explore(),
            "REQUIREMENTS": requirements_of(requirements),
            "DESIGN": design_of(requirements),
            "TASKS": {"notice": "", "feature_name": "Lock", "tasks": list(tasks), "changes": []},
        }
        self._write()

    def output(self, phase: str, data: dict[str, Any]) -> None:
        """Play other data in one phase."""
        self._script["phases"][phase] = data
        self._write()

    def step(self, name: str, **values: Any) -> None:
        """How a phase or task (by key, a quick one by title) is played: hold, fail, files, check."""
        self._script["steps"][name] = values
        self._write()

    def lie(self, name: str, at: str = "") -> None:
        """Tell a lie of lies.py, in jobs of kind `at` (plan or task; both without it)."""
        self._script.update(lie=name, lie_at=at)
        self._write()

    def release(self, name: str) -> None:
        """Let a held step go on, now and every time after."""
        (self.folder / f"go-{name}").touch()

    def hold(self, name: str) -> None:
        """From its next time on a released step waits again."""
        (self.folder / f"go-{name}").unlink()

    def log(self) -> list[tuple[str, str]]:
        """(begin or end, step) in the order in which it happened."""
        return [(kind, name) for kind, _, name in self._lines()]

    async def begun(self, name: str, times: int = 1) -> int:
        """The process that plays this step, once it began for the n-th time."""
        deadline = asyncio.get_running_loop().time() + 30
        while True:
            found = [int(pid) for kind, pid, played in self._lines() if (kind, played) == ("begin", name)]
            if len(found) >= times:
                return found[times - 1]
            assert asyncio.get_running_loop().time() < deadline, f"{name} did not begin: {self._lines()}"
            await asyncio.sleep(0.01)

    def _lines(self) -> list[list[str]]:
        path = self.folder / "log"
        return [line.split(maxsplit=2) for line in path.read_text().splitlines()] if path.exists() else []

    def _write(self) -> None:
        new = self.folder / "script.tmp"
        new.write_text(json.dumps(self._script))
        new.rename(self.folder / "script.json")

    def _build(self) -> None:
        """The worker as it ships, with the scripted engine in its place and a main that may lie."""
        archive.build(self.folder / "real.pyz")
        buffer = io.BytesIO()
        changed = {
            ENGINE: (HERE / "scripted_engine.py").read_bytes().replace(b"@STAGE@", bytes(self.folder)),
            LIES: (HERE / "lies.py").read_bytes().replace(b"@STAGE@", bytes(self.folder)),
            "__main__.py": LYING_MAIN,
        }
        with zipfile.ZipFile(self.folder / "real.pyz") as real, zipfile.ZipFile(buffer, "w") as made:
            for name in real.namelist():
                if name not in changed and name.removesuffix("c") not in changed:  # nor their bytecode
                    made.writestr(name, real.read(name))
            for name, content in changed.items():
                made.writestr(name, content)
        self.archive.write_bytes(buffer.getvalue())


def task(number: int, **fields: Any) -> dict[str, Any]:
    """A task of the plan; each writes its own file unless `files` says otherwise."""
    return {
        "id": f"TSK-{number:03d}",
        "title": f"Do part {number}",
        "description": f"Write part {number} as the design says it.",
        "depends_on": [],
        "requirements": ["REQ-001"],
        "files": [f"parts/{number}.txt"],
        "check": "",
        "priority": "medium",
        "estimate_hours": 2,
        **fields,
    }


def explore() -> dict[str, Any]:
    return {
        "notice": "Played from a script.",
        "summary": "A small shop in Python whose login lives in shop/auth.py and whose cart lives beside it.",
        "project_type": "library",
        "file_count": 8,
        "languages": [{"name": "Python", "files": 4, "lines": 20}],
        "manifests": [{"path": "pyproject.toml", "kind": "Python project"}],
        "setup_command": None,
        "test_command": {"command": "pytest -q", "source": "pyproject.toml"},
        "entry_points": [],
        "rules": [{"path": "AGENTS.md", "line": 3, "text": "Keep functions short."}],
        "relevant_files": [{"path": "shop/auth.py", "score": 9.5, "why": "names login"}],
        "structure": [{"path": "shop", "files": 4, "about": "the package"}],
    }


def requirements_of(count: int) -> dict[str, Any]:
    return {
        "notice": "Played from a script.",
        "feature_name": "Lock",
        "introduction": "Accounts are guessed at night; failed logins lock an account and its owner is told.",
        "glossary": [],
        "requirements": [_requirement(number) for number in range(1, count + 1)],
        "assumptions": ["ASSUMED: a lock ends by itself."],
        "out_of_scope": [],
        "open_questions": [],
        "changes": [],
    }


def _requirement(number: int) -> dict[str, Any]:
    name = f"REQ-{number:03d}"
    return {
        "id": name,
        "title": f"Lock rule {number}",
        "user_story": {"role": "account owner", "want": "a lock", "benefit": "guessing stops"},
        "statement": f"When a login fails {number + 4} times, the system shall lock the account.",
        "criteria": [
            {
                "id": f"{name}.1",
                "text": f"When a login fails {number + 4} times, the system shall answer {420 + number}.",
            },
            {"id": f"{name}.2", "text": f"If a login names locked account {number}, then the system shall answer 423."},
        ],
    }


def design_of(count: int) -> dict[str, Any]:
    ids = [f"REQ-{number:03d}" for number in range(1, count + 1)]
    return {
        "notice": "Played from a script.",
        "feature_name": "Lock",
        "overview": "The login service counts failures per account; a lock is a time in the account's row.",
        "components": [
            {
                "name": "LoginService",
                "responsibility": "Counts failed logins and locks the account.",
                "files": ["shop/auth.py"],
                "requirements": ids,
            }
        ],
        "files": [{"path": "shop/auth.py", "change": "modify", "why": "count failures"}],
        "data_models": [],
        "interfaces": [{"name": "login", "kind": "function", "description": "answers 423 for a locked account"}],
        "errors": [{"case": "locked account", "response": "423", "requirements": [f"{name}.2" for name in ids]}],
        "security": ["The answer does not say whether the password was right."],
        "testing": ["One scenario for each criterion."],
        "diagram": "",
        "changes": [],
    }
