"""What the load generator believes to have lost."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from bench.relay.receiving import FIRST_NACK_S, GIVE_UP_S, Down


def feed(down: Down, sequence: int) -> bool:
    """As the reading loop does; whether the packet counted."""
    if sequence == down.next:
        down.advance(sequence)
    elif not down.out_of_order(sequence):
        return False
    down.packets += 1
    return True


@settings(deadline=None)  # other processes decide how long an example takes
@given(st.integers(0, 0xFFFF), st.integers(2, 150), st.data())
def test_what_came_and_what_is_missing_are_all_there_was(first: int, count: int, data: st.DataObject) -> None:
    kept = data.draw(st.sets(st.integers(1, count - 1)))
    down = Down(7, False, first)
    sent = [(first + number) & 0xFFFF for number in range(count) if number == 0 or number in kept]
    assert all(feed(down, sequence) for sequence in sent)
    highest = max(kept, default=0)
    assert down.packets + len(down.missing) == highest + 1
    late = list(down.missing)
    assert all(feed(down, sequence) for sequence in late)
    assert not any(feed(down, sequence) for sequence in late)
    assert (down.recovered, down.missing, down.lost) == (len(late), {}, 0)
    report = down.report(0.0)
    assert report.packets_lost == 0
    assert report.highest_sequence & 0xFFFF == (first + highest) & 0xFFFF


def test_a_missing_packet_is_asked_for_and_then_given_up() -> None:
    down = Down(7, True, 10)
    for sequence in (10, 12):
        feed(down, sequence)
    noticed = down.missing[11][0]
    assert down.nacks(noticed) == []
    assert down.nacks(noticed + FIRST_NACK_S) == [11]
    assert down.nacks(noticed + FIRST_NACK_S) == []
    assert down.nacks(noticed + GIVE_UP_S + 1) == []
    assert (down.missing, down.lost) == ({}, 1)
