from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.blobformat import CHUNK, HEAD, TAIL, Opener, Sealer
from vault.errors import Unreadable

MASTER = bytes(range(32))
BLOB = "blob_" + "a" * 20
SIZES = [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 7]


def write(data: bytes, piece: int = 10_000) -> bytes:
    sealer = Sealer(MASTER, BLOB, "pdf")
    out = sealer.head
    for start in range(0, len(data), piece):
        out += sealer.add(data[start : start + piece])
    return out + sealer.end()


def opener(stored: bytes, blob_id: str = BLOB, master: bytes = MASTER) -> Opener:
    return Opener(master, blob_id, stored[:HEAD], stored[-TAIL:], len(stored))


def content(size: int) -> bytes:
    return hashlib.shake_128(b"content").digest(size)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("piece", [9_999, CHUNK, 10 * CHUNK])
def test_written_in_any_pieces_read_in_any_spans(size: int, piece: int) -> None:
    data = content(size)
    stored = write(data, piece)
    reader = opener(stored)
    assert (reader.ref.size, reader.ref.sha256, reader.kind) == (size, hashlib.sha256(data).digest(), "pdf")
    for first in range(reader.chunks):
        for count in range(1, reader.chunks - first + 1):
            low, high = reader.span(first, count)
            assert reader.open(first, stored[low:high]) == data[first * CHUNK : (first + count) * CHUNK]


STORED = write(content(CHUNK + 100))


@given(st.integers(0, len(STORED) * 8 - 1))
def test_any_flipped_bit_is_found(bit: int) -> None:
    changed = bytearray(STORED)
    changed[bit // 8] ^= 1 << bit % 8
    with pytest.raises(Unreadable):
        read_all(bytes(changed))


def read_all(stored: bytes) -> bytes:
    reader = opener(stored)
    low, high = reader.span(0, reader.chunks)
    return reader.open(0, stored[low:high])


def test_moved_chunks_are_found() -> None:
    stored = write(content(3 * CHUNK))
    reader = opener(stored)
    low, high = reader.span(0, 1)
    with pytest.raises(Unreadable):
        reader.open(1, stored[low:high])


def test_a_cut_or_grown_object_is_found() -> None:
    step = CHUNK + 16
    stored = write(content(3 * CHUNK))
    shorter = stored[:HEAD] + stored[HEAD + step :]
    for changed in (shorter, stored[:-1], stored[:HEAD] + bytes(step) + stored[HEAD:]):
        with pytest.raises(Unreadable):
            opener(changed)


def test_a_blob_is_bound_to_its_name_and_master_key() -> None:
    with pytest.raises(Unreadable):
        opener(STORED, blob_id="blob_" + "b" * 20)
    with pytest.raises(Unreadable):
        opener(STORED, master=bytes(32))


@pytest.mark.parametrize("kind", ["", "x" * 100, "视频"])
def test_kinds_are_short_words(kind: str) -> None:
    with pytest.raises(ValueError):
        Sealer(MASTER, BLOB, kind)
