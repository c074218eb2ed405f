"""The shared screen over random histories: one at a time, in one audience, and gone with whatever it began with."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rooms.codec import decode, encode
from rooms.model import SCREEN_SLOT, Room, is_member
from rooms.rules import screen
from rooms.table import forwarding_table, slot_of
from rooms.view import view
from tests.unit.rooms.histories import GUESTS, Op, World, command, histories, in_session, new_world, played

FEW = settings(max_examples=120, deadline=None)
JOINT = in_session("a1", "b1", "n1")
SHARE_A = command("a1", "screen.share")
CAUCUS_A = command("m", "caucus.enter", side="A")

sharing = st.lists(
    st.builds(command, st.sampled_from(["m", "a1", "b1", "n1"]), st.sampled_from(["screen.share", "screen.stop"])),
    min_size=1,
    max_size=6,
)


def shared_histories() -> st.SearchStrategy[list[Op]]:
    """A sitting of four in which somebody shares, then anything, then sharing again."""
    return st.builds(lambda one, rest, two: [*JOINT, *one, *rest[len(JOINT) :], *two], sharing, histories(25), sharing)


def rows(room: Room, source: str = "screen") -> list[dict[str, Any]]:
    now = cast(dict[str, Any], forwarding_table(room))
    return [row for row in now["rows"] if row["source"] == source]


def recorded(room: Room) -> list[str]:
    now = cast(dict[str, Any], forwarding_table(room))
    return [row["endpoint"] for row in now["record"] if row.get("screen", False)]


@FEW
@given(shared_histories())
def test_one_screen_at_a_time_goes_to_its_audience_and_is_recorded(ops: list[Op]) -> None:
    world = new_world()
    for step, op in enumerate(ops):
        world.play(op, step)
        room, shown = world.room, rows(world.room)
        now = screen.sharing(room)
        assert room.share == now, "a share that holds no longer is cleared in the same revision"
        if now is None:
            assert (shown, recorded(room)) == ([], [])
            continue
        assert recorded(room) == [now.endpoint]
        assert {row["from"] for row in shown} <= {now.endpoint}
        assert all(row["slot"] == SCREEN_SLOT and row["video"] and not row["audio"] for row in shown)
        assert {row["to"] for row in shown} == {
            row["to"] for row in rows(room, "camera") if row["from"] == now.endpoint
        }
        sharer = room.seats[now.seat]
        assert sharer.presence == "admitted"
        assert room.phase in ("joint", "caucus")
        if room.caucus is not None:
            assert is_member(sharer, room.caucus.side)
            holders = {seat.endpoint: seat for seat in room.seats.values()}
            assert all(is_member(holders[row["to"]], room.caucus.side) for row in shown)


@FEW
@given(shared_histories())
def test_no_share_outlives_its_audience(ops: list[Op]) -> None:
    """From one act to the next a share keeps its mode and wall, or is gone."""
    world = new_world()
    for step, op in enumerate(ops):
        before = world.room
        world.play(op, step)
        was, now = before.share, world.room.share
        if was is not None and now == was:
            walls = [room.caucus.revision if room.caucus else None for room in (before, world.room)]
            assert before.phase == world.room.phase
            assert walls[0] == walls[1] == now.caucus


@FEW
@given(shared_histories())
def test_each_share_has_its_beginning_and_its_end_on_the_timeline(ops: list[Op]) -> None:
    world = new_world()
    for step, op in enumerate(ops):
        world.play(op, step)
    marks = [act for act in world.acts if act.act in ("screen.shared", "screen.stopped")]
    expected = ["screen.shared", "screen.stopped"] * len(marks)
    assert [mark.act for mark in marks] == expected[: len(marks)]
    assert len(marks) % 2 == (world.room.share is not None)
    for begun, ended in zip(marks[::2], marks[1::2], strict=False):
        assert begun.payload["seat"] == ended.payload["seat"]
        assert begun.subject == ended.subject is not None


@FEW
@given(shared_histories())
def test_everybody_who_may_see_is_told_and_nobody_else(ops: list[Op]) -> None:
    world = new_world()
    for step, op in enumerate(ops):
        world.play(op, step)
    room, now = world.room, world.room.share
    for seat in room.seats.values():
        told = cast(dict[str, Any] | None, view(room, seat.id)["screen"])
        inside = seat.presence == "admitted" and (room.caucus is None or is_member(seat, room.caucus.side))
        if now is None or not inside:
            assert told is None
        else:
            assert told == {
                "seat": now.seat,
                "name": room.seats[now.seat].name,
                "slot": None if seat.id == now.seat else SCREEN_SLOT,
            }


def test_the_screen_s_slot_is_nobody_s() -> None:
    assert SCREEN_SLOT not in {slot_of(a, b) for a in range(8) for b in range(8) if a != b}


def after(*ops: Op) -> World:
    return played([*JOINT, *ops])


def last(world: World) -> tuple[str, object]:
    return world.acts[-1].act, world.acts[-1].payload.get("cause")


def test_a_share_is_begun_once_and_ended_by_its_owner() -> None:
    world = after(SHARE_A, SHARE_A)
    assert [act.act for act in world.acts].count("screen.shared") == 1
    assert {row["to"] for row in rows(world.room)} == {
        world.room.seats[f"seat_{s}"].endpoint for s in ("m", "b1", "n1")
    }
    world = after(SHARE_A, command("a1", "screen.stop"), command("a1", "screen.stop"))
    assert last(world) == ("screen.stopped", "self")
    assert world.play(command("b1", "screen.share"), 500) is None


def test_the_mediator_stops_anybody_and_nobody_else_does() -> None:
    world = after(SHARE_A)
    assert world.play(command("b1", "screen.stop"), 500) == "command.forbidden"
    assert world.play(command("b1", "screen.share"), 501) == "room.screen_taken"
    assert world.play(command("m", "screen.share"), 502) == "room.screen_taken"
    assert world.play(command("m", "screen.stop"), 503) is None
    assert last(world) == ("screen.stopped", "mediator")


@pytest.mark.parametrize(
    ("op", "cause"),
    [
        (CAUCUS_A, "mode"),
        (command("m", "caucus.enter", side="B"), "mode"),
        (command("m", "session.pause"), "mode"),
        (command("m", "session.end", outcome="suspended"), "mode"),
        (Op("recorder", name="failed"), "mode"),
        (command("m", "seat.remove", seat="seat_a1"), "person"),
        (command("a1", "seat.leave"), "person"),
        (Op("arrive", "a1"), "person"),
        (Op("offline", "a1"), "connection"),
        (Op("media", "a1", "failed"), "connection"),
        (Op("media", "a1", "none"), "connection"),
        (Op("lose", name="w1"), "connection"),
    ],
)
def test_what_ends_a_share(op: Op, cause: str) -> None:
    world = after(SHARE_A)
    revision = world.room.table_revision
    assert world.play(op, 500) is None
    assert world.room.share is None
    assert (rows(world.room), recorded(world.room)) == ([], [])
    assert world.room.table_revision == revision + 1, "in the same revision as its cause"
    assert last(world) == ("screen.stopped", cause)


def test_what_does_not_end_a_share() -> None:
    kept = [Op("media", "a1", "connecting"), command("a1", "media.state", mic=False, camera=False), Op("offline", "b1")]
    world = after(SHARE_A, *kept, command("m", "seat.mute", seat="seat_a1", muted=True))
    assert world.room.share is not None


def test_a_caucus_ends_with_what_was_shown_inside() -> None:
    world = after(CAUCUS_A, SHARE_A)
    seen = view(world.room, "seat_b1")
    assert seen["screen"] is None
    assert world.play(command("b1", "screen.share"), 500) == "room.screen_not_now"
    assert world.play(command("b1", "screen.stop"), 501) is None, "an outsider learns of no share"
    assert world.room.share is not None
    assert world.play(command("m", "caucus.enter", side="B"), 502) is None
    assert rows(world.room) == []
    for name in ("screen.share", "caucus.leave"):
        assert world.play(command("m", name), 503) is None
    assert world.room.share is None


@pytest.mark.parametrize(
    ("ops", "code"),
    [
        ([*JOINT[:-1]], "room.screen_not_now"),
        ([*JOINT, command("m", "session.pause")], "room.screen_not_now"),
        ([*JOINT, Op("media", "a1", "connecting")], "room.screen_not_connected"),
        ([*JOINT, Op("offline", "a1")], "room.screen_not_connected"),
    ],
)
def test_refusals(ops: list[Op], code: str) -> None:
    world = played(ops)
    before = world.room
    assert world.play(SHARE_A, 500) == code
    assert world.room == before


def test_neither_table_nor_view_shows_a_share_that_has_run_out_even_uncleared() -> None:
    room = after(SHARE_A).room
    paused = replace(room, phase="paused", segment=None)
    elsewhere = room.with_seat(replace(room.seats["seat_a1"], endpoint=room.seats["seat_b1"].endpoint))
    for over in (paused, elsewhere, room.without_endpoint(room.seats["seat_a1"].endpoint)):
        assert (rows(over), recorded(over)) == ([], [])
        assert all(view(over, f"seat_{short}")["screen"] is None for short in ("m", *GUESTS))


def test_a_room_stored_before_screens_were_shared_is_still_read() -> None:
    room = played(JOINT).room
    document = json.loads(encode(room))
    del document["share"]
    assert decode(json.dumps(document).encode()) == room
