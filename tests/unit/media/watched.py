"""One worker's forwarding core under watch: whatever leaves it, to browser or journal, is held against the truth."""

from __future__ import annotations

from typing import Any

from media.link import Link
from media.ports import Track
from media.rtp import Packet
from media.slot import Slot
from tests.unit.media.packets import IDS, RTX_OFFSET, RTX_PT, Hall, Outbox, Shelf, Shelved
from tests.unit.media.truth import LEASE, TRACK, Cell, Place, Sent, Truth

ROOM = "room"


class Journals(Shelf):
    """A recorder that looks at every packet it is given."""

    def __init__(self, watched: Watched) -> None:
        super().__init__()
        self._watched = watched

    def open(
        self, room: str, endpoint: str, segment: str, key: str, medium: Track, seats: tuple[str, ...], clock_rate: int
    ) -> Shelved:
        super().open(room, endpoint, segment, key, medium, seats, clock_rate)
        return _Journal(self, self._watched, (endpoint, medium), (segment, key, *seats))


class _Journal(Shelved):
    def __init__(self, shelf: Shelf, watched: Watched, place: Place, label: tuple[str, ...]) -> None:
        super().__init__(shelf, [])
        self._watched, self._place, self._label = watched, place, label

    def put(self, arrival_ns: int, packet: bytes) -> None:
        if self._shelf.refuse_write:
            self._watched.refused = self._watched.origin(packet).number
        super().put(arrival_ns, packet)
        try:
            self._watched.written(self._place, self._label, packet)
        except AssertionError as fault:  # the relay would take it for a full disk
            self._watched.fault = fault
            raise


class Box(Outbox):
    """An outlet that looks at every packet."""

    def __init__(self, watched: Watched, name: str, life: int) -> None:
        super().__init__()
        self._watched, self._name, self._life = watched, name, life

    def send_rtp(self, head: bytes, tail: bytes) -> None:
        self._watched.left(self._name, self._life, head + tail)


class Connection:
    """One browser's connection: idle, current or replaced."""

    def __init__(self, life: int, link: Link, endpoint: Any) -> None:
        self.life, self.link, self.endpoint = life, link, endpoint
        self.cells: dict[int, tuple[int, str, Slot]] = {}
        for index, pair in enumerate(link.slots):
            for medium, slot in zip(("audio", "video"), pair, strict=True):
                assert slot is not None
                self.cells[slot.ssrc] = self.cells[slot.ssrc + RTX_OFFSET] = (index, medium, slot)


