"""The forwarding table and the places it stands on, over random histories."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

from hypothesis import given, settings

from rooms.codec import decode, encode
from rooms.model import PLACES, Room, is_member
from rooms.table import LEASE_S, advance, forwarding_table, slot_of
from rooms.view import view
from tests.unit.rooms.histories import SEATS, Op, command, histories, in_session, new_world, played

FEW = settings(max_examples=80, deadline=None)


def table(room: Room) -> dict[str, Any]:
    return cast(dict[str, Any], forwarding_table(room))


@FEW
@given(histories())
def test_nothing_flows_across_a_wall_nor_to_or_from_anybody_not_admitted(ops: list[Op]) -> None:
    world = new_world()
    for step, op in enumerate(ops):
        world.play(op, step)
        room, now = world.room, table(world.room)
        if room.phase not in ("joint", "caucus") or room.recorder == "failed":
            assert now["rows"] == now["record"] == []
        named = {row["to"] for row in now["rows"]} | {row["from"] for row in now["rows"]}
        named |= {row["endpoint"] for row in now["record"]}
        for endpoint_id in named:
            endpoint = room.endpoints[endpoint_id]
            assert endpoint.online
            holders = [seat for seat in room.seats.values() if seat.endpoint == endpoint_id]
            assert [seat.presence for seat in holders] == ["admitted"]
            if room.caucus is not None:
                assert is_member(holders[0], room.caucus.side)
        key = "caucus" if room.caucus is not None else "joint"
        assert {row["key"] for row in now["record"]} <= {key}
        assert {row["segment"] for row in now["record"]} <= {room.segment}


@FEW
@given(histories())
def test_what_is_off_or_muted_does_not_flow(ops: list[Op]) -> None:
    world = new_world()
    for step, op in enumerate(ops):
        world.play(op, step)
        holders = {seat.endpoint: seat for seat in world.room.seats.values()}
        now = table(world.room)
        cameras = [r for r in now["rows"] if r["source"] == "camera"]
        for endpoint_id, row in [(r["from"], r) for r in cameras] + [(r["endpoint"], r) for r in now["record"]]:
            seat = holders[endpoint_id]
            assert row["audio"] == (seat.mic and not seat.muted)
            assert row["video"] == seat.camera


@FEW
@given(histories())
def test_places_are_unique_and_stay_while_their_person_does(ops: list[Op]) -> None:
    world = new_world()
    for step, op in enumerate(ops):
        before = world.room
        world.play(op, step)
        after = world.room
        places = [seat.place for seat in after.seats.values() if seat.place is not None]
        assert len(places) == len(set(places))
        assert all(0 <= place < PLACES for place in places)
        for seat in after.seats.values():
            was = before.seats[seat.id]
            if seat.presence == "admitted":
                assert seat.place is not None
                if was.presence == "admitted":
                    assert seat.place == was.place


@FEW
@given(histories())
def test_rows_agree_with_the_slots_people_are_told(ops: list[Op]) -> None:
    world = new_world()
    for step, op in enumerate(ops):
        world.play(op, step)
    room = world.room
    holders = {seat.endpoint: seat for seat in room.seats.values()}
    for row in table(room)["rows"]:
        if row["source"] == "screen":
            assert row["slot"] == cast(dict[str, Any], view(room, holders[row["to"]].id)["screen"])["slot"]
            continue
        told = cast(list[dict[str, Any]], view(room, holders[row["to"]].id)["peers"])
        assert {peer["seat"]: peer["slot"] for peer in told}[holders[row["from"]].id] == row["slot"]
    targets = [(row["to"], row["slot"]) for row in table(room)["rows"]]
    assert len(targets) == len(set(targets))


@FEW
@given(histories())
def test_the_table_s_revision_moves_exactly_when_its_orders_do(ops: list[Op]) -> None:
    world = new_world()
    for step, op in enumerate(ops):
        before = world.room
        world.play(op, step)
        after = world.room
        assert after.table_revision <= after.revision
        assert after.revision - before.revision in (0, 1)
        same = all(table(before)[part] == table(after)[part] for part in ("rows", "record", "epoch"))
        if not same:
            assert after.table_revision == after.revision > before.revision
        if after.table_revision == before.table_revision:
            assert same


@FEW
@given(histories())
def test_the_codec_gives_back_the_same_room(ops: list[Op]) -> None:
    world = new_world()
    for step, op in enumerate(ops):
        world.play(op, step)
    assert decode(encode(world.room)) == world.room


def test_slots_of_a_full_room_are_seven_distinct_ones() -> None:
    for mine in range(PLACES):
        assert sorted(slot_of(other, mine) for other in range(PLACES) if other != mine) == list(range(7))


def test_a_joint_session_of_three() -> None:
    room = played([*in_session("a1", "b1"), command("b1", "media.state", mic=False, camera=True)]).room
    now = table(room)
    ends = {short: room.seats[f"seat_{short}"].endpoint for short in ("m", "a1", "b1")}
    assert now["lease_s"] == LEASE_S
    assert now["revision"] == room.table_revision
    assert now["epoch"] == 1
    assert {(row["from"], row["to"], row["slot"], row["audio"]) for row in now["rows"]} == {
        (ends["m"], ends["a1"], 0, True),
        (ends["m"], ends["b1"], 0, True),
        (ends["a1"], ends["m"], 0, True),
        (ends["a1"], ends["b1"], 1, True),
        (ends["b1"], ends["m"], 1, False),
        (ends["b1"], ends["a1"], 1, False),
    }
    assert [row["seats"] for row in now["record"]] == [["seat_m"], ["seat_a1"], ["seat_b1"]]


def test_nothing_flows_while_the_recorder_has_failed_whatever_the_phase() -> None:
    room = replace(played(in_session("a1", "b1")).room, recorder="failed")
    assert table(room)["rows"] == table(room)["record"] == []


def test_entering_a_caucus_always_gives_the_relay_something_to_acknowledge() -> None:
    world = played([*in_session("a1", "b1"), *(Op("offline", short) for short in SEATS[:2]), Op("offline", "b1")])
    assert table(world.room)["record"] == []
    assert world.play(command("m", "caucus.enter", side="A"), 90) is None
    assert world.room.caucus is not None
    assert world.room.table_revision == world.room.caucus.revision == world.room.revision
    assert advance(world.room, world.room).table_revision == world.room.table_revision
