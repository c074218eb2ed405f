"""Liars, over real ICE and DTLS-SRTP: whatever one endpoint or a stranger sends, the others lose nothing."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import socket
import struct
from collections.abc import AsyncIterator, Callable

import pytest
from aioice import stun

import media.relay
from media.adapter import MAX_SSRCS, MAX_WAITING
from media.errors import OfferMalformed
from tests.integration.media.bench import Bench
from tests.integration.media.raw import CAMERA, MIC, Raw, settled
from tests.unit.media.fuzz.datagrams import hex_lines
from tests.unit.media.fuzz.offers import CORPUS
from tests.unit.media.offers import FINGERPRINT, OFFER
from tests.unit.media.packets import VIDEO_PT, rtp, vp8

pytestmark = pytest.mark.usefixtures("each_engine")

LIAR = "Liar"


class Trio:
    """a and b hear and see each other; c is in the room, hears both, and is heard by nobody."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.relay = bench.relay
        self.a, self.b, self.c = Raw(bench.relay, "a"), Raw(bench.relay, "b"), Raw(bench.relay, LIAR)
        self.everyone = [self.a, self.b, self.c]

    async def meet(self) -> None:
        self.bench.table(("a", 0, "b"), ("b", 0, "a"), (LIAR, 0, "a"), (LIAR, 1, "b"))
        for one in self.everyone:
            await one.join()
            await self.bench.told("endpoint", "connected", one.name)
        await self.undisturbed()

    async def undisturbed(self) -> None:
        """One word from each to the other arrives, and nothing of c."""
        words = await self.a.speak(), await self.b.speak()
        await self.b.hears(words[0])
        await self.a.hears(words[1])
        await self.c.hears(words[0])
        for one in (self.a, self.b):
            assert one.senders() <= one.own
            assert not [data for data in one.dtls.rtp if LIAR.encode() in data]

    async def until(self, met: Callable[[], bool], seconds: float = 15) -> None:
        """Wait for what the relay's next packets bring about; words from b to a are the clock."""
        async with asyncio.timeout(seconds):
            while not met():
                await self.a.hears(await self.b.speak())

    def counts(self, name: str) -> int:
        """Packets of sound that the relay took from this endpoint."""
        taken = self.bench.endpoint(name)["in"].get("mic", {"packets": 0})
        return int(taken["packets"])

    def stat(self, name: str) -> int:
        return int(self.relay.stats()[name])


@pytest.fixture
async def trio(bench: Bench) -> AsyncIterator[Trio]:
    trio = Trio(bench)
    await trio.meet()
    yield trio
    for one in trio.everyone:
        await one.close()


async def test_a_forged_ssrc_stays_the_forgers_own(trio: Trio) -> None:
    # All three announced the same SSRCs; c also speaks on the SSRCs of the others' receive slots.
    for ssrc in (MIC, *trio.a.slots, *trio.b.slots):
        for seq in range(5):
            await trio.c.send(rtp(ssrc, seq, seq, b"Liar: I am a", mid="0"))
    await trio.until(lambda: trio.counts(LIAR) >= 5)
    await trio.undisturbed()


async def test_a_replayed_packet_is_heard_once(trio: Trio) -> None:
    # A second connection with the same keys does not exist: a recording of the wire, sent again.
    sealed = trio.a.sealed(rtp(MIC, 500, 9, b"a: once", mid="0"))
    before = trio.stat("bad_srtp")
    for _ in range(50):
        await trio.a.bare(sealed)
    await trio.until(lambda: trio.stat("bad_srtp") - before == 49)
    # The same bytes from another endpoint's address are another connection's nonsense.
    for _ in range(20):
        await trio.c.bare(sealed)
    await trio.until(lambda: trio.stat("bad_srtp") - before == 69)
    trio.a.seq = 500
    await trio.undisturbed()
    assert trio.b.heard(b"a: once") == 1


async def test_receive_only_lines_take_nothing(trio: Trio) -> None:
    dropped = trio.bench.endpoint(LIAR)["dropped"]
    for at, mid in enumerate(("3", "4", "5", "9", "x")):
        await trio.c.send(rtp(9000 + at, 1, 1, b"Liar: on a line of yours", mid=mid))
    await trio.until(lambda: trio.bench.endpoint(LIAR)["dropped"] >= dropped + 5)
    assert trio.counts(LIAR) == 0
    await trio.undisturbed()


