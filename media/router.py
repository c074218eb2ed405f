"""What a received packet belongs to (RFC 8843, section 9.2; RFC 8852). Pure state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from media.stream import HIGH, LOW

MAX_BOUND = 64  # SSRCs of one connection; a sender that invents more is not listened to


@dataclass(frozen=True, slots=True)
class Place:
    """An m-line, which of its encodings, and whether the packets are retransmissions of it."""

    mid: str
    layer: int = HIGH
    repair: bool = False


class Router:
    """SSRC to m-line and encoding: announced in the offer, else by MID and RID at first sight, else nothing.

    A binding is kept for the connection's life: browsers send MID and RID only in their first packets, and payload
    types do not tell camera and screen apart. An SSRC that said MID but not yet RID is not bound, and is placed later.
    """

    def __init__(self, announced: Mapping[int, Place], rids: Mapping[str, tuple[str, ...]]) -> None:
        """`announced`: by the offer; `rids`: the lines the browser may send on, each with its RIDs from low to high."""
        self._rids = rids
        self._bound = {ssrc: place for ssrc, place in announced.items() if place.mid in rids}

    def place(self, ssrc: int, mid: bytes, rid: bytes, repaired_rid: bytes, retransmission: bool) -> Place | None:
        """Where this SSRC belongs, bound now if the extensions' values say so; None: drop the packet.

        `retransmission`: its payload type is one of RFC 4588.
        """
        known = self._bound.get(ssrc)
        if known is not None:
            return known
        name = mid.decode("ascii", "replace")
        rids = self._rids.get(name)
        if rids is None or len(self._bound) >= MAX_BOUND:
            return None
        layer = HIGH
        if rids:
            said = (repaired_rid if retransmission else rid).decode("ascii", "replace")
            if said not in (rids[0], rids[-1]):
                return None
            layer = HIGH if said == rids[-1] else LOW
        self._bound[ssrc] = place = Place(name, layer, retransmission)
        return place
