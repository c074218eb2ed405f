"""Nothing of a caucus can be learnt outside it."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from rooms.model import Room, is_member
from rooms.view import view
from tests.unit.rooms.histories import (
    GUESTS,
    Op,
    World,
    coming_in,
    command,
    global_ops,
    histories,
    host_ops,
    in_session,
    new_world,
    own_ops,
    played,
)

A = [short for short, (_, side) in GUESTS.items() if side == "A"]
OUTSIDE = [short for short, (_, side) in GUESTS.items() if side != "A"]
EVERYONE = [f"seat_{short}" for short in GUESTS]


def outside_views(room: Room) -> dict[str, bytes]:
    """What everybody who is not of side A receives, as bytes."""
    return {
        f"seat_{short}": json.dumps(view(room, f"seat_{short}", "机关"), ensure_ascii=False).encode()
        for short in OUTSIDE
    }


inside = st.one_of(own_ops(["m", *A]), host_ops(A), st.just(Op("acknowledge")))
"""Acts in a caucus with A: by or to its members and those who would join them, and the relay's word."""

traceless = st.one_of(
    st.builds(
        lambda s, t: command(s, "chat.send", text=t), st.sampled_from(["m", *A]), st.sampled_from(["密语", "价"])
    ),
    st.builds(lambda s, v: command(s, "hand.set", raised=v), st.sampled_from(["m", *A]), st.booleans()),
    st.builds(command, st.sampled_from(["m", *A]), st.sampled_from(["screen.share", "screen.stop"])),
    st.just(Op("acknowledge")),
)
"""Acts in a caucus that leave nothing behind for those outside even when the wall is down."""

outside = st.one_of(
    own_ops(OUTSIDE), host_ops(OUTSIDE), st.sampled_from([Op("lose", name="w1"), Op("place", name="w2")])
)

words = st.lists(
    st.one_of(traceless.map(lambda op: (True, op)), outside.map(lambda op: (False, op))), min_size=1, max_size=30
)

guests_a = st.lists(st.sampled_from(A), unique=True, min_size=1).map(tuple)
guests_b = st.lists(st.sampled_from(OUTSIDE), unique=True).map(tuple)


def steps(inner: st.SearchStrategy[Op], newcomers: list[str]) -> st.SearchStrategy[list[tuple[bool, Op]]]:
    """Acts inside (true) and outside, mixed; whole arrivals often enough that places are given out on both sides."""
    some = st.one_of(
        inner.map(lambda op: [(True, op)]),
        outside.map(lambda op: [(False, op)]),
        st.sampled_from(newcomers).map(lambda short: [(True, op) for op in coming_in(short)]),
        st.sampled_from(OUTSIDE).map(lambda short: [(False, op) for op in coming_in(short)]),
        st.sampled_from(OUTSIDE).map(lambda short: [(False, command(short, "seat.leave"))]),
        st.sampled_from(newcomers).map(lambda short: [(True, command(short, "seat.leave"))]),
    )
    return st.lists(some, min_size=1, max_size=20).map(lambda parts: [step for part in parts for step in part])


def caucus_world(guests: tuple[str, ...]) -> tuple[World, int]:
    ops = [*in_session(*guests), command("m", "caucus.enter", side="A")]
    return played(ops), len(ops)


@settings(max_examples=300, deadline=None)
@given(guests_a, guests_b, steps(inside, A), st.data())
def test_what_happens_inside_changes_no_byte_outside(
    guests_a: tuple[str, ...], guests_b: tuple[str, ...], steps: list[tuple[bool, Op]], data: st.DataObject
) -> None:
    """Two histories that differ only inside the caucus look the same from outside, after every single act."""
    kept = data.draw(st.lists(st.booleans(), min_size=len(steps), max_size=len(steps)))
    full, start = caucus_world(guests_a + guests_b)
    part, _ = caucus_world(guests_a + guests_b)
    for offset, ((private, op), keep) in enumerate(zip(steps, kept, strict=True)):
        refusal = full.play(op, start + offset)
        if not private:
            assert part.play(op, start + offset) == refusal
        elif keep:
            part.play(op, start + offset)
        assert outside_views(full.room) == outside_views(part.room)
    assert full.room.phase == "caucus"


@settings(max_examples=150, deadline=None)
@given(guests_a, guests_b, words, st.lists(st.one_of(global_ops(), own_ops(OUTSIDE)), max_size=15))
def test_words_and_hands_of_a_caucus_are_never_seen_even_afterwards(
    guests_a: tuple[str, ...], guests_b: tuple[str, ...], steps: list[tuple[bool, Op]], later: list[Op]
) -> None:
    full, start = caucus_world(guests_a + guests_b)
    none, _ = caucus_world(guests_a + guests_b)
    ops = [*steps, (False, command("m", "caucus.leave")), *((False, op) for op in later)]
    for offset, (private, op) in enumerate(ops):
        full.play(op, start + offset)
        if not private:
            none.play(op, start + offset)
        assert outside_views(full.room) == outside_views(none.room)


