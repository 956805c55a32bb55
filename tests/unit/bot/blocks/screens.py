"""Every builder, called with values that the caller may change first: what a person can see, in one table."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Protocol, TypeVar

from omoi_bot.blocks import answers, documents, ending, gate, history, home, live, requests, results
from omoi_bot.blocks.actions import Target
from omoi_bot.blocks.forms import decisions, launch, settings, waiting
from omoi_bot.blocks.limits import Surface
from omoi_bot.blocks.model import ChannelView, HomeView, LaunchView, Message, ProjectView, View
from tests.unit.bot.blocks import samples as s

T = TypeVar("T")
Screen = tuple[Surface, dict[str, Any]]


class Change(Protocol):
    """Makes another value of the same type: for a test, one with hostile text in its fields."""

    def __call__(self, value: T, /) -> T: ...


def same(value: T) -> T:
    return value


def screens(change: Change = same, crowded: bool = True) -> dict[str, Screen]:
    """Name → surface and payload of everything that Omoi shows; without `crowded` the three largest are left out."""
    found: dict[str, Message | View] = {}
    for name, spec in s.SPECS.items():
        found[f"live_{name}"] = live.message(change(spec))
    parts = (_live, _gates, _ends, _requests, _answers, _views, _forms, _homes)
    for part in (*parts, _crowded) if crowded else parts:
        found |= part(change)
    return {name: _screen(built) for name, built in found.items()}


def _screen(built: Message | View) -> Screen:
    if isinstance(built, Message):
        return "message", {"text": built.text, "blocks": built.blocks}
    return ("home" if built["type"] == "home" else "modal"), built


def _live(c: Change) -> dict[str, Message | View]:
    made = {
        "live_from_command": live.message(c(s.STARTING), origin=c("Lock an account after five failed logins")),
        "live_plain": live.message(c(s.BUILDING), plan=False),
        "live_agent": live.message(c(s.QUEUED), agent=True),
    }
    for phase in ("EXPLORE", "REQUIREMENTS", "DESIGN", "TASKS"):
        shown = results.phase(c(s.BUILDING), phase, "everything", s.LINK)
        assert shown is not None
        made[f"result_{phase.lower()}"] = shown
    return {**made}


def _gates(c: Change) -> dict[str, Message | View]:
    return {
        "gate": gate.message(c(s.REVIEW), (c(s.JON), c(s.MARA)), s.LINK),
        "gate_group": gate.message(c(s.SECOND), (c(s.TEAM),)),
        "gate_direct": gate.direct(c(s.REVIEW), c("shop-dev"), s.LINK),
        "gate_reminder": gate.reminder(c(s.REVIEW), (c(s.JON),), 3, s.LINK),
        "gate_approved": gate.decided(c(s.BUILDING), "TASKS", 1, "APPROVE", c(s.MARA), s.NOW, c("fine")),
        "gate_rejected": gate.decided(c(s.CANCELLED), "TASKS", 1, "REJECT", c(s.MARA), s.NOW, c("not now")),
        "gate_superseded": gate.superseded(c(s.SECOND), "REQUIREMENTS", 1, 2, s.NOW),
        "gate_changes": gate.changes_asked(
            c(s.PLANNING), "REQUIREMENTS", 1, c(s.MARA), c("lock per IP as well"), (c("REQ-002"),)
        ),
    }


def _ends(c: Change) -> dict[str, Message | View]:
    return {
        "planning_failed": ending.planning_failed(c(s.FAILED)),
        "task_failed": ending.task_failed(c(s.INCOMPLETE), c(s.INCOMPLETE.tasks[3])),
        "task_paused": ending.paused(c(s.PAUSED), c(s.PAUSED.tasks[3])),
        "spec_paused": ending.paused(c(s.STUCK)),
        "stopped": ending.cancelled(c(s.CANCELLED), c(s.MARA), c("not needed")),
        "ready": ending.ready(c(s.READY)),
        "incomplete": ending.incomplete(c(s.INCOMPLETE)),
        "pull_request_path": ending.pull_request(c(s.PUBLISHED), c(s.JON)),
        "pull_request_web": ending.pull_request(c(s.PUBLISHED_WEB)),
        "pull_request_forced": ending.pull_request(c(s.FORCED)),
        "pull_request_view": ending.pull_request_view(c(s.PUBLISHED), c("# Lock an account\n\nAsked by mara.")),
        "branch_created": ending.branch_created(c(s.READY)),
        "moved": requests.moved(c(s.BUILDING), c("the channel was archived")),
    }


def _requests(c: Change) -> dict[str, Message | View]:
    request = c(s.REQUEST)
    several = tuple(c(ProjectView(f"prj-{n}", f"project {n}", "acme/web")) for n in range(7))
    return {
        "picker": requests.picker(request, (c(s.SHOP), c(s.WEB)), c("Two projects could be meant.")),
        "picker_many": requests.picker(request, several),
        "picker_none": requests.picker(request, ()),
        "confirm_old": requests.confirm_old(request),
        "waiting_admin": requests.waiting(
            request, c("Omoi has no admin yet."), c("Type `/omoi claim CODE`."), (c(s.JON),)
        ),
        "request_gone": requests.gone(request, c("Dropped by mara.")),
        "invite_private": requests.invite(request, c("secret-plans"), True),
        "invite_public": requests.invite(request, c("general"), False),
        "second_launch": requests.second_launch(request, c(s.BUILDING)),
        "after_the_end": requests.after_the_end(request, c(s.PUBLISHED)),
        "edited": requests.edited(request, c(s.PLANNING)),
        "use_as_change": requests.use_as_change(c(s.REVIEW), c(s.JON), c("lock per IP as well"), c("cmt-1")),
    }


def _answers(c: Change) -> dict[str, Message | View]:
    specs = (c(s.REVIEW), c(s.BUILDING), c(s.FAILED), c(s.READY), c(s.PUBLISHED), c(s.CANCELLED))
    return {
        "sentence": answers.sentence(c("TSK-004 is running again.")),
        "refused": answers.refused(c("Approving needs contributor."), (c(s.JON),), c("Ask for it with `/omoi role`.")),
        "failed_click": answers.failed(c("env-7f3a")),
        "claimed": answers.claimed(c(s.JON)),
        "role_given": answers.role_given(c(s.MARA), c("contributor"), c("shop"), c(s.JON)),
        "linked": answers.linked(c("shop-dev"), c(s.SHOP), c(s.JON)),
        "projects": answers.projects((c(s.SHOP), c(s.WEB)), s.SHOP.project_id),
        "projects_none": answers.projects(()),
        "specs": answers.specs(specs, "Runs in this channel"),
        "specs_none": answers.specs((), "Runs in this channel"),
        "status": answers.status(c(s.BUILDING), s.LINK),
        "help": answers.help_text(project=c("shop")),
        "help_thread": answers.help_text(answers.RUNNING),
        "comment_taken": answers.comment_taken(c(s.JON), c("the next attempt reads it")),
        "kept_text": Message("This could not be done.", waiting.kept_text(c("The form is gone."), c("lock per IP"))),
    }


def _views(c: Change) -> dict[str, Message | View]:
    spec = c(s.BUILDING)
    return {
        "document": documents.view(c(s.OUTPUT)),
        "timeline": history.timeline(spec, tuple(map(c, s.EVENTS))),
        "timeline_failures": history.timeline(spec, tuple(map(c, s.EVENTS)), 9, "failures"),
        "timeline_empty": history.timeline(spec, ()),
        "log": history.log(spec, tuple(map(c, s.LOG))),
        "log_empty": history.log(spec, ()),
        "details_task": history.details(
            c(s.INCOMPLETE), c(s.INCOMPLETE.tasks[3]), (c("Two tests fail."),), c("E assert 1 == 2")
        ),
        "details_phase": history.details(c(s.FAILED), findings=(c("Login has no file."),)),
        "loading": waiting.loading(c("Plan v1"), Target(spec_id=s.SPEC_ID), c("Lock an account")),
        "trouble": waiting.trouble(c("Plan v1"), c("The server does not answer."), Target(), c("lock per IP")),
        "trouble_only": waiting.trouble("Plan v1", c("The server does not answer."), Target(action="view_output")),
    }


def _forms(c: Change) -> dict[str, Message | View]:
    projects = (c(s.SHOP), c(s.WEB))
    return {
        "changes_form": decisions.changes_form(c(s.REVIEW), tuple(map(c, s.REQUIREMENTS)), c("lock per IP")),
        "reject_form": decisions.reject_form(c(s.REVIEW)),
        "cancel_form": decisions.cancel_form(c(s.BUILDING), c("not needed")),
        "force_form": decisions.force_form(c(s.INCOMPLETE)),
        "launch_form": launch.launch_form(c(s.LAUNCH)),
        "launch_form_none": launch.launch_form(LaunchView()),
        "settings_form": settings.settings_form(c(s.CHANNEL)),
        "link_form": settings.link_form(c(s.CHANNEL), projects),
        "link_form_shared": settings.link_form(c(ChannelView("C0SHARED001", "partners", shared=True)), ()),
        "role_form": settings.role_form(projects, s.MARA.slack_user),
        "person_form": settings.person_form(c("Europe/Berlin")),
    }


def _homes(c: Change) -> dict[str, Message | View]:
    return {
        "home": home.view(c(s.HOME)),
        "home_empty": home.view(HomeView(s.NOW, notice=c("Omoi has no admin yet."))),
    }


def _crowded(c: Change) -> dict[str, Message | View]:
    much = replace(s.HOME, running=(s.BUILDING,) * 30, waiting=(s.REVIEW,) * 25)
    output = replace(c(s.OUTPUT), markdown=s.long_markdown(120))
    return {
        "home_crowded": home.view(c(much), 2),
        "document_page": documents.view(output, 2),
        "changes_form_many": decisions.changes_form(c(s.REVIEW), s.MANY_REQUIREMENTS, ticked=("REQ-007", "REQ-120")),
    }
