"""Manifests of a repository and what they say: commands to set up and to test, entry points, frameworks."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from omoi_worker.engines.outline.tree import SourceFile

Command = dict[str, str]

KINDS: dict[str, str] = {
    "pyproject.toml": "Python project", "setup.py": "Python project", "setup.cfg": "Python project",
    "requirements.txt": "Python dependencies", "Pipfile": "Python dependencies", "package.json": "Node.js package",
    "Cargo.toml": "Rust crate", "go.mod": "Go module", "pom.xml": "Maven project", "build.gradle": "Gradle project",
    "build.gradle.kts": "Gradle project", "Gemfile": "Ruby bundle", "composer.json": "PHP package", "mix.exs": "Elixir project",
    "CMakeLists.txt": "CMake project", "Makefile": "Make targets", "tox.ini": "tox environments", "noxfile.py": "nox sessions",
    "Dockerfile": "container image", "docker-compose.yml": "container services", "pubspec.yaml": "Dart package",
    "Package.swift": "Swift package", ".omoi.toml": "Omoi settings", "deno.json": "Deno project", "justfile": "just recipes",
}  # fmt: skip
_FRAMEWORKS = ("django", "flask", "fastapi", "starlette", "sqlalchemy", "pytest", "click", "typer", "aiohttp", "celery", "grpcio",
    "react", "vue", "svelte", "next", "express", "fastify", "nestjs", "electron", "jest", "vitest", "rails", "sinatra", "spring-boot",
    "laravel", "symfony", "phoenix", "actix-web", "axum", "tokio", "gin-gonic", "cobra")  # fmt: skip


class Manifests:
    """The manifests below one folder ("" for the whole repository), the shallowest first."""

    def __init__(self, files: Sequence[SourceFile], folder: str) -> None:
        self.files = files
        below = [file for file in files if file.path.startswith(folder + "/")] if folder else list(files)
        found = [
            file for file in below if file.name in KINDS or re.fullmatch(r"[\w.-]+\.(?:csproj|sln|gemspec)", file.name)
        ]
        self.found = sorted(found, key=lambda file: (file.path.count("/"), file.path))
        self.below = below
        self.depth = folder.count("/") + 1 if folder else 0

    def listed(self) -> list[dict[str, str]]:
        """Return [{"path", "kind"}], 40 at most."""
        return [{"path": file.path, "kind": KINDS.get(file.name, "project file")} for file in self.found[:40]]

    def first(self, name: str) -> SourceFile | None:
        """Return the manifest of that name in the folder itself, where commands are run."""
        here = (file for file in self.found if file.name == name and file.path.count("/") == self.depth)
        return next(here, None)

    def has(self, pattern: str) -> bool:
        return any(re.search(pattern, file.path) for file in self.below)

    def frameworks(self) -> list[str]:
        """Return the known frameworks that manifests name."""
        packages = "\n".join(file.text or "" for file in self.found[:20] if file.name.endswith(".json")).lower()
        others = "\n".join(file.text or "" for file in self.found[:20] if not file.name.endswith(".json")).lower()
        found = []
        for name in _FRAMEWORKS:
            word = re.escape(name)
            if re.search(rf"\"(?:@[\w-]+/)?{word}\"\s*:\s*\"", packages) or (
                name != "next" and re.search(rf"(?m)(?:^|[\"'/ ]){word}(?:\[[^\]]*\])?\s*(?:[<>=~!;\"']|$)", others)
            ):
                found.append(name)
        return found


def setup_command(manifests: Manifests, project: Mapping[str, Any]) -> Command | None:
    """Return the command that would prepare the project, and where it was read; it is never run here."""
    given = _given(manifests, project, "setup_command")
    if given:
        return given
    for name, command in (
        ("uv.lock", "uv sync"),
        ("poetry.lock", "poetry install"),
        ("Pipfile", "pipenv install --dev"),
        ("pnpm-lock.yaml", "pnpm install --frozen-lockfile"),
        ("yarn.lock", "yarn install --frozen-lockfile"),
        ("package-lock.json", "npm ci"),
        ("package.json", "npm install"),
        ("pyproject.toml", "pip install -e ."),
        ("setup.py", "pip install -e ."),
        ("requirements.txt", "pip install -r requirements.txt"),
        ("go.mod", "go mod download"),
        ("Cargo.toml", "cargo fetch"),
        ("Gemfile", "bundle install"),
        ("composer.json", "composer install"),
        ("mix.exs", "mix deps.get"),
    ):
        path = next((f.path for f in manifests.below if f.name == name and f.path.count("/") == manifests.depth), None)
        if path:
            return {"command": command, "source": path}
    return None


def test_command(manifests: Manifests, project: Mapping[str, Any]) -> Command | None:
    """Return the command that would run the project's tests, and where it was read; it is never run here."""
    given = _given(manifests, project, "test_command")
    if given:
        return given
    for name, reading in (
        ("Makefile", _make_target),
        ("justfile", _make_target),
        ("package.json", _npm_test),
    ):
        file = manifests.first(name)
        command = reading(file, manifests) if file else None
        if command:
            return command
    python = _pytest(manifests)
    if python:
        return python
    for name, command_line in (
        ("tox.ini", "tox"),
        ("noxfile.py", "nox"),
        ("Cargo.toml", "cargo test"),
        ("go.mod", "go test ./..."),
        ("pom.xml", "mvn -q test"),
        ("build.gradle", "gradle test"),
        ("build.gradle.kts", "gradle test"),
        ("mix.exs", "mix test"),
        ("Package.swift", "swift test"),
    ):
        file = manifests.first(name)
        if file:
            return {"command": command_line, "source": file.path}
    if manifests.first("Gemfile") and manifests.has(r"(?:^|/)spec/.*_spec\.rb$"):
        return {"command": "bundle exec rspec", "source": "spec/*_spec.rb"}
    return None


