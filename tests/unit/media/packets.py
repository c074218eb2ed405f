"""RTP packets for tests, and the other side of the core's ports."""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from typing import Any

from formats.framing import Batch, unpack_records
from media.engine import Engine
from media.extensions import URI_MID, URI_REPAIRED_RID, URI_RID, URI_SENT, ExtensionIds
from media.forwarding import Forwarding
from media.lean import Lean
from media.link import Link, Plan, UpLine
from media.native import Native
from media.ports import Event, Track
from media.slot import Draw, SlotLine, drawn
from media.tap import Tap

AUDIO_PT, RED_PT, VIDEO_PT, RTX_PT = 111, 63, 96, 97
RTX_OFFSET = 5000  # from a slot's SSRC to that of its retransmissions
URI_LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
LEVEL = 1
IDS = ExtensionIds.of({URI_MID: 4, URI_SENT: 2, URI_LEVEL: LEVEL, URI_RID: 10, URI_REPAIRED_RID: 11})


def rtp(
    ssrc: int,
    seq: int,
    ts: int,
    payload: bytes,
    *,
    pt: int = AUDIO_PT,
    mid: str = "",
    rid: str = "",
    repaired_rid: str = "",
    level: int = -1,
    marker: bool = False,
    padding: int = 0,
) -> bytes:
    """One packet; `mid` and `level` go into one-byte header extensions with the ids of `IDS`."""
    elements = b""
    if mid:
        elements += bytes((IDS.mid << 4 | len(mid) - 1,)) + mid.encode()
    if rid:
        elements += bytes((IDS.rid << 4 | len(rid) - 1,)) + rid.encode()
    if repaired_rid:
        elements += bytes((IDS.repaired_rid << 4 | len(repaired_rid) - 1,)) + repaired_rid.encode()
    if level >= 0:
        elements += bytes((LEVEL << 4, level))
    block = b""
    if elements:
        elements += b"\0" * (-len(elements) % 4)
        block = struct.pack("!HH", 0xBEDE, len(elements) // 4) + elements
    first = 0x80 | (0x10 if block else 0) | (0x20 if padding else 0)
    head = struct.pack("!BBHII", first, pt | (0x80 if marker else 0), seq & 0xFFFF, ts & 0xFFFFFFFF, ssrc)
    return head + block + payload + (bytes(padding - 1) + bytes((padding,)) if padding else b"")


def vp8(picture: int, tl0: int, body: bytes, *, key: bool, first: bool = True) -> bytes:
    """A VP8 payload with a 15-bit picture id and TL0PICIDX; `first`: the packet begins the frame."""
    descriptor = bytes((0x90 if first else 0x80, 0xC0, 0x80 | picture >> 8 & 0x7F, picture & 0xFF, tl0 & 0xFF))
    return descriptor + bytes((0x00 if key else 0x01,)) + body


def red(earlier: Sequence[tuple[int, bytes]], payload: bytes, pt: int = AUDIO_PT) -> bytes:
    """A payload that repeats earlier ones, oldest first: how much older in timestamp units, and what (RFC 2198)."""
    heads = [bytes((0x80 | pt,)) + (back << 10 | len(data)).to_bytes(3, "big") for back, data in earlier]
    return b"".join(heads) + bytes((pt,)) + b"".join(data for _, data in earlier) + payload


class Outbox:
    """An outlet that keeps what is sent."""

    def __init__(self) -> None:
        self.rtp: list[bytes] = []
        self.rtcp: list[bytes] = []

    def send_rtp(self, head: bytes, tail: bytes) -> None:
        self.rtp.append(head + tail)

    def send_rtcp(self, packet: bytes) -> None:
        self.rtcp.append(packet)


class Shelf:
    """A recorder in memory; fails on demand."""

    def __init__(self) -> None:
        self.opened: list[tuple[Any, ...]] = []
        self.packets: dict[tuple[str, str, str], list[bytes]] = {}
        self.refuse_open = False
        self.refuse_write = False

    def open(
        self, room: str, endpoint: str, segment: str, key: str, medium: Track, seats: tuple[str, ...], clock_rate: int
    ) -> Shelved:
        if self.refuse_open:
            raise OSError("full")
        self.opened.append((room, endpoint, segment, key, medium, seats, clock_rate))
        return Shelved(self, self.packets.setdefault((endpoint, segment, medium), []))


class Shelved:
    def __init__(self, shelf: Shelf, packets: list[bytes]) -> None:
        self._shelf, self._packets = shelf, packets

    def write(self, batch: Batch) -> None:
        for one in unpack_records(batch.records):
            self.put(one.arrival_ns, one.packet)

    def put(self, arrival_ns: int, packet: bytes) -> None:
        if self._shelf.refuse_write:
            raise OSError("full")
        self._packets.append(packet)

    def close(self) -> dict[str, Any]:
        return {"packets": len(self._packets)}


ENGINES: dict[str, Callable[[Draw], Engine]] = {"lean": Lean, "native": lambda draw: Native(draw, traced=True)}


class Hall:
    """A forwarding core with endpoints that are connected by hand."""

    engine = "lean"
    """The one that halls are made with; see the fixture `each_engine`."""

    def __init__(self, shelf: Shelf | None = None, slots: int = 3, draw: Draw = drawn) -> None:
        self.events: list[Event] = []
        self.retired: list[tuple[str, Tap]] = []
        self.core = Forwarding(
            ENGINES[self.engine](draw),
            shelf,
            lambda room, tap: self.retired.append((room, tap)),
            self.events.append,
            0.0,
        )
        self.links: dict[str, Link] = {}
        self.boxes: dict[str, Outbox] = {}
        self.slots = slots
        self.rids: tuple[str, ...] = ()
        self.now = 1.0
        self._ssrc = 1000

    def plan(self) -> Plan:
        pairs = []
        for index in range(self.slots):
            self._ssrc += 2
            pairs.append(
                (
                    SlotLine(f"a{index}", "audio", AUDIO_PT, self._ssrc, f"slot{index}"),
                    SlotLine(
                        f"v{index}",
                        "video",
                        VIDEO_PT,
                        self._ssrc + 1,
                        f"slot{index}",
                        (self._ssrc + 1 + RTX_OFFSET, RTX_PT),
                    ),
                )
            )
        up = {
            "0": UpLine("mic", AUDIO_PT, red=RED_PT),
            "1": UpLine("camera", VIDEO_PT, RTX_PT, self.rids),
            "2": UpLine("screen", VIDEO_PT),
        }
        return Plan(up, {}, tuple(pairs), IDS)

    def connect(self, room: str, name: str) -> Link:
        endpoint = self.core.admit(room, name, 1, self.now)
        self.boxes[name] = Outbox()
        link = self.links[name] = self.core.link(endpoint, self.plan(), self.boxes[name])
        self.core.install(room, endpoint, link, self.now)
        return link

    def send(self, name: str, packet: bytes) -> None:
        self.links[name].rtp(packet, int(self.now * 1e9))

    def table(
        self,
        revision: int,
        rows: list[tuple[str, int, str, bool, bool]],
        record: list[tuple[str, str, bool, bool]] | None = None,
        *,
        room: str = "room",
        epoch: int = 1,
        lease: float = 30,
    ) -> dict[str, Any]:
        return {
            "room": room,
            "revision": revision,
            "epoch": epoch,
            "lease_s": lease,
            "rows": [
                {"to": to, "slot": slot, "from": source, "audio": audio, "video": video}
                for to, slot, source, audio, video in rows
            ],
            "record": [
                {
                    "endpoint": endpoint,
                    "segment": segment,
                    "key": "joint",
                    "seats": [f"seat-{endpoint}"],
                    "audio": audio,
                    "video": video,
                }
                for endpoint, segment, audio, video in record or []
            ],
        }
