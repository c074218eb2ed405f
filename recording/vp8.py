"""VP8 out of RTP (RFC 7741) without decoding it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from formats.errors import Invalid
from recording.ordering import Ordered


@dataclass(frozen=True, slots=True)
class VideoFrame:
    """One whole coded picture; `size` (width, height) is known for key frames only."""

    at_ns: int
    data: bytes
    size: tuple[int, int] | None

    @property
    def key(self) -> bool:
        """Whether a decoder can start here."""
        return self.size is not None


def strip_descriptor(payload: bytes) -> tuple[bool, bytes]:
    """Whether the packet starts a frame, and the VP8 bytes it carries; raises `Invalid` (RFC 7741 §4.2)."""
    try:
        first = payload[0]
        position = 1
        if first & 0x80:
            extension = payload[1]
            position = 2
            if extension & 0x80:
                position += 2 if payload[2] & 0x80 else 1
            if extension & 0x40:
                position += 1
            if extension & 0x30:
                position += 1
    except IndexError:
        raise Invalid("vp8.descriptor") from None
    if position >= len(payload):
        raise Invalid("vp8.descriptor")
    return bool(first & 0x10) and first & 0x07 == 0, payload[position:]


def key_frame_size(frame: bytes) -> tuple[int, int] | None:
    """Width and height from a key frame's header (RFC 6386 §9.1); None for any other frame; raises `Invalid`."""
    if not frame:
        raise Invalid("vp8.empty")
    if frame[0] & 0x01:
        return None
    if len(frame) < 10 or frame[3:6] != b"\x9d\x01\x2a":
        raise Invalid("vp8.key_frame")
    width = int.from_bytes(frame[6:8], "little") & 0x3FFF
    height = int.from_bytes(frame[8:10], "little") & 0x3FFF
    if not width or not height:
        raise Invalid("vp8.size")
    return width, height


class _Assembler:
    """Frames from packets in order. After any hole nothing is given out before the next key frame."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._at_ns = 0
        self._timestamp = 0
        self._after: tuple[int, int] | None = None
        self._broken = True

    def feed(self, at_ns: int, packet: Ordered) -> VideoFrame | None:
        if self._after != (packet.run, packet.index):
            self._break()
        self._after = (packet.run, packet.index + 1)
        if not packet.rtp.payload:
            return None
        try:
            starts, data = strip_descriptor(packet.rtp.payload)
            if starts:
                if self._parts:
                    self._break()
                self._at_ns, self._timestamp = at_ns, packet.timestamp
            elif not self._parts or packet.timestamp != self._timestamp:
                self._break()
                return None
            self._parts.append(data)
            if not packet.rtp.marker:
                return None
            frame = b"".join(self._parts)
            self._parts = []
            size = key_frame_size(frame)
        except Invalid:
            self._break()
            return None
        if size is not None:
            self._broken = False
        return None if self._broken else VideoFrame(self._at_ns, frame, size)

    def _break(self) -> None:
        self._parts = []
        self._broken = True


def frames(placed: Iterable[tuple[int, Ordered]]) -> Iterator[VideoFrame]:
    """Whole frames that a decoder can show, starting at a key frame, from placed packets in sending order."""
    assembler = _Assembler()
    for at_ns, packet in placed:
        frame = assembler.feed(at_ns, packet)
        if frame is not None:
            yield frame
