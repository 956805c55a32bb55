"""The evaluator of EXPLORE."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from omoi_spec.marks import Marks, enough, share


def _share(values: list[bool], of_none: float) -> float:
    return share(values) if values else of_none


def judge_explore(data: Mapping[str, Any], upstream: Mapping[str, Any]) -> Marks:
    """Judge what was learnt about the repository.

    Weights are ours: the files relevant to the idea count most, because the later phases stand on
    them. Commands, manifests and entry points count little, since a repository may have none. An empty
    list is remarked upon and costs a part of its weight only: a repository with one commit and no file,
    or without a word of the idea, is explored wholly when that is said, and work on it can begin.
    """
    marks = Marks()
    relevant = data["relevant_files"]
    if data["file_count"] == 0:
        marks.soft("empty_repository", "file_count", "No file was read.", "Read the repository, if it has files.")
    elif not relevant:
        message = "No file of the repository is named as relevant."
        marks.soft("no_relevant_files", "relevant_files", message, "Rank its files by their content.")
    unexplained = [entry["path"] for entry in relevant if not entry["why"].strip()]
    for path in unexplained:
        message = f"{path} is named as relevant without a reason."
        marks.soft("unexplained_file", "relevant_files", message, "Say what in it belongs to the idea.")
    scores = [entry["score"] for entry in relevant]
    if scores != sorted(scores, reverse=True):
        message = "The relevant files are not in the order of their scores."
        marks.soft("unordered_files", "relevant_files", message, "Put the best first.")
    structure = data["structure"]
    marks.mark("summary", 0.20, enough(data["summary"], 8))
    marks.mark("project_type", 0.10, float(bool(data["project_type"].strip())))
    marks.mark("languages", 0.15, _share([entry["files"] > 0 for entry in data["languages"]], 0.5))
    marks.mark("structure", 0.15, _share([bool(entry["about"].strip()) for entry in structure], 0.5))
    marks.mark("relevant_files", 0.30, _share([bool(entry["why"].strip()) for entry in relevant], 0.9))
    marks.mark("manifests", 0.04, float(bool(data["manifests"])))
    marks.mark("entry_points", 0.03, float(bool(data["entry_points"])))
    marks.mark("test_command", 0.03, float(data["test_command"] is not None))
    return marks
