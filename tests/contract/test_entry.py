"""The door on both databases: links, identity, consents, invite codes, devices."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import select

from cases import Cases, Scope
from cases.errors import NoSuchCase
from cases.model import Case, Party
from cases.rules.errors import BadName
from formats.errors import HeshiError
from rooms import Entry, Room, Rooms, errors
from rooms.invitations import INVITE_TTL_S
from rooms.links import LINK_TTL_S, TRIES
from rooms.model import Seat
from rooms.rules import entering, system
from rooms.tables import devices, invite_codes, links, phone_codes
from tests.support.casework import Bureau, new_case, party
from tests.support.clock import ManualClock
from vault import Cipher, Database, KeyStore, Timeline, Transaction

YES: dict[entering.Matter, bool] = dict.fromkeys(entering.MATTERS, True)


@dataclass
class Phones:
    """Remembers what was sent to each party's phone."""

    sent: dict[str, str] = field(default_factory=dict)

    async def send(
        self,
        tx: Transaction,
        case_id: str,
        party_id: str | None,
        kind: str,
        text: str,
        *,
        to: str = "",
        expires_at: str | None = None,
    ) -> str:
        """Keep the digits of the text."""
        assert party_id is not None
        self.sent[party_id] = "".join(character for character in text if character.isdigit())
        return "notice_1"


@dataclass
class Door:
    """A case, its room and the way in."""

    db: Database
    bureau: Bureau
    rooms: Rooms
    cases: Cases
    entry: Entry
    case: Case
    clock: ManualClock
    scope: Scope
    parties: tuple[Party, ...]
    slept: list[float]
    phones: Phones = field(default_factory=Phones)

    async def room(self) -> Room:
        return await self.db.read(lambda tx: self.rooms.by_case(tx, self.case.id))

    async def seat(self, seat_id: str) -> Seat:
        return (await self.room()).seats[seat_id]

    async def link(self, who: int = 0, **given: Any) -> str:
        party_id = self.parties[who].id
        return await self.db.transact(lambda tx: self.entry.make_link(tx, self.scope, self.case.id, party_id, **given))

    async def code(self, secret: str, who: int = 0) -> str:
        self.clock.advance(31)
        await self.entry.send_code(secret, self.parties[who].name, self.phones)
        return self.phones.sent[self.parties[who].id]

    async def come_in(self, secret: str, who: int = 0) -> Any:
        person = self.parties[who]
        return await self.entry.identify(secret, person.name, await self.code(secret, who), person.id_number[-6:])

    async def invite(self, role: Any = "lawyer", side: Any = "A", **given: Any) -> str:
        return await self.db.transact(
            lambda tx: self.entry.make_invite(tx, self.scope, self.case.id, role, side, **given)
        )

    async def unlock(self) -> None:
        person = self.parties[0].id
        await self.db.transact(lambda tx: self.entry.unlock(tx, self.scope, self.case.id, person))

    async def host(self, name: str, **payload: Any) -> None:
        room, seat = await self.db.transact(lambda tx: self.rooms.enter_as_mediator(tx, self.scope, self.case.id))
        await self.rooms.command(room.id, seat.id, name, payload)

    async def acts(self) -> list[str]:
        return [act for act, _ in await self.bureau.acts(self.case.id)]


@pytest.fixture
async def door(db: Database, cipher: Cipher, timeline: Timeline, clock: ManualClock, keys: KeyStore) -> Door:
    bureau = await Bureau.build(db, cipher, timeline, clock)
    rooms = Rooms(cipher, timeline, clock, db)
    cases = Cases(cipher, timeline, clock, rooms, [rooms])
    scope = await bureau.scope("east.officer")
    case = await db.transact(lambda tx: cases.create(tx, scope, new_case()))
    facts = await db.read(lambda tx: cases.facts(tx, case.id))
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    entry = Entry(rooms, cipher, keys, clock, db, sleep)
    return Door(db, bureau, rooms, cases, entry, case, clock, scope, facts.parties, slept)


