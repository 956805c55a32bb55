"""A task by rule: the feature file of each of its requirements."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from omoi_spec import gherkin
from omoi_worker.engines.outline.changes import apply_feedback
from omoi_worker.engines.outline.requirements import NOTICE, write_requirements
from omoi_worker.engines.outline.scenarios import feature_paths, features_folder


def requirements_of(task: Mapping[str, Any], job: Mapping[str, Any], subject: str) -> list[dict[str, Any]]:
    """Return the requirements of a task; a quick task has none and gets them from its own words.

    Comments on a quick task are change requests on what was read from its words.
    """
    given = list(task.get("requirements") or [])
    if given:
        return given
    title = str(task.get("title") or job.get("title") or "")
    description = str(task.get("description") or job.get("description") or "")
    data = write_requirements({**job, "title": title, "description": description}, {}, [])
    asked = list(task.get("comments") or [])
    return list(apply_feedback(data, asked, subject)["requirements"]) if asked else list(data["requirements"])


def write_features(
    requirements: Sequence[Mapping[str, Any]],
    task: Mapping[str, Any],
    job: Mapping[str, Any],
    paths: Sequence[str],
    work_dir: str,
) -> tuple[dict[str, str], str]:
    """Return {path: feature file} and one line that says what was written.

    The paths are those of the task, in the order of its requirements; what they do not cover gets a
    free name in the features folder.
    """
    planned = [path for path in task.get("files") or [] if re.search(r"\.feature$", str(path))]
    earlier = {str(item["id"]): str(path) for item, path in zip(requirements, planned)}
    targets = feature_paths(requirements, features_folder(paths, work_dir), paths, earlier)
    spec_id = str(job.get("spec_id") or "")
    files = {targets[str(item["id"])]: gherkin.render_feature(item, NOTICE, spec_id) for item in requirements}
    count = sum(len(item["criteria"]) for item in requirements)
    names = ", ".join(str(item["id"]) for item in requirements)
    scenarios = "1 scenario" if count == 1 else f"{count} scenarios"
    return files, f"{scenarios} for {names} in {', '.join(files)}. No model was used; code is not changed."
