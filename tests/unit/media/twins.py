"""One hall on each engine, which live the same life: whatever comes out of one must come out of the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from random import Random
from typing import Any

from media.extensions import URI_MID, URI_REPAIRED_RID, URI_RID, URI_SENT, ExtensionIds
from media.follower import Follower
from media.link import Link, Plan
from media.slot import Slot, Start
from media.stats import quality, room_stats
from media.stream import Stream
from tests.unit.media.packets import ENGINES, IDS, URI_LEVEL, Hall, Outbox, Shelf

URI_TURN = "urn:3gpp:video-orientation"
ALL_IDS = (
    IDS,
    ExtensionIds.of({URI_MID: 4, URI_SENT: 2, URI_LEVEL: 1, URI_RID: 10, URI_REPAIRED_RID: 11, URI_TURN: 12}),
    ExtensionIds.of({URI_MID: 1, URI_SENT: 3, URI_LEVEL: 4, URI_TURN: 2, URI_RID: 5, URI_REPAIRED_RID: 6}),
    ExtensionIds.of({URI_MID: 4, URI_LEVEL: 2, URI_RID: 10, URI_REPAIRED_RID: 11}),
)
"""What browsers may have agreed on; ids mean different things to them, and one has no send time."""

NO_FLOOR = -(1 << 62)  # or anything below
KEPT = 600  # sequence numbers back for which a slot is asked whether it sent them: more than any remembers


class Twin(Hall):
    """A hall on one engine, whose slots start with numbers from a seed."""

    def __init__(self, engine: str, seed: int, slots: int) -> None:
        self.engine = engine
        self.shelf = Shelf()
        numbers = Random(seed)

        def draw() -> Start:
            bits = numbers.getrandbits
            # Near the ends as often as anywhere: that is where arithmetic goes wrong.
            seq, ts = numbers.choice((bits(15), 0x7FFF, 0)), numbers.choice((bits(32), 0xFFFFFFFF, 0))
            return Start(seq, ts, numbers.choice((bits(15), 0x7FFF)), numbers.choice((bits(8), 255)), bits(15))

        super().__init__(self.shelf, slots, draw)
        self.ids = IDS
        self.gone: list[tuple[str, Link, Outbox]] = []

    def plan(self) -> Plan:
        return replace(super().plan(), ids=self.ids)

    def connect(self, room: str, name: str) -> Link:
        if name in self.links:
            self.gone.append((name, self.links[name], self.boxes[name]))
        link = super().connect(room, name)
        link.ssrc = 7  # else by chance
        return link

    def ask(self) -> None:
        """Every connection asks its browser for what is due."""
        for link in self.links.values():
            if link.active:
                link.ask(self.now)

    def decide(self) -> None:
        """Every connection measures what it was sent, and chooses layers."""
        for link in self.links.values():
            link.thinning.decide(self.now)

    def report(self) -> None:
        """Every connection reports what it has received."""
        for link in self.links.values():
            link.send_receiver_report(self.now)


class Twins:
    """Both halls. `each` does a thing in both; `same` looks at what left them, `alike` at all that they know."""

    def __init__(self, seed: int, slots: int = 3) -> None:
        self.halls = [Twin(engine, seed, slots) for engine in ENGINES]
        self.model = self.halls[0]
        self._looked: dict[int, tuple[int, int]] = {}

    @property
    def now(self) -> float:
        """Their common time."""
        return self.model.now

    def each(self, act: Callable[[Twin], Any]) -> None:
        """The same in both, with the same outcome."""
        lean, native = (act(hall) for hall in self.halls)
        assert lean == native
        self.same()

    def wait(self, seconds: float) -> None:
        """Time passes."""
        for hall in self.halls:
            hall.now += seconds

    def send(self, name: str, data: bytes) -> None:
        """A packet arrives from somebody who is connected."""
        self.each(lambda hall: hall.send(name, data))

    def same(self) -> None:
        """What left since the last look is the same, byte for byte and in the same order."""
        lean, native = self.halls
        for name, box in lean.boxes.items():
            other = native.boxes[name]
            rtp, rtcp = self._looked.get(id(box), (0, 0))
            assert box.rtp[rtp:] == other.rtp[rtp:], name
            assert box.rtcp[rtcp:] == other.rtcp[rtcp:], name
            self._looked[id(box)] = len(box.rtp), len(box.rtcp)

    def alike(self) -> None:
        """They know the same, and have told and recorded the same."""
        lean, native = (_known(hall) for hall in self.halls)
        for key, value in lean.items():
            assert value == native[key], key
        refused = self.halls[1].core._engine.counters()
        assert not any(refused.values()), refused


def _known(hall: Twin) -> dict[str, Any]:
    core = hall.core
    endpoints = {name: (room, one) for room in core.rooms.values() for name, one in room.endpoints.items()}
    labels: dict[Follower, object] = {
        slot: (name, slot.ssrc) for name, link in hall.links.items() for pair in link.slots for slot in pair if slot
    }
    labels.update({tap: (room.name, place) for room in core.rooms.values() for place, tap in room.taps.items()})
    streams = {
        (name, kind, stream.layer): stream
        for name, (_, one) in endpoints.items()
        for kind, source in one.sources.items()
        for stream in source.streams()
    }
    return {
        "journals": (hall.shelf.opened, hall.shelf.packets),
        "events": hall.events,
        "retired": [(room, tap.record, tap.packets, tap.bytes) for room, tap in hall.retired],
        "counters": core.counters(),
        "stats": {name: room_stats(room) for name, room in core.rooms.items()},
        "quality": {name: quality(one, one.link, hall.now) for name, (_, one) in endpoints.items() if one.link},
        "links": {name: _link(link) for name, link in hall.links.items()},
        "gone": [(name, _link(link), box.rtp, box.rtcp) for name, link, box in hall.gone],
        "streams": {place: _stream(stream, labels) for place, stream in streams.items()},
        "followers": {label: _follower(one) for one, label in labels.items()},
    }


def _fields(thing: object) -> dict[str, Any]:
    return {name: getattr(thing, name) for name in type(thing).__slots__}  # type: ignore[attr-defined]


def _link(link: Link) -> dict[str, Any]:
    return {
        "counters": link.counters(),
        "times": (link.active, round(link.heard_at, 6), link.deadline_ns, link.rtt),  # nanoseconds on one side
        "uplink": (link.uplink.estimate, link.up_loss),
        "downlink": (link.thinning.estimate, link.thinning.loss, link.thinning.sent_rate),
        "flows": {ssrc: (flow.stream.medium, flow.pt, flow.original_pt) for ssrc, flow in link._flows.items()},
        "slots": [_slot(slot) for pair in link.slots for slot in pair if slot is not None],
    }


def _slot(slot: Slot) -> dict[str, Any]:
    return {
        "sent": (slot.packets, slot.octets, slot.repeated, slot.repeated_octets),
        "state": (slot.report_due, slot.echo, slot.withheld, slot.fraction_lost, slot._ts_shift()),
    }


def memory(name: str, index: int, half: int, newest: int, hall: Twin) -> tuple[list[int], list[int]]:
    """What a half slot remembers of what it sent up to this number, and how many of some it says it did not send."""
    slot = hall.links[name].slots[index][half]
    assert slot is not None
    kept = [number for number in range(newest - KEPT, newest + 3) if slot.sent(number & 0xFFFF)]
    spans = ((0, 0), (-7, 0), (-130, 0), (-KEPT, 0), (-KEPT, -300), (1, 9), (5, 1), (-3, 3))
    base = newest + 0x30000  # numbers are extended
    return kept, [slot.unsent(base + first, base + last) for first, last in spans]


def _stream(stream: Stream, labels: dict[Follower, object]) -> dict[str, Any]:
    return {
        "reception": _fields(stream.reception),
        "missing": _fields(stream.missing),
        "keys": _fields(stream.keys),
        "state": (stream.ssrc, stream.ids, stream.generation, stream.last_sr, stream.last_at, stream.bit_rate),
        "subscribers": [labels[one] for one in stream.subscribers],  # type: ignore[index]
    }


def _follower(one: Follower) -> tuple[object, ...]:
    source, carried = one.source, one.carried
    return (
        source and (source.endpoint, source.kind),
        carried and carried.layer,
        one._next and one._next.layer,
        one._generation if carried else None,
        max(one.floor, NO_FLOOR) if carried else None,
        one.layer,
    )
