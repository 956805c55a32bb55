"""EXPLORE by rule: the repository is read, nothing in it is run."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from omoi_worker.engines import PastCommit
from omoi_worker.engines.outline.kinds import kind_of
from omoi_worker.engines.outline.languages import NOT_CODE, count_languages, language_of
from omoi_worker.engines.outline.manifests import Manifests, entry_points, setup_command, test_command
from omoi_worker.engines.outline.phrases import printable_data
from omoi_worker.engines.outline.ranking import Ranked, rank
from omoi_worker.engines.outline.requirements import NOTICE
from omoi_worker.engines.outline.rules import find_rules
from omoi_worker.engines.outline.symbols import about, defined_names
from omoi_worker.engines.outline.tree import SourceFile
from omoi_worker.engines.outline.words import terms

MOST_RELEVANT = 12
LEAST_SHARE = 0.12
"""A file below this share of the best score is not called relevant."""

README_READ = 20_000
"""Characters of a README in which its first paragraph is looked for."""


def explore(
    files: Sequence[SourceFile], job: Mapping[str, Any], wishes: str, history: Sequence[PastCommit] = ()
) -> tuple[dict[str, Any], list[str]]:
    """Return the data of EXPLORE and its short figures.

    `wishes` is what reviewers asked EXPLORE to regard, `history` the past commits, newest first.
    """
    project = job.get("project") or {}
    folder = work_folder(files, str(project.get("work_dir") or ""))
    below = [file for file in files if not folder or file.path.startswith(folder + "/")]
    title, description = str(job.get("title") or ""), str(job.get("description") or "")
    ranked = _relevant(rank(below, title, "\n".join(part for part in (description, wishes) if part), history))
    manifests = Manifests(files, folder)
    languages = count_languages(below)
    test = test_command(manifests, project)
    data: dict[str, Any] = {
        "notice": NOTICE,
        "summary": "",
        "project_type": _project_type(languages, manifests),
        "file_count": len(below),
        "languages": languages,
        "manifests": manifests.listed(),
        "setup_command": setup_command(manifests, project),
        "test_command": test,
        "entry_points": entry_points(manifests),
        "rules": find_rules(files),
        "relevant_files": [{"path": entry.path, "score": entry.score, "why": entry.why} for entry in ranked],
        "structure": _structure(below, folder),
    }
    data["summary"] = _summary(data, files, ranked)
    data = printable_data(data)
    return data, _facts(data, below, ranked)


def work_folder(files: Sequence[SourceFile], work_dir: str) -> str:
    """Return the work_dir as a clean relative folder, or "" when it is not set or the clone has no such folder."""
    parts = [part for part in work_dir.replace("\\", "/").split("/") if part not in ("", ".")]
    folder = "/".join(parts)
    if not folder or ".." in parts or not any(file.path.startswith(folder + "/") for file in files):
        return ""
    return folder


def _relevant(ranked: Sequence[Ranked]) -> list[Ranked]:
    if not ranked:
        return []
    least = ranked[0].score * LEAST_SHARE
    return [entry for entry in ranked[:MOST_RELEVANT] if entry.score >= least]


def _project_type(languages: Sequence[Mapping[str, Any]], manifests: Manifests) -> str:
    main = next((entry["name"] for entry in languages if entry["name"] not in NOT_CODE), "")
    kinds = [
        entry["kind"]
        for entry in manifests.listed()
        if entry["kind"].endswith(("project", "package", "crate", "module", "bundle"))
    ]
    used = manifests.frameworks()[:4]
    kind = (
        kinds[0]
        if kinds
        else f"{main} repository"
        if main
        else "documents"
        if languages
        else "files of no known language"
    )
    return f"{kind} with {', '.join(used)}" if used else kind


def _structure(files: Sequence[SourceFile], folder: str) -> list[dict[str, Any]]:
    """The folders of the first level (of the second below one that holds nearly everything), with what they are."""
    groups: dict[str, list[SourceFile]] = {}
    for file in files:
        inner = file.path[len(folder) + 1 :] if folder else file.path
        top = inner.split("/", 1)[0] if "/" in inner else ""
        path = "/".join(part for part in (folder, top) if part)
        if path:
            groups.setdefault(path, []).append(file)
    order = sorted(groups, key=lambda path: (-len(groups[path]), path))[:20]
    return [
        {"path": path, "files": len(groups[path]), "about": _about_folder(path, groups[path])} for path in sorted(order)
    ]


def _about_folder(path: str, files: Sequence[SourceFile]) -> str:
    for name in (
        "README.md",
        "README.rst",
        "README",
        "__init__.py",
        "mod.rs",
        "lib.rs",
        "doc.go",
        "index.ts",
        "index.js",
    ):
        for file in files:
            if file.path == f"{path}/{name}":
                said = about(file)
                if said:
                    return said
    kinds = Counter(language_of(file.name) or "other" for file in files)
    kind, count = sorted(kinds.items(), key=lambda item: (-item[1], item[0]))[0]
    largest = max(files, key=lambda file: (file.lines, file.path))
    return f"{count} of {len(files)} files {kind}; largest {largest.path[len(path) + 1 :]} ({largest.lines} lines)"


def _summary(data: Mapping[str, Any], files: Sequence[SourceFile], ranked: Sequence[Ranked]) -> str:
    code = [entry for entry in data["languages"] if entry["name"] not in NOT_CODE] or data["languages"]
    told = ", ".join(f"{entry['name']} ({entry['files']} files, {entry['lines']} lines)" for entry in code[:3])
    sentences = [f"{data['project_type']}: {data['file_count']} files" + (f", mainly {told}." if told else ".")]
    readme = next((f for f in files if re.fullmatch(r"(?i)readme(?:\.\w+)?", f.path)), None)
    said = _first_paragraph(readme.text or "") if readme else ""
    if said:
        sentences.append(f"Its README says: “{said}”")
    if ranked:
        near = "; ".join(f"{entry.path} ({entry.why})" for entry in ranked[:2])
        sentences.append(f"Nearest to the idea: {near}.")
    else:
        sentences.append("No file of the repository holds a word of the idea.")
    return " ".join(sentences)


def _first_paragraph(text: str) -> str:
    # Both bounds keep a file that opens marks and never closes them from costing the square of its length.
    fenced = re.sub(r"(?s)```.*?```|<!--.*?-->|<[^<>]{1,1000}>", " ", text[:README_READ])
    for block in re.split(r"\n\s*\n", fenced):
        flat = " ".join(block.split())
        if len(flat) > 20 and not re.match(r"[#=\-*|!\[.:>]", flat) and re.search(r"[a-z]{3} [a-z]", flat):
            sentence = re.split(r"(?<=[.!?])\s", flat, maxsplit=1)[0].replace("“", "'").replace("”", "'")
            return sentence if len(sentence) <= 200 else sentence[:199].rstrip() + "…"
    return ""


def _facts(data: Mapping[str, Any], files: Sequence[SourceFile], ranked: Sequence[Ranked]) -> list[str]:
    facts = [f"{data['file_count']} files"]
    code = [entry["name"] for entry in data["languages"] if entry["name"] not in NOT_CODE]
    facts.extend(code[:1])
    if data["test_command"]:
        facts.append(data["test_command"]["command"])
    home = _home(files, ranked)
    if home:
        facts.append(home)
    return facts


def _home(files: Sequence[SourceFile], ranked: Sequence[Ranked]) -> str | None:
    """Name what the best source file defines of the idea: "login is in shop/auth.py"."""
    by_path = {file.path: file for file in files}
    for entry in ranked[:5]:
        file = by_path[entry.path]
        if kind_of(entry.path).name != "source":
            continue
        _, held, said = entry.why.rpartition("holds ")
        words = {term for word in said.split(", ") for term in terms(word)} if held else set()
        for name in sorted(defined_names(file), key=lambda name: (-len(words.intersection(terms(name))), name)):
            if words.intersection(terms(name)):
                return f"{name} is in {entry.path}"
        return f"nearest file {entry.path}"
    return f"nearest file {ranked[0].path}" if ranked else None
