"""The forwarding table as it arrives, checked and frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from media.errors import TableMalformed

VideoSource = Literal["camera", "screen"]

MAX_ROWS = 4096
MAX_LEASE = 300


@dataclass(frozen=True, slots=True)
class Row:
    """`to` hears and/or sees `source_endpoint` in receive slot `slot`; `video_source` says which of its pictures."""

    to: str
    slot: int
    source_endpoint: str
    audio: bool
    video: bool
    video_source: VideoSource = "camera"


@dataclass(frozen=True, slots=True)
class Record:
    """`endpoint` is captured into `segment` under `key`; `screen`: also what it shows of its screen."""

    endpoint: str
    segment: str
    key: str
    seats: tuple[str, ...]
    audio: bool
    video: bool
    screen: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """The whole truth about a room's media at one revision."""

    room: str
    revision: int
    epoch: int
    lease_s: float
    rows: tuple[Row, ...]
    record: tuple[Record, ...]


def parse_table(raw: Mapping[str, Any]) -> Table:
    """Check a wire table. Raises TableMalformed naming the field; an unknown field is refused: it might restrict."""
    _known(raw, {"room", "revision", "epoch", "lease_s", "rows", "record"}, "table")
    rows = _list(raw, "rows")
    record = _list(raw, "record")
    if len(rows) > MAX_ROWS or len(record) > MAX_ROWS:
        raise TableMalformed("too many rows")
    lease = raw.get("lease_s")
    if isinstance(lease, bool) or not isinstance(lease, int | float) or not 0 < lease <= MAX_LEASE:
        raise TableMalformed("lease_s")
    parsed = tuple(_row(row) for row in rows)
    if len({(row.to, row.slot) for row in parsed}) != len(parsed):
        raise TableMalformed("two rows for one slot")
    recorded = tuple(_record(entry) for entry in record)
    if len({entry.endpoint for entry in recorded}) != len(recorded):
        raise TableMalformed("two record rows for one endpoint")
    return Table(_text(raw, "room"), _count(raw, "revision"), _count(raw, "epoch"), float(lease), parsed, recorded)


def _row(raw: object) -> Row:
    row = _mapping(raw)
    _known(row, {"to", "slot", "from", "audio", "video", "source"}, "row")
    source = row.get("source", "camera")
    if source not in ("camera", "screen"):
        raise TableMalformed("source")
    return Row(
        _text(row, "to"), _count(row, "slot"), _text(row, "from"), _flag(row, "audio"), _flag(row, "video"), source
    )


def _record(raw: object) -> Record:
    entry = _mapping(raw)
    _known(entry, {"endpoint", "segment", "key", "seats", "audio", "video", "screen"}, "record")
    if entry.get("key") not in ("joint", "caucus"):
        raise TableMalformed("key")
    seats = _list(entry, "seats")
    if not all(isinstance(seat, str) for seat in seats):
        raise TableMalformed("seats")
    return Record(
        _text(entry, "endpoint"),
        _text(entry, "segment"),
        entry["key"],
        tuple(seats),
        _flag(entry, "audio"),
        _flag(entry, "video"),
        "screen" in entry and _flag(entry, "screen"),
    )


def _known(raw: Mapping[str, Any], names: set[str], where: str) -> None:
    if not isinstance(raw, Mapping) or not raw.keys() <= names:
        raise TableMalformed(where)


def _mapping(raw: object) -> Mapping[str, Any]:
    if not isinstance(raw, Mapping):
        raise TableMalformed("row")
    return raw


def _list(raw: Mapping[str, Any], name: str) -> list[Any]:
    value = raw.get(name)
    if not isinstance(value, list | tuple):
        raise TableMalformed(name)
    return list(value)


def _text(raw: Mapping[str, Any], name: str) -> str:
    value = raw.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= 128:
        raise TableMalformed(name)
    return value


def _count(raw: Mapping[str, Any], name: str) -> int:
    value = raw.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << 63:
        raise TableMalformed(name)
    return value


def _flag(raw: Mapping[str, Any], name: str) -> bool:
    value = raw.get(name)
    if not isinstance(value, bool):
        raise TableMalformed(name)
    return value
