"""An offer as text, checked before a parser sees it (grammar: RFC 8866, section 9; RFC 8839, section 5). Pure.

The parser behind it is quadratic in places (each feedback line meets each codec, each SSRC all earlier ones), takes any
Unicode line end for one, and any integer for a payload type. All of that is settled here, by lines and counts.
"""

from __future__ import annotations

import re

from media.errors import OfferMalformed, OfferTooLarge

MAX_BYTES = 200_000
MAX_SECTIONS = 64
MAX_LINE = 2048
MAX_WILDCARDS = 16
MAX_CODECS = 128  # all payload types there are
_LIMITS = {"ssrc": 256, "ssrc-group": 64, "rtcp-fb": 640, "fmtp": 256, "extmap": 64, "rid": 16, "fingerprint": 16}
_MAX_OTHERS = 256
_UNUSED = ("a=candidate:", "a=remote-candidates:")  # checks are answered from wherever they come

_CHARACTERS = re.compile(r"[\t\r\n\x20-\x7e]*")
_SECTION = re.compile(r"m=[a-z]{1,16} [0-9]{1,5} [A-Z/]{1,32}(?: [A-Za-z0-9._-]{1,32}){1,130}")
_RTPMAP = re.compile(r"a=rtpmap:([0-9]{1,3}) [A-Za-z0-9._-]{1,64}/[0-9]{1,9}(?:/[0-9]{1,3})?")
_VALUES = {
    "ice-ufrag": re.compile(r"[A-Za-z0-9+/]{4,256}"),
    "ice-pwd": re.compile(r"[A-Za-z0-9+/]{22,256}"),
    "fingerprint": re.compile(r"[A-Za-z0-9-]{1,32} +[0-9A-Fa-f:]{2,200}"),
    "ssrc": re.compile(r"[0-9]{1,10} .*"),
    "extmap": re.compile(r"[0-9]{1,5}(?:/[a-z]{1,8})? .*"),
    "rtcp-fb": re.compile(r"(?:[0-9]{1,3}|\*) .*"),
    "fmtp": re.compile(r"[0-9]{1,3} .*"),
}


def vetted(text: str) -> str:
    """The offer without the lines we never use, safe to parse in bounded time. Raises OfferTooLarge, OfferMalformed."""
    if len(text) > MAX_BYTES:
        raise OfferTooLarge("bytes")
    if not _CHARACTERS.fullmatch(text):
        raise OfferMalformed("characters")
    lines = [line for line in text.replace("\r", "").split("\n") if not line.startswith(_UNUSED)]
    if sum(line.startswith("m=") for line in lines) > MAX_SECTIONS:
        raise OfferTooLarge("sections")
    section, begins = _Section(), -1
    for at, line in enumerate(lines):
        if len(line) > MAX_LINE:
            raise OfferTooLarge("line")
        if line.startswith("m="):
            if not _SECTION.fullmatch(line):
                raise OfferMalformed("section")
            section, begins = _Section(), at
        elif line == "a=bundle-only" and begins >= 0:
            # Port 0 means here: only within the bundle (RFC 9143, section 6; Firefox). Without it, a refused line.
            lines[begins] = lines[begins].replace(" 0 ", " 9 ", 1)
        else:
            section.take(line)
    return "\r\n".join(lines)


class _Section:
    """What one m-section, or the part before the first, has shown so far."""

    def __init__(self) -> None:
        self._counts: dict[str, int] = {}
        self._codecs: set[int] = set()

    def take(self, line: str) -> None:
        name, _, value = line.removeprefix("a=").partition(":") if line.startswith("a=") else ("", "", "")
        if name == "rtpmap":
            self._codec(line)
            return
        shape = _VALUES.get(name)
        if shape is not None and not shape.fullmatch(value):
            raise OfferMalformed(name)
        if name == "rtcp-fb" and value.startswith("*"):
            self._count("*", MAX_WILDCARDS)
        known = name if name in _LIMITS else ""
        self._count(known, _LIMITS.get(known, _MAX_OTHERS))

    def _codec(self, line: str) -> None:
        found = _RTPMAP.fullmatch(line)
        number = int(found[1]) if found else -1
        # One format, one codec (RFC 8866, section 6.6); seven bits are all that an RTP header has for it.
        if not 0 <= number < MAX_CODECS or number in self._codecs:
            raise OfferMalformed("rtpmap")
        self._codecs.add(number)

    def _count(self, name: str, limit: int) -> None:
        count = self._counts[name] = self._counts.get(name, 0) + 1
        if count > limit:
            raise OfferTooLarge(name or "lines")
