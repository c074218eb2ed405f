"""Lives for `Twins`: calls, tables, packets of every make, losses, requests and reports, in any order."""

from __future__ import annotations

import struct
from functools import partial
from random import Random
from typing import Any

from media import rtcp
from media.extensions import ExtensionIds
from media.rtcp import Report
from media.stream import Stream
from tests.unit.media.packets import AUDIO_PT, RED_PT, RTX_PT, VIDEO_PT, red
from tests.unit.media.twins import ALL_IDS, Twin, Twins, memory

NAMES = ("a", "b", "c")
ROOM = "room"
MIC, HIGH, LOW, SHOWN, REPEATS, LOW_REPEATS = range(6)
MID = {MIC: "0", HIGH: "1", LOW: "1", SHOWN: "2", REPEATS: "1", LOW_REPEATS: "1"}
_EDGES = (8191, 8192, 8193, 20000, 0x7FFF, -8191, -8192, -8193, -20000, 0x8000)
STEPS: tuple[int, ...] = (1,) * 30 + (2, 3, 9, 40, 500, 0, -1, -2, -5, -300, -1023, -1024, -1025, *_EDGES)


class Voice:
    """One stream of one connection: where its counters are, and what it sent lately."""

    def __init__(self, r: Random, ssrc: int) -> None:
        self.ssrc = ssrc
        self.seq = r.choice((65530, r.getrandbits(16)))
        self.ts = r.choice((0xFFFFF000, r.getrandbits(32)))
        self.picture = r.choice((0x7FF0, 120, r.getrandbits(15)))
        self.form(r)
        self.begun = False
        self.lately: list[tuple[int, int, bytes]] = []

    def form(self, r: Random) -> None:
        """How this encoder writes its descriptors."""
        self.bits = r.choice((15, 15, 7, 0))
        self.tl0 = r.random() < 0.7
        self.keyed = r.random() < 0.4


