"""Offer in, plan and answer out (RFC 8829, RFC 8843). Pure but for the random numbers of SSRCs.

The answer is our own text: aiortc's would offer retransmission, drop the Opus parameters and cannot reject a line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from secrets import randbits
from typing import Any

from aiortc import sdp

from media.errors import CodecUnsupported, OfferMalformed, OfferTooLarge, OfferWithoutAudio
from media.link import Plan, SlotLine, UpLine
from media.offer_text import vetted
from media.ports import Medium
from media.rtp import URI_LEVEL, URI_MID, URI_SENT, ExtensionIds
from media.source import Kind

MAX_SLOTS = 12
OPUS_PARAMETERS = "minptime=10;useinbandfec=1;usedtx=1"

_CODECS: dict[str, tuple[str, int]] = {"audio": ("audio/opus", 48000), "video": ("video/vp8", 90000)}


@dataclass(frozen=True, slots=True)
class Local:
    """Our end of the transport, for the answer."""

    ufrag: str
    password: str
    fingerprints: tuple[tuple[str, str], ...]  # (algorithm, value)
    candidates: tuple[str, ...]  # RFC 8839 candidate values, without "a=candidate:"


@dataclass(slots=True)
class Line:
    """One m-line of the offer, as understood."""

    mid: str
    kind: str
    direction: str  # of the offer; "rejected" if we cannot take it
    pt: int = -1
    extensions: dict[str, int] = field(default_factory=dict)
    ssrcs: tuple[int, ...] = ()
    slot: SlotLine | None = None
    protocol: str = "UDP/TLS/RTP/SAVPF"
    formats: str = "0"


@dataclass(frozen=True, slots=True)
class Offer:
    """An accepted offer: the plan, and what the transport needs to connect to the browser."""

    plan: Plan
    ufrag: str
    password: str
    fingerprints: tuple[tuple[str, str], ...]
    we_are_server: bool
    lines: tuple[Line, ...]


def read_offer(text: str) -> Offer:
    """Understand an offer. Raises OfferTooLarge, OfferMalformed, OfferWithoutAudio or CodecUnsupported."""
    checked = vetted(text)
    try:
        parsed = sdp.SessionDescription.parse(checked)
        lines = [_line(media) for media in parsed.media]
    except OfferMalformed:
        raise
    except Exception as error:  # the parser answers bad input with whatever its code stumbles over
        raise OfferMalformed(type(error).__name__) from error
    if not lines:
        raise OfferMalformed("no media")
    if len({line.mid for line in lines}) != len(lines):
        raise OfferMalformed("mid")
    alive = [line for line in lines if line.direction != "rejected"]
    _require_audio(lines)
    bundled = {mid for group in parsed.group if group.semantic == "BUNDLE" for mid in group.items}
    if not all(line.mid in bundled for line in alive):
        raise OfferMalformed("bundle")
    plan = _plan(alive)
    first = next(media for media in parsed.media if media.rtp.muxId == alive[0].mid)
    ice = first.ice
    if ice is None or not ice.usernameFragment or not ice.password:
        raise OfferMalformed("ice")
    if first.dtls is None or not first.dtls.fingerprints:
        raise OfferMalformed("fingerprint")
    fingerprints = tuple((one.algorithm, one.value) for one in first.dtls.fingerprints)
    if not any(algorithm.lower() == "sha-256" for algorithm, _ in fingerprints):
        raise OfferMalformed("fingerprint")
    role = first.dtls.role
    return Offer(plan, ice.usernameFragment, ice.password, fingerprints, role == "client", tuple(lines))


def _line(media: Any) -> Line:
    kind, mid = media.kind, media.rtp.muxId
    if not mid or len(mid) > 16 or not mid.isascii() or not mid.isprintable() or " " in mid:
        raise OfferMalformed("mid")
    line = Line(
        mid, kind, "rejected", protocol=media.profile, formats=" ".join(str(one) for one in media.fmt[:1]) or "0"
    )
    if kind not in _CODECS or media.port == 0:
        return line
    if not media.rtcp_mux:
        raise OfferMalformed("rtcp-mux")
    name, rate = _CODECS[kind]
    for codec in media.rtp.codecs:
        if codec.mimeType.lower() == name and codec.clockRate == rate:
            line.pt = codec.payloadType
            line.direction = media.direction or "sendrecv"
            break
    line.extensions = {one.uri: one.id for one in media.rtp.headerExtensions if 0 < one.id < 15}
    line.ssrcs = tuple(one.ssrc for one in media.ssrc)
    return line


def _require_audio(lines: Sequence[Line]) -> None:
    audio = [line for line in lines if line.kind == "audio"]
    if any(line.direction in ("sendonly", "sendrecv") for line in audio):
        return
    if audio and all(line.direction == "rejected" for line in audio):
        raise CodecUnsupported("opus")
    raise OfferWithoutAudio


def _plan(lines: Sequence[Line]) -> Plan:
    up: dict[str, UpLine] = {}
    free: dict[str, list[Kind]] = {"audio": ["mic"], "video": ["camera", "screen"]}
    for line in lines:
        if line.direction in ("sendonly", "sendrecv"):
            kinds = free[line.kind]
            if kinds:
                up[line.mid] = UpLine(kinds.pop(0), line.pt)
    down: dict[Medium, list[SlotLine]] = {"audio": [], "video": []}
    for line in lines:
        if line.direction == "recvonly":
            medium: Medium = "audio" if line.kind == "audio" else "video"
            index = len(down[medium])
            line.slot = SlotLine(line.mid, medium, line.pt, randbits(31) | 1, f"slot{index}")
            down[medium].append(line.slot)
    count = max(len(down["audio"]), len(down["video"]))
    if count > MAX_SLOTS:
        raise OfferTooLarge("slots")
    slots = tuple(
        (
            down["audio"][index] if index < len(down["audio"]) else None,
            down["video"][index] if index < len(down["video"]) else None,
        )
        for index in range(count)
    )
    announced = {ssrc: line.mid for line in lines if line.mid in up for ssrc in line.ssrcs}
    # Within one bundle an id means the same everywhere (RFC 8843, section 14), so the first line that has it decides.
    ids = {uri: next((line.extensions[uri] for line in lines if uri in line.extensions), 0) for uri in _URIS}
    return Plan(up, announced, slots, ExtensionIds(ids[URI_MID], ids[URI_LEVEL], ids[URI_SENT]))


_URIS = (URI_MID, URI_LEVEL, URI_SENT)


def write_answer(offer: Offer, local: Local) -> str:
    """The answer to an accepted offer."""
    alive = [line.mid for line in offer.lines if line.direction != "rejected"]
    out = [
        "v=0",
        f"o=- {randbits(62)} 2 IN IP4 0.0.0.0",
        "s=-",
        "t=0 0",
        f"a=group:BUNDLE {' '.join(alive)}",
        "a=msid-semantic: WMS *",
    ]
    for line in offer.lines:
        out += _rejected(line) if line.direction == "rejected" else _accepted(line, offer, local)
    return "\r\n".join(out) + "\r\n"


def _rejected(line: Line) -> list[str]:
    return [
        f"m={line.kind} 0 {line.protocol} {line.formats}",
        "c=IN IP4 0.0.0.0",
        "a=inactive",
        f"a=mid:{line.mid}",
    ]


def _accepted(line: Line, offer: Offer, local: Local) -> list[str]:
    codec = "opus/48000/2" if line.kind == "audio" else "VP8/90000"
    out = [f"m={line.kind} 9 UDP/TLS/RTP/SAVPF {line.pt}", "c=IN IP4 0.0.0.0", "a=rtcp:9 IN IP4 0.0.0.0"]
    out += [f"a=candidate:{candidate}" for candidate in local.candidates]
    out += ["a=end-of-candidates", f"a=ice-ufrag:{local.ufrag}", f"a=ice-pwd:{local.password}"]
    out += [f"a=fingerprint:{algorithm} {value}" for algorithm, value in local.fingerprints]
    out += [f"a=setup:{'passive' if offer.we_are_server else 'active'}", f"a=mid:{line.mid}"]
    out += [f"a=extmap:{line.extensions[uri]} {uri}" for uri in _URIS if uri in line.extensions]
    if line.slot is not None:
        track = f"{line.slot.cname}-{line.kind}"
        out += ["a=sendonly", f"a=msid:{line.slot.cname} {track}"]
    elif line.mid in offer.plan.up:
        out.append("a=recvonly")
    else:
        out.append("a=inactive")
    out += ["a=rtcp-mux", f"a=rtpmap:{line.pt} {codec}"]
    if line.kind == "audio":
        out.append(f"a=fmtp:{line.pt} {OPUS_PARAMETERS}")
    else:
        out += [f"a=rtcp-fb:{line.pt} {feedback}" for feedback in ("nack pli", "ccm fir", "goog-remb")]
    if line.slot is not None:
        out.append(f"a=ssrc:{line.slot.ssrc} cname:{line.slot.cname}")
    return out
