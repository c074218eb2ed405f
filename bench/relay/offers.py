"""Session descriptions as our page writes them in Chromium, reduced to VP8, its retransmission, and Opus."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aiortc import sdp

AUDIO, VIDEO, RETRANSMISSION = 111, 96, 97
MID = "urn:ietf:params:rtp-hdrext:sdes:mid"
LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
SENT = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
TRANSPORT = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
EXTENSIONS = {LEVEL: 1, SENT: 2, TRANSPORT: 3, MID: 4}


@dataclass(frozen=True, slots=True)
class Ours:
    """This end of a transport."""

    ufrag: str
    password: str
    fingerprint: str
    candidate: str

    def lines(self, setup: str) -> list[str]:
        """As every m-line carries it."""
        return [
            "c=IN IP4 0.0.0.0",
            "a=rtcp:9 IN IP4 0.0.0.0",
            f"a=candidate:{self.candidate}",
            "a=end-of-candidates",
            f"a=ice-ufrag:{self.ufrag}",
            f"a=ice-pwd:{self.password}",
            f"a=fingerprint:sha-256 {self.fingerprint}",
            f"a=setup:{setup}",
            "a=rtcp-mux",
        ]


@dataclass(frozen=True, slots=True)
class Theirs:
    """One m-line of the other side's description."""

    kind: str
    mid: str
    direction: str
    pt: int
    extensions: dict[str, int]


@dataclass(frozen=True, slots=True)
class Remote:
    """The other side: what a transport connects to, and its m-lines."""

    ufrag: str
    password: str
    fingerprints: tuple[tuple[str, str], ...]
    candidates: tuple[str, ...]
    setup: str
    lines: tuple[Theirs, ...]


def _head(mids: int) -> list[str]:
    group = " ".join(str(mid) for mid in range(mids))
    return ["v=0", "o=- 4611 2 IN IP4 127.0.0.1", "s=-", "t=0 0", f"a=group:BUNDLE {group}", "a=msid-semantic: WMS *"]


def offer(ours: Ours, lines: Sequence[tuple[str, str]], ssrcs: Sequence[int]) -> str:
    """`lines`: kind and direction of each m-line; `ssrcs`: of the first sending ones (a later one stays idle)."""
    out, free = _head(len(lines)), list(ssrcs)
    for mid, (kind, direction) in enumerate(lines):
        formats = f"{AUDIO}" if kind == "audio" else f"{VIDEO} {RETRANSMISSION}"
        out += [f"m={kind} 9 UDP/TLS/RTP/SAVPF {formats}", *ours.lines("actpass"), f"a=mid:{mid}", f"a={direction}"]
        out += [f"a=extmap:{number} {uri}" for uri, number in EXTENSIONS.items() if kind == "audio" or uri != LEVEL]
        out += _codecs(kind)
        if direction == "sendonly":
            out.append(f"a=msid:- track{mid}")
            if free:
                out.append(f"a=ssrc:{free.pop(0)} cname:bench")
    return "\r\n".join(out) + "\r\n"


def _codecs(kind: str) -> list[str]:
    if kind == "audio":
        return [
            f"a=rtpmap:{AUDIO} opus/48000/2",
            f"a=rtcp-fb:{AUDIO} transport-cc",
            f"a=fmtp:{AUDIO} minptime=10;useinbandfec=1",
        ]
    feedback = ("goog-remb", "transport-cc", "ccm fir", "nack", "nack pli")
    return [
        f"a=rtpmap:{VIDEO} VP8/90000",
        *(f"a=rtcp-fb:{VIDEO} {one}" for one in feedback),
        f"a=rtpmap:{RETRANSMISSION} rtx/90000",
        f"a=fmtp:{RETRANSMISSION} apt={VIDEO}",
    ]


def answer(ours: Ours, theirs: str) -> str:
    """Accept everything that is offered to be received."""
    parsed = sdp.SessionDescription.parse(theirs)
    out = [line for line in _head(0) if not line.startswith("a=group")]
    out.insert(4, "a=group:BUNDLE " + " ".join(media.rtp.muxId for media in parsed.media))
    for media in parsed.media:
        codecs = media.rtp.codecs
        numbers = " ".join(str(codec.payloadType) for codec in codecs)
        out += [f"m={media.kind} 9 UDP/TLS/RTP/SAVPF {numbers}", *ours.lines("active"), f"a=mid:{media.rtp.muxId}"]
        out.append("a=recvonly")
        out += [f"a=extmap:{one.id} {one.uri}" for one in media.rtp.headerExtensions if one.uri in EXTENSIONS]
        for codec in codecs:
            channels = "/2" if codec.channels == 2 else ""
            out.append(f"a=rtpmap:{codec.payloadType} {codec.name}/{codec.clockRate}{channels}")
            for feedback in codec.rtcpFeedback:
                tail = f" {feedback.parameter}" if feedback.parameter else ""
                out.append(f"a=rtcp-fb:{codec.payloadType} {feedback.type}{tail}")
            parameters = ";".join(f"{name}={value}" for name, value in codec.parameters.items())
            if parameters:
                out.append(f"a=fmtp:{codec.payloadType} {parameters}")
    return "\r\n".join(out) + "\r\n"


def read(text: str) -> Remote:
    """Understand an offer or answer of a server. Raises ValueError when something needed is missing."""
    parsed = sdp.SessionDescription.parse(text)
    alive = [media for media in parsed.media if media.port]
    if not alive:
        raise ValueError("the server took no line")
    ice, dtls = alive[0].ice, alive[0].dtls
    if ice is None or ice.usernameFragment is None or ice.password is None or dtls is None:
        raise ValueError("the server's description has no transport")
    roles = {"client": "active", "server": "passive", "auto": "actpass"}
    return Remote(
        ice.usernameFragment,
        ice.password,
        tuple((one.algorithm, one.value) for one in dtls.fingerprints),
        tuple(sdp.candidate_to_sdp(one) for one in alive[0].ice_candidates),
        roles[dtls.role],
        tuple(
            Theirs(
                media.kind,
                media.rtp.muxId,
                media.direction or "sendrecv",
                (media.rtp.codecs[0].payloadType or -1) if media.rtp.codecs else -1,
                {one.uri: one.id for one in media.rtp.headerExtensions},
            )
            for media in alive
        ),
    )
