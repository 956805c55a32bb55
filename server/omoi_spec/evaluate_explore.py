"""The evaluator of EXPLORE."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from omoi_spec.marks import Marks, enough, share


def judge_explore(data: Mapping[str, Any], upstream: Mapping[str, Any]) -> Marks:
    """Judge what was learnt about the repository.

    Weights are ours: the files relevant to the idea count most, because the later phases stand on
    them. Commands, manifests and entry points count little, since a repository may have none. No file
    at all, or relevant files without a reason each, is a hard fault.
    """
    marks = Marks()
    relevant = data["relevant_files"]
    if data["file_count"] == 0:
        marks.hard("empty_repository", "file_count", "No file was read.", "Read the repository.")
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
    marks.mark("languages", 0.15, share([entry["files"] > 0 for entry in data["languages"]]))
    marks.mark("structure", 0.15, share([bool(entry["about"].strip()) for entry in structure]))
    marks.mark("relevant_files", 0.30, share([bool(entry["why"].strip()) for entry in relevant]))
    marks.mark("manifests", 0.04, float(bool(data["manifests"])))
    marks.mark("entry_points", 0.03, float(bool(data["entry_points"])))
    marks.mark("test_command", 0.03, float(data["test_command"] is not None))
    return marks
