"""Phases over random histories, and the sittings' own rules."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from rooms.model import session_of_segment
from rooms.rules.chat import KEPT
from rooms.view import view
from tests.unit.rooms.histories import GUESTS, Op, coming_in, command, histories, in_session, new_world, played

FEW = settings(max_examples=100, deadline=None)


@FEW
@given(histories())
def test_phases_hold_what_they_promise(ops: list[Op]) -> None:
    world = new_world()
    for step, op in enumerate(ops):
        world.play(op, step)
        room, session = world.room, world.room.session
        assert (room.phase == "idle") == (session is None)
        assert (room.phase == "caucus") == (room.caucus is not None)
        assert (room.phase in ("joint", "caucus")) == (room.segment is not None)
        if room.phase in ("joint", "caucus", "paused"):
            assert session is not None
            assert session.started_at is not None
        if room.phase in ("joint", "caucus"):
            assert room.recorder != "failed"
        if room.segment is not None:
            assert session is not None
            assert session_of_segment(room.segment) == session.id
        if room.caucus is not None:
            assert room.caucus.segment == room.segment
        assert [s.number for s in room.sessions] == list(range(1, len(room.sessions) + 1))
        assert all(s.ended_at for s in room.sessions[:-1])


@FEW
@given(histories())
def test_an_ended_sitting_never_changes(ops: list[Op]) -> None:
    world = new_world()
    for step, op in enumerate(ops):
        ended = [s for s in world.room.sessions if s.ended_at]
        world.play(op, step)
        assert [s for s in world.room.sessions if s.ended_at][: len(ended)] == ended
        assert all((s.outcome is None) == (s.ended_at is None) for s in world.room.sessions)


@FEW
@given(histories())
def test_each_mode_has_its_own_segment(ops: list[Op]) -> None:
    """No segment is ever used in two modes or two caucuses, so no journal mixes keys or audiences."""
    world = new_world()
    modes: dict[str, tuple[str, str | None, int]] = {}
    for step, op in enumerate(ops):
        world.play(op, step)
        room = world.room
        if room.segment is not None:
            mode = (room.phase, room.caucus.side if room.caucus else None, room.epoch)
            assert modes.setdefault(room.segment, mode) == mode


@FEW
@given(histories())
def test_whoever_is_in_was_let_in_by_the_mediator(ops: list[Op]) -> None:
    world = new_world()
    for step, op in enumerate(ops):
        before = world.room
        world.play(op, step)
        for seat in world.room.seats.values():
            came_in = seat.presence == "admitted" and before.seats[seat.id].presence != "admitted"
            if came_in:
                assert op.name in ("seat.admit", "seat.refuse")
                assert op.seat == "m"
            if seat.presence == "admitted" and seat.role != "mediator":
                assert seat.endpoint in world.room.endpoints
        held = [seat.endpoint for seat in world.room.seats.values() if seat.endpoint]
        held += [seat.previous_endpoint for seat in world.room.seats.values() if seat.previous_endpoint]
        assert sorted(held) == sorted(world.room.endpoints)


def refused(ops: list[Op], op: Op) -> str | None:
    world = played(ops)
    before = world.room
    code = world.play(op, len(ops))
    assert world.room == before
    return code


JOINT = in_session("a1", "b1")
OPEN = JOINT[:-1]
CAUCUS = [*JOINT, command("m", "caucus.enter", side="A")]
PAUSED = [*JOINT, command("m", "session.pause")]
FAILED = [*JOINT, Op("recorder", name="failed")]


@pytest.mark.parametrize(
    ("ops", "op", "code"),
    [
        ([], command("m", "session.start"), "room.not_open"),
        ([], command("m", "session.end", outcome="agreed"), "room.not_open"),
        ([], command("m", "session.pause"), "room.wrong_phase"),
        (OPEN, command("m", "session.open"), "room.wrong_phase"),
        (OPEN, command("m", "session.resume"), "room.wrong_phase"),
        (OPEN, command("m", "caucus.enter", side="A"), "room.wrong_phase"),
        ([*OPEN, Op("offline", "m")], command("m", "session.start"), "room.host_offline"),
        ([*OPEN, Op("recorder", name="failed")], command("m", "session.start"), "room.recorder_down"),
        (JOINT, command("m", "session.start"), "room.wrong_phase"),
        (JOINT, command("m", "caucus.leave"), "room.wrong_phase"),
        (JOINT, command("m", "seat.admit", seat="seat_a1"), "seat.not_waiting"),
        (JOINT, command("m", "seat.remove", seat="seat_m"), "command.forbidden"),
        (in_session("b1"), command("m", "caucus.enter", side="A"), "room.side_absent"),
        (CAUCUS, command("b1", "chat.send", text="听得到吗"), "room.caucus"),
        (CAUCUS, command("b1", "session.end", outcome="agreed"), "command.forbidden"),
        (PAUSED, command("m", "session.pause"), "room.wrong_phase"),
        (PAUSED, command("m", "caucus.enter", side="A"), "room.wrong_phase"),
        (FAILED, command("m", "session.resume"), "room.recorder_down"),
        (JOINT, command("a2", "hand.set", raised=True), "seat.not_admitted"),
    ],
)
def test_refusals_change_nothing(ops: list[Op], op: Op, code: str) -> None:
    assert refused(ops, op) == code


def test_an_eighth_guest_finds_the_room_full_and_keeps_waiting() -> None:
    world = played([*in_session(*GUESTS), *coming_in("n2")[:-1]])
    assert world.play(command("m", "seat.admit", seat="seat_n2"), 210) == "room.full"
    assert world.room.seats["seat_n2"].presence == "waiting"
    assert world.play(command("b1", "seat.leave"), 211) is None
    assert world.play(command("m", "seat.admit", seat="seat_n2"), 212) is None


def test_a_recorder_that_fails_in_a_caucus_ends_it_and_pauses() -> None:
    world = played([*CAUCUS, Op("recorder", name="failed")])
    assert (world.room.phase, world.room.caucus, world.room.segment) == ("paused", None, None)
    assert [act.act for act in world.acts][-3:] == ["recorder.failed", "caucus.left", "session.paused"]


def test_a_new_device_keeps_the_admitted_one_in_reserve() -> None:
    world = played([*JOINT, Op("arrive", "a1")])
    seat = world.room.seats["seat_a1"]
    assert (seat.presence, seat.place) == ("waiting", 1)
    assert seat.previous_endpoint in world.room.endpoints
    world.play(Op("arrive", "a1"), 100)
    third = world.room.seats["seat_a1"]
    assert third.previous_endpoint == seat.previous_endpoint
    assert seat.endpoint not in world.room.endpoints
    world.play(command("m", "seat.refuse", seat="seat_a1"), 101)
    back = world.room.seats["seat_a1"]
    assert (back.presence, back.endpoint, back.place) == ("admitted", seat.previous_endpoint, 1)


def test_from_one_caucus_straight_to_the_other() -> None:
    world = played([*CAUCUS, command("a1", "chat.send", text="甲方的话"), command("m", "caucus.enter", side="B")])
    first, second = [act.payload["segment"] for act in world.acts if act.act == "caucus.entered"]
    assert first != second
    assert texts(view(world.room, "seat_b1")) == []
    assert texts(view(world.room, "seat_a1")) == ["甲方的话"]
    assert texts(view(world.room, "seat_m")) == ["甲方的话"]
    assert view(world.room, "seat_a1")["caucus"] == "other_side"


def test_a_caucus_full_of_words_pushes_out_no_joint_ones() -> None:
    world = played([*JOINT, command("b1", "chat.send", text="先说的"), command("m", "caucus.enter", side="A")])
    before = view(world.room, "seat_b1")
    for step in range(KEPT + 5):
        world.play(command("a1", "chat.send", text=f"第{step}句"), 1000 + step)
    assert view(world.room, "seat_b1") == before
    assert texts(before) == ["先说的"]
    mine = texts(view(world.room, "seat_a1"))
    assert len(mine) == KEPT + 1
    assert mine[-1] == f"第{KEPT + 4}句"


def test_a_lost_worker_leaves_the_sitting_and_the_next_one_gets_new_segments() -> None:
    world = played([*CAUCUS, Op("recorder", name="ok")])
    old = world.room.segment
    world.play(Op("lose", name="w1"), 100)
    assert (world.room.phase, world.room.recorder, world.room.placement) == ("caucus", "idle", None)
    assert view(world.room, "seat_a1")["media_epoch"] == 0
    world.play(Op("place", name="w2"), 101)
    assert world.room.segment != old
    assert world.room.epoch == 2


def test_between_sittings_whoever_was_in_is_told_how_the_last_one_ended() -> None:
    assert view(new_world().room, "seat_m")["last"] is None
    world = played(JOINT)
    assert view(world.room, "seat_a1")["last"] is None
    world.play(command("m", "session.end", outcome="suspended"), 100)
    assert view(world.room, "seat_a1")["last"] == {"number": 1, "outcome": "suspended"}
    assert view(world.room, "seat_a2")["last"] is None, "never admitted"
    world.play(command("m", "session.open"), 101)
    assert view(world.room, "seat_m")["last"] is None
    world.play(command("m", "session.end", outcome="absent"), 102)
    assert view(world.room, "seat_m")["last"] == {"number": 2, "outcome": "absent"}


def texts(seen: dict[str, Any]) -> list[str]:
    return [message["text"] for message in seen["chat"]]