@settings(max_examples=200, deadline=None)
@given(histories())
def test_no_seat_ever_reads_the_other_side_s_caucus(ops: list[Op]) -> None:
    """Over any history: what was written to one side is in no view of a guest not of that side, and vice versa."""
    world = new_world()
    for step, op in enumerate(ops):
        world.play(op, step)
        private = {message.id: message.side for message in world.room.chat if message.side}
        for seat_id in EVERYONE:
            seen = view(world.room, seat_id)
            chat = seen["chat"]
            assert isinstance(chat, list)
            for message in chat:
                assert isinstance(message, dict)
                side = private.get(str(message["id"]))
                assert side in (None, world.room.seats[seat_id].side)


@settings(max_examples=200, deadline=None)
@given(histories())
def test_the_unadmitted_learn_only_of_themselves(ops: list[Op]) -> None:
    world = new_world()
    for step, op in enumerate(ops):
        world.play(op, step)
        for seat_id in EVERYONE:
            seat = world.room.seats[seat_id]
            if seat.presence == "admitted":
                continue
            alone = Room(id="another", case_id="x", organ_id="y").with_seat(seat)
            assert view(world.room, seat_id) == view(alone, seat_id)
            assert view(world.room, seat_id)["phase"] is None


@settings(max_examples=200, deadline=None)
@given(histories())
def test_the_private_sign_waits_for_the_relay_and_for_membership(ops: list[Op]) -> None:
    world = new_world()
    for step, op in enumerate(ops):
        world.play(op, step)
        room = world.room
        for seat_id in ("seat_m", *EVERYONE):
            if view(room, seat_id)["private"]:
                assert room.phase == "caucus"
                assert room.caucus is not None
                assert is_member(room.seats[seat_id], room.caucus.side)
                assert room.relay_revision >= room.caucus.revision


def test_the_private_sign_appears_with_the_relay_s_word() -> None:
    ops = [*in_session("a1", "b1"), command("m", "caucus.enter", side="A")]
    world = played(ops)
    assert view(world.room, "seat_a1")["private"] is False
    world.play(Op("acknowledge"), len(ops))
    assert view(world.room, "seat_a1")["private"] is True
    assert view(world.room, "seat_m")["private"] is True
    assert view(world.room, "seat_b1")["private"] is False
    assert view(world.room, "seat_b1")["caucus"] == "other_side"
    world.play(Op("place", name="w2"), len(ops) + 1)
    assert view(world.room, "seat_a1")["private"] is False


def test_a_device_that_lost_its_seat_sees_nothing() -> None:
    world = played(in_session("a1", "b1"))
    old = world.room.seats["seat_a1"].endpoint
    assert view(world.room, "seat_a1", endpoint=old)["phase"] == "joint"
    stranger = view(world.room, "seat_a1", endpoint="end_other")
    assert stranger["phase"] is None
    assert stranger["peers"] == []
    assert stranger["waiting_hint"] == "replaced"


def both(guests: tuple[str, ...], steps: list[tuple[bool, Op]]) -> tuple[Room, Room]:
    """The rooms of a caucus with A after all of the steps, and after those outside alone."""
    full, start = caucus_world(guests)
    part, _ = caucus_world(guests)
    for offset, (private, op) in enumerate(steps):
        assert full.play(op, start + offset) is None, op
        if not private:
            assert part.play(op, start + offset) is None, op
    return full.room, part.room


def test_a_place_given_outside_does_not_count_arrivals_inside() -> None:
    steps = [(True, op) for op in coming_in("a2")] + [(False, op) for op in coming_in("b2")]
    full, part = both(("a1", "b1"), steps)
    assert full.seats["seat_b2"].place == part.seats["seat_b2"].place == 3
    assert outside_views(full) == outside_views(part)


def test_a_place_left_inside_is_not_given_to_somebody_outside() -> None:
    steps = [(True, command("a1", "seat.leave"))] + [(False, op) for op in coming_in("b2")]
    full, part = both(("a1", "b1"), steps)
    assert full.seats["seat_b2"].place == part.seats["seat_b2"].place == 3
    assert outside_views(full) == outside_views(part)


def test_who_comes_back_outside_gets_the_same_place_whoever_came_inside() -> None:
    steps = [(False, command("b1", "seat.leave"))]
    steps += [(True, op) for short in ("a2", "a3") for op in coming_in(short)]
    steps += [(False, op) for short in ("n1", "b1") for op in coming_in(short)]
    full, part = both(("a1", "b2", "b3", "b1"), steps)
    assert full.seats["seat_b1"].place == part.seats["seat_b1"].place == 4
    assert outside_views(full) == outside_views(part)
