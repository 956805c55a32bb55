"""The small parts of the library: errors, limits, names, back-off, plain data."""

from __future__ import annotations

import json

import pytest

from omoi.v1 import common_pb2, event_pb2, spec_pb2, ticket_pb2
from omoi_client import limits, names
from omoi_client.backoff import Backoff
from omoi_client.data import as_data
from omoi_client.errors import InvalidArgument, OmoiError


@pytest.mark.parametrize(
    ("said", "headline", "remedy"),
    [
        ("One thing. Do another.", "One thing.", "Do another."),
        ("Only one thing", "Only one thing", ""),
        ("Version 1.2 of shop.py. Look at it.", "Version 1.2 of shop.py.", "Look at it."),
        ("labels[0]: 'a b' is no label. Use a-b.", "labels[0]: 'a b' is no label.", "Use a-b."),
        ("Wrong.\nTry again", "Wrong.", "Try again"),
    ],
)
def test_the_first_sentence_is_the_headline(said: str, headline: str, remedy: str) -> None:
    error = OmoiError(said)
    assert (error.headline, error.remedy, error.message) == (headline, remedy, said)


def test_a_named_remedy_wins() -> None:
    assert OmoiError("A. B.", remedy="C.").remedy == "C."
    assert str(OmoiError("A.", remedy="C.")) == "A. C."
    assert OmoiError("A. B.", metadata={"remedy": "D."}).remedy == "D."


def test_every_violation_is_found() -> None:
    request = spec_pb2.LaunchSpecRequest(
        title="t" * 201,
        description="d" * 100_001,
        attachments=[
            common_pb2.Attachment(name="n" * 201, content=b"x" * limits.ATTACHMENT_BYTES),
            *[common_pb2.Attachment(content=b"1")] * 10,
        ],
        context=[common_pb2.ContextEntry(text="c" * 20_001)] * 51,
        request_id="r" * 129,
    )
    with pytest.raises(InvalidArgument) as caught:
        limits.check(request)
    fields = [one.field for one in caught.value.violations]
    assert fields[:6] == ["title", "description", "request_id", "attachments", "attachments", "attachments[0].name"]
    assert {"context", "context[50].text"} <= set(fields)


@pytest.mark.parametrize("kind", [spec_pb2.LaunchSpecRequest, ticket_pb2.CreateTicketRequest])
def test_an_idea_needs_words(kind: type[spec_pb2.LaunchSpecRequest | ticket_pb2.CreateTicketRequest]) -> None:
    with pytest.raises(InvalidArgument) as caught:
        limits.check(kind(title=" ", description="\n"))
    assert caught.value.reason == "EMPTY"
    limits.check(kind(title="x"))
    limits.check(kind(title="t" * 200, description="d" * 100_000))


def test_enum_words() -> None:
    assert names.phase("design") == names.phase("SPEC_PHASE_DESIGN") == "SPEC_PHASE_DESIGN"
    assert names.spec_status("awaiting-review") == "SPEC_STATUS_AWAITING_REVIEW"
    assert names.phase("") == "SPEC_PHASE_UNSPECIFIED"
    assert names.phase_word(common_pb2.SPEC_PHASE_TASKS) == "TASKS"
    assert (names.phase_word(0), names.phase_word(99)) == ("", "99")
    with pytest.raises(InvalidArgument, match=r'gates: "plan" is unknown. Known: EXPLORE, .*COMPLETE'):
        names.phase("plan", "gates")
    with pytest.raises(InvalidArgument):
        names.phase("unspecified")


def test_pauses_double_and_are_spread() -> None:
    longest = Backoff(0.1, 1.0, uniform=lambda low, high: high)
    assert [longest.pause() for _ in range(6)] == [0.1, 0.2, 0.4, 0.8, 1.0, 1.0]
    longest.reset()
    assert longest.pause() == 0.1
    shortest = Backoff(0.1, 1.0, uniform=lambda low, high: low)
    assert [shortest.pause() for _ in range(3)] == [0.05, 0.1, 0.2]
    drawn = {round(Backoff().pause(), 6) for _ in range(50)}
    assert len(drawn) > 10 and all(0.05 <= one <= 0.1 for one in drawn)


def test_plain_data_keeps_numbers_and_keys() -> None:
    event = event_pb2.SpecEvent(sequence=2**40, type="task.started", task=event_pb2.TaskChange(key="TSK-001"))
    event.occurred_at.FromJsonString("2026-01-02T03:04:05Z")
    data = as_data(event)
    assert data["sequence"] == 2**40
    assert data["occurred_at"] == "2026-01-02T03:04:05Z"
    assert data["phase"] == "SPEC_PHASE_UNSPECIFIED"
    assert data["task"]["key"] == "TSK-001" and data["task"]["evidence"] is None
    assert "spec" not in data and "command" not in data
    output = spec_pb2.GetPhaseOutputResponse(changes=["a"])
    output.data.update({"n": 1, "list": [True, None]})
    data = json.loads(json.dumps(as_data(output)))
    assert data["data"] == {"n": 1.0, "list": [True, None]}
    assert data["changes"] == ["a"] and data["decided_at"] is None and data["version"] == 0
