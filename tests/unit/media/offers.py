"""Offers as a browser writes them, reduced to what matters."""

from __future__ import annotations

from collections.abc import Sequence

FINGERPRINT = ":".join(["AB"] * 32)


def offer(
    slots: int = 3, *, video: Sequence[str] = ("96 VP8/90000", "97 rtx/90000"), up: str = "avv", **changes: str
) -> str:
    """An offer of `up` sending lines (a: audio, v: video) and `slots` receive pairs; `changes` replace attributes."""
    kinds = [("audio" if one == "a" else "video", "sendonly") for one in up]
    kinds += [(kind, "recvonly") for _ in range(slots) for kind in ("audio", "video")]
    mids = " ".join(str(mid) for mid in range(len(kinds)))
    lines = ["v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0", f"a=group:{changes.get('bundle', 'BUNDLE ' + mids)}"]
    for mid, (kind, direction) in enumerate(kinds):
        codecs = (
            list(video)
            if kind == "video"
            else [changes.get("audio", "111 opus/48000/2"), "63 red/48000/2", "13 CN/8000"]
        )
        numbers = " ".join(codec.partition(" ")[0] for codec in codecs)
        lines += [
            f"m={kind} 9 UDP/TLS/RTP/SAVPF {numbers}",
            "c=IN IP4 0.0.0.0",
            f"a=ice-ufrag:{changes.get('ufrag', 'abcd')}",
            f"a=ice-pwd:{changes.get('password', 'p' * 24)}",
            f"a=fingerprint:{changes.get('fingerprint', 'sha-256 ' + FINGERPRINT)}",
            f"a=setup:{changes.get('setup', 'actpass')}",
            f"a=mid:{changes.get('mid', mid)}",
            "a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid",
            "a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
            "a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
            f"a={changes.get('direction', direction)}",
        ]
        if kind == "audio":
            lines += [
                "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level",
                f"a=fmtp:63 {changes.get('red', '111/111')}",
            ]
        lines += [changes.get("mux", "a=rtcp-mux"), *(f"a=rtpmap:{codec}" for codec in codecs)]
        if kind == "video" and any("rtx" in codec for codec in codecs):
            lines.append("a=fmtp:97 apt=96")
        if direction == "sendonly":
            lines.append(f"a=ssrc:{7000 + mid} cname:x")
    return "\r\n".join(lines) + "\r\n"


OFFER = offer()
