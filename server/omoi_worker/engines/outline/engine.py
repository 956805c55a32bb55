"""The engine `outline`: the four planning phases and the tasks, each from its own module."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from typing import Any

from omoi_spec.graph import TaskGraph
from omoi_worker.engines import Context, Data, PhaseDraft, TaskDraft
from omoi_worker.engines.outline.changes import apply_feedback, merge_changed_idea
from omoi_worker.engines.outline.design import Repository, write_design
from omoi_worker.engines.outline.explore import explore, work_folder
from omoi_worker.engines.outline.glossary import find_terms
from omoi_worker.engines.outline.past import COMMITS
from omoi_worker.engines.outline.plan_changes import change_design, change_tasks, ignored_words, replay
from omoi_worker.engines.outline.requirements import (
    idea_quote,
    system_subject,
    whole_idea,
    write_requirements,
)
from omoi_worker.engines.outline.tasks import write_tasks
from omoi_worker.engines.outline.tree import SourceFile, read_tree
from omoi_worker.engines.outline.work import requirements_of, write_features

Feedback = Sequence[Mapping[str, str]]


class OutlineEngine:
    """Plans and works by rule. The same job and clone always give the same output."""

    name = "outline"
    version = "1"
    prompt_version = ""
    model: str | None = None

    def plan(
        self,
        phase: str,
        context: Context,
        upstream: Mapping[str, Data],
        previous: Data | None,
        feedback: Feedback,
        evaluator_feedback: str,
    ) -> PhaseDraft:
        """See `Engine.plan`. A rule has no second idea: `evaluator_feedback` changes nothing and is noted."""
        if evaluator_feedback:
            context.note("outline works by rule: another attempt gives the same output")
        if phase == "EXPLORE":
            return self._explore(context, feedback)
        if phase == "REQUIREMENTS":
            return self._requirements(context, _needed(upstream, "EXPLORE"), previous, feedback)
        if phase == "DESIGN":
            explored, wanted = _needed(upstream, "EXPLORE"), _needed(upstream, "REQUIREMENTS")
            return self._design(context, explored, wanted, previous, feedback)
        if phase == "TASKS":
            return self._tasks(
                context, _needed(upstream, "REQUIREMENTS"), _needed(upstream, "DESIGN"), previous, feedback
            )
        raise ValueError(f'phase "{phase}" is not planned by an engine: EXPLORE, REQUIREMENTS, DESIGN and TASKS are')

    def work(self, context: Context, task: Data) -> TaskDraft:
        """Write the feature files of a task; see `Engine.work`. Nothing of the repository is run."""
        files = _read(context)
        paths = [file.path for file in files]
        folder = work_folder(files, str((context.job.get("project") or {}).get("work_dir") or ""))
        requirements = requirements_of(task, context.job, system_subject(context.job))
        written, summary = write_features(requirements, task, context.job, paths, folder)
        context.note(summary)
        return TaskDraft(written, summary, ["omoi-worker", "check", *written])

    def _explore(self, context: Context, feedback: Feedback) -> PhaseDraft:
        files = _read(context)
        with context.command("ranking files by the words of the idea and by past commits"):
            wishes = "\n".join(str(item.get("text") or "") for item in feedback)
            data, facts = explore(files, context.job, wishes, context.history(COMMITS))
        context.note(", ".join(facts))
        return PhaseDraft(data, facts)

    def _requirements(self, context: Context, explored: Data, previous: Data | None, feedback: Feedback) -> PhaseDraft:
        job = context.job
        quote = idea_quote(whole_idea(str(job.get("title") or ""), str(job.get("description") or "")))
        data: Data
        if previous is not None and previous["introduction"].startswith(quote):
            data = copy.deepcopy(previous)
        else:
            near = [entry["path"] for entry in explored["relevant_files"]]
            by_path = {file.path: file for file in _read(context)}
            idea = f"{job.get('title') or ''}\n{job.get('description') or ''}"
            terms = find_terms(idea, [by_path[path] for path in near if path in by_path])
            data = write_requirements(job, explored, terms)
            if previous is not None:
                data = merge_changed_idea(previous, data)
        data = apply_feedback(data, feedback, system_subject(job))
        facts = [
            _count(data["requirements"], "requirement"),
            _count(_criteria(data), "criterion", "criteria") + " (EARS)",
        ]
        return PhaseDraft(data, self._told(context, facts, previous, data))

    def _design(
        self, context: Context, explored: Data, wanted: Data, previous: Data | None, feedback: Feedback
    ) -> PhaseDraft:
        files = _read(context)
        folder = work_folder(files, str((context.job.get("project") or {}).get("work_dir") or ""))
        repository = Repository(files, [entry["path"] for entry in explored["relevant_files"]], folder)
        data = write_design(repository, wanted, explored["test_command"], previous)
        paths = frozenset(repository.paths)
        data = replay(
            data,
            feedback,
            lambda draft, comment: change_design(draft, comment, wanted["requirements"], paths),
        )
        facts = [_count(data["components"], "component"), _count(data["files"], "file") + " named"]
        return PhaseDraft(data, self._told(context, facts, previous, data))

    def _tasks(
        self, context: Context, wanted: Data, design: Data, previous: Data | None, feedback: Feedback
    ) -> PhaseDraft:
        data = write_tasks(wanted, design, ignored_words(system_subject(context.job)), previous)
        data = replay(data, feedback, lambda draft, comment: change_tasks(draft, comment, wanted["requirements"]))
        waves = len(TaskGraph(data["tasks"]).waves())
        facts = [f"{_count(data['tasks'], 'task')} in {waves} {'wave' if waves == 1 else 'waves'}"]
        return PhaseDraft(data, self._told(context, facts, previous, data))

    def _told(self, context: Context, facts: list[str], previous: Data | None, data: Data) -> list[str]:
        if previous is not None and data == previous:
            facts = [*facts, "nothing changed"]
        context.note(", ".join(facts))
        return facts


def _read(context: Context) -> list[SourceFile]:
    with context.command("reading the files of the repository"):
        return read_tree(context.root)


def _needed(upstream: Mapping[str, Data], phase: str) -> Data:
    if phase not in upstream:
        raise ValueError(f"the output of {phase} is missing: run {phase} first")
    return upstream[phase]


def _criteria(data: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [criterion for item in data["requirements"] for criterion in item["criteria"]]


def _count(items: Sequence[object], one: str, several: str = "") -> str:
    return f"{len(items)} {one if len(items) == 1 else several or one + 's'}"
