"""VP8 and Opus as they lie in packets."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from formats.errors import Invalid
from recording import opus, vp8
from recording.ordering import Ordered
from recording.rtp import Rtp

KEY = b"\x10\x02\x00\x9d\x01\x2a\x40\x01\xf0\x00"
INTER = b"\x11\x02\x00"


def packets(frames: list[bytes], part: int = 7) -> list[Ordered]:
    """One frame a millisecond, in parts of `part` bytes."""
    made: list[Ordered] = []
    for number, frame in enumerate(frames):
        starts = range(0, len(frame), part)
        for start in starts:
            payload = (b"\x10" if start == 0 else b"\x00") + frame[start : start + part]
            index = len(made)
            rtp = Rtp(index, number * 90, 1, start == starts[-1], payload)
            made.append(Ordered(0, index, number * 90, 0, rtp))
    return made


def placed(items: list[Ordered]) -> Iterator[tuple[int, Ordered]]:
    return ((item.timestamp, item) for item in items)


FRAMES = st.lists(
    st.tuples(st.booleans(), st.binary(max_size=40)).map(lambda kind: (KEY if kind[0] else INTER) + kind[1]),
    min_size=1,
    max_size=12,
).map(lambda frames: [KEY, *frames])


@given(FRAMES, st.integers(1, 20))
def test_frames_come_out_whole(frames: list[bytes], part: int) -> None:
    got = list(vp8.frames(placed(packets(frames, part))))
    assert [frame.data for frame in got] == frames
    assert [frame.at_ns for frame in got] == [number * 90 for number in range(len(frames))]
    assert {frame.size for frame in got if frame.key} == {(320, 240)}


@settings(max_examples=200)
@given(FRAMES, st.data())
def test_after_a_loss_nothing_is_shown_that_refers_to_what_is_missing(frames: list[bytes], data: st.DataObject) -> None:
    sent = packets(frames)
    lost = data.draw(st.sets(st.integers(0, len(sent) - 1)))
    kept = [item for item in sent if item.index not in lost]
    expected, whole = [], False
    for number, frame in enumerate(frames):
        there = all(item.index not in lost for item in sent if item.timestamp == number * 90)
        whole = there and (whole or frame.startswith(KEY))
        if whole:
            expected.append(frame)
    assert [frame.data for frame in vp8.frames(placed(kept))] == expected


def test_padding_only_packets_are_no_hole() -> None:
    sent = packets([KEY, INTER], part=100)
    filler = Ordered(0, 1, 0, 0, Rtp(1, 0, 1, False, b""))
    moved = Ordered(0, 2, 90, 0, sent[1].rtp)
    assert len(list(vp8.frames(placed([sent[0], filler, moved])))) == 2


@pytest.mark.parametrize(
    ("descriptor", "starts"),
    [
        (b"\x10", True),
        (b"\x00", False),
        (b"\x11", False),
        (b"\x90\x80\x7f", True),
        (b"\x90\x80\x80\x01", True),
        (b"\x90\x40\x05", True),
        (b"\x90\x20\x05", True),
        (b"\x90\x10\x05", True),
        (b"\x90\xf0\x80\x01\x02\x03", True),
    ],
)
def test_every_form_of_the_descriptor_is_stripped(descriptor: bytes, starts: bool) -> None:
    assert vp8.strip_descriptor(descriptor + b"rest") == (starts, b"rest")
    with pytest.raises(Invalid):
        vp8.strip_descriptor(descriptor)


@given(st.binary(max_size=30))
def test_any_payload_is_stripped_or_refused(payload: bytes) -> None:
    with contextlib.suppress(Invalid):
        assert payload.endswith(vp8.strip_descriptor(payload)[1])


@pytest.mark.parametrize(
    "frame", [b"", b"\x10", KEY[:9], b"\x10\x02\x00\x9d\x01\x2b\x40\x01\xf0\x00", KEY[:6] + bytes(4)]
)
def test_broken_key_frames_are_refused(frame: bytes) -> None:
    with pytest.raises(Invalid):
        vp8.key_frame_size(frame)


@pytest.mark.parametrize(
    ("packet", "length"),
    [
        (b"\x00", 10_000),
        (b"\x08", 20_000),
        (b"\x18\x01", 60_000),
        (b"\x60", 10_000),
        (b"\x68", 20_000),
        (b"\x80", 2_500),
        (b"\xf8", 20_000),
        (b"\xf9", 40_000),
        (b"\xfa", 40_000),
        (b"\xfb\x03", 60_000),
        (b"\xfb\x06", 120_000),
        (b"\xfb\x07", None),
        (b"\xfb\x00", None),
        (b"\xfb", None),
        (b"", None),
    ],
)
def test_how_long_an_opus_packet_sounds(packet: bytes, length: int | None) -> None:
    assert opus.duration_us(packet) == length
