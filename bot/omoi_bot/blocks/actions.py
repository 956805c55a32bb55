"""Names that come back from Slack when somebody clicks: action ids, callback ids, block ids, and the value of a button.

A value says what the person saw. It comes back from outside and is not trusted: the server decides.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass

APPROVE = "approve"
CHANGES = "changes"
VIEW_OUTPUT = "view_output"
REJECT = "reject"
CANCEL = "cancel"
RETRY = "retry"
RESUME = "resume"
CREATE_BRANCH = "create_branch"
CREATE_PR = "create_pr"
DRAFT_PR = "draft_pr"
FORCE_PR = "force_pr"
VIEW_PR = "view_pr"
OPEN_PR = "open_pr"
TIMELINE = "timeline"
LOG = "log"
DETAILS = "details"
STATUS = "status"
MENU = "menu"
"""The overflow menu: which entry it was stands in the chosen value's `action`."""

PICK_PROJECT = "pick_project"
START_REQUEST = "start_request"
DROP_REQUEST = "drop_request"
INVITED = "invited"
RUN_IN_DM = "run_in_dm"
USE_AS_CHANGE = "use_as_change"
NEW_SPEC = "new_spec"
ADD_TO_SPEC = "add_to_spec"
JUST_COMMENT = "just_comment"
RESTART_EDITED = "restart_edited"

PAGE_NEXT = "page_next"
PAGE_BACK = "page_back"
GOTO = "goto"
FILTER = "filter"
TRY_AGAIN = "try_again"

HOME_PROJECT = "home_project"
HOME_NEW = "home_new"
HOME_SETTINGS = "home_settings"
HOME_BACK = "home_back"
HOME_NEXT = "home_next"
HOME_OPEN = "home_open"
OPEN_THREAD = "open_thread"

LAUNCH_FORM = "launch_form"
CHANGES_FORM = "changes_form"
REJECT_FORM = "reject_form"
CANCEL_FORM = "cancel_form"
FORCE_FORM = "force_form"
SETTINGS_FORM = "settings_form"
PERSON_FORM = "person_form"
LINK_FORM = "link_form"
ROLE_FORM = "role_form"
DOCUMENT = "document"
TIMELINE_VIEW = "timeline_view"
LOG_VIEW = "log_view"
DETAILS_VIEW = "details_view"
PR_VIEW = "pr_view"
LOADING = "loading"
TROUBLE = "trouble"

FIELD = "value"
"""The action_id of every input; the block_id names the field."""

TITLE = "title"
DESCRIPTION = "description"
PROJECT = "project"
MODE = "mode"
BASE_BRANCH = "base_branch"
GATES = "gates"
DISCUSSION = "discussion"
COMMENT = "comment"
REQUIREMENTS = "requirements"
LISTENING = "listening"
VERBOSITY = "verbosity"
BROADCAST = "broadcast"
USERGROUP = "usergroup"
BOTS = "bots"
PERSON = "person"
ROLE = "role"
REMINDERS = "reminders"
TYPED = "typed"

_SHORT = {
    "action": "a",
    "spec_id": "s",
    "phase": "p",
    "version": "v",
    "digest": "d",
    "request_id": "r",
    "project_id": "j",
    "task_id": "t",
    "page": "n",
    "key": "k",
    "channel": "c",
    "thread_ts": "h",
}
_LENGTHS = {"action": 24, "phase": 16, "channel": 20, "thread_ts": 24}
"""Most characters of a field, 64 for the others: so that a menu entry's value stays within Slack's 150."""

_ID = re.compile(r"[A-Za-z0-9_.:/#+-]*")


@dataclass(frozen=True)
class Target:
    """What a click is about. Empty fields are left out on the wire."""

    action: str = ""
    spec_id: str = ""
    phase: str = ""
    version: int = 0
    digest: str = ""
    request_id: str = ""
    project_id: str = ""
    task_id: str = ""
    page: int = 0
    key: str = ""
    channel: str = ""
    thread_ts: str = ""

    def value(self) -> str:
        """As compact JSON: `{"s": spec_id, "p": phase, "v": version, "d": digest, …}`.

        What cannot be an id (other letters, too long) is left out: the click then says that it is about nothing.
        """
        held = asdict(self).items()
        found = {_SHORT[name]: value for name, value in held if value and _right(name, value)}
        return json.dumps(found, separators=(",", ":"))


def read(value: str) -> Target:
    """The target in what came back (a button's value, an option's, a view's private_metadata).

    Raises ValueError, naming what is wrong, for anything that `Target.value` does not write.
    """
    try:
        found = json.loads(value or "{}")
    except ValueError as error:
        raise ValueError("the click carries no readable value: open the message or form again") from error
    if not isinstance(found, dict):
        raise ValueError("the click carries no object: open the message or form again")
    fields: dict[str, str | int] = {}
    for name, short in _SHORT.items():
        if short not in found:
            continue
        held = found[short]
        if not _right(name, held):
            raise ValueError(f"the click carries a wrong {name}: open the message or form again")
        fields[name] = held
    return Target(**fields)  # type: ignore[arg-type]  # each value was checked above


def _right(name: str, held: object) -> bool:
    if name in {"version", "page"}:
        return isinstance(held, int) and not isinstance(held, bool) and 0 <= held < 10**9
    return isinstance(held, str) and len(held) <= _LENGTHS.get(name, 64) and _ID.fullmatch(held) is not None
