"""Header extensions: which are ours to write, which must not pass, and how the rest travels (RFC 8285).

Elements are copied as bytes whether their meaning is known or not. Ids belong to a connection: where publisher and
subscriber negotiated different ones, elements are renumbered by their URI.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

URI_MID: Final = "urn:ietf:params:rtp-hdrext:sdes:mid"
URI_RID: Final = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
URI_REPAIRED_RID: Final = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
URI_SENT: Final = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"

OURS: Final = frozenset({URI_MID, URI_RID, URI_REPAIRED_RID, URI_SENT})
"""Negotiated and read, but written anew or left out: they describe one hop."""

REFUSED: Final = frozenset(
    {
        # Feedback that we do not send: answering it would switch the browser's own estimate to waiting for it.
        "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
        "http://www.webrtc.org/experiments/rtp-hdrext/transport-wide-cc-02",
        # True for the publisher's packets only, and wrong after ours are numbered and sent anew.
        "urn:ietf:params:rtp-hdrext:toffset",
        "http://www.webrtc.org/experiments/rtp-hdrext/video-layers-allocation00",
        "http://www.webrtc.org/experiments/rtp-hdrext/generic-frame-descriptor-00",
        "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension",
    }
)


@dataclass(frozen=True, slots=True)
class ExtensionIds:
    """Negotiated header extension ids of a connection (1–14); 0 where not negotiated."""

    mid: int = 0
    sent: int = 0
    rid: int = 0
    repaired_rid: int = 0
    carried: Mapping[str, int] = field(default_factory=dict)
    """URI to id of everything that is passed on as bytes."""

    @classmethod
    def of(cls, found: Mapping[str, int]) -> ExtensionIds:
        """From the extensions (URI to id) that offer and answer agreed on."""
        return cls(
            found.get(URI_MID, 0),
            found.get(URI_SENT, 0),
            found.get(URI_RID, 0),
            found.get(URI_REPAIRED_RID, 0),
            {uri: number for uri, number in found.items() if uri not in OURS and uri not in REFUSED},
        )


def renumbering(publisher: ExtensionIds, subscriber: ExtensionIds) -> Mapping[int, int] | None:
    """Publisher's ids to the subscriber's for what both know; None if bytes can be passed as they are.

    That is so only where *all* ids agree: else an id that means nothing to the publisher could be MID or the send time
    to the subscriber, and a publisher could name the slot or bend the estimate of somebody else.
    """
    if publisher == subscriber:
        return None
    known = {number: subscriber.carried.get(uri, 0) for uri, number in publisher.carried.items()}
    return {number: other for number, other in known.items() if other}


def renumber(elements: bytes, ids: Mapping[int, int]) -> bytes:
    """One-byte-header elements with other ids; those without one are left out."""
    out, at = b"", 0
    while at < len(elements):
        first = elements[at]
        end = at + (first & 0x0F) + 2
        other = ids.get(first >> 4)
        if other:
            out += bytes((other << 4 | first & 0x0F,)) + elements[at + 1 : end]
        at = end
    return out
