"""Where the feature file of each requirement goes."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from omoi_spec import slugs


def features_folder(paths: Sequence[str], work_dir: str) -> str:
    """Return the folder for feature files: the one that the repository has, else `features` below work_dir.

    Of several folders that hold feature files the shallowest named `features` wins.
    """
    below = [path for path in paths if not work_dir or path.startswith(work_dir + "/")]
    holding = {path.rsplit("/", 1)[0] for path in below if path.endswith(".feature") and "/" in path}
    if holding:
        return min(
            holding,
            key=lambda folder: (not re.search(r"(?:^|/)features$", folder), folder.count("/"), folder),
        )
    return f"{work_dir}/features" if work_dir else "features"


def feature_paths(
    requirements: Sequence[Mapping[str, Any]], folder: str, taken: Collection[str], earlier: Mapping[str, str]
) -> dict[str, str]:
    """Return the path of the feature file of each requirement id.

    A path that an `earlier` version gave a requirement is kept, even when its title has changed. A file
    that the repository already holds (`taken`) is never written over: the next free number is appended.
    """
    used = {path.lower() for path in taken} | {path.lower() for path in earlier.values()}
    paths: dict[str, str] = {}
    for requirement in requirements:
        identity = str(requirement["id"])
        if identity in earlier:
            paths[identity] = earlier[identity]
            continue
        name = slugs.slug(str(requirement["title"]))
        path, number = f"{folder}/{name}.feature", 2
        while path.lower() in used:
            path, number = f"{folder}/{name}-{number}.feature", number + 1
        used.add(path.lower())
        paths[identity] = path
    return paths


def earlier_paths(data: Mapping[str, Any]) -> dict[str, str]:
    """Return requirement id → feature file of a DESIGN or TASKS output."""
    found: dict[str, str] = {}
    for entry in data.get("files", []):
        named = re.match(r"Scenarios of (REQ-\d+)", entry["why"])
        if named:
            found[named.group(1)] = entry["path"]
    for task in data.get("tasks", []):
        paths: list[str] = [path for path in task["files"] if path.endswith(".feature")]
        if len(task["requirements"]) == 1 and paths:
            found[task["requirements"][0]] = paths[0]
    return found
