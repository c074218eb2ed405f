"""Random histories of a room on two workers, packet by packet. `Watched` judges; here things only happen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from media import rtcp
from media.errors import StaleEpoch
from tests.unit.media.packets import AUDIO_PT, RTX_PT, VIDEO_PT, rtp, vp8
from tests.unit.media.truth import TRACK, Cell, Sent
from tests.unit.media.watched import ROOM, Connection, Watched

NAMES = ("a", "b", "c", "d")
SLOTS = 4
SCREEN = 3  # the slot of a shared screen

# Offsets from the first SSRC of a connection: one stream each.
MIC, HIGH, LOW, SHOWN, RTX_HIGH, RTX_LOW = range(6)
KIND = {MIC: "mic", HIGH: "camera", LOW: "camera", SHOWN: "screen"}
MID = {MIC: "0", HIGH: "1", LOW: "1", SHOWN: "2"}
MEDIUM = {MIC: "audio", HIGH: "video", LOW: "video", SHOWN: "video"}

Row = tuple[str, int, str, bool, bool, str]


class Publisher:
    """What one connection sends: its streams' numbers, and what the network holds back."""

    def __init__(self, life: int) -> None:
        self.life = life
        self.seq = dict.fromkeys((MIC, HIGH, LOW, SHOWN), 65520 + life % 16)
        self.rtx = 0
        self.held: list[tuple[Sent, int, bytes]] = []
        self.lied: set[str] = set()  # kinds whose streams carry lies by now


