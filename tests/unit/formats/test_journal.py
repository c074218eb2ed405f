from __future__ import annotations

import io
import struct
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formats.journal import (
    MAX_CHUNK,
    JournalBroken,
    JournalEncoder,
    JournalHeader,
    JournalResult,
    read_journal,
    scan_journal,
)
from formats.sealedbox import BoxBroken, new_key_pair

PRIVATE, PUBLIC = new_key_pair()
HEADER = JournalHeader("rec_1", {"endpoint": "ep_1", "seats": ["seat_1"]}, "2026-03-01T01:00:00.000Z", 17, "boot")
CHUNKS = st.lists(st.binary(max_size=60), max_size=6)


class Written:
    """A journal in memory with what its writer knew after each record."""

    def __init__(self, chunks: list[bytes], *, closed: bool = True, header: JournalHeader = HEADER) -> None:
        encoder = JournalEncoder(header, PUBLIC)
        self.pieces = [encoder.header_bytes]
        self.heads = {0: encoder.head}
        for number, chunk in enumerate(chunks, 1):
            self.pieces.append(encoder.chunk(chunk, final=closed and number == len(chunks)))
            self.heads[encoder.index] = encoder.head

    @property
    def data(self) -> bytes:
        return b"".join(self.pieces)


def read(data: bytes) -> tuple[list[bytes], JournalResult, str]:
    """All sound chunks, the result, and why it broke (empty when it did not)."""
    reader = read_journal(io.BytesIO(data), PRIVATE)
    chunks: list[bytes] = []
    reason = ""
    try:
        chunks.extend(iter(reader))
    except JournalBroken as error:
        reason = error.reason
    return chunks, reader.result, reason


@given(CHUNKS)
def test_what_was_written_is_read(chunks: list[bytes]) -> None:
    written = Written(chunks)
    reader = read_journal(io.BytesIO(written.data), PRIVATE)
    assert reader.header == HEADER
    assert list(reader) == chunks
    assert reader.result == scan_journal(io.BytesIO(written.data), written.heads)
    expected = "complete" if chunks else "open"
    assert (reader.result.state, reader.result.records) == (expected, len(chunks))
    assert (reader.result.head, reader.result.size) == (written.heads[len(chunks)], len(written.data))


@given(CHUNKS, st.data())
def test_a_crash_at_any_byte_loses_only_the_tail(chunks: list[bytes], data: st.DataObject) -> None:
    written = Written(chunks, closed=False)
    start = len(written.pieces[0])
    cut = data.draw(st.integers(start, len(written.data)))
    whole, position = 0, start
    for piece in written.pieces[1:]:
        position += len(piece)
        whole += position <= cut
    kept, result, reason = read(written.data[:cut])
    assert (kept, reason) == (chunks[:whole], "")
    on_boundary = cut == sum(map(len, written.pieces[: whole + 1]))
    assert (result.state, result.records) == ("open" if on_boundary else "truncated", whole)
    # Only a head on record shows that something is missing.
    assert scan_journal(io.BytesIO(written.data[:cut])).state == result.state
    if whole < len(chunks):
        scanned = scan_journal(io.BytesIO(written.data[:cut]), written.heads)
        assert (scanned.state, scanned.broken_at) == ("broken", whole)


