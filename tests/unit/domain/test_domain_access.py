"""Roles, scopes and identities by themselves."""

from __future__ import annotations

import pytest

from omoi_server.domain.access import Role, acts_for, checked_scopes, covers, higher, holds, is_identity, system_of
from omoi_server.domain.approvers import ApproverRule
from omoi_server.domain.caller import Caller
from omoi_server.domain.events import by_user, source_and_via
from omoi_server.errors import InvalidArgument


def test_each_role_holds_the_ones_before_it() -> None:
    for index, role in enumerate(Role):
        assert [holds(role, needed) for needed in Role] == [at <= index for at in range(3)]
        assert not holds(None, role)
        assert higher(role, None) == higher(None, role) == role
    assert higher(Role.VIEWER, Role.MAINTAINER) == Role.MAINTAINER
    assert higher(None, None) is None


@pytest.mark.parametrize("identity", ["slack:T1/U1", "slack:E012AB/U061F7AUR", "mail:example.org/mara@example.org"])
def test_identities_have_a_system_and_a_person(identity: str) -> None:
    assert is_identity(identity)
    assert system_of(identity) == identity.partition("/")[0]


@pytest.mark.parametrize(
    "text", ["", "usr-1", "slack:T1", "T1/U1", "slack:/U1", "slack:T1/", "slack:T1/U1/x", "slack:T1/U 1"]
)
def test_what_is_no_identity(text: str) -> None:
    assert not is_identity(text)
    with pytest.raises(InvalidArgument):
        system_of(text)


def test_scopes_give_no_more_than_they_hold() -> None:
    assert covers({"*"}, "act-as:slack:T1", False)
    assert covers({"admin"}, "write", False)
    assert covers({"admin"}, "read-all", True)
    assert not covers({"admin"}, "read-all", False)
    assert not covers({"admin"}, "*", True)
    assert not covers({"read"}, "write", True)
    assert checked_scopes(["write", "read"]) == ["read", "write"]
    assert acts_for({"act-as:slack:T1"}, "slack:T1")
    assert not acts_for({"act-as:slack:T1", "admin"}, "slack:T10")


def test_whom_a_service_acts_for_is_never_admin_and_reads_no_more() -> None:
    acted = Caller("usr-1", "Mara", is_admin=True, scopes=frozenset({"*", "read-all"}), via="usr-bot")
    assert not acted.administers
    assert not acted.reads_all
    alone = Caller("usr-bot", "bot", scopes=frozenset({"read-all"}))
    assert alone.reads_all
    assert alone.every_project


def test_the_approver_rule_asks_for_all_of_it() -> None:
    rule = ApproverRule(Role.MAINTAINER, ("usr-1", "usr-2"), requester_excluded=True)
    assert rule.allows("usr-1", Role.MAINTAINER, "usr-2")
    assert not rule.allows("usr-1", Role.CONTRIBUTOR, "usr-2")
    assert not rule.allows("usr-3", Role.MAINTAINER, "usr-2")
    assert not rule.allows("usr-1", Role.MAINTAINER, "usr-1")
    assert ApproverRule.of(rule.stored()) == rule
    assert ApproverRule.of({}).allows("usr-9", Role.CONTRIBUTOR, "usr-9")


def test_a_source_keeps_who_acted() -> None:
    assert source_and_via(by_user("usr-1")) == ("user:usr-1", "")
    assert source_and_via(by_user("usr-1", "usr-bot")) == ("user:usr-1", "usr-bot")
    assert source_and_via("worker:sbx-1") == ("worker:sbx-1", "")