async def test_feedback_about_other_peoples_streams_moves_nothing(trio: Trio) -> None:
    await trio.a.show()
    await trio.until(lambda: "camera.1" in trio.bench.endpoint("a")["in"])
    await trio.until(lambda: len(trio.b.dtls.rtp) >= trio.bench.sent_to("b"))
    sent, told = trio.bench.sent_to("b"), len(trio.b.dtls.rtp)
    for ssrc in (CAMERA, MIC, *trio.a.slots, *trio.b.slots):
        # PLI, FIR, NACK of 17 packets, and a BYE in somebody else's name
        await trio.c.send(struct.pack("!BBHII", 0x81, 206, 2, 1, ssrc))
        await trio.c.send(struct.pack("!BBHIIIBBH", 0x84, 206, 4, 1, 0, ssrc, 7, 0, 0))
        await trio.c.send(struct.pack("!BBHIIHH", 0x81, 205, 3, 1, ssrc, 0, 0xFFFF))
        await trio.c.send(struct.pack("!BBHI", 0x81, 203, 1, ssrc))
    await trio.c.speak()
    await trio.until(lambda: trio.counts(LIAR) >= 1)  # all of the above has been read
    assert trio.bench.sent_to("b") == sent
    assert len(trio.b.dtls.rtp) == told
    assert [trio.bench.endpoint(name)["state"] for name in ("a", "b", LIAR)] == ["connected"] * 3
    await trio.undisturbed()


async def test_the_corpus_and_giants_are_survived_encrypted(trio: Trio) -> None:
    for data in hex_lines((CORPUS / "rtp.hex").read_text()):
        if len(data) >= 12:
            with contextlib.suppress(Exception):  # what libsrtp refuses to encrypt cannot be sent by anyone
                await trio.c.bare(trio.c.sealed(data))
    report = struct.pack("!BBHIIIIIII", 0x81, 201, 7, 1, *([trio.c.slots[0]] * 6))
    nack = struct.pack("!BBHII", 0x81, 205, 2 + 200, 1, trio.c.slots[0]) + bytes(4 * 200)
    for compound in (*hex_lines((CORPUS / "rtcp.hex").read_text()), report * 40, nack):
        if len(compound) >= 8:
            with contextlib.suppress(Exception):
                await trio.c.send(compound)
    for size in (0, 1, 11, 12, 1500, 2047, 2048, 2049, 9000):
        for first in (0x00, 0x01, 0x16, 0x40, 0x80, 0xFF):
            await trio.c.bare(bytes((first,))[:size] + bytes(max(size - 1, 0)))
    await trio.c.send(rtp(MIC, 40_000, 1, bytes(1300), mid="0"))
    word = await trio.b.speak()
    await trio.c.hears(word)
    assert trio.stat("errors") == 0
    await trio.undisturbed()


