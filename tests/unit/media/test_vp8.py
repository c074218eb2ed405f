"""Reading and rewriting VP8 descriptors."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from media.vp8 import Descriptor, PictureRewriter
from tests.unit.media.packets import vp8


@given(st.integers(0, 0x7FFF), st.integers(0, 255), st.booleans(), st.booleans(), st.binary(max_size=20))
def test_reads_what_was_written(picture: int, tl0: int, key: bool, first: bool, body: bytes) -> None:
    data = b"head" + vp8(picture, tl0, body, key=key, first=first)
    found = Descriptor()
    assert found.read(data, 4, len(data))
    assert (found.picture, found.tl0, found.size) == (picture, tl0, 5)
    assert found.key == (key and first)


@given(st.binary(max_size=12))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    found = Descriptor()
    if found.read(data, 0, len(data)):
        assert 0 < found.size < len(data)
        rewriter = PictureRewriter(1, 1)
        rewriter.begin(found)
        rewriter.carry(found, data[: found.size])


def test_cut_descriptors_are_refused() -> None:
    whole = vp8(300, 7, b"", key=True)
    for size in range(len(whole)):
        assert not Descriptor().read(whole[:size], 0, size)


def _sent(rewriter: PictureRewriter, payload: bytes, begin: bool = False) -> Descriptor:
    found, out = Descriptor(), Descriptor()
    assert found.read(payload, 0, len(payload))
    if begin:
        rewriter.begin(found)
    raw = rewriter.carry(found, payload[: found.size]) + payload[found.size :]
    assert out.read(raw, 0, len(raw))
    return out


@given(st.lists(st.tuples(st.integers(0, 0x7FFF), st.integers(0, 255), st.integers(1, 9)), min_size=1, max_size=6))
def test_a_decoder_sees_one_series_through_all_switches(lives: list[tuple[int, int, int]]) -> None:
    rewriter = PictureRewriter(0x7FFE, 254)
    picture, tl0 = 0x7FFE, 254
    for first_picture, first_tl0, count in lives:
        for index in range(count):
            payload = vp8(first_picture + index & 0x7FFF, first_tl0 + index & 0xFF, b"x", key=index == 0)
            out = _sent(rewriter, payload, begin=index == 0)
            picture, tl0 = picture + 1 & 0x7FFF, tl0 + 1 & 0xFF
            assert (out.picture, out.tl0) == (picture, tl0)


def test_narrow_ids_become_wide_and_keep_counting() -> None:
    rewriter = PictureRewriter(500, 0)
    for index in range(300):
        payload = bytes((0x90, 0x80, (120 + index) & 0x7F, 0x01)) + b"body"
        out = _sent(rewriter, payload, begin=index == 0)
        assert out.wide
        assert out.picture == 501 + index


def test_a_stream_without_ids_passes_unchanged() -> None:
    payload = bytes((0x10, 0x01, 0x02))
    found = Descriptor()
    assert found.read(payload, 0, 3)
    assert PictureRewriter(1, 1).carry(found, payload[:1]) == payload[:1]