class Life:
    """Three devices in one room, on both engines."""

    def __init__(self, seed: int) -> None:
        self.r = Random(seed)
        self.twins = Twins(seed)
        self.revision, self.epoch, self.lives, self.number = 0, 1, 0, 0
        self.rids: dict[str, tuple[str, ...]] = {}
        self.ids: dict[str, ExtensionIds] = {}
        self.voices: dict[str, list[Voice]] = {}
        for name in NAMES:
            self.connect(name)
        self.table(full=True)

    def play(self, length: int) -> None:
        """So many things happen."""
        acts = (self.talk,) * 12 + (self.lose_and_ask,) * 3 + (self.burst, self.again, self.repeat, self.reports)
        rare = (
            self.table,
            self.pass_time,
            self.tick,
            self.aim,
            self.switch_echo,
            self.leave,
            self.lapse,
            self.nonsense,
        )
        for _ in range(length):
            self.r.choice(acts if self.r.random() < 0.8 else rare)()
        self.tick()
        self.look()

    def look(self) -> None:
        """Everything is compared, down to what every slot remembers."""
        twins = self.twins
        twins.alike()
        for name, link in twins.model.links.items():
            for index, pair in enumerate(link.slots):
                for half, slot in enumerate(pair):
                    sent = self.numbers(name, slot.ssrc) if slot else []
                    for newest in {sent[-1], max(sent)} if sent else set():
                        twins.each(partial(memory, name, index, half, newest))

    def packets(self) -> list[bytes]:
        """All that was ever sent to anybody."""
        hall = self.twins.model
        return [data for box in (*hall.boxes.values(), *(box for _, _, box in hall.gone)) for data in box.rtp]

    def streams(self) -> list[Stream]:
        """Every encoding that is known now."""
        endpoints = [one for room in self.twins.model.core.rooms.values() for one in room.endpoints.values()]
        return [stream for one in endpoints for source in one.sources.values() for stream in source.streams()]

    # -- the room

    def connect(self, name: str) -> None:
        """A device comes, or comes back, with other habits."""
        r = self.r
        self.lives += 1
        ids, rids = r.choice(ALL_IDS), r.choice(((), ("q", "h")))

        def connect(hall: Twin) -> None:
            hall.ids, hall.rids = ids, rids
            hall.connect(ROOM, name)

        self.twins.each(connect)
        self.ids[name], self.rids[name] = ids, rids
        self.voices[name] = [Voice(r, 0x10000 * self.lives + stream) for stream in range(6)]

    def table(self, *, full: bool = False) -> None:
        """Who hears, sees and records whom changes."""
        r = self.r
        self.revision += 1
        chance = 1.0 if full or r.random() < 0.5 else 0.6
        rows: list[dict[str, Any]] = [
            {"to": to, "slot": slot, "from": one, "audio": r.random() < chance, "video": r.random() < chance}
            | {"source": r.choice(("camera", "camera", "camera", "screen"))}
            for to in NAMES
            for slot, one in enumerate(r.sample(NAMES, len(NAMES)))
            if r.random() < chance
        ]
        record = [
            {"endpoint": one, "segment": f"s{self.revision // 3}", "key": "joint", "seats": [one]}
            | {medium: r.random() < chance for medium in ("audio", "video", "screen")}
            for one in NAMES
            if r.random() < 0.7
        ]
        table = {"room": ROOM, "revision": self.revision, "epoch": self.epoch, "lease_s": 30}
        self.twins.each(lambda hall: hall.core.apply(table | {"rows": rows, "record": record}, hall.now))

    def leave(self) -> None:
        """A connection is replaced or lost, a device or the whole room goes and comes back."""
        r, twins = self.r, self.twins
        name, what = r.choice(NAMES), r.randrange(5)
        if what == 0:
            twins.each(lambda hall: hall.core.remove(name))
        elif what == 1:
            link = twins.model.links[name]
            if link.active:
                twins.each(lambda hall: hall.core.uninstall(hall.core.rooms[ROOM].endpoints[name], hall.links[name]))
        elif what == 2:
            twins.each(lambda hall: hall.core.finish(ROOM))
            self.table(full=True)
        self.connect(name)

    def lapse(self) -> None:
        """A lease runs out: first nobody looks, then somebody does, and a table comes."""
        self.twins.wait(31.0)
        self.talk()
        self.twins.each(lambda hall: hall.core.renew(ROOM, self.epoch, hall.now))
        self.twins.each(lambda hall: hall.core.lapse(hall.now))
        self.talk()
        self.table()

    def pass_time(self) -> None:
        """A little while, or an hour and more."""
        self.twins.wait(self.r.choice((0.0, 1e-6, 0.019, 0.5, 3.0, 25.0)))
        self.twins.each(lambda hall: hall.core.renew(ROOM, self.epoch, hall.now))
        if self.r.random() < 0.05:
            self.twins.wait(5000.0)
            self.table(full=True)

    def tick(self) -> None:
        """What a relay does by itself."""
        self.twins.wait(1.0)

        def serve(hall: Twin) -> None:
            hall.core.lapse(hall.now)
            for link in hall.links.values():
                if link.active:
                    link.ask(hall.now)
                    link.report_switches(hall.now)
                    link.send_sender_reports(hall.now)
                    link.send_receiver_report(hall.now)
                    link.thinning.decide(hall.now)

        self.twins.each(serve)

    def aim(self) -> None:
        """A picture gets larger, smaller, or is withheld, at once or at a key frame."""
        name, index, layer, cut = (
            self.r.choice(NAMES),
            self.r.randrange(3),
            self.r.randint(-1, 1),
            self.r.random() < 0.3,
        )

        def aim(hall: Twin) -> None:
            slot = hall.links[name].slots[index][1]
            assert slot is not None
            if cut and slot.source is not None:
                slot.cut(hall.now)
            slot.aim(layer, hall.now)

        self.twins.each(aim)

    def switch_echo(self) -> None:
        """Voices go twice from now on, or once."""
        name, index, echo = self.r.choice(NAMES), self.r.randrange(3), self.r.random() < 0.7

        def switch(hall: Twin) -> None:
            slot = hall.links[name].slots[index][0]
            assert slot is not None
            slot.echo = echo

        self.twins.each(switch)

    # -- packets

    def talk(self) -> None:
        """One device sends one packet."""
        self.say(self.r.choice(NAMES), self.r.choice((MIC, MIC, HIGH, HIGH, LOW, SHOWN)))

    def burst(self) -> None:
        """One stream for a while, in order, with or without time between its packets."""
        name, stream, apart = self.r.choice(NAMES), self.r.choice((MIC, HIGH)), self.r.choice((0.0, 0.001, 0.02))
        for _ in range(self.r.choice((5, 30, 150))):
            self.say(name, stream, step=1)
            self.twins.wait(apart)

    def say(self, name: str, stream: int, step: int | None = None) -> None:
        """The next packet of a stream, or one that comes late, again, or from elsewhere."""
        r, voice = self.r, self.voices[name][stream]
        self.twins.wait(r.choice((0.0, 0.001, 0.003)))
        key = not voice.begun or r.random() < 0.1
        voice.begun = True
        if key and r.random() < 0.3:
            voice.form(r)
        jump = r.choice(STEPS) if step is None and r.random() < 0.5 else 1
        seq, voice.ts = (
            (voice.seq + jump) & 0xFFFF,
            voice.ts + r.choice((960, 960, 3000, 0, -960, 1 << 31)) & 0xFFFFFFFF,
        )
        if jump > 0 or jump < -8000:
            voice.seq = seq
        self.number += 1
        body = self.number.to_bytes(4, "big") + bytes(r.choice((0, 0, 3, 40, 900)))
        payload = body if stream == MIC else self.descriptor(voice, key) + bytes((not key,)) + body
        payload, padding = (b"", 9) if r.random() < 0.03 else (payload, r.choice((0,) * 9 + (1, 200)))
        voice.lately = [*voice.lately[-60:], (seq, voice.ts, payload)]
        rid = (self.rids[name] or ("",))[-1 if stream == HIGH else 0] if stream in (HIGH, LOW) else ""
        pt = AUDIO_PT if stream == MIC else VIDEO_PT
        if stream == MIC and r.random() < 0.3:
            payload, pt = self.with_earlier(voice, payload), RED_PT
        self.put(name, voice, seq, voice.ts, payload, pt, MID[stream], rid, padding=padding)

    def with_earlier(self, voice: Voice, payload: bytes) -> bytes:
        """The payload with those before it; now and then with something else."""
        r, now = self.r, voice.lately[-1][1]
        before = voice.lately[:-1][-r.choice((1, 1, 1, 2, 3, 9)) :]
        earlier = [((now - ts) & 0x3FFF, data) for _, ts, data in before if len(data) < 100]
        whole = red(earlier, payload, r.choice((AUDIO_PT,) * 9 + (VIDEO_PT,)))
        return whole if r.random() < 0.9 else r.choice((whole[: r.randrange(12)], r.randbytes(r.randrange(40))))

    def descriptor(self, voice: Voice, key: bool) -> bytes:
        """VP8's, as this encoder writes it (RFC 7741, section 4.2)."""
        first = 0x10 if key or self.r.random() < 0.7 else 0
        voice.picture += first != 0
        flags = (0x80 if voice.bits else 0) | (0x40 if voice.tl0 else 0) | (0x30 if voice.keyed else 0)
        if not flags:
            return bytes((first,))
        wide = (0x8000 | voice.picture & 0x7FFF).to_bytes(2, "big")
        picture = {15: wide, 7: bytes((voice.picture & 0x7F,)), 0: b""}[voice.bits]
        tl0 = bytes((voice.picture // 2 & 0xFF,)) if voice.tl0 else b""
        return bytes((first | 0x80, flags)) + picture + tl0 + (b"\x25" if voice.keyed else b"")

    def put(
        self,
        name: str,
        voice: Voice,
        seq: int,
        ts: int,
        payload: bytes,
        pt: int,
        mid: str,
        rid: str,
        *,
        padding: int = 0,
    ) -> None:
        """Wrap it into a header with or without CSRCs, and extensions of either form; then it arrives."""
        r, ids = self.r, self.ids[name]
        csrcs = r.choice((0,) * 9 + (1, 15))
        wide = r.random() < 0.1
        rid_id = ids.repaired_rid if pt == RTX_PT else ids.rid
        elements: list[tuple[int, bytes]] = [(ids.mid, mid.encode())]
        elements += [(rid_id, rid.encode())] if rid and rid_id else []
        elements += [(ids.sent, r.randbytes(r.choice((3, 3, 3, 2))))] if ids.sent and r.random() < 0.7 else []
        extra = r.choice((0, 0, 1, 2, 3)) if r.random() < 0.95 else r.choice((16, 40, 60))
        for _ in range(extra):
            number = r.choice((*ids.carried.values(), r.randint(1, 14)))
            if number not in (ids.mid, ids.rid, ids.repaired_rid):
                elements.append((number, r.randbytes(r.choice((1, 1, 2, 16)))))
        if wide:
            elements += r.choice(([], [(200, b"x")], [(ids.mid + 50, bytes(17))], [(9, b"")]))
        r.shuffle(elements)
        block = b"".join(
            (bytes((number, len(value))) if wide else bytes((number << 4 | len(value) - 1,))) + value
            for number, value in elements
        )
        block += r.choice((b"", b"", b"", bytes(4), b"\xf0" if not wide else b"\x05"))
        block += bytes(-len(block) % 4)
        first = 0x90 | csrcs | (0x20 if padding else 0)
        second = pt | r.choice((0, 0x80))
        head = struct.pack("!BBHII", first, second, seq, ts, voice.ssrc) + r.randbytes(4 * csrcs)
        head += struct.pack("!HH", 0x1003 if wide else 0xBEDE, len(block) // 4) + block
        tail = bytes(padding - 1) + bytes((padding,)) if padding else b""
        self.twins.send(name, head + payload + tail)

    def repeat(self) -> None:
        """A device repeats what it sent lately through RTX; now and then what it never sent, or nothing at all."""
        r, name, stream = self.r, self.r.choice(NAMES), self.r.choice((HIGH, HIGH, LOW))
        voice, repeats = self.voices[name][stream], self.voices[name][REPEATS if stream == HIGH else LOW_REPEATS]
        for seq, ts, payload in r.sample(voice.lately, min(len(voice.lately), r.randint(1, 4))):
            repeats.seq = repeats.seq + 1 & 0xFFFF
            number = seq if r.random() < 0.5 else voice.seq - r.randint(-3, 30) & 0xFFFF
            whole = r.choice((b"",) + (number.to_bytes(2, "big") + payload,) * 9)
            rid = (self.rids[name] or ("",))[-1 if stream == HIGH else 0]
            self.put(name, repeats, repeats.seq, ts, whole, RTX_PT, "1", rid, padding=r.choice((0, 0, 0, 7)))

    def nonsense(self) -> None:
        """Something that is no packet, or not of anything negotiated."""
        r, name = self.r, self.r.choice(NAMES)
        voice = r.choice(self.voices[name])
        data = struct.pack("!BBHII", r.choice((0x80, 0x90, 0xBF, 0x00)), r.getrandbits(8), 1, 2, voice.ssrc)
        self.twins.send(name, (data + r.randbytes(r.randrange(60)))[: r.choice((100, 11, 12, 16))])

    # -- feedback

    def numbers(self, name: str, ssrc: int) -> list[int]:
        """Sequence numbers that this half slot was sent lately."""
        wanted = ssrc.to_bytes(4, "big")
        box = self.twins.model.boxes[name].rtp[-900:]
        return [int.from_bytes(data[2:4], "big") for data in box if data[8:12] == wanted]

    def slots(self, name: str) -> list[int]:
        """SSRCs of the slots of a device that carry something, or of all."""
        slots = [slot for pair in self.twins.model.links[name].slots for slot in pair if slot is not None]
        return [slot.ssrc for slot in slots if slot.packets] or [slot.ssrc for slot in slots]

    def again(self) -> None:
        """A storm of requests for all that there is, many times over."""
        name = self.r.choice(NAMES)
        for _ in range(self.r.randint(1, 5)):
            for ssrc in self.slots(name):
                numbers = self.numbers(name, ssrc)
                if numbers:
                    compound = rtcp.nack(1, ssrc, sorted({*numbers[-200:]}))
                    self.twins.each(lambda hall, data=compound: hall.links[name].rtcp(data, hall.now))  # type: ignore[misc]
            self.twins.wait(self.r.choice((0.0, 0.005, 0.02, 0.3)))
            self.twins.each(lambda hall: hall.links[name].ask(hall.now))

    def lose_and_ask(self) -> None:
        """A device misses some of what it was sent; its publisher is asked for what it lost, too."""
        r, name = self.r, self.r.choice(NAMES)
        ssrc = r.choice(self.slots(name))
        numbers = self.numbers(name, ssrc) or [r.getrandbits(16)]
        near = [number + r.choice((0, 0, 0, -1, 1, 512, 128)) & 0xFFFF for number in r.sample(numbers[-20:], 1)]
        compound = rtcp.nack(1, ssrc, near) + (rtcp.pli(1, ssrc) if r.random() < 0.3 else b"")
        self.twins.wait(r.choice((0.001, 0.021)))
        self.twins.each(lambda hall: hall.links[name].rtcp(compound, hall.now))
        self.twins.each(Twin.ask)

    def reports(self) -> None:
        """Reports of a device about what it sends and receives."""
        r, name = self.r, self.r.choice(NAMES)
        self.twins.wait(0.21)
        voice = r.choice(self.voices[name])
        data = rtcp.sender_report(voice.ssrc, 3.9e9 + self.twins.now, voice.ts, 1, 1)
        blocks = []
        for ssrc in self.slots(name)[:6]:
            newest = (self.numbers(name, ssrc) or [1])[-1]
            blocks.append(Report(ssrc, r.choice((0, 0, 40, 200)), r.randrange(50), newest, r.randrange(999), 0, 0))
        data += rtcp.receiver_report(1, blocks)
        if r.random() < 0.3:
            data += rtcp.remb(1, r.choice((60_000, 300_000, 4_000_000)), self.slots(name)[:1])
        self.twins.each(lambda hall: hall.links[name].rtcp(data, hall.now))
