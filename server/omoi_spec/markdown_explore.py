"""The Markdown of EXPLORE, for readers; it is not read back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from omoi_spec.markdown_parts import head, list_out, text_out
from omoi_spec.markdown_text import code, inline, label


def render_explore(data: Mapping[str, Any], facts: Sequence[str]) -> str:
    """Return what was learnt about the repository, for data that passed `schemas.validate`."""
    lines = head(data["notice"], "Exploration", "", facts)
    lines += text_out("Summary", data["summary"])
    project = [f"**Type**: {inline(data['project_type'])}", f"**Files**: {data['file_count']}"]
    languages = [f"{label(item['name'])} {item['files']} files, {item['lines']} lines" for item in data["languages"]]
    if languages:
        project.append(f"**Languages**: {'; '.join(languages)}")
    for title, name in (("Set-up", "setup_command"), ("Tests", "test_command")):
        command = data[name]
        if command is not None:
            project.append(f"**{title}**: {code(command['command'])} (from {label(command['source'])})")
    lines += list_out("Project", project)
    relevant = [f"{code(item['path'])}: {inline(item['why'])}" for item in data["relevant_files"]]
    lines += list_out("Files relevant to the idea", relevant)
    lines += list_out("Manifests", [f"{code(item['path'])} ({label(item['kind'])})" for item in data["manifests"]])
    entries = [f"{code(item['path'])} ({label(item['kind'])}): {inline(item['name'])}" for item in data["entry_points"]]
    lines += list_out("Entry points", entries)
    rules = [f"{code(item['path'])} line {item['line']}: {inline(item['text'])}" for item in data["rules"]]
    lines += list_out("Rules of the repository", rules)
    structure = [f"{code(item['path'])}, {item['files']} files: {inline(item['about'])}" for item in data["structure"]]
    lines += list_out("Structure", structure)
    return "\n".join(lines).rstrip("\n") + "\n"
