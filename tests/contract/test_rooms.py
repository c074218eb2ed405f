"""Rooms on both databases: one per case, changed under compare-and-swap, encrypted, on the timeline."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from cases import Cases
from cases.errors import CaseClosed, NoSuchCase
from cases.model import Case
from formats.errors import HeshiError
from rooms import Room, Rooms, errors, view
from rooms.codec import decode, encode
from rooms.model import Act, Context, Identity, Seat
from rooms.rules import entering, system
from rooms.tables import rooms as rooms_table
from tests.support.casework import Bureau, new_case
from tests.support.clock import ManualClock
from vault import Cipher, Database, Timeline, Transaction


@dataclass
class House:
    """A bureau with real rooms, and one case with its room."""

    db: Database
    bureau: Bureau
    rooms: Rooms
    cases: Cases
    case: Case

    async def room(self) -> Room:
        return await self.db.read(lambda tx: self.rooms.by_case(tx, self.case.id))

    async def host(self, username: str = "east.officer") -> Seat:
        scope = await self.bureau.scope(username)
        _, seat = await self.db.transact(lambda tx: self.rooms.enter_as_mediator(tx, scope, self.case.id))
        assert seat.endpoint is not None
        await self.rooms.system((await self.room()).id, lambda r, _: system.endpoint_online(r, seat.endpoint or ""))
        return (await self.room()).seats[seat.id]

    async def arrive(self, side: str) -> Seat:
        """A party through the door, as the entry does it."""
        room = await self.room()
        seat = next(seat for seat in room.seats.values() if seat.side == side)

        def come(room: Room, context: Context) -> tuple[Room, list[Act]]:
            identity = Identity(seat.name, True, True, True, context.now)
            room, acts = entering.claim(room, seat.id, context.new_id("end"), "phone", identity, context)
            room, more = entering.consent(room, seat.id, dict.fromkeys(entering.MATTERS, True), context)
            room, _ = system.endpoint_online(room, room.seats[seat.id].endpoint or "")
            return room, acts + more

        await self.rooms.system(room.id, come)
        return (await self.room()).seats[seat.id]

    async def do(self, by: Seat, name: str, /, **payload: Any) -> Room:
        return (await self.rooms.command((await self.room()).id, by.id, name, payload)).room

    async def acts(self) -> list[str]:
        return [act for act, _ in await self.bureau.acts(self.case.id)]


@pytest.fixture
async def house(db: Database, cipher: Cipher, timeline: Timeline, clock: ManualClock) -> House:
    bureau = await Bureau.build(db, cipher, timeline, clock)
    rooms = Rooms(cipher, timeline, clock, db)
    cases = Cases(cipher, timeline, clock, rooms, [rooms])
    scope = await bureau.scope("east.officer")
    case = await db.transact(lambda tx: cases.create(tx, scope, new_case()))
    return House(db, bureau, rooms, cases, case)


async def test_a_case_has_its_room_with_a_seat_per_party(house: House) -> None:
    room = await house.room()
    facts = await house.db.read(lambda tx: house.cases.facts(tx, house.case.id))
    assert room.case_id == house.case.id
    assert {(s.person_id, s.name, s.side, s.presence) for s in room.seats.values()} == {
        (p.id, p.name, p.side, "invited") for p in facts.parties
    }


async def test_a_second_room_for_a_case_is_impossible_in_the_database(house: House) -> None:
    async def second(tx: Transaction) -> None:
        await house.rooms.open_room(tx, house.case.id, house.case.organ_id)

    with pytest.raises(IntegrityError):
        await house.db.transact(second)


async def test_nothing_of_the_room_lies_in_clear(house: House) -> None:
    row = await house.db.read(lambda tx: tx.one(select(rooms_table)))
    assert row is not None
    for seat in (await house.room()).seats.values():
        assert seat.name.encode() in encode(await house.room())
        assert seat.name.encode() not in row["sealed"]


async def test_two_at_once_both_count(house: House) -> None:
    """Ten joiners at one time: no change is lost, revisions count them all."""
    room_id, before = (await house.room()).id, (await house.room()).revision

    async def add(number: int) -> None:
        def rule(room: Room, context: Context) -> tuple[Room, list[Act]]:
            room, seat = entering.ensure_seat(room, f"person_{number}", "witness", None, "某", context)
            return room, [Act("test.added", {"seat": seat.id})]

        await house.rooms.system(room_id, rule)

    await asyncio.gather(*(add(number) for number in range(10)))
    room = await house.room()
    assert room.revision == before + 10
    assert {f"person_{number}" for number in range(10)} <= {seat.person_id for seat in room.seats.values()}
    assert (await house.acts()).count("test.added") == 10


async def test_a_sitting_from_opening_to_end_is_on_the_timeline(house: House) -> None:
    host = await house.host()
    a, b = await house.arrive("A"), await house.arrive("B")
    await house.do(host, "session.open")
    for seat in (a, b):
        await house.do(host, "seat.admit", seat=seat.id)
    await house.do(host, "seat.verify", seat=a.id, method="video_look")
    await house.do(host, "session.start")
    await house.do(a, "chat.send", text="你好 ❤️")
    await house.do(host, "caucus.enter", side="A")
    await house.do(host, "caucus.leave")
    await house.do(host, "session.pause")
    await house.do(host, "session.resume")
    await house.do(host, "seat.remove", seat=b.id)
    room = await house.do(host, "session.end", outcome="agreed", note="双方和解")
    assert [(s.number, s.outcome) for s in room.sessions] == [(1, "agreed")]
    told = [act for act in await house.acts() if act.split(".")[0] not in ("case", "consent")]
    assert told == [
        "host.entered",
        "seat.waiting",
        "seat.waiting",
        "session.opened",
        "seat.admitted",
        "seat.admitted",
        "seat.verified",
        "session.started",
        "chat.sent",
        "caucus.entered",
        "caucus.left",
        "session.paused",
        "session.resumed",
        "seat.removed",
        "session.ended",
    ]
    rows = await house.db.read(lambda tx: house.bureau.timeline.entries(tx, house.case.id))
    chat = next(row for row in rows if row.act == "chat.sent")
    assert (chat.actor, chat.subject) == (a.person_id, a.person_id)
    assert chat.payload is not None
    assert chat.payload["text"] == "你好 ❤️"


async def test_a_repeated_command_acts_once_and_gets_the_first_reply(house: House) -> None:
    host = await house.host()
    room_id = (await house.room()).id
    first = await house.rooms.command(room_id, host.id, "session.open", {}, key="k1")
    again = await house.rooms.command(room_id, host.id, "session.open", {}, key="k1")
    assert (first.changed, again.changed) == (True, False)
    assert again.reply == first.reply
    assert again.room.revision == first.room.revision
    with pytest.raises(errors.WrongPhase):
        await house.rooms.command(room_id, host.id, "session.open", {}, key="k2")


async def test_a_refusal_changes_nothing_and_is_not_told(house: House) -> None:
    host, a = await house.host(), await house.arrive("A")
    told: list[int] = []
    house.rooms.on_change(lambda room: told.append(room.revision))
    before, acts = await house.room(), await house.acts()
    cases: list[tuple[Seat, str, object, str]] = [
        (a, "chat.send", {"text": "在吗"}, "seat.not_admitted"),
        (a, "session.open", {}, "command.forbidden"),
        (host, "room.burn", {}, "command.unknown"),
        (host, "session.open", {"extra": 1}, "command.invalid"),
        (host, "session.open", "nonsense", "command.invalid"),
        (host, "seat.admit", {"seat": 5}, "command.invalid"),
        (host, "seat.admit", {"seat": a.id}, "room.not_open"),
        (host, "seat.mute", {"seat": "seat_other", "muted": True}, "seat.unknown"),
        (host, "chat.send", {"text": "早"}, "room.not_open"),
        (host, "chat.send", {"text": "\u202e"}, "text.invalid"),
        (host, "chat.send", {"text": "长" * 1001}, "command.invalid"),
        (host, "caucus.enter", {"side": "A"}, "room.wrong_phase"),
        (host, "session.end", {"outcome": "agreed"}, "room.not_open"),
    ]
    for seat, name, payload, code in cases:
        with pytest.raises(HeshiError) as refusal:
            await house.rooms.command(before.id, seat.id, name, payload)
        assert refusal.value.code == code, name
    with pytest.raises(errors.SeatUnknown):
        await house.rooms.command(before.id, "seat_nobody", "hand.set", {"raised": True})
    for room_id in ("room_nothing", "\x00", ""):
        with pytest.raises(errors.RoomUnknown):
            await house.rooms.command(room_id, host.id, "hand.set", {"raised": True})
    with pytest.raises(errors.SeatReplaced):
        await house.rooms.command(before.id, host.id, "session.open", {}, endpoint="end_other")
    assert await house.room() == before
    assert await house.acts() == acts
    assert told == []


async def test_listeners_hear_of_each_committed_change(house: House) -> None:
    told: list[Room] = []

    async def hear(room: Room) -> None:
        # What a listener reads must already be committed.
        assert (await house.room()).revision >= room.revision
        told.append(room)

    house.rooms.on_change(hear)
    host = await house.host()
    await house.do(host, "session.open")
    assert [room.phase for room in told] == ["idle", "idle", "open"]


async def test_only_the_responsible_officer_or_a_supervisor_hosts(house: House) -> None:
    with pytest.raises(errors.NotResponsible):
        await house.host("east.other")
    with pytest.raises(NoSuchCase):
        await house.host("west.officer")
    with pytest.raises(NoSuchCase):
        await house.host("east.admin")
    host = await house.host()
    assert host == await house.host()
    with pytest.raises(errors.RoomHosted):
        await house.host("east.chief")
    await house.rooms.system(
        (await house.room()).id, lambda r, now: system.endpoint_offline(r, host.endpoint or "", now)
    )
    chief = await house.host("east.chief")
    assert chief.place == 0
    assert (await house.room()).seats[host.id].presence == "left"
    with pytest.raises(errors.SeatNotAdmitted):
        await house.do(host, "session.open")


async def test_a_recorder_in_its_second_place_worries_the_host_alone(house: House) -> None:
    host, a = await house.host(), await house.arrive("A")
    await house.do(host, "session.open")
    await house.do(host, "seat.admit", seat=a.id)
    room_id = (await house.room()).id
    await house.rooms.system(room_id, lambda r, c: system.recorder_state(r, "ok", "", c))
    await house.do(host, "session.start")
    await house.rooms.system(room_id, lambda r, c: system.recorder_state(r, "degraded", "disk.28", c))
    await house.rooms.system(room_id, lambda r, c: system.recorder_state(r, "degraded", "", c))
    room = await house.room()
    assert (room.phase, room.recorder, room.recorder_reason) == ("joint", "degraded", "disk.28")
    assert (view(room, host.id)["recorder"], view(room, a.id)["recorder"]) == ("degraded", "ok")
    assert (await house.acts())[-1] == "recorder.degraded"
    await house.do(host, "session.pause")
    await house.do(host, "session.resume")
    await house.rooms.system(room_id, lambda r, c: system.recorder_state(r, "ok", "", c))
    assert (await house.acts())[-1] == "recorder.recovered"
    assert view(await house.room(), host.id)["recorder"] == "ok"


async def test_a_failing_recorder_pauses_and_bars_until_it_recovers(house: House) -> None:
    host, a = await house.host(), await house.arrive("A")
    await house.do(host, "session.open")
    await house.do(host, "seat.admit", seat=a.id)
    await house.do(host, "session.start")
    room_id = (await house.room()).id
    await house.rooms.system(room_id, lambda r, c: system.recorder_state(r, "failed", "disk", c))
    room = await house.room()
    assert (room.phase, room.segment) == ("paused", None)
    assert view(room, a.id)["recorder"] == "failed"
    with pytest.raises(errors.RecorderDown):
        await house.do(host, "session.resume")
    await house.rooms.system(room_id, lambda r, c: system.recorder_state(r, "ok", "", c))
    assert (await house.do(host, "session.resume")).phase == "joint"
    assert (await house.acts())[-4:] == ["recorder.failed", "session.paused", "recorder.recovered", "session.resumed"]


async def test_a_closed_case_opens_no_sitting_and_an_open_sitting_bars_closing(house: House) -> None:
    host, scope = await house.host(), await house.bureau.scope("east.officer")
    await house.do(host, "session.open")
    with pytest.raises(errors.SessionOpen):
        await house.db.transact(lambda tx: house.cases.close(tx, scope, house.case.id, "agreed"))
    await house.do(host, "session.end", outcome="suspended")
    await house.db.transact(lambda tx: house.cases.close(tx, scope, house.case.id, "suspended"))
    with pytest.raises(CaseClosed):
        await house.do(host, "session.open")


async def test_a_damaged_room_is_refused_not_guessed(house: House) -> None:
    document = encode(await house.room())
    for broken in (b"", b"{}", document[:-1], document.replace(b'"phase":"idle"', b'"phase":"open wide"')):
        with pytest.raises(errors.RoomUnreadable):
            decode(broken)
    with pytest.raises(errors.RoomUnreadable):
        decode(document.replace(b'"revision":', b'"colour":1,"revision":', 1))
