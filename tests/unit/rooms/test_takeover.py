"""Another officer takes the room over, another device the seat: neither inherits what belonged to the one before."""

from __future__ import annotations

from dataclasses import replace
from itertools import count

from rooms.model import Context, Endpoint, Identity, Room, Seat
from rooms.rules import caucus, chat, entering, sessions
from rooms.view import room_view

NUMBERS = count(1)
CONTEXT = Context("2026-11-24T08:00:00.000Z", lambda prefix: f"{prefix}_{next(NUMBERS)}")


def in_caucus() -> tuple[Room, Seat]:
    """The first officer apart with side A, where words were written."""
    room = Room(id="room", case_id="case", organ_id="organ")
    room, _, host = entering.host(room, "officer_1", "甲警官", "end_1", CONTEXT)
    party = Seat(id="seat_a", person_id="a", role="party", side="A", name="张三", presence="admitted", endpoint="end_a")
    room = room.with_seat(replace(party, place=1)).with_endpoint(Endpoint("end_a", ("seat_a",), "phone", online=True))
    room = room.with_endpoint(replace(room.endpoints["end_1"], online=True))
    room, _ = sessions.open_session(room, CONTEXT)
    room = room.with_seat(replace(party, place=1))
    room, _ = sessions.start(room, CONTEXT)
    room, _ = caucus.enter(room, "A", CONTEXT)
    room, _ = chat.send(room, room.seats["seat_a"], "只跟您说", CONTEXT)
    return room, room.seats[host.id]


def test_a_newcomer_finds_the_wall_down_and_none_of_its_words() -> None:
    room, host = in_caucus()
    assert [said.text for said in room_view(room, host.id).chat] == ["只跟您说"]
    room = room.with_endpoint(replace(room.endpoints["end_1"], online=False))
    room, acts, newcomer = entering.host(room, "officer_2", "乙警官", "end_2", CONTEXT)
    assert (room.phase, room.caucus) == ("joint", None)
    assert [act.act for act in acts] == ["caucus.left", "host.entered"]
    assert room_view(room, newcomer.id).chat == []
    assert [said.text for said in room_view(room, "seat_a").chat] == ["只跟您说"]


def test_a_new_device_has_to_be_looked_at_again() -> None:
    room, _ = in_caucus()
    room = room.with_seat(replace(room.seats["seat_a"], verified_at=CONTEXT.now, verified_by="seat_1"))
    identity = Identity("张三", True, True, True, CONTEXT.now)
    room, _ = entering.claim(room, "seat_a", "end_new", "another phone", identity, CONTEXT)
    assert (room.seats["seat_a"].verified_at, room.seats["seat_a"].verified_by) == (None, None)
