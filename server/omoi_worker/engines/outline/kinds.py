"""What sort of file a path is, and which sorts the wording of an idea asks for."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from omoi_worker.engines.outline.symbols import PROSE
from omoi_worker.engines.outline.words import word_set


@dataclass(frozen=True)
class Kind:
    """A sort of file with its prior: how often such files change for an idea of equal word match."""

    name: str
    prior: float


SOURCE = Kind("source", 1.0)
TEST = Kind("test", 0.75)
DOCUMENT = Kind("document", 0.7)
CHANGELOG = Kind("changelog", 0.55)
MANIFEST = Kind("manifest", 0.6)
LOCK = Kind("lock", 0.25)
AUTOMATION = Kind("automation", 0.5)
SETTINGS = Kind("settings", 0.5)
DATA = Kind("data", 0.5)

_CODE = re.compile(
    r"\.(?:py|pyi|pyx|js|jsx|mjs|cjs|ts|tsx|vue|svelte|go|rs|java|kt|kts|scala|rb|php|c|h|cc|cpp|hpp|cs|swift|m|mm|"
    r"ex|exs|erl|hs|clj|lua|pl|sh|bash|sql|proto|graphql|html|css|scss|dart|zig|nim|jl|r|tf)$"
)
_LOCK = re.compile(
    r"(?:^|/)(?:[\w.-]*lock(?:file)?(?:\.json|\.yaml|\.yml)?|go\.sum|npm-shrinkwrap\.json)$|\.min\.\w+$|\.map$"
)
_CHANGELOG = re.compile(r"(?i)(?:^|/)(?:change(?:log|s)|history|news|release[-_ ]?notes|releases?)(?:\.\w+)?$")
_MANIFEST = re.compile(
    r"(?:^|/)(?:pyproject\.toml|setup\.(?:py|cfg)|package\.json|Cargo\.toml|go\.mod|pom\.xml|Gemfile|composer\.json|"
    r"build\.gradle(?:\.kts)?|[\w.-]*requirements[\w.-]*\.(?:txt|in)|constraints\.txt|environment\.ya?ml|mix\.exs)$|(?:^|/)requirements/"
)
_AUTOMATION = re.compile(
    r"(?:^|/)(?:\.github|\.gitlab|\.circleci|\.ci)/|(?:^|/)(?:\.pre-commit-config\.yaml|\.travis\.yml|\.gitlab-ci\.yml|"
    r"azure-pipelines\.yml|Jenkinsfile|tox\.ini|noxfile\.py|Makefile|justfile|Dockerfile[\w.-]*|docker-compose[\w.-]*\.ya?ml|"
    r"\.readthedocs\.ya?ml|renovate\.json5?)$"
)
_TEST = re.compile(
    r"(?:^|/)(?:tests?|specs?|__tests__|testing|e2e)/|(?:^|/)(?:test_[^/]*|conftest\.py|[^/]*_test\.\w+|[^/]*\.(?:test|spec)\.\w+|"
    r"[^/]*Tests?\.(?:java|kt|cs|swift))$"
)
_SETTINGS = re.compile(r"\.(?:toml|ya?ml|ini|cfg|conf|properties|json5?)$|(?:^|/)\.[\w-]+$")


def kind_of(path: str) -> Kind:
    """Return the kind of a path, by its name alone."""
    if _LOCK.search(path):
        return LOCK
    if _CHANGELOG.search(path):
        return CHANGELOG
    if _MANIFEST.search(path):
        return MANIFEST
    if _AUTOMATION.search(path):
        return AUTOMATION
    if _CODE.search(path):
        return TEST if _TEST.search(path) else SOURCE
    if path.lower().endswith(PROSE) or re.search(r"(?:^|/)[A-Z]{4,}$", path):
        return DOCUMENT
    if _SETTINGS.search(path):
        return SETTINGS
    return DATA


_HINTS: tuple[tuple[str, frozenset[str], dict[str, float]], ...] = (
    (
        "documentation",
        word_set(
            "doc docs documentation readme typo typos grammar spelling wording tutorial guide howto faq docstring"
        ),
        {"document": 2.5, "+document": 0.6},
    ),
    (
        "tests",
        word_set("test tests testing coverage fixture fixtures flaky pytest parametrize"),
        {"test": 1.8, "+test": 0.3},
    ),
    (
        "dependencies",
        word_set(
            "bump upgrade upgrades pin unpin dependency dependencies deps dependabot renovate lockfile requirements "
            "package packages group updates pypi npm setup install installation environment constraints packaging wheel"
        ),
        {"manifest": 3.0, "+manifest": 3.0, "lock": 3.0, "+lock": 2.0, "+automation": 1.0},
    ),
    (
        "automation",
        word_set(
            "ci workflow workflows github actions action pipeline pipelines travis codecov nox tox makefile docker "
            "dockerfile pre commit precommit build publish"
        ),
        {"automation": 2.5, "+automation": 1.5},
    ),
    (
        "release",
        frozenset(["version", "release", "changelog", "prepare", "prep"]),
        {"changelog": 2.0, "+changelog": 3.0, "+manifest": 3.0, "manifest": 2.0},
    ),
    (
        "tooling",
        word_set(
            "lint linter linting mypy ruff flake8 black isort eslint prettier formatter formatting format pyright "
            "config"
        ),
        {"manifest": 2.0, "+manifest": 1.5, "automation": 1.5, "+automation": 1.0},
    ),
)


def wanted_kinds(words: Iterable[str]) -> dict[str, float]:
    """Return factors by kind name, and additions by "+" kind name, for the words of an idea."""
    present = set(words)
    numbers = [word for word in present if word.isdigit()]
    if len(numbers) >= 2 and len(present) <= len(numbers) + 2:
        present.add("release")
    wanted: dict[str, float] = {}
    for _, hints, effects in _HINTS:
        if present & hints:
            for kind, value in effects.items():
                if kind.startswith("+"):
                    wanted[kind] = wanted.get(kind, 0.0) + value
                else:
                    wanted[kind] = wanted.get(kind, 1.0) * value
    return wanted
