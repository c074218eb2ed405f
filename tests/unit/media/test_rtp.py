"""RTP headers: parsing anything, stamping exactly."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.extensions import URI_MID, URI_SENT, ExtensionIds, renumber, renumbering
from media.rtp import SENT_AT, Packet, extension_block, header_size
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
@given(
    elements=st.lists(st.tuples(st.sampled_from([1, 7]), st.binary(min_size=1, max_size=16)), max_size=3),
    now=st.floats(0, 1e6),
)
def test_a_block_carries_our_own_time_and_all_that_is_passed_on(
    sent: int, elements: list[tuple[int, bytes]], now: float
) -> None:
    ids = ExtensionIds.of({URI_MID: 3, URI_SENT: sent, URI_LEVEL: 1, UNKNOWN: 7})
    carried = b"".join(bytes((number << 4 | len(value) - 1,)) + value for number, value in elements)
    block = extension_block(sent, now, carried)
    assert bool(block) == bool(sent or carried)
    data = struct.pack("!BBHII", 0x90 if block else 0x80, 111, 500, 600, 0xABCDEF01) + block + b"payload"
    out = Packet()
    assert out.read(data, 0, 0.0, ids)
    assert header_size(data) == out.start
    assert data[out.start : out.end] == b"payload"
    assert out.carried == carried
    assert out.sent == (int(now * (1 << 18)) & 0xFFFFFF if sent else -1)
    if sent:
        assert int.from_bytes(data[SENT_AT : SENT_AT + 3], "big") == out.sent


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
