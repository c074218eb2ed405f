"""Lost packets: asked for at publishers, repeated to subscribers, within bounds."""

from __future__ import annotations

from itertools import pairwise
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media import rtcp
from media.nack import GIVE_UP_S, MAX_MISSING, MIN_REPEAT_S, TRIES, Missing
from media.ports import Medium
from media.reception import Reception
from media.rtp import Packet
from media.rtx import LEAST_PER_SECOND, PICTURES_KEPT, Resender, unwrap
from tests.unit.media.packets import IDS, RTX_OFFSET, RTX_PT, VIDEO_PT, Hall, Shelf, rtp, vp8

pytestmark = pytest.mark.usefixtures("each_engine")

LOW, HIGH = 11, 12  # SSRCs of the two encodings


def _picture(ssrc: int, seq: int, *, key: bool = False, rid: str = "") -> bytes:
    body = bytes((seq & 0xFF,))
    return rtp(ssrc, seq, seq * 3000, vp8(seq, seq, body, key=key), pt=VIDEO_PT, mid="1" if rid or key else "", rid=rid)


@given(st.lists(st.integers(0, 0xFFFF), min_size=1, max_size=300, unique=True))
def test_a_nack_names_exactly_what_is_lost(lost: list[int]) -> None:
    lost.sort()
    ((kind, fmt, body),) = rtcp.split(rtcp.nack(1, 77, lost))
    assert kind == rtcp.RTPFB
    assert rtcp.nacked(fmt, body) == (77, lost)


def test_one_nack_asks_for_no_more_than_a_ring_holds() -> None:
    body = b"\0" * 4 + b"\0\0\0\7" + b"\0\1\xff\xff" * 500
    found = rtcp.nacked(rtcp.NACK, body)
    assert found is not None
    assert len(found[1]) == rtcp.MAX_NACKED


@given(st.integers(1, 1 << 40), st.lists(st.integers(0, 0xFFFFFFFF), max_size=20))
def test_an_estimate_is_read_as_it_was_written(bits: int, ssrcs: list[int]) -> None:
    ((_, fmt, body),) = rtcp.split(rtcp.remb(1, bits, ssrcs))
    found = rtcp.estimate(fmt, body)
    assert found is not None
    assert bits * (1 - 2**-17) <= found <= bits


@given(st.floats(0, 5), st.floats(0, 5))
def test_a_round_trip_is_the_time_away_less_the_time_kept(away: float, kept: float) -> None:
    sent = 3_900_000_000.25
    report = rtcp.Report(1, 0, 0, 0, 0, rtcp.ntp_fixed(sent) >> 16 & 0xFFFFFFFF, int(kept * 65536))
    found = rtcp.round_trip(report, sent + kept + away)
    assert found is None or abs(found - away) < 0.001
    assert found is not None or away < 0.001
    assert rtcp.round_trip(rtcp.Report(1, 0, 0, 0, 0, 0, 0), sent) is None


events = st.lists(
    st.one_of(
        st.tuples(st.just("gap"), st.integers(1, 40)),
        st.tuples(st.just("arrive"), st.integers(0, 60)),
        st.tuples(st.just("wait"), st.integers(1, 300)),
    ),
    max_size=60,
)


