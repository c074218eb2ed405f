"""A piece of the film: coded pictures and sound of a stretch of time, as bytes that can be kept apart and joined.

Layout: magic, then for picture and sound the codec's own header (length, bytes), then packets: kind, key flag, times,
length, data; all big-endian. A piece is kept in the blob store, which encrypts it and finds every change.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

_MAGIC = b"HPART1\x00\x00"
_LENGTH = struct.Struct(">I")
_PACKET = struct.Struct(">BBqqI")

Kind: TypeAlias = Literal["video", "audio"]
_KINDS: tuple[Kind, Kind] = ("video", "audio")


@dataclass(frozen=True, slots=True)
class Coded:
    """A packet; times in ticks of the film (pictures) or samples (sound) since its start."""

    kind: Kind
    key: bool
    pts: int
    dts: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of the film with the headers of both codecs."""

    video_header: bytes
    audio_header: bytes
    packets: Sequence[Coded]

    def pack(self) -> bytes:
        """As bytes."""
        out = [_MAGIC]
        for header in (self.video_header, self.audio_header):
            out += (_LENGTH.pack(len(header)), header)
        for packet in self.packets:
            kind = _KINDS.index(packet.kind)
            out += (_PACKET.pack(kind, packet.key, packet.pts, packet.dts, len(packet.data)), packet.data)
        return b"".join(out)

    @classmethod
    def unpack(cls, data: bytes) -> Part:
        """From bytes; raises ValueError for anything that `pack` did not make."""
        if not data.startswith(_MAGIC):
            raise ValueError("not a piece of a film")
        try:
            position, headers = len(_MAGIC), []
            for _ in _KINDS:
                (length,) = _LENGTH.unpack_from(data, position)
                position += _LENGTH.size
                headers.append(data[position : position + length])
                position += length
            return cls(headers[0], headers[1], tuple(_packets(data, position)))
        except (struct.error, IndexError) as error:
            raise ValueError("a damaged piece of a film") from error


def _packets(data: bytes, position: int) -> Iterator[Coded]:
    while position < len(data):
        kind, key, pts, dts, length = _PACKET.unpack_from(data, position)
        position += _PACKET.size
        if position + length > len(data):
            raise ValueError("a piece of a film that was cut")
        yield Coded(_KINDS[kind], bool(key), pts, dts, data[position : position + length])
        position += length
