"""Offer in, plan and answer out (RFC 8829, RFC 8843). Pure but for the random numbers of SSRCs.

The answer is our own text: aiortc's drops simulcast and the Opus parameters, and cannot reject a line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from secrets import randbits
from typing import Any

from aiortc import sdp

from media.errors import CodecUnsupported, OfferMalformed, OfferTooLarge, OfferWithoutAudio
from media.extensions import REFUSED, URI_RID, ExtensionIds
from media.link import Plan, UpLine
from media.offer_text import vetted
from media.ports import Medium
from media.router import Place
from media.slot import SlotLine
from media.source import Kind
from media.stream import HIGH

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
    rtx: int = -1
    red: int = -1
    rids: tuple[str, ...] = ()
    extensions: dict[str, int] = field(default_factory=dict)
    ssrcs: tuple[int, ...] = ()
    repairs: frozenset[int] = frozenset()  # those of `ssrcs` that carry retransmissions
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
        for line, section in zip(lines, ("\n" + checked).split("\nm=")[1:], strict=True):
            if line.kind == "video" and URI_RID in line.extensions:
                line.rids = _simulcast(section)
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
            line.rtx = _retransmissions(media.rtp.codecs, line.pt)
            line.red = _redundancy(media.rtp.codecs, line.pt)
            break
    line.extensions = {
        one.uri: one.id for one in media.rtp.headerExtensions if 0 < one.id < 15 and one.uri not in REFUSED
    }
    line.ssrcs = tuple(one.ssrc for one in media.ssrc)
    line.repairs = frozenset(ssrc for group in media.ssrc_group if group.semantic == "FID" for ssrc in group.items[1:])
    return line


def _retransmissions(codecs: Sequence[Any], pt: int) -> int:
    """The payload type that repeats this one (RFC 4588, section 8.1), or -1."""
    for codec in codecs:
        if codec.mimeType.lower().endswith("/rtx") and codec.parameters.get("apt") == pt:
            return int(codec.payloadType)
    return -1


def _redundancy(codecs: Sequence[Any], pt: int) -> int:
    """The payload type that carries this sound twice or more (RFC 2198, section 5), or -1."""
    for codec in codecs:
        repeated = {one for name in codec.parameters for one in name.split("/")}
        if codec.mimeType.lower() == "audio/red" and codec.clockRate == 48000 and repeated == {str(pt)}:
            return int(codec.payloadType)
    return -1


_RID = re.compile(r"a=simulcast:(?:recv \S+ )?send (\S+)")
_NAME = re.compile(r"~?([A-Za-z0-9]{1,16})")


def _simulcast(section: str) -> tuple[str, ...]:
    """RIDs that the section offers to send, as ordered there (RFC 8853, section 5.1); of alternatives the first."""
    found = _RID.search(section)
    if found is None:
        return ()
    names = [_NAME.match(one) for one in found[1].split(";")]
    return tuple(name[1] for name in names if name is not None)


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
                kind = kinds.pop(0)
                rids = line.rids if kind == "camera" and len(line.rids) > 1 else ()
                up[line.mid] = UpLine(kind, line.pt, line.rtx, rids, line.red)
    down: dict[Medium, list[SlotLine]] = {"audio": [], "video": []}
    for line in lines:
        if line.direction == "recvonly":
            medium: Medium = "audio" if line.kind == "audio" else "video"
            index = len(down[medium])
            rtx = (randbits(31) | 1, line.rtx) if line.rtx >= 0 else (0, 0)
            line.slot = SlotLine(line.mid, medium, line.pt, randbits(31) | 1, f"slot{index}", rtx)
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
    announced = {
        ssrc: Place(line.mid, HIGH, ssrc in line.repairs)
        for line in lines
        # Encodings announced by SSRC beside their RIDs would be told apart by nothing: they say their RID themselves.
        if line.mid in up and not up[line.mid].rids
        for ssrc in line.ssrcs
    }
    # Within one bundle an id means the same everywhere (RFC 8843, section 14), so the first line that has it decides.
    ids: dict[str, int] = {}
    for line in lines:
        for uri, number in line.extensions.items():
            if number not in ids.values():
                ids.setdefault(uri, number)
    return Plan(up, announced, slots, ExtensionIds.of(ids))


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
    # What comes first is what a browser sends. Towards it redundancy is ours to decide, packet by packet.
    red = line.red if line.mid in offer.plan.up else -1
    formats = " ".join(str(pt) for pt in (red, line.pt, line.rtx) if pt >= 0)
    out = [f"m={line.kind} 9 UDP/TLS/RTP/SAVPF {formats}", "c=IN IP4 0.0.0.0", "a=rtcp:9 IN IP4 0.0.0.0"]
    out += [f"a=candidate:{candidate}" for candidate in local.candidates]
    out += ["a=end-of-candidates", f"a=ice-ufrag:{local.ufrag}", f"a=ice-pwd:{local.password}"]
    out += [f"a=fingerprint:{algorithm} {value}" for algorithm, value in local.fingerprints]
    out += [f"a=setup:{'passive' if offer.we_are_server else 'active'}", f"a=mid:{line.mid}"]
    out += [f"a=extmap:{number} {uri}" for uri, number in line.extensions.items()]
    if line.slot is not None:
        track = f"{line.slot.cname}-{line.kind}"
        out += ["a=sendonly", f"a=msid:{line.slot.cname} {track}"]
    elif line.mid in offer.plan.up:
        out.append("a=recvonly")
    else:
        out.append("a=inactive")
    out += ["a=rtcp-mux", f"a=rtpmap:{line.pt} {codec}"]
    if line.kind == "audio":
        # Sound is repeated, too: its packets are small, and forward error correction mends single losses only.
        out += [f"a=fmtp:{line.pt} {OPUS_PARAMETERS}", f"a=rtcp-fb:{line.pt} nack"]
    else:
        out += [f"a=rtcp-fb:{line.pt} {feedback}" for feedback in ("nack", "nack pli", "ccm fir", "goog-remb")]
    if red >= 0:
        out += [f"a=rtpmap:{red} red/48000/2", f"a=fmtp:{red} {line.pt}/{line.pt}"]
    if line.rtx >= 0:
        out += [f"a=rtpmap:{line.rtx} rtx/90000", f"a=fmtp:{line.rtx} apt={line.pt}"]
    rids = offer.plan.up[line.mid].rids if line.mid in offer.plan.up else ()
    if rids:
        out += [f"a=rid:{rid} recv" for rid in rids]
        out.append(f"a=simulcast:recv {';'.join(rids)}")
    if line.slot is not None:
        ssrc, (repeats, _) = line.slot.ssrc, line.slot.rtx
        # Browsers take the first SSRC that is named for the picture's own.
        out.append(f"a=ssrc:{ssrc} cname:{line.slot.cname}")
        if repeats:
            out += [f"a=ssrc:{repeats} cname:{line.slot.cname}", f"a=ssrc-group:FID {ssrc} {repeats}"]
    return out