@given(events, st.floats(0, 0.5), st.sampled_from(["audio", "video"]))
def test_what_is_missing_is_asked_for_at_its_pace_until_it_comes_or_is_given_up(
    history: list[tuple[str, int]], rtt: float, medium: Medium
) -> None:
    missing, now, top = Missing(medium), 0.0, 0
    asked: dict[int, list[float]] = {}
    noticed: dict[int, float] = {}
    for act, size in history:
        if act == "gap":
            if missing.gap(top + 1, top + size, now):
                noticed.update(dict.fromkeys(range(top + 1, top + size + 1), now))
            else:
                noticed.clear()
            top += size + 1
        elif act == "arrive":
            missing.arrived(size)
            noticed.pop(size, None)
        else:
            for _ in range(size // 20 + 1):
                now += 0.02
                for number in missing.due(now, rtt)[0]:
                    assert number in noticed
                    asked.setdefault(number, []).append(now)
                for number in [n for n, at in noticed.items() if now - at > GIVE_UP_S]:
                    del noticed[number]
    assert len(missing) <= len(noticed)
    for times in asked.values():
        assert len(times) <= TRIES
        assert all(later - earlier >= max(rtt, MIN_REPEAT_S[medium]) - 1e-9 for earlier, later in pairwise(times))


def test_a_picture_may_have_been_overtaken_and_a_voice_was_not() -> None:
    for medium, at_once in (("video", []), ("audio", [5])):
        missing = Missing(cast(Medium, medium))
        missing.gap(5, 5, 1.0)
        assert missing.due(1.0, 0.1)[0] == at_once
        assert missing.due(1.02, 0.1)[0] == ([] if at_once else [5])


def test_a_hole_too_large_to_mend_is_given_up_whole() -> None:
    missing = Missing("video")
    assert missing.gap(1, 10, 0.0)
    assert not missing.gap(20, 20 + MAX_MISSING, 0.0)
    assert len(missing) == 0
    assert missing.due(1.0, 0.1) == ([], False)


@given(
    st.integers(0, 0xFFFF),
    st.integers(0, 0xFFFFFFFF),
    st.binary(min_size=1, max_size=60),
    st.integers(0, 127),
    st.booleans(),
)
def test_a_retransmission_unwraps_to_what_was_sent(seq: int, ts: int, payload: bytes, level: int, marker: bool) -> None:
    original = rtp(9, seq, ts, payload, pt=VIDEO_PT, mid="1", level=level, marker=marker)
    at = len(original) - len(payload)
    resender = Resender(70, RTX_PT, 500, timed=False)
    resender.ring.put(seq, original[:at], payload)
    again = resender.again(seq, 5.0)
    assert again is not None
    packet, back = Packet(), Packet()
    data = again[0] + again[1]
    assert packet.read(data, 0, 5.0, IDS)
    assert (packet.ssrc, packet.pt, packet.seq, packet.ts) == (70, RTX_PT, 501, ts)
    assert unwrap(data, packet.start, packet.end, 9, VIDEO_PT) == original
    assert back.read(original, 0, 0.0, IDS)


def test_padding_without_an_original_unwraps_to_nothing() -> None:
    data = rtp(70, 1, 1, b"", pt=RTX_PT, padding=200)
    packet = Packet()
    assert packet.read(data, 0, 0.0, IDS)
    assert unwrap(data, packet.start, packet.end, 9, VIDEO_PT) is None


@given(st.lists(st.integers(0, 5000), max_size=400), st.integers(1, 200))
def test_a_storm_of_requests_is_answered_within_bounds(requests: list[int], pace: int) -> None:
    resender = Resender(70, RTX_PT, 0, timed=True)
    for seq in range(3000):
        resender.ring.put(seq, rtp(9, seq, 1, b"", mid="1"), b"tail")
    resender.pace(pace)
    now, count = 1.0, 0
    for seq in requests:
        again = resender.again(seq, now)
        assert again is None or 3000 - PICTURES_KEPT <= seq < 3000
        count += again is not None
        now += 0.001
    assert count <= max(LEAST_PER_SECOND, 0.4 * pace) * (1 + now - 1.0) + 1


def test_a_slot_repeats_by_rtx_what_its_browser_lacks_and_nothing_from_before_a_switch() -> None:
    hall = Hall()
    hall.connect("room", "a"), hall.connect("room", "b"), hall.connect("room", "c")
    hall.core.apply(hall.table(1, [("b", 0, "a", True, True)]), hall.now)
    for seq in range(1, 6):
        hall.send("a", _picture(LOW, seq, key=seq == 1))
    box, slot = hall.boxes["b"], hall.links["b"].slots[0][1]
    assert slot is not None
    packet = Packet()
    assert packet.read(box.rtp[2], 0, 0.0, IDS)
    lost, tail = packet.seq, box.rtp[2][packet.start :]
    hall.links["b"].rtcp(rtcp.nack(1, slot.ssrc, [lost]), hall.now)
    assert len(box.rtp) == 6
    assert packet.read(box.rtp[5], 0, 0.0, IDS)
    assert (packet.ssrc, packet.pt) == (slot.ssrc + RTX_OFFSET, RTX_PT)
    assert box.rtp[5][packet.start :] == lost.to_bytes(2, "big") + tail
    # Asked again at once: it may be on its way.
    hall.links["b"].rtcp(rtcp.nack(1, slot.ssrc, [lost]), hall.now)
    assert len(box.rtp) == 6
    # The slot is given to another: what a said is not to be had there any more.
    hall.core.apply(hall.table(2, [("b", 0, "c", True, True)]), hall.now)
    hall.now += 1
    hall.links["b"].rtcp(rtcp.nack(1, slot.ssrc, [lost]), hall.now)
    # And nobody gets another's packets by naming the other's slot.
    hall.links["c"].rtcp(rtcp.nack(1, slot.ssrc, [lost]), hall.now)
    assert len(box.rtp) == 6
    assert not hall.boxes["c"].rtp


def test_sound_is_repeated_as_it_was() -> None:
    hall = Hall()
    hall.connect("room", "a"), hall.connect("room", "b")
    hall.core.apply(hall.table(1, [("b", 0, "a", True, True)]), hall.now)
    hall.send("a", rtp(5, 1, 960, b"word", mid="0"))
    box, slot = hall.boxes["b"], hall.links["b"].slots[0][0]
    packet = Packet()
    assert slot is not None
    assert packet.read(box.rtp[0], 0, 0.0, IDS)
    hall.now += 0.05
    hall.links["b"].rtcp(rtcp.nack(1, slot.ssrc, [packet.seq]), hall.now)
    first, again = box.rtp
    assert first == again


def test_a_publishers_hole_is_asked_for_and_mended_for_subscribers_and_recording() -> None:
    shelf = Shelf()
    hall = Hall(shelf)
    hall.connect("room", "a"), hall.connect("room", "b")
    hall.core.apply(hall.table(1, [("b", 0, "a", True, True)], [("a", "seg", True, True)]), hall.now)
    for seq in (1, 2, 4, 5):
        hall.send("a", _picture(LOW, seq, key=seq == 1))
    hall.now += 0.05
    hall.links["a"].ask(hall.now)
    asked = [
        rtcp.nacked(fmt, body) for data in hall.boxes["a"].rtcp for kind, fmt, body in rtcp.split(data) if kind == 205
    ]
    assert asked == [(LOW, [3])]
    again = Resender(99, RTX_PT, 1, timed=False)
    third = _picture(LOW, 3)
    again.ring.put(3, third[:12], third[12:])
    wrapped = again.again(3, 1.0)
    assert wrapped is not None
    # The repeated packet says its line by MID, as browsers do.
    hall.send("a", rtp(99, 2, 9000, (wrapped[0] + wrapped[1])[12:], pt=RTX_PT, mid="1"))
    assert [data[-1] for data in hall.boxes["b"].rtp] == [1, 2, 4, 5, 3]
    packet, seqs = Packet(), []
    for data in hall.boxes["b"].rtp:
        assert packet.read(data, 0, 0.0, IDS)
        seqs.append(packet.seq)
    assert [(seq - seqs[0]) & 0xFFFF for seq in seqs] == [0, 1, 3, 4, 2]
    kept = shelf.packets["a", "seg", "video"][-1]
    assert (kept[1] & 0x7F, kept[2:4], kept[8:12]) == (VIDEO_PT, b"\0\3", LOW.to_bytes(4, "big"))
    hall.now += 0.5
    before = len(hall.boxes["a"].rtcp)
    hall.links["a"].ask(hall.now)
    assert len(hall.boxes["a"].rtcp) == before
    # Reports tell what the network lost, not what was mended (RFC 4588, section 7).
    hall.links["a"].send_receiver_report(hall.now)
    blocks = [
        block
        for kind, count, body in rtcp.split(hall.boxes["a"].rtcp[-1])
        if kind == rtcp.RR
        for block in rtcp.reports(kind, count, body)
    ]
    assert [(block.ssrc, block.lost) for block in blocks] == [(LOW, 1)]


@given(st.lists(st.integers(0, 400), min_size=1, max_size=300))
def test_an_overtaken_packet_is_taken_once(order: list[int]) -> None:
    reception, seen = Reception(90000), set()
    reception.take(1000, 0, 1, 0.0)
    for step in order:
        verdict = reception.take(1001 + step, 0, 1, 0.0, repaired=True)
        assert (verdict == 1) == (step in seen)
        seen.add(step)
        assert reception.number == 1001 + step or verdict == 1
