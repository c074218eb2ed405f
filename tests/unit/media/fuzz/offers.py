"""Offers as browsers wrote them, and ways to spoil them that know the grammar."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from hypothesis import strategies as st

from tests.unit.media.offers import OFFER

CORPUS = Path(__file__).parents[3] / "corpus" / "media"


def real_offers() -> dict[str, str]:
    """Stored offers by the name of the browser."""
    return {path.stem: path.read_bytes().decode() for path in sorted((CORPUS / "offers").glob("*.sdp"))}


_REAL = [text.split("\r\n") for name, text in real_offers().items() if not name.endswith("-all")]
_BASES = [OFFER.split("\r\n"), *_REAL]
_ALL_LINES = sorted({line for base in _BASES for line in base})

_NUMBERS = st.sampled_from(
    [
        "0",
        "-1",
        "1",
        "15",
        "127",
        "128",
        "255",
        "256",
        "65536",
        "4294967296",
        "9" * 30,
        "9" * 5000,
        "1e9",
        "0x10",
        "٣",
        "",
    ]
)
_POISON = st.sampled_from(
    [
        "\0",
        "\r",
        "\n",
        "\r\na=ice-lite",
        "\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111",
        "\x0b",
        "\x0c",
        "\x1c",
        "\x85",
        "\u2028m=video 9 UDP/TLS/RTP/SAVPF 96",
        "\ud800",
        "调解",
        " " * 3000,
        "x" * 5000,
        "%s%n{0}",
        ":",
        "/",
        "*",
        "",
    ]
)


def _renumber(line: str, draw: Callable[[st.SearchStrategy[str]], str]) -> str:
    places = list(re.finditer(r"\d+", line))
    if not places:
        return line + draw(_NUMBERS)
    place = places[len(line) % len(places)]
    return line[: place.start()] + draw(_NUMBERS) + line[place.end() :]


@st.composite
def spoiled_offers(draw: st.DrawFn) -> str:
    """A real offer after one to six changes: lines dropped, doubled, moved, borrowed, cut, renumbered, poisoned."""
    lines = list(draw(st.sampled_from(_BASES)))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, len(lines) - 1))
        change = draw(st.sampled_from(["drop", "double", "move", "borrow", "cut", "number", "number", "poison"]))
        line = lines[at]
        if change == "drop":
            del lines[at]
        elif change == "double":
            lines[at:at] = [line] * draw(st.sampled_from([1, 2, 70]))
        elif change == "move":
            lines.insert(draw(st.integers(0, len(lines) - 1)), lines.pop(at))
        elif change == "borrow":
            lines.insert(at, draw(st.sampled_from(_ALL_LINES)))
        elif change == "cut":
            lines[at] = line[: draw(st.integers(0, max(len(line) - 1, 0)))]
        elif change == "number":
            lines[at] = _renumber(line, draw)
        else:
            cut = draw(st.integers(0, len(line)))
            lines[at] = line[:cut] + draw(_POISON) + line[cut:]
        lines = lines or [""]
    return draw(st.sampled_from(["\r\n", "\r\n", "\n"])).join(lines)


def bombs() -> dict[str, str]:
    """Offers of up to 200 kB that are small in grammar and large in work: each must be settled at once."""
    head, _, tail = OFFER.partition("a=mid:0\r\n")

    def inside(lines: str) -> str:
        return head + "a=mid:0\r\n" + lines[: 199_000 - len(OFFER)].rpartition("\r\n")[0] + "\r\n" + tail

    section = "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n"
    return {
        "sections": OFFER + section * 5000,
        "sections, old line ends": OFFER + section.replace("\r\n", "\r") * 5000,
        "sections, unicode line ends": OFFER + section.replace("\r\n", "\u2028") * 5000,
        "ssrcs": inside("".join(f"a=ssrc:{number} cname:x\r\n" for number in range(20_000))),
        "ssrcs of one": inside("a=ssrc:1 cname:x\r\n" * 12_000),
        "feedback for every codec": inside(
            "".join(f"a=rtpmap:{number} x/1\r\n" for number in range(6000)) + "a=rtcp-fb:* nack\r\n" * 6000
        ),
        "one codec many times": inside("a=rtpmap:111 opus/48000/2\r\n" * 3000 + "a=rtcp-fb:111 nack\r\n" * 5000),
        "parameters": inside("a=fmtp:111 " + ";".join(f"k{number}=1" for number in range(20_000)) + "\r\n"),
        "groups": OFFER.replace("a=group:BUNDLE", "a=group:BUNDLE " + " ".join(str(one) for one in range(30_000)), 1),
        "many groups": "v=0\r\n" + "a=group:BUNDLE 0 1\r\n" * 9000 + OFFER,
        "extensions": inside("".join(f"a=extmap:{one} urn:x\r\n" for one in range(9000))),
        "fingerprints": inside("a=fingerprint:sha-256 AB\r\n" * 7000),
        "candidates": inside("a=candidate:1 1 udp 1 192.0.2.1 5 typ host\r\n" * 4000),
        "formats": OFFER.replace("SAVPF 111", "SAVPF" + " 111" * 40_000, 1),
        "one number": inside("a=ssrc:" + "9" * 190_000 + " cname:x\r\n"),
        "one name": OFFER.replace("a=ice-ufrag:abcd", "a=ice-ufrag:" + "a" * 190_000, 1),
        "nothing": "\r\n" * 99_000,
        "noise": "".join(chr(33 + (number * 7919) % 94) for number in range(199_000)),
        "rids": inside("a=rid:q send\r\n" * 12_000),
        "simulcast": inside("a=simulcast:send " + "q;" * 90_000 + "\r\n"),
    }