class Story:
    """Two workers, one room, four devices."""

    def __init__(self, simulcast: bool) -> None:
        self.rids: tuple[str, ...] = ("q", "h") if simulcast else ()
        self.sent: list[Sent] = []
        self.workers = [Watched(self.sent, SLOTS, self.rids) for _ in range(2)]
        self.at = 0
        self.epoch = 1
        self.revision = 0
        self.lives = 0
        self.rows: dict[tuple[str, int], Row] = {}
        self.record: dict[str, tuple[bool, bool, bool]] = {}
        self.segment = ("joint", 0)
        self.tables: list[dict[str, Any]] = []
        self.publishers: dict[int, Publisher] = {}
        self.begun: dict[tuple[int, Cell], object] = {}  # cells whose picture has begun under present conditions
        for name in NAMES:
            self.connect(name, 0)

    @property
    def worker(self) -> Watched:
        """Where the room is now."""
        return self.workers[self.at]

    # -- tables

    def publish(self, fate: str) -> None:
        """The room's truth becomes a table, which arrives now or later or never."""
        self.revision += 1
        key, number = self.segment
        table = {
            "room": ROOM,
            "revision": self.revision,
            "epoch": self.epoch,
            "lease_s": 30,
            "rows": [
                {"to": to, "slot": slot, "from": one, "audio": audio, "video": video, "source": source}
                for to, slot, one, audio, video, source in self.rows.values()
            ],
            "record": [
                {"endpoint": one, "segment": f"segment{number}", "key": key, "seats": [f"seat-{one}"]}
                | dict(zip(("audio", "video", "screen"), flags, strict=True))
                for one, flags in self.record.items()
            ],
        }
        self.tables.append(table)
        if fate == "now":
            self.worker.table(table)

    def mesh(self, members: tuple[str, ...], key: str, share: str, fate: str) -> None:
        """A joint session, or a caucus of some; one may show a screen."""
        self.rows = {}
        for to in members:
            for place, one in enumerate(NAMES):
                if one in members and one != to:
                    slot = place - (place > NAMES.index(to))
                    self.rows[to, slot] = (to, slot, one, True, True, "camera")
            if share in members and to != share:
                self.rows[to, SCREEN] = (to, SCREEN, share, False, True, "screen")
        self.record = {one: (True, True, one == share) for one in members}
        self.segment = (key, self.segment[1] + 1)
        self.publish(fate)

    def edit(self, to: str, slot: int, one: str, flags: int, fate: str) -> None:
        """One row changes: a mute, a dark camera, another source, nothing at all."""
        self.rows.pop((to, slot), None)
        if flags:
            source = "screen" if flags & 4 else "camera"
            self.rows[to, slot] = (to, slot, one, bool(flags & 1), bool(flags & 2), source)
        self.publish(fate)

    def capture(self, one: str, flags: int, key: str, turn: bool, fate: str) -> None:
        """What is recorded of somebody changes, and perhaps into what."""
        self.record.pop(one, None)
        if flags:
            self.record[one] = (bool(flags & 1), bool(flags & 2), bool(flags & 4))
        self.segment = (key, self.segment[1] + turn)
        self.publish(fate)

    def late(self, index: int, worker: int) -> None:
        """Any table of the past arrives anywhere."""
        if self.tables:
            self.workers[worker].table(self.tables[-1 - index % len(self.tables)])

    def place(self, told: bool, moved: bool, fate: str) -> None:
        """The room moves to the other worker; the old one may not hear of it, and devices may be there first."""
        old = self.worker
        self.at, self.epoch = 1 - self.at, self.epoch + 1
        if fate == "now":
            self.publish(fate)
        if moved:
            for name in NAMES:
                self.connect(name, 0)
        if fate != "now":
            self.everybody()
            self.publish("now")
        if told:
            old.drop()

    def everybody(self, key: bool = False) -> None:
        """A word and a picture of each."""
        for name in NAMES:
            self.send(name, MIC, False, False)
            self.send(name, HIGH, key, False)

    def replace(self, name: str) -> None:
        """The room was elsewhere and is back; a device offers before the table comes, which is late or never."""
        self.epoch += 2
        self.connect(name, 0)

    # -- connections

    def offer(self, name: str, back: int) -> None:
        """An offer of this placement, or of an earlier one, at its worker."""
        epoch = max(self.epoch - back, 1)
        worker = self.workers[self.at ^ (self.epoch - epoch) & 1]
        truth = worker.truth
        stale = epoch < truth.epoch if truth.known else truth.dropped is not None and epoch <= truth.dropped[0]
        self.lives += 1
        try:
            worker.offer(name, self.lives, epoch)
        except StaleEpoch:
            assert stale
            return
        assert not stale
        self.publishers[self.lives] = Publisher(self.lives)

    def connect(self, name: str, back: int) -> None:
        """An offer, and its connection comes up."""
        self.offer(name, back)
        for worker in self.workers:
            if name in worker.idle:
                worker.install(name)

    # -- packets

    def make(self, connection: Connection, name: str, stream: int, key: bool) -> tuple[Sent, bytes]:
        """The next packet of one stream."""
        publisher = self.publishers[connection.life]
        publisher.seq[stream] += 1
        seq, number = publisher.seq[stream], len(self.sent)
        ssrc = _ssrc(connection.life, stream)
        single = stream not in (HIGH, LOW) or not self.rids
        sent = Sent(number, name, KIND[stream], (connection.life, ssrc), seq, key, single)
        self.sent.append(sent)
        body = number.to_bytes(4, "big")
        if stream == MIC:
            return sent, rtp(ssrc, seq, seq * 960, body, mid=MID[MIC])
        rid = "" if single else self.rid(stream)
        return sent, rtp(ssrc, seq, seq * 3000, vp8(seq, seq, body, key=key), pt=VIDEO_PT, mid=MID[stream], rid=rid)

    def rid(self, stream: int) -> str:
        """The name of an encoding."""
        low, high = self.rids
        return low if stream == LOW else high

    def send(self, name: str, stream: int, key: bool, held: bool) -> None:
        """One packet from wherever this device is connected; `held`: the network keeps it for now."""
        if stream == LOW and not self.rids:
            stream = HIGH
        for worker in self.workers:
            connection = worker.now.get(name)
            if connection is not None:
                sent, data = self.make(connection, name, stream, key)
                if held:
                    self.publishers[connection.life].held.append((sent, stream, data))
                else:
                    self.deliver(worker, connection, sent, stream, data)

    def deliver(self, worker: Watched, connection: Connection, sent: Sent, stream: int, data: bytes) -> None:
        """A packet arrives; the first of its time must come through to everybody it is for."""
        worker.hall.now += 0.001
        newest = worker.truth.arrived(sent)
        whole = newest and sent.kind not in self.publishers[connection.life].lied
        _arrive(worker, connection, data)
        if sent.number % 5 == 0:
            count = len(worker.reached.get(sent.number, []))
            _arrive(worker, connection, data)  # networks duplicate
            assert len(worker.reached.get(sent.number, [])) == count
        if whole and not worker.failed:
            self.complete(worker, sent, stream)

    def complete(self, worker: Watched, sent: Sent, stream: int) -> None:
        """What is named and due has come."""
        truth, reached = worker.truth, worker.reached.get(sent.number, [])
        assert len(set(reached)) == len(reached)
        place = (sent.endpoint, TRACK[sent.kind])
        kept = truth.places.get(place)
        if kept is not None and sent.single and (stream == MIC or sent.key):
            assert sent.number in worker.kept[place]
        for cell, (((endpoint, kind), life), since) in truth.cells.items():
            if (endpoint, kind) != (sent.endpoint, sent.kind) or not sent.single:
                continue
            slot = worker.now[cell[0]].link.slots[cell[1]][cell[2] == "video"]
            assert slot is not None
            state = (sent.stream, life, since, kept)
            if slot.withheld:
                self.begun.pop((id(worker), cell), None)
            elif stream == MIC or sent.key or self.begun.get((id(worker), cell)) == state:
                assert cell in reached, (cell, sent)
                self.begun[id(worker), cell] = state

    def both(self, name: str) -> None:
        """A key frame of every encoding: after it, whoever may see the camera sees it."""
        numbers = len(self.sent)
        for stream in (LOW, HIGH):
            self.send(name, stream, True, False)
        for worker in self.workers:
            if name not in worker.now or worker.failed or self.publishers[worker.now[name].life].lied:
                continue
            reached = {cell for number in range(numbers, len(self.sent)) for cell in worker.reached.get(number, [])}
            for cell, ((origin, _), _) in worker.truth.cells.items():
                slot = worker.now[cell[0]].link.slots[cell[1]][cell[2] == "video"]
                if origin == (name, "camera") and slot is not None and not slot.withheld:
                    assert cell in reached

    def release(self, name: str, count: int, repaired: bool) -> None:
        """What the network held arrives at last, as it was or repeated through RTX."""
        for worker in self.workers:
            connection = worker.now.get(name)
            held = self.publishers[connection.life].held if connection else []
            for sent, stream, data in held[:count]:
                assert connection is not None
                if repaired and stream in (HIGH, LOW):
                    self.repeat(worker, connection, sent, stream, data)
                else:
                    self.deliver(worker, connection, sent, stream, data)
            del held[:count]

    def repeat(self, worker: Watched, connection: Connection, sent: Sent, stream: int, data: bytes) -> None:
        """A retransmission (RFC 4588) of a packet of the camera."""
        publisher = self.publishers[connection.life]
        publisher.rtx += 1
        payload = sent.seq.to_bytes(4, "big")[2:] + vp8(sent.seq, sent.seq, data[-4:], key=sent.key)
        rid = self.rid(stream) if self.rids else ""
        ssrc = _ssrc(connection.life, RTX_LOW if stream == LOW else RTX_HIGH)
        if sent.stream in worker.truth.passed:  # else there is nothing to mend, and the relay drops it
            worker.truth.arrived(sent)
        _arrive(
            worker,
            connection,
            rtp(ssrc, publisher.rtx, sent.seq * 3000, payload, pt=RTX_PT, mid="1", repaired_rid=rid),
        )

    def stray(self, name: str) -> None:
        """Connections that are not up yet or were replaced send on: that reaches nobody and no journal."""
        for worker in self.workers:
            old = [one for other, one in worker.gone if other == name]
            for connection in (*old, *([worker.idle[name]] if name in worker.idle else [])):
                for stream in (MIC, HIGH, SHOWN):
                    sent, data = self.make(connection, name, stream, True)
                    _arrive(worker, connection, data)
                    assert sent.number not in worker.reached
                    assert not any(sent.number in kept for kept in worker.kept.values())

    def forge(self, name: str, other: str, variant: int) -> None:
        """Packets that name what is not theirs: SSRCs, MIDs and RIDs of others and of slots."""
        for worker in self.workers:
            connection, victim = worker.now.get(name), worker.now.get(other)
            if connection is None or victim is None or name == other:
                continue
            publisher = self.publishers[connection.life]
            slots = list(victim.cells)
            ssrc = (_ssrc(victim.life, variant % 4), slots[variant % len(slots)], variant + 7)[variant % 3]
            mid = ("0", "1", "2", f"v{variant % 3}", f"a{variant % 3}", "")[variant % 6]
            pt = (AUDIO_PT, VIDEO_PT, RTX_PT)[variant // 6 % 3]
            number = len(self.sent)
            self.sent.append(Sent(number, name, "", (connection.life, ssrc), variant, single=False))
            body = number.to_bytes(4, "big")
            payload = body if pt == AUDIO_PT else vp8(variant, variant, body, key=variant % 2 == 0)
            publisher.lied |= {kind for stream, kind in KIND.items() if MID[stream] == mid}
            rid = ("", "q", "h", "x")[variant // 2 % 4]
            _arrive(worker, connection, rtp(ssrc, variant * 77, 0, payload, pt=pt, mid=mid, rid=rid))

    # -- feedback

    def nack(self, name: str, whose: str, index: int, back: int) -> None:
        """Somebody asks again for what some cell, perhaps another's, was once sent."""
        for worker in self.workers:
            asking, owner = worker.now.get(name), worker.now.get(whose)
            if asking is None or owner is None:
                continue
            worker.hall.now += 0.03
            ssrc, (slot, medium, _) = list(owner.cells.items())[index % len(owner.cells)]
            numbers = worker.numbers.get((whose, slot, medium), [])[-back:] or [back]
            for target in (ssrc, *([_ssrc(owner.life, index % 6)] if index % 3 == 0 else [])):
                asking.link.rtcp(rtcp.nack(1, target, sorted(set(numbers))), worker.hall.now)
            asking.link.rtcp(rtcp.pli(1, ssrc), worker.hall.now)

    def again(self, name: str) -> None:
        """A subscriber asks again for the last of everything it was sent."""
        for worker in self.workers:
            if name not in worker.now:
                continue
            worker.hall.now += 0.03
            for ssrc, (index, medium, slot) in worker.now[name].cells.items():
                numbers = worker.numbers.get((name, index, medium))
                if numbers and ssrc == slot.ssrc:
                    worker.now[name].link.rtcp(rtcp.nack(1, ssrc, sorted(set(numbers[-3:]))), worker.hall.now)

    def each(self, act: Callable[[Watched, Connection], None]) -> None:
        """Do something with every connection that is up."""
        for worker in self.workers:
            for connection in list(worker.now.values()):
                act(worker, connection)

    def tick(self) -> None:
        """What a worker does by itself once a second."""
        for worker in self.workers:
            worker.wait(1.0)

        def serve(worker: Watched, connection: Connection) -> None:
            now, link = worker.hall.now, connection.link
            for offset in KIND:
                link.rtcp(rtcp.sender_report(_ssrc(connection.life, offset), 3.9e9 + now, 7, 1, 1), now)
            link.ask(now)
            link.report_switches(now)
            link.send_sender_reports(now)
            link.send_receiver_report(now)

        self.each(serve)

    def aim(self, name: str, slot: int, layer: int) -> None:
        """A subscriber's network changes."""

        def aim(worker: Watched, connection: Connection) -> None:
            half = connection.link.slots[slot][1]
            if connection.endpoint.name == name and half is not None:
                half.aim(layer, worker.hall.now)

        self.each(aim)


def _ssrc(life: int, stream: int) -> int:
    return 0x100000 + life * 16 + stream


def _arrive(worker: Watched, connection: Connection, data: bytes) -> None:
    connection.link.rtp(data, int(worker.hall.now * 1e9))
    worker.heed()
