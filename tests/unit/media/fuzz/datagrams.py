"""Datagrams as strangers and liars send them: STUN, DTLS, RTP and RTCP, whole, spoiled and invented."""

from __future__ import annotations

import os
import struct
from collections.abc import Mapping

from aioice import stun
from hypothesis import strategies as st


def examples(count: int) -> int:
    """How often to try: `make soak` multiplies it."""
    return count * int(os.environ.get("HESHI_SOAK", "1"))


WORDS = st.integers(0, 0xFFFFFFFF)
_SHORT = st.binary(max_size=24)


def stun_check(
    user: str, password: str, attributes: Mapping[str, int] | None = None, *, priority: bool = True
) -> bytes:
    """A binding request that the named connection accepts."""
    message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    message.attributes["USERNAME"] = user
    if priority:
        message.attributes["PRIORITY"] = 1
    message.attributes.update(attributes or {})
    message.add_message_integrity(password.encode())
    return bytes(message)


@st.composite
def stun_messages(draw: st.DrawFn, user: str) -> bytes:
    """STUN of any class with any attributes, of right and wrong sizes; often addressed to a real user name."""
    body = b""
    if draw(st.booleans()):
        name = f"{user}:abcd".encode()
        body += struct.pack("!HH", 0x0006, len(name)) + name + bytes(-len(name) % 4)
    for _ in range(draw(st.integers(0, 6))):
        kind = draw(
            st.sampled_from([0x0001, 0x0006, 0x0008, 0x0009, 0x0020, 0x0024, 0x0025, 0x8028, 0x8029, 0x802A, 0x7777])
        )
        value = draw(_SHORT)
        size = draw(st.sampled_from([len(value), len(value), len(value), 0, 4, 20, 0xFFFF]))
        body += struct.pack("!HH", kind, size) + value + bytes(-len(value) % 4)
    kind = draw(st.sampled_from([0x0001, 0x0001, 0x0001, 0x0101, 0x0111, 0x0011, 0x0003, 0x0002, 0x3FFF]))
    length = draw(st.sampled_from([len(body), len(body), len(body), 0, 4, 0xFFFF]))
    cookie = draw(st.sampled_from([0x2112A442, 0x2112A442, 0]))
    return struct.pack("!HHI12s", kind, length, cookie, draw(st.binary(min_size=12, max_size=12))) + body


@st.composite
def rtp_packets(draw: st.DrawFn, ssrcs: st.SearchStrategy[int] = WORDS, pts: tuple[int, ...] = (96, 111)) -> bytes:
    """RTP with any flags, CSRCs, header extensions of all kinds, lies about lengths and padding, VP8-like payloads."""
    csrcs = draw(st.integers(0, 15)) if draw(st.booleans()) else 0
    extended, padded = draw(st.booleans()), draw(st.booleans())
    version = draw(st.sampled_from([2, 2, 2, 2, 0, 1, 3]))
    first = version << 6 | padded << 5 | extended << 4 | csrcs
    second = draw(st.sampled_from([0, 0x80])) | draw(st.sampled_from([*pts, *pts, *pts, 0, 13, 97, 127]))
    head = struct.pack("!BBHII", first, second, draw(st.integers(0, 0xFFFF)), draw(WORDS), draw(ssrcs))
    out = head + bytes(4 * csrcs)
    if extended:
        profile = draw(st.sampled_from([0xBEDE, 0xBEDE, 0x1000, 0x100F, 0x1010, 0, 0xFFFF]))
        elements = draw(st.lists(_elements(profile), max_size=5).map(b"".join))
        elements += bytes(-len(elements) % 4)
        words = draw(st.sampled_from([len(elements) // 4] * 4 + [0, 1, 0xFFFF]))
        out += struct.pack("!HH", profile, words) + elements
    out += draw(st.one_of(st.binary(max_size=40), vp8_payloads()))
    if padded:
        size = draw(st.integers(1, 20))
        out += bytes(size - 1) + bytes((draw(st.sampled_from([size, size, 0, 255])),))
    return out


def _elements(profile: int) -> st.SearchStrategy[bytes]:
    if profile & 0xFFF0 == 0x1000:
        return st.tuples(st.integers(0, 255), _SHORT).map(lambda one: bytes((one[0], len(one[1]))) + one[1])
    right = st.tuples(st.integers(0, 15), st.binary(min_size=1, max_size=16)).map(
        lambda one: bytes((one[0] << 4 | len(one[1]) - 1,)) + one[1]
    )
    named = st.sampled_from([b"\x400", b"\x401", b"\x402", b"\x403", b"\x45secret", b"\x10\x80", b"\x22\0\0\0"])
    return st.one_of(right, named, st.binary(max_size=5))


def vp8_payloads() -> st.SearchStrategy[bytes]:
    """A descriptor with any flags (RFC 7741, section 4.2), and some picture."""
    flags = st.sampled_from([0x00, 0x10, 0x80, 0x90, 0x9F, 0xFF])
    return st.tuples(flags, st.integers(0, 255), st.binary(max_size=12)).map(lambda one: bytes(one[:2]) + one[2])


@st.composite
def rtcp_compounds(draw: st.DrawFn, ssrcs: st.SearchStrategy[int] = WORDS) -> bytes:
    """Compounds of known and unknown types whose counts, lengths and SSRCs may lie."""
    out = b""
    for _ in range(draw(st.integers(1, 6))):
        kind = draw(st.sampled_from([200, 201, 202, 203, 204, 205, 205, 206, 206, 207, 192, 223]))
        count = draw(st.sampled_from([0, 1, 1, 1, 2, 4, 15, 15, 31]))
        words = draw(st.lists(st.one_of(ssrcs, WORDS, st.just(0x52454D42)), max_size=14))
        body = struct.pack(f"!{len(words)}I", *words) + draw(st.sampled_from([b"", b"", b"", b"\1", b"abc"]))
        length = draw(st.sampled_from([len(body) // 4] * 5 + [0, 1, len(body) // 4 + 1, 0xFFFF]))
        version = draw(st.sampled_from([2, 2, 2, 2, 2, 1, 3]))
        out += struct.pack("!BBH", version << 6 | draw(st.sampled_from([0, 0, 0x20])) | count, kind, length) + body
    return out


@st.composite
def spoiled(draw: st.DrawFn, whole: st.SearchStrategy[bytes]) -> bytes:
    """One of these, cut, flipped, extended, or left as it is."""
    data = bytearray(draw(whole))
    change = draw(st.sampled_from(["", "", "cut", "flip", "grow"]))
    if change == "cut":
        del data[draw(st.integers(0, len(data))) :]
    elif change == "flip" and data:
        data[draw(st.integers(0, len(data) - 1))] ^= draw(st.integers(1, 255))
    elif change == "grow":
        data += draw(st.sampled_from([b"\0", b"\xff" * 4, bytes(1500)]))
    return bytes(data)


def hex_lines(text: str) -> list[bytes]:
    """The stored corpus: one datagram a line in hexadecimal; `#` begins a comment, `*N` repeats the byte before."""
    return [bytes.fromhex(line.partition("#")[0]) for line in text.splitlines() if line.partition("#")[0].strip()]