def _given(manifests: Manifests, project: Mapping[str, Any], key: str) -> Command | None:
    """The server's value wins over the repository's `.omoi.toml` (design section 5)."""
    value = str(project.get(key) or "").strip()
    if value:
        return {"command": value, "source": "project settings"}
    for file in manifests.files:
        if file.path == ".omoi.toml" and file.text:
            found = re.search(rf"(?m)^\s*{key}\s*=\s*([\"'])(.+?)\1\s*(?:#.*)?$", file.text)
            if found:
                return {"command": found.group(2), "source": ".omoi.toml"}
    return None


def _make_target(file: SourceFile, manifests: Manifests) -> Command | None:
    for number, line in enumerate((file.text or "").splitlines(), 1):
        if re.match(r"(?:test|tests|check)\s*(?:[\w ]*):(?!=)", line):
            target = line.split(":", 1)[0].split()[0]
            runner = "just" if file.name == "justfile" else "make"
            return {"command": f"{runner} {target}", "source": f"{file.path}:{number}"}
    return None


def _npm_test(file: SourceFile, manifests: Manifests) -> Command | None:
    script = _object(_json(file).get("scripts")).get("test")
    if not isinstance(script, str) or "no test specified" in script:
        return None
    runner = "pnpm" if manifests.has(r"pnpm-lock\.yaml$") else "yarn" if manifests.has(r"(?:^|/)yarn\.lock$") else "npm"
    return {"command": f"{runner} test", "source": f"{file.path} scripts.test"}


def _pytest(manifests: Manifests) -> Command | None:
    for name in ("pytest.ini", "pyproject.toml", "setup.cfg", "tox.ini"):
        for file in manifests.below:
            named = re.search(r"\[(?:tool:)?(?:tool\.)?pytest|(?m:^\[pytest\])|[\"'\s]pytest\b", file.text or "")
            if file.name == name and file.path.count("/") == manifests.depth and (named or name == "pytest.ini"):
                return {"command": "pytest", "source": file.path}
    for file in manifests.below:
        if re.search(r"(?:^|/)(?:test_\w+|\w+_test|conftest)\.py$", file.path):
            if re.search(r"(?m)^\s*(?:import pytest|from pytest|def test_)", file.text or ""):
                return {"command": "pytest", "source": file.path}
            if "unittest" in (file.text or ""):
                return {"command": "python -m unittest", "source": file.path}
    return None


def _json(file: SourceFile) -> dict[str, Any]:
    try:
        return _object(json.loads(file.text or ""))
    except (ValueError, RecursionError):
        return {}


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def entry_points(manifests: Manifests) -> list[dict[str, str]]:
    """Return [{"path", "kind", "name"}]: declared commands first, then files that start something; 20 at most."""
    found: list[tuple[str, str, str]] = []
    for file in manifests.found:
        if file.name == "pyproject.toml":
            section = re.search(
                r"(?ms)^\[(?:project|tool\.poetry)\.(?:gui-)?scripts\]\s*$(.*?)(?=^\[|\Z)", file.text or ""
            )
            for name, target in re.findall(
                r"(?m)^\s*\"?([\w.-]+)\"?\s*=\s*\"([^\"]+)\"", section.group(1) if section else ""
            ):
                found.append((file.path, "command", f"{name} = {target}"))
        elif file.name == "package.json":
            data = _json(file)
            commands = data.get("bin")
            for name in sorted(_object(commands)):
                found.append((file.path, "command", f"{name} = {_object(commands)[name]}"))
            if isinstance(data.get("main"), str):
                found.append((file.path, "module", str(data["main"])))
    for file in manifests.below:
        kind = _starts(file)
        if kind:
            found.append((file.path, kind[0], kind[1]))
    return [{"path": path, "kind": kind, "name": " ".join(name.split())} for path, kind, name in found[:20]]


def _starts(file: SourceFile) -> tuple[str, str] | None:
    text = file.text or ""
    if re.search(r"(?:^|/)(?:tests?|examples?|docs?)/", file.path):
        return None
    if file.name == "__main__.py":
        return (
            "program",
            f"python -m {file.path.rsplit('/', 1)[0].replace('/', '.')}" if "/" in file.path else "python",
        )
    if file.name.endswith(".py"):
        server = re.search(r"(?m)^(\w+)\s*(?::[^=\n]+)?=\s*(Flask|FastAPI|Starlette|Sanic|Quart)\(", text)
        if server:
            return "web application", f"{server.group(1)} ({server.group(2)})"
        if file.name == "manage.py" or re.search(r"(?m)^if __name__ == [\"']__main__[\"']", text):
            return "program", file.path
    if file.name.endswith(".go") and re.search(r"(?m)^package main$", text) and re.search(r"(?m)^func main\(\)", text):
        return "program", "main"
    if re.search(r"(?:^|/)src/(?:main\.rs|bin/[^/]+\.rs)$", file.path):
        return "program", "main"
    if file.name.endswith(".java") and "public static void main(" in text:
        return "program", file.name[:-5]
    return None
