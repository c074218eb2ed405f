"""A room that changes its worker: what carries on, what begins anew, and what the timeline says was not recorded."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings

from rooms.codec import decode, encode
from rooms.model import Context, Room
from rooms.rules import gaps, system
from rooms.table import advance, forwarding_table
from rooms.view import view
from tests.unit.rooms.histories import Op, World, command, histories, in_session, new_world, played

LATER = Context("2026-03-02T02:00:00.000Z", lambda prefix: f"{prefix}_later")


def carrying(*more: Op) -> World:
    """A session of three whose media is connected at w1."""
    return played([*in_session("a1", "b1"), *(Op("media", seat, "connected") for seat in ("m", "a1", "b1")), *more])


def moved(room: Room) -> Room:
    after, _ = system.moved(room, "w2", room.table_revision, LATER)
    return advance(room, after)


def test_a_move_keeps_everything_but_worker_epoch_and_segment() -> None:
    room = carrying(command("m", "caucus.enter", side="A"), Op("acknowledge")).room
    after = moved(room)
    assert after.placement is not None
    assert (after.placement.worker, after.placement.epoch, after.placement.former) == ("w2", room.epoch + 1, room.epoch)
    before_rows, rows = forwarding_table(room)["rows"], forwarding_table(after)["rows"]
    assert rows == before_rows
    for seat in ("seat_m", "seat_a1"):
        assert view(room, seat)["private"] is view(after, seat)["private"] is True
    assert {endpoint.media for endpoint in after.endpoints.values()} == {"connected"}
    assert after.segment != room.segment
    assert after.caucus is not None
    assert after.caucus.segment == after.segment
    assert after.leaving is not None
    assert after.leaving.orders == after.table_revision, "the old worker may go on as long as the orders stay"


@pytest.mark.parametrize(
    "change", [command("m", "caucus.enter", side="B"), Op("offline", "a1"), command("a1", "seat.leave")]
)
def test_any_other_order_is_the_old_workers_end(change: Op) -> None:
    world = carrying()
    world.room = moved(world.room)
    assert world.play(change, 90) is None
    assert world.room.leaving is not None
    assert world.room.leaving.orders != world.room.table_revision


def test_a_move_decided_on_older_orders_does_not_happen() -> None:
    room = carrying().room
    assert system.moved(room, "w2", room.table_revision - 1, LATER) == (room, [])
    assert system.moved(room, "w1", room.table_revision, LATER) == (room, [])


def test_the_old_workers_death_after_a_move_is_no_loss() -> None:
    room = moved(carrying().room)
    after, acts = system.worker_lost(room, "w1", {}, LATER)
    assert acts == []
    assert after == replace(room, leaving=None)


def test_a_gap_is_told_for_each_person_from_the_last_that_is_kept() -> None:
    room = carrying().room
    kept = {"end_m": "2026-03-02T01:59:58.500Z"}
    lost, acts = system.worker_lost(room, "w1", kept, LATER)
    assert [act.act for act in acts] == ["recorder.lost"]
    assert set(lost.missing) == {"end_m", room.seats["seat_a1"].endpoint, room.seats["seat_b1"].endpoint}
    placed, _ = system.placed(lost, "w2", lost.epoch + 1, LATER)
    back = Context("2026-03-02T02:00:02.000Z", LATER.new_id)
    after, acts = system.endpoint_media(placed, "end_m", "connected", back)
    (act,) = acts
    assert act.act == "recording.gap"
    assert (act.payload["from"], act.payload["until"]) == (kept["end_m"], back.now)
    assert (act.payload["segment"], act.payload["next"]) == (room.segment, placed.segment)
    assert act.payload["seats"] == ["seat_m"]
    # Who leaves is not waited for, and in a pause nobody is missing.
    gone, acts = system.endpoint_offline(after, room.seats["seat_a1"].endpoint or "", back)
    assert [act.act for act in acts] == ["recording.gap"]
    settled, acts = gaps.settle(replace(gone, segment=None), back)
    assert [act.act for act in acts] == ["recording.gap"]
    assert settled.missing == {}


def test_rooms_stored_before_there_were_moves_can_be_read() -> None:
    room = carrying().room
    document = encode(room).decode()
    older = document.replace(',"former":0', "").replace(',"leaving":null,"missing":{}', "")
    assert "leaving" not in older
    assert "former" not in older
    assert decode(older.encode()) == room
    assert decode(encode(moved(room))) == moved(room)


@settings(max_examples=60, deadline=None)
@given(histories())
def test_nobody_is_missing_where_nothing_is_recorded(ops: list[Op]) -> None:
    world = new_world()
    for step, op in enumerate(ops):
        world.play(op, step)
        if world.room.segment is None:
            assert not world.room.missing
        if world.room.leaving is not None:
            assert world.room.placement is not None
            assert world.room.placement.former == world.room.leaving.epoch
