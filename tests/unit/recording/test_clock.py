"""Times as text and back, and manifest rows from the wire."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formats.errors import Invalid
from recording.clock import Anchor, from_utc, to_utc
from recording.model import ManifestRow


@given(st.integers(0, 4_000_000_000_000))
def test_milliseconds_survive(milliseconds: int) -> None:
    text = to_utc(milliseconds * 1_000_000 + 999_999)
    assert len(text) == 24
    assert from_utc(text) == milliseconds * 1_000_000


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError):
        from_utc("2026-03-01T01:00:00.000")


def test_an_anchor_ties_the_clocks() -> None:
    assert Anchor(unix_ns=1_000, mono_ns=400).to_unix_ns(450) == 1_050


ROW: dict[str, Any] = {
    "room": "room_1",
    "segment": "seg_1",
    "endpoint": "end_1",
    "medium": "audio",
    "key": "joint",
    "seats": ["seat_1"],
    "path": "room_1/seg_1/end_1.audio.2.hjr",
    "head": "ab" * 32,
    "chunks": 3,
    "bytes": 900,
    "packets": None,
    "first_arrival_utc": None,
    "last_arrival_utc": None,
    "complete": False,
}


def test_a_manifest_row_is_read() -> None:
    row = ManifestRow.parse(ROW | {"unknown": 1})
    assert (row.path, row.seats, row.packets, row.complete) == (ROW["path"], ("seat_1",), None, False)


@pytest.mark.parametrize(
    "change",
    [
        {"path": "../room_1/seg_1/end_1.audio.hjr"},
        {"path": "room_1/seg_1/other.audio.hjr"},
        {"path": "room_1/seg_1/end_1.video.hjr"},
        {"path": "/etc/passwd"},
        {"path": "room_1/seg_1/end_1.audio.hjr\n"},
        {"head": "00"},
        {"key": "open"},
        {"medium": "screen"},
        {"medium": "scent"},
        {"chunks": -1},
        {"complete": "yes"},
        {"seats": None},
        {"seats": [1]},
        {"packets": "many"},
    ],
)
def test_a_malformed_manifest_row_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        ManifestRow.parse(ROW | change)