async def test_a_party_comes_in_by_link(door: Door) -> None:
    secret = await door.link()
    state = await door.entry.open_link(secret)
    assert (state.organ, state.name_masked, state.phone_masked) == ("east", "张*三", "138****5678")
    assert (state.code_sent, state.tries_left, state.locked) == (False, 5, False)
    token = await door.come_in(secret)
    seat = await door.seat(token.seat_id)
    assert (seat.presence, seat.person_id, seat.endpoint) == ("entering", door.parties[0].id, token.endpoint_id)
    assert seat.identity is not None
    assert (seat.identity.claimed_name, seat.identity.phone_confirmed) == ("张小三", True)
    after = await door.entry.consent(token.token, YES)
    assert (after.ready, after.seat.presence, after.organ) == (True, "waiting", "east")
    await door.host("session.open")
    await door.host("seat.admit", seat=token.seat_id)
    assert (await door.seat(token.seat_id)).presence == "admitted"
    told = [act for act in await door.acts() if not act.startswith(("case", "host", "session"))]
    assert told == [
        "link.made",
        "link.opened",
        "identity.code_sent",
        "identity.confirmed",
        *["consent.given"] * 4,
        "seat.waiting",
        "seat.admitted",
    ]


async def test_no_secret_and_no_code_lies_in_clear(door: Door) -> None:
    secret, code = await door.link(), await door.invite()
    digits = await door.code(secret)
    person = door.parties[0]
    token = await door.entry.identify(secret, person.name, digits, person.id_number[-6:])
    await door.code(secret)
    for table in (links, phone_codes, invite_codes, devices):
        rows = await door.db.read(lambda tx, table=table: tx.all(select(table)))
        assert rows
        stored = repr([dict(row) for row in rows])
        for clear in (secret, code, code.replace("-", ""), digits, token.token):
            assert clear not in stored


@pytest.mark.parametrize("bad", ["", "x" * 22, "不是链接", "\ud800", "\x00"])
async def test_an_unknown_link_opens_nothing(door: Door, bad: str) -> None:
    before = await door.acts()
    for attempt in (
        door.entry.open_link(bad),
        door.entry.send_code(bad, "张小三", door.phones),
        door.entry.identify(bad, "张小三", "000000", "000000"),
    ):
        with pytest.raises(errors.LinkUnknown):
            await attempt
    assert await door.acts() == before


async def test_an_expired_a_revoked_and_a_replaced_link(door: Door) -> None:
    first = await door.link()
    second = await door.link()
    with pytest.raises(errors.LinkRevoked):
        await door.entry.open_link(first)
    await door.entry.open_link(second)
    door.clock.advance(LINK_TTL_S)
    with pytest.raises(errors.LinkExpired):
        await door.entry.open_link(second)
    third, other = await door.link(), await door.link(1)
    await door.db.transact(lambda tx: door.entry.revoke_link(tx, door.scope, door.case.id, door.parties[0].id))
    with pytest.raises(errors.LinkRevoked):
        await door.come_in(third)
    open_links = await door.db.read(lambda tx: door.entry.party_links(tx, door.scope, door.case.id))
    assert [(link.party_id, link.locked) for link in open_links] == [(door.parties[1].id, False)]
    await door.entry.open_link(other)


async def test_foreign_officers_and_parties_get_no_link(door: Door) -> None:
    west = await door.bureau.scope("west.officer")
    theirs = await door.db.transact(lambda tx: door.cases.create(tx, west, new_case("ZA-2026-0002")))
    foreign = (await door.db.read(lambda tx: door.cases.facts(tx, theirs.id))).parties[0].id
    mine = door.parties[0].id
    refusals: list[tuple[Scope, str, str, type[HeshiError]]] = [
        (west, door.case.id, mine, NoSuchCase),
        (door.scope, theirs.id, foreign, NoSuchCase),
        (door.scope, door.case.id, foreign, errors.PartyUnknown),
        (door.scope, door.case.id, "party_nobody", errors.PartyUnknown),
        (await door.bureau.scope("east.admin"), door.case.id, mine, NoSuchCase),
    ]
    for scope, case_id, party_id, error in refusals:
        for act in (door.entry.make_link, door.entry.revoke_link, door.entry.unlock):
            with pytest.raises(error):
                await door.db.transact(lambda tx, s=scope, c=case_id, p=party_id, act=act: act(tx, s, c, p))
        if error is NoSuchCase:
            with pytest.raises(NoSuchCase):
                await door.db.transact(lambda tx, s=scope, c=case_id: door.entry.make_invite(tx, s, c, "witness", None))


