"""What a newcomer without something meets: one sentence with the remedy, on machines made of a few symlinks."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

OLD = '#!/bin/sh\ncase "$2" in *print*) echo 3.9.18;; *) exit 1;; esac\n'
"""A Python that says it is 3.9 and that it is too old when asked."""

BARE = f'#!/bin/sh\ncase "$2" in *ensurepip*) exit 1;; esac\nexec "{sys.executable}" "$@"\n'
"""A Python as Debian has it without python3-venv."""


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """The files that set-up reads, at a path with spaces, as a project that needs nothing but one missing package."""
    root = tmp_path / "a checkout"
    (root / "clients" / "demo").mkdir(parents=True)
    for name in ("set_up.sh", "set_up.py"):
        shutil.copy(ROOT / "clients" / "demo" / name, root / "clients" / "demo" / name)
    (root / "pyproject.toml").write_text('[project]\nname = "nothing"\nversion = "1"\n')
    (root / "constraints.txt").write_text("")
    return root


@pytest.mark.parametrize("name", ["IDEA", "REPO"])
def test_make_runs_nothing_that_an_idea_says(tmp_path: Path, name: str) -> None:
    said = f"$(shell touch {tmp_path}/run)"
    done = subprocess.run(
        ["make", "-C", str(ROOT), "help", f"{name}={said}"], capture_output=True, text=True, timeout=30, check=False
    )
    assert done.returncode == 0 and "make demo" in done.stdout, done.stderr
    assert not (tmp_path / "run").exists()


def set_up(checkout: Path, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run it with only `folder` and the tools of a plain system on the PATH."""
    for tool in ("sh", "dirname"):
        found = shutil.which(tool)
        assert found
        if not (folder / tool).exists():
            (folder / tool).symlink_to(found)
    # An index that nobody serves, whatever this machine's pip is told.
    offline = {"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1", "HOME": "/nonexistent"}
    return subprocess.run(
        ["sh", "clients/demo/set_up.sh", "server"], cwd=checkout, env={"PATH": str(folder), **offline, **environment},
        capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip


def program(folder: Path, name: str, text: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    (folder / name).chmod(0o755)


def test_without_python(checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    done = set_up(checkout, tmp_path / "bin")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert "no python3 on the PATH; install Python 3.11" in done.stderr


def test_with_an_old_python_only(checkout: Path, tmp_path: Path) -> None:
    program(tmp_path / "bin", "python3", OLD)
    done = set_up(checkout, tmp_path / "bin")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "Python 3.9.18" in done.stderr
    assert "needs 3.11 or newer" in done.stderr


def test_without_the_venv_module(checkout: Path, tmp_path: Path) -> None:
    program(tmp_path / "bin", "python3", BARE)
    done = set_up(checkout, tmp_path / "bin")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "apt-get install python3-venv" in done.stderr


def test_a_newer_python_beside_an_old_one_is_found_and_no_network_is_said(checkout: Path, tmp_path: Path) -> None:
    program(tmp_path / "bin", "python3", OLD)
    program(tmp_path / "bin", "python3.13", "#!/bin/sh\nexit 127\n")
    (tmp_path / "bin" / "python3.11").symlink_to(Path(sys.executable).resolve())
    done = set_up(checkout, tmp_path / "bin")
    assert done.returncode == 1
    assert "no package index answers; connect to the network" in done.stderr
    assert ".venv/set-up.log" in done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    assert [line.split()[0] for line in done.stdout.splitlines() if line] == ["set-up"] * 3
    assert (checkout / ".venv" / "set-up.log").read_text()


def test_a_chosen_python_that_is_none(checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    done = set_up(checkout, tmp_path / "bin", PYTHON="snake")
    assert done.returncode == 1
    assert "PYTHON=snake is no program" in done.stderr


def test_the_command_of_the_demo_finds_its_home_through_links(tmp_path: Path) -> None:
    """Written by the demo; called by a link in a folder of the PATH, which leads to another link."""
    home, folder = tmp_path / "a home", tmp_path / "bin"
    folder.mkdir()
    env = os.environ | {"PYTHONPATH": str(ROOT / "clients"), "OMOI_DEMO_HOME": str(home)}
    subprocess.run([sys.executable, "-c", "import demo.place as p; p.find_place()"], env=env, check=True, timeout=30)
    (tmp_path / "near").symlink_to(home / "omoi")
    (folder / "shop").symlink_to("../near")
    traced = subprocess.run(
        ["sh", "-x", str(folder / "shop"), "--help"], capture_output=True, text=True, env=env, timeout=60, check=False
    )
    assert f"OMOI_DEMO_HOME={home}" in traced.stderr.replace("'", ""), traced.stderr
