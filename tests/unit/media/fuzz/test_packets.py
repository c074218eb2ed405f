"""Whatever an endpoint encrypts and sends: nothing raises, what goes on is well formed, the others do not notice."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from media import rtcp
from media.link import PATIENCE
from media.rtp import Packet
from media.vp8 import Descriptor
from tests.unit.media.fuzz.datagrams import examples, hex_lines, rtcp_compounds, rtp_packets, spoiled, vp8_payloads
from tests.unit.media.fuzz.offers import CORPUS
from tests.unit.media.packets import AUDIO_PT, IDS, RTX_OFFSET, RTX_PT, VIDEO_PT, Hall, rtp, vp8

pytestmark = pytest.mark.usefixtures("each_engine")

A_MIC, A_CAMERA = 501, 502
C_MIC, C_CAMERA = 601, 602


def meeting() -> Hall:
    """a, b and c all see each other; a and c have sent their first packets."""
    hall = Hall()
    for name in "abc":
        hall.connect("room", name)
    rows = [(to, slot, source, True, True) for to in "abc" for slot, source in enumerate(sorted({*"abc"} - {to}))]
    hall.core.apply(hall.table(1, rows), hall.now)
    for name, mic, camera in (("a", A_MIC, A_CAMERA), ("c", C_MIC, C_CAMERA)):
        hall.send(name, rtp(mic, 1, 960, b"sound", mid="0"))
        hall.send(name, rtp(camera, 1, 3000, vp8(1, 1, b"key", key=True), pt=VIDEO_PT, mid="1"))
    return hall


def slots_of(hall: Hall, name: str) -> set[int]:
    """The SSRCs that this endpoint receives on."""
    return {slot.ssrc for pair in hall.links[name].slots for slot in pair if slot is not None}


def well_formed(hall: Hall) -> None:
    """Everything ever sent to anybody is RTP on a slot of theirs, or RTCP of ours."""
    packet = Packet()
    for name, box in hall.boxes.items():
        own = slots_of(hall, name)
        for data in box.rtp:
            assert packet.read(data, 0, 0.0, IDS)
            assert packet.pt in (AUDIO_PT, VIDEO_PT, RTX_PT)
            assert packet.ssrc - (RTX_OFFSET if packet.pt == RTX_PT else 0) in own
        for data in box.rtcp:
            assert sum(4 + len(body) for _, _, body in rtcp.split(data)) == len(data)


def undisturbed(hall: Hall, seq: int) -> None:
    """What a says now is heard and seen by b exactly once, at once."""
    before = len(hall.boxes["b"].rtp)
    hall.send("a", rtp(A_MIC, seq, 960 * seq, b"still here"))
    hall.send("a", rtp(A_CAMERA, seq, 3000 * seq, vp8(seq, seq, b"picture", key=False), pt=VIDEO_PT))
    new = hall.boxes["b"].rtp[before:]
    assert [data.endswith(tail) for data, tail in zip(new, (b"still here", b"picture"), strict=True)] == [True, True]


# c's own streams, the streams and slots of others, streams nobody has, and the edges.
_SSRCS = st.one_of(st.sampled_from([C_MIC, C_CAMERA, A_MIC, A_CAMERA, 0, 0xFFFFFFFF]), st.integers(1000, 1100))


@settings(max_examples=examples(60), deadline=None)
@given(st.lists(spoiled(rtp_packets(_SSRCS, (AUDIO_PT, VIDEO_PT))), max_size=40))
def test_any_media_of_one_leaves_the_others_alone(packets: list[bytes]) -> None:
    hall = meeting()
    for data in packets:
        hall.now += 0.001
        hall.send("c", data)
    well_formed(hall)
    undisturbed(hall, 2)


@settings(max_examples=examples(60), deadline=None)
@given(st.data())
def test_any_reports_of_one_leave_the_others_alone(data: st.DataObject) -> None:
    hall = meeting()
    others = sorted({A_MIC, A_CAMERA} | slots_of(hall, "a") | slots_of(hall, "b"))
    told = len(hall.boxes["b"].rtp), len(hall.boxes["a"].rtp)
    for compound in data.draw(st.lists(spoiled(rtcp_compounds(st.sampled_from(others))), max_size=20)):
        hall.now += 0.01
        hall.links["c"].rtcp(compound, hall.now)
    # Feedback about streams that are not c's own moves nobody's media.
    assert (len(hall.boxes["b"].rtp), len(hall.boxes["a"].rtp)) == told
    for link in hall.links.values():
        link.ask(hall.now)
        link.send_sender_reports(hall.now)
        link.send_receiver_report(hall.now)
    well_formed(hall)
    undisturbed(hall, 2)


@settings(max_examples=examples(40), deadline=None)
@given(st.data())
def test_any_reports_about_own_slots_are_survived(data: st.DataObject) -> None:
    hall = meeting()
    own = sorted({C_MIC, C_CAMERA, *slots_of(hall, "c")})
    for compound in data.draw(st.lists(spoiled(rtcp_compounds(st.sampled_from(own))), max_size=20)):
        hall.now += 0.01
        hall.links["c"].rtcp(compound, hall.now)
        for link in hall.links.values():
            link.ask(hall.now)
            link.send_sender_reports(hall.now)
            link.send_receiver_report(hall.now)
    well_formed(hall)
    undisturbed(hall, 2)


@settings(max_examples=examples(100))
@given(spoiled(rtp_packets()))
def test_reading_rtp_stays_inside_the_packet(data: bytes) -> None:
    packet = Packet()
    if not packet.read(data, 1, 1.0, IDS):
        return
    assert 12 <= packet.start <= packet.end <= len(data)
    assert packet.pt <= 127
    for value in (packet.mid, packet.rid, packet.repaired_rid):
        assert value in data[12 : packet.start]
    at = 0
    while at < len(packet.carried):
        size = (packet.carried[at] & 0x0F) + 1
        assert packet.carried[at + 1 : at + 1 + size] in data[12 : packet.start]
        at += 1 + size
    assert at == len(packet.carried)


@settings(max_examples=examples(100))
@given(vp8_payloads(), st.integers(0, 6))
def test_reading_a_vp8_descriptor_stays_inside_the_payload(payload: bytes, start: int) -> None:
    descriptor = Descriptor()
    for end in range(start, len(payload) + 1):
        if descriptor.read(payload, start, end):
            assert start < start + descriptor.size < end
            assert -1 <= descriptor.picture <= 0x7FFF
            assert -1 <= descriptor.tl0 <= 0xFF


@settings(max_examples=examples(100))
@given(st.one_of(st.binary(max_size=80), spoiled(rtcp_compounds())))
def test_splitting_a_compound_stays_inside_it(data: bytes) -> None:
    parts = list(rtcp.split(data))
    assert sum(4 + len(body) for _, _, body in parts) <= len(data)
    assert all(0 <= count <= 31 for _, count, _ in parts)


@pytest.mark.parametrize("kind", ["rtp", "rtcp"])
def test_the_stored_corpus_is_survived(kind: str) -> None:
    hall = meeting()
    corpus = hex_lines((CORPUS / f"{kind}.hex").read_text())
    assert len(corpus) > 10
    for data in corpus:
        hall.now += 0.01
        if kind == "rtp":
            hall.send("c", data)
        else:
            hall.links["c"].rtcp(data, hall.now)
    for link in hall.links.values():
        link.ask(hall.now)
        link.send_receiver_report(hall.now)
    well_formed(hall)
    undisturbed(hall, 2)


def test_padding_that_counts_nothing_or_more_than_there_is_is_refused() -> None:
    packet = Packet()
    good = rtp(1, 2, 3, b"sound", padding=4)
    assert packet.read(good, 0, 0.0, IDS)
    assert good[packet.start : packet.end] == b"sound"
    for count in (0, len(good) - 11, 255):
        assert not packet.read(good[:-1] + bytes((count,)), 0, 0.0, IDS)


def test_a_storm_of_key_requests_reaches_the_publisher_at_its_own_pace() -> None:
    hall = meeting()
    begun = hall.now
    wanted = sorted(slots_of(hall, "c"))
    before = len(hall.boxes["a"].rtcp)
    while hall.now < begun + 4:
        hall.now += 0.01
        for ssrc in wanted:
            hall.links["c"].rtcp(struct.pack("!BBHII", 0x81, 206, 2, 1, ssrc), hall.now)
            hall.links["c"].rtcp(struct.pack("!BBHIIIBBH", 0x84, 206, 4, 1, 0, ssrc, 7, 0, 0), hall.now)
        hall.links["a"].ask(hall.now)
    asked = [data for data in hall.boxes["a"].rtcp[before:] if any(kind == 206 for kind, _, _ in rtcp.split(data))]
    assert 1 <= len(asked) <= 4 / 0.32 + 1


def test_a_thousand_streams_are_not_listened_to() -> None:
    hall = meeting()
    for ssrc in range(10_000, 11_000):
        hall.send("c", rtp(ssrc, 1, 1, b"x", mid="0"))
    assert len(hall.links["c"]._flows) <= 64
    assert hall.links["c"].dropped > 900
    undisturbed(hall, 2)


def test_a_storm_of_requests_for_lost_packets_is_heard_in_doses() -> None:
    hall = meeting()
    link, slot = hall.links["c"], min(slots_of(hall, "c"))
    storm = struct.pack("!BBHII", 0x81, 205, 62, 1, slot) + struct.pack("!HH", 7, 0xFFFF) * 60
    for _ in range(100):
        link.rtcp(storm * 5, hall.now)
    dose = link.nacked
    assert 0 < dose <= PATIENCE + rtcp.MAX_NACKED
    link.ask(hall.now)
    link.rtcp(storm, hall.now)
    assert link.nacked > dose
    undisturbed(hall, 2)