async def test_five_wrong_tries_lock_until_the_officer_unlocks(door: Door) -> None:
    secret = await door.link()
    person = door.parties[0]
    code, last6 = await door.code(secret), person.id_number[-6:]
    wrong = "111111" if code != "111111" else "222222"
    tries = [("李四", code, last6), (person.name, wrong, last6), (person.name, code, "000000"), ("\u202e", code, last6)]
    for name, digits, hint in tries:
        with pytest.raises(errors.IdentityWrong):
            await door.entry.identify(secret, name, digits, hint)
    with pytest.raises(errors.IdentityWrong):
        await door.entry.send_code(secret, "王五", door.phones)
    for _ in range(2):
        with pytest.raises(errors.IdentityLocked):
            await door.entry.identify(secret, person.name, code, last6)
    assert (await door.entry.open_link(secret)).locked
    # A new link is no new chance.
    secret = await door.link()
    with pytest.raises(errors.IdentityLocked):
        await door.entry.send_code(secret, person.name, door.phones)
    acts = await door.acts()
    assert (acts.count("identity.failed"), acts.count("identity.locked")) == (TRIES, 1)
    await door.unlock()
    token = await door.come_in(secret)
    assert (await door.seat(token.seat_id)).presence == "entering"
    assert (await door.entry.open_link(secret)).tries_left == TRIES


async def test_tries_at_the_same_moment_all_count(door: Door) -> None:
    secret = await door.link()
    await door.code(secret)

    async def attempt() -> str:
        try:
            await door.entry.identify(secret, "错名", "000000", "000000")
        except HeshiError as error:
            return error.code
        return ""

    codes = await asyncio.gather(*(attempt() for _ in range(8)))
    assert sorted(codes) == ["identity.locked"] * 3 + ["identity.wrong"] * 5


async def test_a_code_is_good_once_for_ten_minutes_and_sent_every_half_minute(door: Door) -> None:
    secret, person = await door.link(), door.parties[0]
    last6 = person.id_number[-6:]
    first = await door.code(secret)
    with pytest.raises(errors.CodeTooSoon):
        await door.entry.send_code(secret, person.name, door.phones)
    door.clock.advance(600)
    with pytest.raises(errors.IdentityWrong):
        await door.entry.identify(secret, person.name, first, last6)
    second = await door.code(secret)
    await door.entry.identify(secret, person.name, second, last6)
    with pytest.raises(errors.IdentityWrong):
        await door.entry.identify(secret, person.name, second, last6)


async def test_a_lost_reply_can_be_asked_for_again(door: Door) -> None:
    secret, person = await door.link(), door.parties[0]
    given = (secret, person.name, await door.code(secret), person.id_number[-6:])
    first = await door.entry.identify(*given, key="k1")
    assert await door.entry.identify(*given, key="k1") == first


async def test_a_new_device_waits_and_the_old_one_gives_way_when_it_is_admitted(door: Door) -> None:
    secret = await door.link()
    old = await door.come_in(secret)
    await door.entry.consent(old.token, YES)
    await door.host("session.open")
    await door.host("seat.admit", seat=old.seat_id)
    new = await door.come_in(secret)
    assert new.seat_id == old.seat_id
    assert (await door.seat(new.seat_id)).presence == "waiting"
    with pytest.raises(errors.SeatReplaced):
        await door.db.read(lambda tx: door.entry.state(tx, old.token))
    await door.db.read(lambda tx: door.entry.authenticate(tx, old.token))
    await door.host("seat.admit", seat=new.seat_id)
    with pytest.raises(errors.DeviceUnknown):
        await door.db.read(lambda tx: door.entry.authenticate(tx, old.token))
    state = await door.db.read(lambda tx: door.entry.state(tx, new.token))
    assert state.seat.presence == "admitted"


