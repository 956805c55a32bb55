"""Which language a file is in, by its name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from omoi_worker.engines.outline.tree import SourceFile

_BY_ENDING: dict[str, str] = {
    ending: name
    for name, endings in (
        ("Python", "py pyi pyx"), ("JavaScript", "js jsx mjs cjs"), ("TypeScript", "ts tsx mts"), ("Go", "go"),
        ("Rust", "rs"), ("Java", "java"), ("Kotlin", "kt kts"), ("Scala", "scala"), ("Ruby", "rb rake"), ("PHP", "php"),
        ("C", "c h"), ("C++", "cc cpp cxx hpp hh"), ("C#", "cs"), ("Swift", "swift"), ("Objective-C", "m mm"),
        ("Elixir", "ex exs"), ("Erlang", "erl"), ("Haskell", "hs"), ("Clojure", "clj cljs"), ("Lua", "lua"), ("Perl", "pl pm"),
        ("Shell", "sh bash zsh"), ("SQL", "sql"), ("Protocol Buffers", "proto"), ("GraphQL", "graphql"), ("HTML", "html htm"),
        ("CSS", "css scss sass less"), ("Vue", "vue"), ("Svelte", "svelte"), ("Dart", "dart"), ("Zig", "zig"), ("R", "r"),
        ("Julia", "jl"), ("Nim", "nim"), ("Terraform", "tf"), ("Markdown", "md mdx markdown"), ("reStructuredText", "rst"),
        ("Gherkin", "feature"), ("YAML", "yml yaml"), ("TOML", "toml"), ("JSON", "json"),
    )
    for ending in endings.split()
}  # fmt: skip
_BY_NAME = {
    "Makefile": "Make",
    "Dockerfile": "Dockerfile",
    "Rakefile": "Ruby",
    "Gemfile": "Ruby",
    "Jenkinsfile": "Groovy",
}
NOT_CODE = frozenset(("Markdown", "reStructuredText", "YAML", "TOML", "JSON", "Gherkin"))


def language_of(name: str) -> str:
    """Return the language of a file name, or ""."""
    if name in _BY_NAME:
        return _BY_NAME[name]
    return _BY_ENDING.get(name.rsplit(".", 1)[-1].lower(), "") if "." in name else ""


def count_languages(files: Sequence[SourceFile]) -> list[dict[str, Any]]:
    """Return [{"name", "files", "lines"}], code before prose and data, most lines first."""
    count: Counter[str] = Counter()
    lines: Counter[str] = Counter()
    for file in files:
        name = language_of(file.name)
        if name and file.text is not None:
            count[name] += 1
            lines[name] += file.lines
    order = sorted(count, key=lambda name: (name in NOT_CODE, -lines[name], name))
    return [{"name": name, "files": count[name], "lines": lines[name]} for name in order]
