"""Packets in native code that end where their memory ends: under `test_memory` one byte too far is noticed."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from media.native.library import load
from media.native.parts import NativeLink
from tests.unit.media.fuzz.datagrams import examples, rtp_packets, spoiled
from tests.unit.media.packets import AUDIO_PT, RED_PT, RTX_PT, VIDEO_PT, Hall, red, rtp, vp8

MIC, CAMERA, REPEATS = 601, 602, 603
KEY = vp8(1, 1, b"key", key=True)


def _native() -> Hall:
    """a and b see each other; a has begun."""
    hall = Hall()
    for name in "ab":
        hall.connect("room", name)
    hall.core.apply(hall.table(1, [("b", 0, "a", True, True)]), hall.now)
    hall.send("a", rtp(MIC, 1, 960, b"sound", mid="0"))
    hall.send("a", rtp(CAMERA, 1, 3000, KEY, pt=VIDEO_PT, mid="1"))
    hall.send("a", rtp(REPEATS, 1, 3000, b"", pt=RTX_PT, mid="1"))
    return hall


def _arrive(hall: Hall, data: bytes) -> None:
    link = hall.links["a"]
    assert isinstance(link, NativeLink)
    with link._plane as plane:
        exact = plane.ffi.new(f"uint8_t[{len(data)}]", data)  # a bytes object has a zero behind its end
        plane.lib.conn_rtp(plane.c, link.handle, exact, len(data), int(hall.now * 1e9), 0)


_STREAMS = st.sampled_from([MIC, CAMERA, CAMERA, REPEATS])
_PACKETS = st.lists(spoiled(rtp_packets(_STREAMS, (AUDIO_PT, RED_PT, VIDEO_PT, RTX_PT))), max_size=20)


@settings(max_examples=examples(25), deadline=None)
@given(_PACKETS)
@example([rtp(CAMERA, 2, 3000, KEY, pt=VIDEO_PT, mid="1")])
@example([rtp(MIC, 2, 3000, red([(960, b"then")], b"now"), pt=RED_PT, mid="0")])
@example([rtp(MIC, 2, 3000, red([(960, b"x")] * 12, b""), pt=RED_PT, mid="0")])
@example([rtp(REPEATS, 2, 3000, b"\0\2" + KEY, pt=RTX_PT, mid="1", padding=3)])
def test_reading_ends_where_the_packet_ends_native(packets: list[bytes]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Hall, "engine", "native")
        hall = _native()
    seq = 1
    for data in packets:
        for end in range(max(len(data) - 9, 4), len(data) + 1):
            seq += 1  # or it would be taken for a duplicate, and not read
            hall.now += 0.001
            _arrive(hall, data[:2] + seq.to_bytes(2, "big") + data[4:end])
    hall.now += 1.0
    before = len(hall.boxes["b"].rtp)
    _arrive(hall, rtp(MIC, 30000, 1, b"new"))
    _arrive(hall, rtp(MIC, 30001, 961, b"still here"))
    assert [data[-3:] for data in hall.boxes["b"].rtp[before:]] in ([b"new", b"ere"], [b"ere"])


class _Parts:
    """A connection, a stream that arrives on it, and a slot of it that carries the stream: in native code alone."""

    def __init__(self) -> None:
        loaded = load()
        assert loaded is not None
        self.ffi, self.lib = ffi, lib = loaded
        self.plane = lib.plane_new(ffi.NULL, ffi.NULL, ffi.NULL, ffi.NULL, -1)
        ids = ffi.new("ext_ids *")
        self.conn, self.stream = lib.conn_new(self.plane, 1, ids), lib.stream_new(self.plane, 2, False)
        self.slot = lib.slot_new(self.plane, self.conn, 3, False, 99, AUDIO_PT, 0, 0, 0, 0, 0, 0, 0)
        lib.stream_bind(self.stream, MIC, ids, 1)
        lib.follower_set(self.slot, 1, True, self.stream, ffi.NULL, 1, -1 << 62, ffi.NULL, 0)
        assert not lib.stream_subscribers(self.stream, [self.slot], 1)
        assert not lib.conn_bind(self.conn, MIC, AUDIO_PT, -1, -1, self.stream)
        lib.conn_look(self.conn).active = True
        self.hear(1)
        assert lib.slot_look(self.slot).packets == 1
        assert self.repeat(5.0) == 1

    def hear(self, seq: int) -> None:
        data = rtp(MIC, seq, 960 * seq, b"sound")
        self.lib.conn_rtp(self.plane, self.conn, data, len(data), seq * 10**9, 0)

    def repeat(self, now: float) -> int:
        return int(self.lib.slot_repeat(self.plane, self.slot, [1], 1, now))


def test_a_slot_that_is_gone_is_served_no_more_native() -> None:
    parts = _Parts()
    parts.lib.follower_free(parts.plane, parts.slot)
    parts.hear(2)
    assert parts.lib.conn_look(parts.conn).packets == 2
    parts.lib.plane_free(parts.plane)


def test_a_stream_that_is_gone_is_fed_no_more_native() -> None:
    parts = _Parts()
    parts.lib.stream_free(parts.plane, parts.stream)
    parts.hear(2)
    assert parts.lib.slot_look(parts.slot).packets == 1
    parts.lib.plane_free(parts.plane)


def test_nothing_is_repeated_to_a_connection_that_is_gone_native() -> None:
    parts = _Parts()
    parts.lib.conn_free(parts.plane, parts.conn)
    assert parts.repeat(9.0) == 0
    parts.lib.plane_free(parts.plane)
