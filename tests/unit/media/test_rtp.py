"""RTP headers: parsing anything, stamping exactly."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.extensions import URI_MID, URI_SENT, ExtensionIds, renumber, renumbering
from media.rtp import Packet, Stamp, header_size
from tests.unit.media.packets import IDS, LEVEL, URI_LEVEL, rtp


@given(st.binary(max_size=80))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    packet = Packet()
    if packet.read(data, 0, 0.0, IDS):
        assert 12 <= packet.start <= packet.end <= len(data)
        assert -1 <= packet.sent < 1 << 24
        assert renumber(packet.carried, {number: number for number in range(1, 15)}) == packet.carried


@given(st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF), st.binary(max_size=40), st.integers(0, 127), st.booleans())
def test_reads_what_was_written(seq: int, ts: int, payload: bytes, level: int, marker: bool) -> None:
    packet = Packet()
    data = rtp(77, seq, ts, payload, mid="12", level=level, marker=marker, padding=3)
    assert packet.read(data, 5, 1.5, IDS)
    assert (packet.ssrc, packet.seq, packet.ts, bool(packet.marker)) == (77, seq, ts, marker)
    assert data[packet.start : packet.end] == payload
    assert (packet.mid, packet.rid, packet.sent) == (b"12", b"", -1)
    assert packet.carried == bytes((LEVEL << 4, level))


def test_two_byte_extensions_are_read_and_carried_as_one_byte_ones() -> None:
    data = bytes.fromhex("9000000100000002 00000003 10000003 04036162630901770b000000".replace(" ", ""))
    packet = Packet()
    assert packet.read(data, 0, 0.0, IDS)
    assert packet.mid == b"abc"
    assert packet.carried == bytes((9 << 4,)) + b"w"


UNKNOWN = "urn:example:unheard-of"


@pytest.mark.parametrize("sent", [0, 9])
@pytest.mark.parametrize("named", [0, 3])
@given(
    elements=st.lists(st.tuples(st.sampled_from([1, 7]), st.binary(min_size=1, max_size=16)), max_size=3),
    mid=st.text("0123456789az", min_size=1, max_size=16),
    padding=st.sampled_from([0, 4]),
)
def test_a_stamp_carries_the_slots_own_identity_and_all_that_is_passed_on(
    sent: int, named: int, elements: list[tuple[int, bytes]], mid: str, padding: int
) -> None:
    ids = ExtensionIds.of({URI_MID: named, URI_SENT: sent, URI_LEVEL: 1, UNKNOWN: 7})
    packet, out = Packet(), Packet()
    source = rtp(1, 2, 3, b"payload", mid="src", marker=True, padding=padding)
    assert packet.read(source, 0, 10.25, IDS)
    carried = b"".join(bytes((number << 4 | len(value) - 1,)) + value for number, value in elements)
    data = Stamp(0xABCDEF01, 111, mid, ids).head(packet, 500, 600, carried) + source[packet.start :]
    assert out.read(data, 0, 0.0, ids)
    assert header_size(data) == out.start
    assert (out.ssrc, out.seq, out.ts, out.pt, out.marker) == (0xABCDEF01, 500, 600, 111, 0x80)
    assert data[out.start : out.end] == b"payload"
    assert out.mid == (mid.encode() if named else b"")
    assert out.carried == carried
    assert out.sent == (int(10.25 * (1 << 18)) if sent else -1)


def test_elements_are_renumbered_by_their_uri() -> None:
    ours = ExtensionIds.of({URI_MID: 1, URI_LEVEL: 5, UNKNOWN: 6, "urn:example:other": 7})
    assert renumbering(ours, ExtensionIds.of({URI_MID: 1, URI_LEVEL: 5, UNKNOWN: 6, "urn:example:other": 7})) is None
    # Where MID has another id, an element of that id must not pass for it.
    moved = ExtensionIds.of({URI_MID: 9, URI_LEVEL: 5, UNKNOWN: 6, "urn:example:other": 7})
    assert renumbering(ours, moved) == {5: 5, 6: 6, 7: 7}
    ids = renumbering(ours, ExtensionIds.of({URI_LEVEL: 2, UNKNOWN: 14}))
    assert ids == {5: 2, 6: 14}
    carried = bytes((5 << 4, 77, 7 << 4 | 1, 1, 2, 6 << 4 | 2, 7, 8, 9))
    assert renumber(carried, ids) == bytes((2 << 4, 77, 14 << 4 | 2, 7, 8, 9))