class Watched:
    """A worker, what is true there, and what has come out of it."""

    def __init__(self, sent: list[Sent], slots: int, rids: tuple[str, ...]) -> None:
        self.sent = sent
        self.truth = Truth(slots)
        self.journals = Journals(self)
        self.hall = Hall(self.journals, slots)
        self.hall.rids = rids
        self.now: dict[str, Connection] = {}
        self.idle: dict[str, Connection] = {}
        self.gone: list[tuple[str, Connection]] = []
        self.reached: dict[int, list[Cell]] = {}  # by packet
        self.kept: dict[Place, set[int]] = {}  # packets in the present journal of a place
        self._since: dict[Place, int] = {}
        self.numbers: dict[Cell, list[int]] = {}  # sequence numbers that a cell was sent
        self._carried: dict[tuple[int, int, str, int], int] = {}  # what went out under a number of a half slot
        self._begun: dict[Cell, tuple[int, tuple[int, int] | None]] = {}
        self.fault: AssertionError | None = None  # of a journal
        self.refused = -1  # the last packet that a journal would not take
        self._packet = Packet()

    @property
    def failed(self) -> bool:
        room = self.hall.core.rooms.get(ROOM)
        return room is not None and room.recorder == "failed"

    def origin(self, data: bytes) -> Sent:
        """Who made this packet: its last four bytes say which it is."""
        return self.sent[int.from_bytes(data[-4:], "big")]

    def left(self, name: str, life: int, data: bytes) -> None:
        """A packet went out on somebody's connection."""
        truth, packet = self.truth, self._packet
        if self.hall.engine == "native" and self.origin(data).number == self.refused:
            return  # the journal is told at once after the packet has gone: of what flowed then it lacks the last
        assert not self.failed, "something flows without a recorder"
        assert packet.read(data, 0, 0.0, IDS)
        index, medium, slot = self.now[name].cells[packet.ssrc]
        assert self.now[name].life == life, "a connection that was replaced is still served"
        assert (packet.pt == RTX_PT) == (packet.ssrc != slot.ssrc)
        sent, cell = self.origin(data), (name, index, medium)
        assert cell in truth.cells, (cell, sent)
        ((endpoint, kind), _), since = truth.cells[cell]
        assert endpoint == sent.endpoint
        if sent.kind:
            assert kind == sent.kind
            assert truth.of(sent) >= since, "what was sent before the table is shown after it"
        place = (endpoint, TRACK[kind])
        if place in truth.places:
            kept = self._journal(place)
            assert sent.number in kept if sent.single else kept, "seen and not recorded"
        self.reached.setdefault(sent.number, []).append(cell)
        repeated = packet.pt == RTX_PT
        seq = int.from_bytes(data[packet.start : packet.start + 2], "big") if repeated else packet.seq
        first = (life, index, medium, seq) not in self._carried
        assert self._carried.setdefault((life, index, medium, seq), sent.number) == sent.number
        if repeated:
            assert not first
            return
        assert first or medium == "audio"  # which is repeated as it was
        if medium == "video":
            assert not slot.withheld
            self._picture(cell, sent, since)
        self.numbers.setdefault(cell, []).append(packet.seq)

    def _picture(self, cell: Cell, sent: Sent, since: int) -> None:
        """A picture begins with a key frame, whatever stands behind it now; lies are judged by where they go alone."""
        begun = self._begun.get(cell)
        if begun == (since, None):
            return
        state = (since, sent.stream if sent.kind else None)
        assert begun == state or sent.key or not sent.kind
        self._begun[cell] = state

    def written(self, place: Place, label: tuple[str, ...], data: bytes) -> None:
        """A packet went into a journal."""
        truth, sent = self.truth, self.origin(data)
        assert place in truth.places, (place, sent)
        named, since = truth.places[place]
        assert named == label
        assert place[0] == sent.endpoint
        if sent.kind:
            assert place[1] == TRACK[sent.kind]
            assert truth.of(sent) >= since, "what was said before the switch is recorded after it"
        self._journal(place).add(sent.number)

    def _journal(self, place: Place) -> set[int]:
        since = self.truth.places[place][1]
        if self._since.get(place) != since:
            self._since[place], self.kept[place] = since, set()
        return self.kept[place]

    def offer(self, name: str, life: int, epoch: int) -> None:
        """A connection that is not up yet. Raises StaleEpoch."""
        hall, truth = self.hall, self.truth
        endpoint = hall.core.admit(ROOM, name, epoch, hall.now)
        if not truth.known:
            truth.known, truth.epoch = True, epoch
            truth.revision = truth.dropped[1] if truth.dropped else -1
        if epoch > truth.epoch:
            truth.epoch, truth.until = epoch, float("-inf")
        truth.members.add(name)
        truth.settle(hall.now)
        link = hall.core.link(endpoint, hall.plan(), Box(self, name, life))
        if name in self.idle:
            self.gone.append((name, self.idle[name]))
        self.idle[name] = Connection(life, link, endpoint)

    def install(self, name: str) -> None:
        """It is up, and replaces the one before."""
        connection = self.idle.pop(name)
        if name in self.now:
            self.gone.append((name, self.now[name]))
        self.now[name] = connection
        self.truth.connected[name] = connection.life
        self.truth.settle(self.hall.now)
        self.hall.core.install(ROOM, connection.endpoint, connection.link, self.hall.now)

    def lose(self, name: str) -> None:
        """Its connection broke."""
        connection = self.now.pop(name)
        self.gone.append((name, connection))
        self.hall.core.uninstall(connection.endpoint, connection.link)
        self.truth.connected.pop(name)
        self.truth.settle(self.hall.now)

    def remove(self, name: str) -> None:
        """It left the room."""
        self.hall.core.remove(name)
        for group in (self.now, self.idle):
            if name in group:
                self.gone.append((name, group.pop(name)))
        self.truth.members.discard(name)
        self.truth.connected.pop(name, None)
        self.truth.settle(self.hall.now)

    def drop(self) -> None:
        """The room left this worker."""
        self.hall.core.drop(ROOM)
        for group in (self.now, self.idle):
            self.gone += group.items()
            group.clear()
        self.truth.drop(self.hall.now)

    def table(self, table: dict[str, Any]) -> None:
        """A table arrives, in or out of time."""
        hall, truth = self.hall, self.truth
        expected = truth.admits(table["epoch"], table["revision"])
        applied = hall.core.apply(table, hall.now)
        assert applied.accepted == expected
        if expected:
            truth.take(table, hall.now)
        self.heed()

    def renew(self, epoch: int) -> None:
        """A heartbeat."""
        truth, now = self.truth, self.hall.now
        holds = truth.known and epoch == truth.epoch and now < truth.until
        assert self.hall.core.renew(ROOM, epoch, now) == holds
        if holds:
            truth.until = now + LEASE

    def finish(self) -> None:
        """The session's recording ends."""
        self.hall.core.finish(ROOM)
        if self.truth.table is not None and self.truth.table["record"]:
            self.truth.stop(self.hall.now)

    def heed(self) -> None:
        """Believe the room when it says that its recorder failed: then nothing may flow."""
        if self.fault is not None:
            raise self.fault
        if self.failed:
            self.truth.stop(self.hall.now)

    def wait(self, seconds: float) -> None:
        """Time passes, and leases run out."""
        self.hall.now += seconds
        self.hall.core.lapse(self.hall.now)
        self.truth.settle(self.hall.now)
