from __future__ import annotations

import ast
import hashlib
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import omoi_spec
import omoi_worker
from omoi_worker.archive import PACKAGES, build

ROOTS = [Path(str(package.__file__)).parent for package in (omoi_spec, omoi_worker)]
SOURCES = sorted(path for root in ROOTS for path in root.rglob("*.py"))


def test_the_archive_is_deterministic_whatever_the_files_times_are(tmp_path: Path) -> None:
    digest = build(tmp_path / "a.pyz")
    for root in ROOTS:
        copy = tmp_path / "elsewhere" / root.name
        shutil.copytree(root, copy, copy_function=shutil.copy)
        (copy / "editor.py.swp").write_text("left over")
        (copy / "__init__.py").chmod(0o755)
    program = (
        "import sys; from pathlib import Path; from omoi_worker.archive import build; print(build(Path(sys.argv[1])))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "b.pyz")],
        env={"PYTHONPATH": str(tmp_path / "elsewhere")},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == digest
    assert (tmp_path / "a.pyz").read_bytes() == (tmp_path / "b.pyz").read_bytes()
    assert hashlib.sha256((tmp_path / "a.pyz").read_bytes()).hexdigest() == digest


def test_entries_are_stored_sorted_and_plain(tmp_path: Path) -> None:
    build(tmp_path / "a.pyz")
    with zipfile.ZipFile(tmp_path / "a.pyz") as archive:
        entries = archive.infolist()
    names = [entry.filename for entry in entries]
    assert names == sorted(names) and names[0] == "__main__.py"
    assert {name.split("/")[0] for name in names[1:]} == set(PACKAGES)
    assert {"omoi_worker/cli.py", "omoi_spec/ears.py", "omoi_worker/engines/__init__.py"} <= set(names)
    assert not [name for name in names if "__pycache__" in name]
    assert {name for name in names if name.endswith(".pyc")} == {
        f"{name}c" for name in names[1:] if name.endswith(".py")
    }
    assert {(entry.compress_type, entry.date_time, entry.external_attr >> 16) for entry in entries} == {
        (zipfile.ZIP_STORED, (1980, 1, 1, 0, 0, 0), 0o100644)
    }


def test_version_names_the_archive_it_runs_from(tmp_path: Path) -> None:
    digest = build(tmp_path / "worker.pyz")
    for command in ([sys.executable, "-I", str(tmp_path / "worker.pyz")], [sys.executable, "-m", "omoi_worker"]):
        done = subprocess.run([*command, "version"], capture_output=True, text=True, check=True)
        assert done.stdout == f"{digest} schema 1\n"


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: "/".join(path.parts[-3:]))
def test_sources_are_python_3_9_and_use_the_standard_library_only(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, 9))
    imported: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            imported.add(str(node.module).split(".")[0])
    allowed = set(sys.stdlib_module_names) - {"tomllib"} | set(PACKAGES)
    if path.is_relative_to(ROOTS[0]):
        allowed -= {"omoi_worker"}
    assert imported <= allowed