async def test_a_refused_new_device_gives_the_seat_back(door: Door) -> None:
    secret = await door.link()
    old = await door.come_in(secret)
    await door.entry.consent(old.token, YES)
    await door.host("session.open")
    await door.host("seat.admit", seat=old.seat_id)
    place = (await door.seat(old.seat_id)).place
    new = await door.come_in(secret)
    await door.host("seat.refuse", seat=new.seat_id)
    seat = await door.seat(old.seat_id)
    assert (seat.presence, seat.endpoint, seat.place) == ("admitted", old.endpoint_id, place)
    with pytest.raises(errors.DeviceUnknown):
        await door.db.read(lambda tx: door.entry.authenticate(tx, new.token))


async def test_a_removed_person_s_device_is_good_no_more(door: Door) -> None:
    token = await door.come_in(await door.link())
    await door.entry.consent(token.token, YES)
    await door.host("session.open")
    await door.host("seat.admit", seat=token.seat_id)
    await door.host("seat.remove", seat=token.seat_id, reason="辱骂")
    for bad in (token.token, "x", "不", ""):
        with pytest.raises(errors.DeviceUnknown):
            await door.db.read(lambda tx, bad=bad: door.entry.state(tx, bad))
        with pytest.raises(errors.DeviceUnknown):
            await door.entry.consent(bad, YES)


async def test_who_declines_to_be_online_cannot_wait_and_who_declines_esign_can(door: Door) -> None:
    token = await door.come_in(await door.link())
    with pytest.raises(errors.ConsentMissing):
        await door.entry.wait(token.token)
    declined = await door.entry.consent(token.token, {**YES, "online": False, "esign": False})
    assert (declined.ready, declined.seat.presence) == (False, "entering")
    with pytest.raises(errors.ConsentMissing):
        await door.entry.wait(token.token)
    agreed = await door.entry.consent(token.token, {"online": True})
    assert (agreed.ready, agreed.seat.presence) == (True, "waiting")
    assert agreed.seat.consents["esign"].given is False
    acts = await door.acts()
    assert (acts.count("consent.declined"), acts.count("consent.given")) == (2, 3)


async def test_taking_consent_back_leaves_the_room(door: Door) -> None:
    token = await door.come_in(await door.link())
    await door.entry.consent(token.token, YES)
    await door.host("session.open")
    await door.host("seat.admit", seat=token.seat_id)
    left = await door.entry.consent(token.token, {"online": False})
    assert (left.seat.presence, left.seat.place) == ("entering", None)


async def test_a_third_party_comes_in_by_code(door: Door) -> None:
    code = await door.invite("lawyer", "A")
    typed = code.replace("-", " ").lower()
    token = await door.entry.redeem(typed, "陈律师", "lawyer", "10.0.0.1", key="k1")
    assert await door.entry.redeem(typed, "陈律师", "lawyer", "10.0.0.1", key="k1") == token
    seat = await door.seat(token.seat_id)
    assert (seat.name, seat.role, seat.side, seat.presence) == ("陈律师", "lawyer", "A", "entering")
    assert (await door.entry.consent(token.token, YES)).seat.presence == "waiting"
    with pytest.raises(errors.InviteUsedUp):
        await door.entry.redeem(code, "另一人", "lawyer", "10.0.0.1")
    assert door.slept == [0.0, 0.0, 0.0]
    assert [act for act in await door.acts() if act.startswith(("invite", "seat"))] == [
        "invite.made",
        "invite.redeemed",
        "seat.waiting",
    ]


async def test_codes_are_counted_even_at_the_same_moment(door: Door) -> None:
    code = await door.invite("witness", None, uses=3)

    async def attempt(number: int) -> str:
        try:
            await door.entry.redeem(code, f"证人{number}", "witness", f"10.0.0.{number}")
        except errors.InviteUsedUp as error:
            return error.code
        return "in"

    assert sorted(await asyncio.gather(*(attempt(n) for n in range(5)))) == ["in"] * 3 + ["invite.used_up"] * 2
    assert len([s for s in (await door.room()).seats.values() if s.role == "witness"]) == 3


