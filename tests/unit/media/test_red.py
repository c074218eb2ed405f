"""Sound that repeats what was said just before: holes are filled, and nobody gets what was not for them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media import rtcp
from media.reception import MAX_JUMP, NEW, SEEN, WINDOW, Reception
from media.red import MAX_BLOCKS, unfold
from media.rtp import Packet
from tests.unit.media.packets import AUDIO_PT, IDS, RED_PT, Hall, Shelf, red, rtp

pytestmark = pytest.mark.usefixtures("each_engine")

VOICE = 500
STEP = 960  # timestamp units of 20 ms


def _said(seq: int, *, back: int = 1) -> bytes:
    """A packet that also carries the `back` before it; its payload is its number."""
    earlier = [(STEP * one, bytes((seq - one,))) for one in range(back, 0, -1)]
    return rtp(VOICE, seq, seq * STEP, red(earlier, bytes((seq,))), pt=RED_PT, mid="0", level=30, marker=True)


def _hall(shelf: Shelf | None = None) -> Hall:
    hall = Hall(shelf)
    hall.connect("room", "a"), hall.connect("room", "b")
    record = [("a", "seg", True, False)] if shelf else []
    hall.core.apply(hall.table(1, [("b", 0, "a", True, False)], record), hall.now)
    return hall


def _heard(hall: Hall) -> list[int]:
    return [data[-1] for data in hall.boxes["b"].rtp]


PAYLOADS = st.lists(st.tuples(st.integers(1, 0x3FFF), st.binary(min_size=1, max_size=300)), max_size=MAX_BLOCKS)


@given(PAYLOADS, st.binary(min_size=1, max_size=300), st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF), st.booleans())
def test_a_packet_unfolds_to_those_that_it_stands_for(
    earlier: list[tuple[int, bytes]], payload: bytes, seq: int, ts: int, marker: bool
) -> None:
    data = rtp(VOICE, seq, ts, red(earlier, payload), pt=RED_PT, mid="0", level=7, marker=marker)
    packet = Packet()
    assert packet.read(data, 0, 0.0, IDS)
    count = len(earlier)
    assert list(unfold(data, packet.start, packet.end, AUDIO_PT)) == [
        *(
            rtp(VOICE, seq - count + index, ts - back, one, mid="0", level=7)
            for index, (back, one) in enumerate(earlier)
        ),
        rtp(VOICE, seq, ts, payload, mid="0", level=7, marker=marker),
    ]


@given(st.binary(max_size=60))
def test_any_payload_unfolds_or_is_dropped(payload: bytes) -> None:
    data = rtp(VOICE, 9, 9, payload, pt=RED_PT)
    for one in unfold(data, 12, len(data), AUDIO_PT):
        assert one[12:] in payload
        assert one[1] & 0x7F == AUDIO_PT


def test_blocks_of_another_kind_empty_or_too_many_are_left_out() -> None:
    def contents(payload: bytes) -> list[bytes]:
        data = rtp(VOICE, 9, 9, payload, pt=RED_PT)
        return [one[12:] for one in unfold(data, 12, len(data), AUDIO_PT)]

    assert contents(red([(STEP, b"")], b"now")) == [b"now"]
    assert contents(red([(STEP, b"then")], b"now", pt=96)) == []
    assert contents(red([(0, b"then")], b"now")) == [b"now"]
    assert contents(red([(STEP, b"x")] * MAX_BLOCKS, b"now")) == [b"x"] * MAX_BLOCKS + [b"now"]
    assert contents(red([(STEP, b"x")] * (MAX_BLOCKS + 1), b"now")) == []


@given(st.lists(st.integers(0, 3000), min_size=1, max_size=50), st.integers(0, 0xFFFF))
def test_what_is_lacking_is_what_would_be_taken(order: list[int], seq: int) -> None:
    reception = Reception(48000)
    assert not reception.lacks(seq)
    for step in order:
        reception.take(step, 0, 1, 0.0)
    lacks = reception.lacks(seq)
    distance = (seq - reception.highest + 0x8000) % 0x10000 - 0x8000
    verdict = reception.take(seq, 0, 1, 0.0)
    assert lacks == (verdict != SEEN and -WINDOW < distance <= MAX_JUMP)


def test_a_lost_voice_comes_with_the_next_in_order_for_all_and_is_not_asked_for() -> None:
    shelf = Shelf()
    hall = _hall(shelf)
    for seq in (1, 2, 4, 5):
        hall.send("a", _said(seq))
    assert _heard(hall) == [1, 2, 3, 4, 5]
    kept = shelf.packets["a", "seg", "audio"]
    assert kept == [
        rtp(VOICE, seq, seq * STEP, bytes((seq,)), mid="0", level=30, marker=seq != 3) for seq in range(1, 6)
    ]
    packet, seqs = Packet(), []
    for data in hall.boxes["b"].rtp:
        assert packet.read(data, 0, 0.0, IDS)
        assert packet.pt == AUDIO_PT
        seqs.append(packet.seq - seqs[0] if seqs else packet.seq)
    assert [number & 0xFFFF for number in seqs[1:]] == [1, 2, 3, 4]
    hall.now += 0.05
    link = hall.links["a"]
    link.ask(hall.now)
    assert not any(kind == rtcp.RTPFB for data in hall.boxes["a"].rtcp for kind, _, _ in rtcp.split(data))
    assert (link.packets, link.counters()["repaired"]) == (4, 1)
    # Reports tell what the network lost, not what was mended.
    link.send_receiver_report(hall.now)
    blocks = [
        block
        for kind, count, body in rtcp.split(hall.boxes["a"].rtcp[-1])
        if kind == rtcp.RR
        for block in rtcp.reports(kind, count, body)
    ]
    assert [(block.ssrc, block.lost) for block in blocks] == [(VOICE, 1)]


def test_of_two_lost_one_is_asked_for_and_a_late_packet_fills_a_hole_of_before() -> None:
    hall = _hall()
    for seq in (1, 5, 3):
        hall.send("a", _said(seq))
    assert _heard(hall) == [1, 4, 5, 2, 3]
    hall.send("a", _said(4))
    assert _heard(hall) == [1, 4, 5, 2, 3]


def test_what_was_said_before_a_table_does_not_come_with_what_is_said_after_it() -> None:
    shelf = Shelf()
    hall = _hall()
    hall.core.apply(hall.table(2, []), hall.now)
    for seq in (1, 2, 3):
        hall.send("a", _said(seq))
    hall.core.apply(hall.table(3, [("b", 0, "a", True, False)]), hall.now)
    hall.send("a", _said(4, back=3))
    assert _heard(hall) == [4]
    assert not shelf.packets


def test_a_stream_that_began_or_begins_anew_takes_nothing_from_before() -> None:
    hall = _hall()
    hall.send("a", _said(7))
    assert _heard(hall) == [7]
    hall.send("a", rtp(VOICE, 40_000, 9, red([(STEP, b"\x66")], b"\x67"), pt=RED_PT))
    assert _heard(hall) == [7, 0x67]


@pytest.mark.parametrize("payload", [b"", b"\xef", b"\xef\0\x04", b"\xef\x0f\x00\x09\x6f"])
def test_a_malformed_packet_is_heard_by_nobody(payload: bytes) -> None:
    hall = _hall()
    hall.send("a", _said(1))
    hall.send("a", rtp(VOICE, 2, 2, payload, pt=RED_PT))
    hall.send("a", rtp(VOICE, 3, 3, b"x", pt=AUDIO_PT))
    assert _heard(hall) == [1, ord("x")]


def test_taking_a_packet_again_says_so() -> None:
    reception = Reception(48000)
    assert (reception.take(1, 0, 1, 0.0), reception.take(1, 0, 1, 0.0)) == (NEW, SEEN)
