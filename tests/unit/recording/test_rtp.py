"""Taking RTP packets and chunk records apart."""

from __future__ import annotations

import contextlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formats.errors import Invalid
from formats.framing import Batch, Captured, MalformedRecord, unpack_records
from recording.rtp import parse_rtp

FIXED = struct.pack(">BBHII", 0x80, 0x80 | 96, 7, 9, 11)


def test_the_fixed_header_is_read() -> None:
    packet = parse_rtp(FIXED + b"payload")
    assert (packet.sequence, packet.timestamp, packet.ssrc, packet.marker) == (7, 9, 11, True)
    assert packet.payload == b"payload"


def test_csrc_extension_and_padding_are_no_payload() -> None:
    head = bytes([0x80 | 0x20 | 0x10 | 2]) + FIXED[1:]
    extension = b"\xbe\xde\x00\x01" + bytes(4)
    assert parse_rtp(head + bytes(8) + extension + b"payload" + b"\x00\x00\x03").payload == b"payload"
    only_padding = bytes([0x80 | 0x20]) + FIXED[1:] + b"\x00\x02"
    assert parse_rtp(only_padding).payload == b""


@pytest.mark.parametrize(
    "packet",
    [
        b"",
        FIXED[:11],
        b"\x40" + FIXED[1:],
        b"\x8f" + FIXED[1:],
        b"\x90" + FIXED[1:] + b"\xbe\xde",
        b"\x90" + FIXED[1:] + b"\xbe\xde\x00\x09",
        b"\xa0" + FIXED[1:] + b"\x00",
        b"\xa0" + FIXED[1:] + b"\xff",
    ],
)
def test_lengths_that_contradict_each_other_are_refused(packet: bytes) -> None:
    with pytest.raises(Invalid):
        parse_rtp(packet)


@given(st.binary(max_size=80))
def test_any_bytes_are_parsed_or_refused(packet: bytes) -> None:
    with contextlib.suppress(Invalid):
        assert len(parse_rtp(packet).payload) <= len(packet) - 12


RECORDS = st.lists(st.tuples(st.integers(0, 2**63), st.binary(max_size=50)), max_size=10)


@given(RECORDS)
def test_records_come_back(records: list[tuple[int, bytes]]) -> None:
    chunk = Batch.of(records).records
    assert list(unpack_records(chunk)) == [Captured(*record) for record in records]


@given(RECORDS.filter(bool), st.integers(1, 9))
def test_a_cut_record_is_noticed_after_the_whole_ones(records: list[tuple[int, bytes]], cut: int) -> None:
    chunk = Batch.of(records).records[:-cut]
    with pytest.raises(MalformedRecord):
        list(unpack_records(chunk))
    whole = unpack_until_broken(chunk)
    assert len(whole) < len(records)
    assert whole == [Captured(*record) for record in records[: len(whole)]]


def unpack_until_broken(chunk: bytes) -> list[Captured]:
    found: list[Captured] = []
    records = unpack_records(chunk)
    while True:
        try:
            found.append(next(records))
        except (MalformedRecord, StopIteration):
            return found


def test_an_impossible_packet_is_refused() -> None:
    with pytest.raises(MalformedRecord):
        Batch.of([(0, bytes(65_536))])