async def test_wrong_codes(door: Door) -> None:
    code = await door.invite("insurer", None)
    door.clock.advance(1)
    revoked = await door.invite("witness", None)
    listed = await door.db.read(lambda tx: door.entry.invites(tx, door.scope, door.case.id))
    assert [(invite.role, invite.uses, invite.used) for invite in listed] == [("insurer", 1, 0), ("witness", 1, 0)]
    invite_id = listed[1].id
    await door.db.transact(lambda tx: door.entry.revoke_invite(tx, door.scope, door.case.id, invite_id))
    with pytest.raises(errors.InviteUnknown):
        await door.db.transact(lambda tx: door.entry.revoke_invite(tx, door.scope, door.case.id, invite_id))
    before = await door.room()
    for bad in ("2222-2222", revoked, "", "不是邀请码", "\ud800", "2" * 500):
        with pytest.raises(errors.InviteUnknown):
            await door.entry.redeem(bad, "某人", "witness", "10.0.0.9")
    with pytest.raises(errors.InviteWrongRole):
        await door.entry.redeem(code, "某人", "lawyer", "10.0.0.8")
    for name in ("", "长" * 500, "甲\u202e乙", "甲\x00"):
        with pytest.raises(BadName):
            await door.entry.redeem(code, name, "insurer", "10.0.0.8")
    door.clock.advance(INVITE_TTL_S)
    with pytest.raises(errors.InviteExpired):
        await door.entry.redeem(code, "某人", "insurer", "10.0.0.8")
    assert await door.room() == before


@pytest.mark.parametrize(
    ("role", "side", "uses", "ttl_s"),
    [
        ("mediator", None, 1, 3600),
        ("party", "A", 1, 3600),
        ("king", None, 1, 3600),
        ("lawyer", None, 1, 3600),
        ("witness", "C", 1, 3600),
        ("witness", None, 0, 3600),
        ("witness", None, 11, 3600),
        ("witness", None, 1, 1),
        ("witness", None, 1, 1e9),
    ],
)
async def test_invitations_that_may_not_be_made(door: Door, role: Any, side: Any, uses: int, ttl_s: float) -> None:
    with pytest.raises(errors.InviteInvalid):
        await door.invite(role, side, uses=uses, ttl_s=ttl_s)


async def test_guessing_is_slowed_and_a_holder_is_not(door: Door) -> None:
    code = await door.invite("witness", None, uses=2)
    for _ in range(6):
        with pytest.raises(errors.InviteUnknown):
            await door.entry.redeem("2222-2222", "某人", "witness", "203.0.113.5")
    assert door.slept == [0, 0, 0, 1, 2, 4]
    await door.entry.redeem(code, "证人甲", "witness", "198.51.100.7")
    assert door.slept[-1] == 0
    # Even from the guesser's own address a good code opens, only later.
    await door.entry.redeem(code, "证人乙", "witness", "203.0.113.5")
    assert door.slept[-1] == 8


async def test_a_party_added_to_the_case_later_gets_a_seat_with_the_link(door: Door) -> None:
    new = party("B", name="王五", id_type="passport", id_number="E12345678")
    revision = (await door.db.read(lambda tx: door.cases.facts(tx, door.case.id))).case.revision
    added = await door.db.transact(lambda tx: door.cases.add_party(tx, door.scope, door.case.id, revision, new))
    await door.db.transact(lambda tx: door.entry.make_link(tx, door.scope, door.case.id, added[1].id))
    assert {seat.name for seat in (await door.room()).seats.values()} == {"张小三", "李四", "王五"}


async def test_a_session_after_another_lets_everyone_wait_again(door: Door) -> None:
    token = await door.come_in(await door.link())
    await door.entry.consent(token.token, YES)
    await door.host("session.open")
    await door.host("seat.admit", seat=token.seat_id)
    await door.host("session.end", outcome="suspended")
    assert (await door.seat(token.seat_id)).presence == "admitted"
    await door.host("session.open")
    assert (await door.seat(token.seat_id)).presence == "waiting"
    await door.rooms.system(token.room_id, lambda r, _: system.endpoint_online(r, token.endpoint_id))
    assert (await door.entry.wait(token.token)).seat.presence == "waiting"
