"""Which m-line a received packet belongs to (RFC 8843, section 9.2). Pure state."""

from __future__ import annotations

from collections.abc import Mapping

MAX_BOUND = 64  # SSRCs of one connection; a sender that invents more is not listened to


class Router:
    """SSRC to m-line: announced in the offer, else by the MID header extension at first sight, else nothing.

    A binding is kept for the connection's life: browsers send MID only in their first packets, and payload types do not
    tell camera and screen apart.
    """

    def __init__(self, announced: Mapping[int, str], mids: frozenset[str]) -> None:
        """`announced`: SSRC to mid by the offer; `mids`: the m-lines the browser may send on."""
        self._mids = mids
        self._bound = {ssrc: mid for ssrc, mid in announced.items() if mid in mids}

    def place(self, ssrc: int, mid: bytes | None) -> str | None:
        """The m-line of this SSRC, bound now if `mid` (the extension's value) places it; None: drop the packet."""
        known = self._bound.get(ssrc)
        if known is not None:
            return known
        name = mid.decode("ascii", "replace") if mid else ""
        if name not in self._mids or len(self._bound) >= MAX_BOUND:
            return None
        self._bound[ssrc] = name
        return name
