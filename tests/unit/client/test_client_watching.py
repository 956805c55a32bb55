"""The cursor, against every way in which batches can overlap, repeat and miss."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from omoi.v1 import event_pb2, spec_pb2
from omoi_client.watching import continue_from


def batch(*sequences: int, last: int | None = None, live: bool = False) -> spec_pb2.WatchSpecEventsResponse:
    return spec_pb2.WatchSpecEventsResponse(
        events=[event_pb2.SpecEvent(sequence=one) for one in sequences],
        last_sequence=max(sequences, default=0) if last is None else last,
        live=live,
    )


def test_new_ones_pass_and_known_ones_do_not() -> None:
    found, gap = continue_from(2, batch(1, 2, 3, 4, live=True))
    assert [one.sequence for one in found.events] == [3, 4]
    assert (found.last_sequence, found.live, gap) == (4, True, None)


def test_a_gap_keeps_what_connects() -> None:
    found, gap = continue_from(2, batch(3, 5, 6, live=True))
    assert [one.sequence for one in found.events] == [3]
    assert (found.last_sequence, found.live) == (3, False)
    assert gap is not None and gap.metadata == {"after": "3", "before": "5"}


def test_a_keep_alive_that_knows_of_more_is_a_gap() -> None:
    assert continue_from(4, batch(last=4, live=True))[1] is None
    assert continue_from(4, batch(last=0))[1] is None
    assert continue_from(4, batch(last=6))[1] is not None


@given(st.integers(0, 30), st.lists(st.lists(st.integers(1, 30), max_size=8), max_size=30))
def test_whatever_comes_is_handed_out_once_and_in_order(begin: int, responses: list[list[int]]) -> None:
    cursor, seen = begin, []
    for sequences in responses:
        found, gap = continue_from(cursor, batch(*sequences))
        seen += [one.sequence for one in found.events]
        cursor = found.last_sequence
        if gap is None:
            assert cursor >= max(sequences, default=0)
    assert seen == list(range(begin + 1, cursor + 1))
