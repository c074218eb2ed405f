"""One socket per seat, over any history of coming and going."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from signaling.live.holders import Holder, Holders


def _holder(sid: str, seat: str, endpoint: str = "") -> Holder:
    return Holder(sid, "room", seat, endpoint or f"end_{seat}", f"person_{seat}", "party")


def test_the_newest_wins() -> None:
    holders = Holders()
    first, second = _holder("1", "a"), _holder("2", "a")
    assert holders.take(first) is None
    assert holders.take(second) is first
    assert holders.by_sid("1") is None
    assert holders.by_seat("a") is second
    # That the older one goes away now leaves the newer one where it is.
    assert holders.drop("1") is None
    assert holders.connected("end_a")
    assert holders.drop("2") is second
    assert not holders.connected("end_a")
    assert holders.rooms() == set()


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 9), st.sampled_from("abc")), max_size=60))
def test_as_many_sockets_as_held_seats(history: list[tuple[bool, int, str]]) -> None:
    holders, number, sids = Holders(), 0, [""] * 10
    held: dict[str, str] = {}
    for comes, which, seat in history:
        if comes:
            number += 1
            sids[which] = str(number)
            holders.take(_holder(str(number), seat))
            held[seat] = str(number)
        else:
            holders.drop(sids[which])
            held = {seat: sid for seat, sid in held.items() if sid != sids[which]}
    assert {holder.seat: holder.sid for holder in holders} == held
    for seat in "abc":
        current = holders.by_seat(seat)
        assert (current.sid if current else None) == held.get(seat)
        assert holders.connected(f"end_{seat}") == (seat in held)
