"""From a command to a packet: whatever happens in a room, who is outside a caucus gets nothing of it.

The room's own rules are joined with the forwarding core, and judged by what the room says of its seats: the table
between them is not looked at.
"""

from __future__ import annotations

import os

from hypothesis import given, settings

from rooms.model import PLACES, Room, Seat, is_member
from rooms.table import forwarding_table
from tests.unit.media.packets import VIDEO_PT, Hall, Outbox, Shelf, rtp, vp8
from tests.unit.rooms.histories import Op, World, command, histories, in_session, new_world

TIMES = int(os.environ.get("HESHI_SOAK", "1"))
ROOM = "room_1"


class Sitting:
    """A room, and one worker that obeys its tables; devices are connected from the moment they have a seat."""

    def __init__(self) -> None:
        self.world: World = new_world()
        self.shelf = Shelf()
        self.hall = Hall(self.shelf, PLACES)
        self.told = (-1, -1)
        self.count = 0
        self.devices: list[str] = []
        self.base: dict[str, int] = {}

    def play(self, op: Op, step: int) -> str | None:
        """One act, and what follows from it at the worker."""
        refused = self.world.play(op, step)
        room, hall = self.world.room, self.hall
        hall.now += 0.5
        epoch = room.placement.epoch if room.placement else -1
        if epoch != self.told[0]:
            hall.core.drop(ROOM)
            hall.links.clear()
        if room.placement is None:
            self.told = (-1, -1)
            return refused
        for seat in room.seats.values():
            if seat.endpoint is not None and seat.endpoint not in hall.links:
                self.connect(seat.endpoint, epoch)
        if self.told != (epoch, room.table_revision):
            assert hall.core.apply(forwarding_table(room), hall.now).accepted
            self.told = (epoch, room.table_revision)
        else:
            assert hall.core.renew(ROOM, epoch, hall.now)
        return refused

    def connect(self, name: str, epoch: int) -> None:
        """A device's connection is up, whether it was admitted or not."""
        hall = self.hall
        endpoint = hall.core.admit(ROOM, name, epoch, hall.now)
        hall.boxes[name] = Outbox()
        hall.links[name] = hall.core.link(endpoint, hall.plan(), hall.boxes[name])
        hall.core.install(ROOM, endpoint, hall.links[name], hall.now)
        self.devices.append(name)
        self.base[name] = 0x100000 + len(self.devices) * 4

    def speak(self, name: str) -> tuple[set[str], set[str]]:
        """A word, a picture and a screen of this device: which devices any of it reached, and who heard the word."""
        hall, base = self.hall, self.base[name]
        before = {one: len(box.rtp) for one, box in hall.boxes.items()}
        self.count += 1
        body, picture = name.encode(), vp8(self.count, self.count, name.encode(), key=True)
        hall.send(name, rtp(base, self.count, self.count * 960, body, mid="0"))
        heard = {one for one, box in hall.boxes.items() if len(box.rtp) > before[one]}
        hall.send(name, rtp(base + 1, self.count, self.count * 3000, picture, pt=VIDEO_PT, mid="1"))
        hall.send(name, rtp(base + 2, self.count, self.count * 3000, picture, pt=VIDEO_PT, mid="2"))
        return {one for one, box in hall.boxes.items() if len(box.rtp) > before[one]}, heard

    def look(self) -> None:
        """Everybody speaks; the room's own words say who may be reached."""
        room = self.world.room
        seats = {seat.endpoint: seat for seat in room.seats.values() if seat.endpoint is not None}
        for name in self.hall.links:
            kept = {place: len(packets) for place, packets in self.shelf.packets.items()}
            reached, heard = self.speak(name)
            assert name not in reached
            inside = {one for one in reached if one in seats}
            assert inside == reached, "a device that has no seat any more is reached"
            for one in reached:
                assert together(room, seats.get(name), seats[one])
            speaker = seats.get(name)
            if speaker is None or speaker.muted or not speaker.mic:
                assert not heard
            if speaker is not None and speaker.mic and not speaker.muted and room.segment is not None:
                due = {one for one in self.hall.links if one != name and together(room, speaker, seats.get(one))}
                assert heard == due
            for (endpoint, segment, _), packets in self.shelf.packets.items():
                if len(packets) > kept.get((endpoint, segment, _), 0):
                    assert (endpoint, segment) == (name, room.segment)
                    keys = {row[3] for row in self.shelf.opened if row[1:3] == (endpoint, segment)}
                    assert keys == {"caucus" if room.caucus is not None else "joint"}


def together(room: Room, one: Seat | None, other: Seat | None) -> bool:
    """Whether these two may hear each other now."""
    if one is None or other is None or room.phase not in ("joint", "caucus") or room.recorder == "failed":
        return False
    for seat in (one, other):
        if seat.presence != "admitted" or not room.online(seat):
            return False
        if room.caucus is not None and not is_member(seat, room.caucus.side):
            return False
    return True


@settings(max_examples=100 * TIMES, deadline=None)
@given(histories(30))
def test_whoever_is_outside_gets_nothing_whatever_happens(ops: list[Op]) -> None:
    sitting = Sitting()
    for step, op in enumerate(ops):
        sitting.play(op, step)
        if sitting.hall.links:
            sitting.look()


def test_a_caucus_from_its_command_to_its_packets() -> None:
    sitting = Sitting()
    ops = in_session("a1", "b1")
    reached = {}
    for step, op in enumerate([*ops, command("m", "caucus.enter", side="A"), command("m", "caucus.leave")]):
        assert sitting.play(op, step) is None
        if step >= len(ops) - 1:
            sitting.look()
            seat = sitting.world.room.seats["seat_a1"]
            reached[step - len(ops) + 1] = len(sitting.speak(seat.endpoint or "")[0])
    assert reached == {0: 2, 1: 1, 2: 2}
