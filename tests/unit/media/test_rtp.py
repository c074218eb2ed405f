"""RTP headers: parsing anything, stamping exactly."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from media.rtp import ExtensionIds, Packet, Stamp
from tests.unit.media.packets import IDS, rtp


@given(st.binary(max_size=80))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    packet = Packet()
    if packet.read(data, 0, 0.0):
        assert 12 <= packet.start <= packet.end <= len(data)
        for wanted in range(16):
            packet.extension(wanted)


@given(st.integers(0, 0xFFFF), st.integers(0, 0xFFFFFFFF), st.binary(max_size=40), st.integers(0, 127), st.booleans())
def test_reads_what_was_written(seq: int, ts: int, payload: bytes, level: int, marker: bool) -> None:
    packet = Packet()
    data = rtp(77, seq, ts, payload, mid="12", level=level, marker=marker, padding=3)
    assert packet.read(data, 5, 1.5)
    assert (packet.ssrc, packet.seq, packet.ts, bool(packet.marker)) == (77, seq, ts, marker)
    assert data[packet.start : packet.end] == payload
    assert packet.extension(IDS.mid) == b"12"
    assert packet.extension(IDS.level) == bytes((level,))
    assert packet.extension(9) is None
    assert packet.extension(0) is None


def test_two_byte_extensions_are_read() -> None:
    data = bytes.fromhex("9000000100000002 00000003 10000002 0403616263000100".replace(" ", ""))
    packet = Packet()
    assert packet.read(data, 0, 0.0)
    assert packet.extension(4) == b"abc"


@pytest.mark.parametrize("ids", [IDS, ExtensionIds(), ExtensionIds(mid=3), ExtensionIds(level=3), ExtensionIds(sent=9)])
@given(
    level=st.integers(-1, 127), mid=st.text("0123456789az", min_size=1, max_size=16), padding=st.sampled_from([0, 4])
)
def test_a_stamp_carries_the_slots_own_identity(ids: ExtensionIds, level: int, mid: str, padding: int) -> None:
    packet, sent = Packet(), Packet()
    source = rtp(1, 2, 3, b"payload", mid="src", marker=True, padding=padding)
    assert packet.read(source, 0, 10.25)
    packet.level = level
    out = Stamp(0xABCDEF01, 111, mid, ids).head(packet, 500, 600) + source[packet.start :]
    assert sent.read(out, 0, 0.0)
    assert (sent.ssrc, sent.seq, sent.ts, sent.pt, sent.marker) == (0xABCDEF01, 500, 600, 111, 0x80)
    assert out[sent.start : sent.end] == b"payload"
    assert sent.extension(ids.mid) == (mid.encode() if ids.mid else None)
    assert sent.extension(ids.level) == (bytes((level,)) if ids.level and level >= 0 else None)
    assert sent.extension(ids.sent) == (int(10.25 * (1 << 18)).to_bytes(4, "big")[1:] if ids.sent else None)