@given(st.lists(st.binary(min_size=1, max_size=40), min_size=1, max_size=5), st.data())
def test_any_flipped_bit_is_found_and_what_precedes_it_is_read(chunks: list[bytes], data: st.DataObject) -> None:
    written = Written(chunks)
    record = data.draw(st.integers(0, len(chunks) - 1))
    broken = bytearray(written.pieces[record + 1])
    broken[data.draw(st.integers(0, len(broken) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    pieces = [*written.pieces]
    pieces[record + 1] = bytes(broken)
    kept, result, reason = read(b"".join(pieces))
    assert kept == chunks[:record]
    # A longer length field looks like a file that stops inside the record: then the head on record tells.
    assert (result.state == "broken" and reason) or result.state == "truncated"
    scanned = scan_journal(io.BytesIO(b"".join(pieces)), written.heads)
    flag_only = (
        pieces[record + 1][:4] == written.pieces[record + 1][:4] and broken[5:] == written.pieces[record + 1][5:]
    )
    assert scanned.state == "broken" or flag_only


@given(st.lists(st.binary(min_size=1, max_size=9), min_size=3, max_size=6), st.data())
def test_dropped_doubled_and_swapped_records_are_found(chunks: list[bytes], data: st.DataObject) -> None:
    written = Written(chunks)
    pieces = [*written.pieces]
    at = data.draw(st.integers(1, len(pieces) - 2))
    match data.draw(st.sampled_from(["drop", "double", "swap"])):
        case "drop":
            del pieces[at]
            expected = at - 1
        case "double":
            pieces.insert(at, pieces[at])
            expected = at
        case _:
            pieces[at], pieces[at + 1] = pieces[at + 1], pieces[at]
            expected = at - 1
    kept, result, _ = read(b"".join(pieces))
    assert (len(kept), result.state, result.broken_at) == (expected, "broken", expected)
    scanned = scan_journal(io.BytesIO(b"".join(pieces)), written.heads)
    # Without a key the bytes only contradict the head; a swap that starts with the final record is seen a step earlier.
    assert scanned.state == "broken"
    assert scanned.broken_at is not None


def test_records_of_another_journal_do_not_fit() -> None:
    one, two = Written([b"a", b"b"]), Written([b"a", b"b"])
    kept, result, _ = read(one.pieces[0] + one.pieces[1] + two.pieces[2])
    assert (kept, result.broken_at) == ([b"a"], 1)


@pytest.mark.parametrize(
    "change", [{"recording": "rec_2"}, {"who": {"endpoint": "ep_2"}}, {"at": "x"}, {"mono_ns": 18}, {"boot": "b"}]
)
def test_the_header_is_bound_to_the_records(change: dict[str, object]) -> None:
    written = Written([b"a"])
    other = Written([b"a"], header=replace(HEADER, **change))  # type: ignore[arg-type]
    key = written.pieces[0].split(b'"key":"')[1].split(b'"')[0]
    other_key = other.pieces[0].split(b'"key":"')[1].split(b'"')[0]
    header = other.pieces[0].replace(other_key, key)
    kept, result, _ = read(header + written.pieces[1])
    assert (kept, result.broken_at) == ([], 0)


def test_data_after_the_final_record_is_refused() -> None:
    written = Written([b"a"])
    kept, result, reason = read(written.data + b"\x00")
    assert (kept, result.state, reason) == ([b"a"], "broken", "data after the final record")


def test_a_cut_final_record_cannot_be_faked_by_the_flag() -> None:
    written = Written([b"a", b"b"])
    middle = bytearray(written.pieces[1])
    middle[4] = 1
    kept, result, _ = read(written.pieces[0] + bytes(middle))
    assert (kept, result.broken_at) == ([], 0)


def test_only_the_addressee_reads() -> None:
    with pytest.raises(BoxBroken):
        read_journal(io.BytesIO(Written([b"a"]).data), new_key_pair()[0])
    assert b"secret words" not in Written([b"secret words"]).data


@pytest.mark.parametrize(
    "data", [b"", b"\n", b"{}\n", b"no json\n", b'{"version":2}\n', bytes(100), Written([]).data[:-1]]
)
def test_a_broken_header_is_named(data: bytes) -> None:
    with pytest.raises(JournalBroken) as caught:
        read_journal(io.BytesIO(data), PRIVATE)
    assert caught.value.index == -1
    assert scan_journal(io.BytesIO(data)).broken_at == -1


@pytest.mark.parametrize(
    "record", [struct.pack(">IB", 3, 0), struct.pack(">IB", MAX_CHUNK + 17, 0), struct.pack(">IB", 16, 2)]
)
def test_absurd_record_headers_are_refused_without_reading_on(record: bytes) -> None:
    _, result, reason = read(Written([]).data + record)
    assert (result.state, reason) == ("broken", "record header")


def test_the_writer_keeps_its_promises() -> None:
    encoder = JournalEncoder(HEADER, PUBLIC)
    encoder.chunk(b"a", final=True)
    with pytest.raises(ValueError, match="closed"):
        encoder.chunk(b"b")
    with pytest.raises(ValueError, match="too large"):
        JournalEncoder(HEADER, PUBLIC).chunk(bytes(MAX_CHUNK + 1))
    with pytest.raises(ValueError, match="header"):
        JournalEncoder(replace(HEADER, who={"x": "y" * 70000}), PUBLIC)


def test_the_same_chunk_twice_gives_other_bytes() -> None:
    written = Written([b"silence", b"silence"])
    assert written.pieces[1][5:] != written.pieces[2][5:]
    assert Written([b"silence"]).pieces[1] != Written([b"silence"]).pieces[1]