async def test_an_endpoint_that_floods_harms_itself(trio: Trio) -> None:
    # A normal endpoint sends about 100 packets a second; this is a minute's worth, as fast as it goes.
    rounds, heard = 60, []
    for at in range(rounds):
        for index in range(50):
            seq = at * 50 + index
            await trio.c.send(rtp(MIC, seq, seq, b"Liar: flood", mid="0"))
            await trio.c.send(rtp(20_000 + seq % 1000, 1, 1, b"Liar: new stream", mid="0"))
        for ssrc in trio.c.slots:
            await trio.c.send(struct.pack("!BBHII", 0x81, 206, 2, 1, ssrc))
            lost = b"".join(struct.pack("!HH", base, 0xFFFF) for base in range(0, 4096, 17))
            await trio.c.send(struct.pack("!BBHII", 0x81, 205, 2 + len(lost) // 4, 1, ssrc) + lost)
        heard.append(await trio.a.speak())
        await asyncio.sleep(0)
    await trio.b.hears(heard[-1])
    assert [trio.b.heard(word) for word in heard] == [1] * rounds
    assert trio.counts(LIAR) > 1000
    await trio.until(lambda: trio.stat("bad_srtp") > 0)  # streams beyond what one endpoint may have
    assert trio.stat("over_rate") > 0
    if trio.relay.engine == "lean":
        assert len(trio.relay._current[LIAR].transport._ssrcs) <= MAX_SSRCS
    assert trio.stat("errors") == 0
    await trio.undisturbed()


async def test_dtls_noise_from_a_known_address_ends_nothing(trio: Trio) -> None:
    for at in range(400):
        await trio.c.bare(bytes((20 + at % 44,)) + os.urandom(at % 200))
        await trio.c.bare(struct.pack("!BHHHIH", 22, 0xFEFD, 0, 0, at, 40) + os.urandom(40))
    assert trio.relay._current[LIAR].transport._ice._queue.qsize() <= MAX_WAITING
    word = await trio.b.speak()
    await trio.c.hears(word)
    await trio.undisturbed()


def _stranger(user: str, chance: random.Random) -> bytes:
    kind = chance.randrange(6)
    if kind == 0:
        message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        message.attributes["USERNAME"] = f"{chance.randbytes(8).hex()}:abcd"
        message.attributes["PRIORITY"] = 1
        message.add_message_integrity(b"guess")
        return bytes(message)
    if kind == 1:  # a real user name, a guessed password
        name = f"{user}:abcd".encode()
        body = struct.pack("!HH", 6, len(name)) + name + bytes(-len(name) % 4)
        body += struct.pack("!HH20s", 8, 20, chance.randbytes(20))
        return struct.pack("!HHI12s", 1, len(body), 0x2112A442, chance.randbytes(12)) + body
    if kind == 2:  # DTLS ClientHello, or what looks like one
        return struct.pack("!BHHHIH", 22, 0xFEFD, 0, 0, 0, 120) + b"\x01" + chance.randbytes(119)
    if kind == 3:
        return rtp(chance.choice((MIC, CAMERA)), chance.randrange(65536), 0, chance.randbytes(100), mid="0")
    if kind == 4:
        return rtp(CAMERA, 1, 1, vp8(1, 1, b"x", key=True), pt=VIDEO_PT, mid="1")
    return chance.randbytes(chance.randrange(200))


async def test_a_flood_of_strangers_costs_the_talkers_nothing(trio: Trio) -> None:
    chance = random.Random(20)
    user = trio.relay._current["a"].transport.local().ufrag
    strange = [_stranger(user, chance) for _ in range(2000)]
    port = trio.relay._port
    before = len(port._by_address), len(port._by_user), len(port._by_transaction)
    sockets = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(50)]
    total, words = 0, []
    try:
        for one in sockets:
            one.setblocking(False)
        for at in range(1000):
            for index in range(50):
                with contextlib.suppress(BlockingIOError):
                    sockets[index].sendto(strange[(at * 50 + index) % 2000], ("127.0.0.1", trio.relay.port))
                    total += 1
            words.append(await trio.a.speak())
            await asyncio.sleep(0)
        await trio.b.hears(words[-1])
    finally:
        for one in sockets:
            one.close()
    assert [trio.b.heard(word) for word in words] == [1] * len(words)
    assert (len(port._by_address), len(port._by_user)) == before[:2]
    assert len(port._by_transaction) <= before[2] + 3  # consent checks of the three may be under way
    assert trio.stat("unknown_address") > total // 4
    assert trio.stat("bad_stun") > total // 10
    assert trio.stat("errors") == 0
    await trio.undisturbed()


async def test_offers_without_end_leave_one_waiting(bench: Bench) -> None:
    for _ in range(200):
        await bench.relay.offer("room", "busy", 1, OFFER)
        with pytest.raises(OfferMalformed):
            await bench.relay.offer("room", "busy", 1, OFFER.replace("rtcp-mux", "x"))
    assert len(bench.relay._pending) == 1
    await settled(bench.relay)
    assert len(bench.relay._port._by_user) == 1
    bench.relay.close_endpoint("busy")
    await settled(bench.relay)
    assert not bench.relay._port._by_user


@pytest.mark.parametrize("reaches", [False, True])
async def test_ice_without_dtls_is_settled(bench: Bench, monkeypatch: pytest.MonkeyPatch, reaches: bool) -> None:
    monkeypatch.setattr(media.relay, "CONNECT_TIMEOUT", 0.6)
    peer = Raw(bench.relay, "half")
    await peer.offer()
    if reaches:
        await peer.reach()
    await bench.told("endpoint", "failed", "half")
    await settled(bench.relay)
    port = bench.relay._port
    assert not port._by_user
    assert not port._by_address
    assert not port._by_transaction
    assert not bench.relay._pending
    await peer.close()


async def test_a_wrong_certificate_is_refused(bench: Bench) -> None:
    peer = Raw(bench.relay, "other")
    await peer.offer(fingerprint=FINGERPRINT)
    await peer.reach()
    with contextlib.suppress(ConnectionError):  # whichever side finds it out first
        await peer.secure()
    await bench.told("endpoint", "failed", "other")
    assert bench.relay.stats()["connections"] == 0
    await peer.close()
