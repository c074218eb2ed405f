"""Coming in by link: open, code to the phone, identity, consents, waiting.

Officers' acts take the caller's transaction and Scope. A person's acts run their own, because a wrong try must be
counted although it is refused.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from cases.model import Case, Party
from cases.notices import Notices
from cases.organs import organ_of
from cases.rules import clean_name
from cases.rules.errors import BadName
from cases.rules.masking import mask_name, mask_phone
from cases.scope import Scope
from cases.store import CaseStore
from rooms import errors, links
from rooms.invitations import Invitations
from rooms.model import Act, Context, Identity, Room, Seat
from rooms.rules import entering
from rooms.rules.seats import seat_of
from rooms.service import Rooms
from rooms.shortcodes import Codes, EntryKey, same
from rooms.store import Device, DeviceToken, find_device, issue_device
from vault.cipher import Cipher
from vault.database import Database, Transaction
from vault.ids import new_id
from vault.repeat import recall, remember
from vault.utc import Clock, later

CODE_TTL_S = 600.0
RESEND_S = 30.0


@dataclass(frozen=True, slots=True)
class EntryState:
    """What the bearer of a link sees before proving who they are: nothing of the case or the room."""

    organ: str
    name_masked: str
    phone_masked: str
    expires_at: str
    code_sent: bool
    tries_left: int
    locked: bool


@dataclass(frozen=True, slots=True)
class SeatState:
    """Where a person with a credential stands on the way in."""

    room_id: str
    case_id: str
    organ: str
    seat: Seat
    ready: bool
    """Every consent that waiting needs is given."""


class Entry(Invitations):
    """The door of all rooms: links here, invite codes in `Invitations`."""

    def __init__(
        self,
        rooms: Rooms,
        cipher: Cipher,
        keys: EntryKey,
        clock: Clock,
        db: Database,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        super().__init__(rooms, Codes(keys), clock, db, sleep)
        self._cases = CaseStore(cipher)

    # Officers.

    async def make_link(
        self, tx: Transaction, scope: Scope, case_id: str, party_id: str, ttl_s: float = links.LINK_TTL_S
    ) -> str:
        """A new link's secret, shown this once; the party's earlier links are revoked.

        Also for a closed case: a signer may fetch the agreement for as long as it is kept. Raises NoSuchCase,
        PartyUnknown.
        """
        _, party = await self._party(tx, scope, case_id, party_id)
        room = await self._rooms.by_case(tx, case_id)
        now = self._clock.now()
        link, secret = await links.put_link(tx, room.id, party_id, scope.officer_id, now, ttl_s)
        after, seat = entering.ensure_seat(room, party.id, "party", party.side, party.name, self._rooms.context())
        act = Act("link.made", {"link": link.id, "seat": seat.id, "expires_at": link.expires_at}, subject=party.id)
        await self._rooms.apply(tx, room, after, [act], scope.officer_id)
        return secret

    async def revoke_link(self, tx: Transaction, scope: Scope, case_id: str, party_id: str) -> None:
        """The party's links open nothing any more; a device already let in stays. Raises NoSuchCase, PartyUnknown."""
        await self._party(tx, scope, case_id, party_id)
        if await links.revoke_links(tx, party_id, self._clock.now()):
            await self._note(tx, case_id, Act("link.revoked", {"party": party_id}, subject=party_id), scope.officer_id)

    async def party_links(self, tx: Transaction, scope: Scope, case_id: str) -> tuple[links.Link, ...]:
        """The case's live links, without secrets. Raises NoSuchCase."""
        await self._rooms.case_in_scope(tx, scope, case_id)
        return await links.live_links(tx, (await self._rooms.by_case(tx, case_id)).id, self._clock.now())

    async def unlock(self, tx: Transaction, scope: Scope, case_id: str, party_id: str) -> None:
        """Give the person five new tries. Raises NoSuchCase, PartyUnknown."""
        await self._party(tx, scope, case_id, party_id)
        was = await links.failures(tx, party_id)
        if was:
            await links.set_failures(tx, party_id, was, 0)
            act = Act("identity.unlocked", {"party": party_id}, subject=party_id)
            await self._note(tx, case_id, act, scope.officer_id)

    # The person with the link.

    async def open_link(self, secret: str) -> EntryState:
        """What the link's first page shows. Raises LinkUnknown, LinkExpired, LinkRevoked."""

        async def work(tx: Transaction) -> EntryState:
            now = self._clock.now()
            link = await links.find_link(tx, secret, now)
            room = await self._rooms.load(tx, link.room_id)
            party = await self._person(tx, room, link.party_id)
            if await links.note_opened(tx, link.id, now):
                act = Act("link.opened", {"link": link.id}, subject=party.id)
                await self._note(tx, room.case_id, act, link.id)
            code = await links.sent_code(tx, party.id)
            left = max(0, links.TRIES - link.failures)
            return EntryState(
                organ=(await organ_of(tx, room.organ_id)).name,
                name_masked=mask_name(party.name),
                phone_masked=mask_phone(party.phone),
                expires_at=link.expires_at,
                code_sent=code is not None and code.expires_at > now,
                tries_left=left,
                locked=link.locked,
            )

        return await self._db.transact(work)

    async def send_code(self, secret: str, name: str, notices: Notices) -> float:
        """Send six digits to the phone on record; seconds until another may be asked for.

        A wrong name counts as a try. Raises what `open_link` raises, IdentityLocked, IdentityWrong, CodeTooSoon.
        """

        async def work(tx: Transaction) -> errors.IdentityWrong | None:
            now = self._clock.now()
            link, room, party = await self._unlocked(tx, secret, now)
            if not _is_name(name, party):
                return await self._wrong(tx, room, link, party)
            before = await links.sent_code(tx, party.id)
            if before is not None and later(before.sent_at, RESEND_S) > now:
                raise errors.CodeTooSoon
            code, expires = self._codes.phone_code(), later(now, CODE_TTL_S)
            await links.put_code(tx, party.id, links.SentCode(self._codes.phone_hash(party.id, code), now, expires))
            text = f"【和事室】验证码 {code}，十分钟内有效。请勿告诉任何人。"
            await notices.send(tx, room.case_id, party.id, "code", text, expires_at=expires)
            await self._note(tx, room.case_id, Act("identity.code_sent", {"link": link.id}, subject=party.id), link.id)
            return None

        refusal = await self._db.transact(work)
        if refusal is not None:
            raise refusal
        return RESEND_S

    async def identify(
        self, secret: str, name: str, code: str, id_last6: str, device: str = "", key: str | None = None
    ) -> DeviceToken:
        """Prove who one is; the device then holds the party's seat, which waits again if another device held it.

        `device` describes it to the officer; a repetition with the same `key` gets the same credential. Raises what
        `open_link` raises, IdentityWrong (which of the three was wrong is not said), IdentityLocked.
        """

        async def work(tx: Transaction) -> DeviceToken | errors.IdentityWrong:
            now = self._clock.now()
            link = await links.find_link(tx, secret, now)
            known = await recall(tx, link.id, key) if key is not None else None
            if isinstance(known, dict):
                return DeviceToken(**{name: str(value) for name, value in known.items()})
            link, room, party = await self._unlocked(tx, secret, now)
            sent = await links.sent_code(tx, party.id)
            hashed = self._codes.phone_hash(party.id, code)
            # All three are compared always, so that neither time nor answer tells which one was wrong.
            right = [
                _is_name(name, party),
                sent is not None and sent.expires_at > now and same(hashed.hex(), sent.hash.hex()),
                same(id_last6.strip().upper(), party.id_number[-6:].upper()),
            ]
            if not all(right):
                return await self._wrong(tx, room, link, party)
            await links.drop_code(tx, party.id)
            await links.set_failures(tx, party.id, link.failures, 0)
            identity = Identity(clean_name(name), True, True, True, now)
            token = await self._seat(tx, room, party, identity, device)
            if key is not None:
                await remember(tx, link.id, key, {field: getattr(token, field) for field in token.__slots__})
            return token

        result = await self._db.transact(work)
        if isinstance(result, errors.IdentityWrong):
            raise result
        return result

    # Anybody with a credential.

    async def authenticate(self, tx: Transaction, token: str) -> Device:
        """Whose device it is. Raises DeviceUnknown. Whether it holds the seat now is `rooms.command`'s to check."""
        return await find_device(tx, token)

    async def state(self, tx: Transaction, token: str) -> SeatState:
        """Where the person stands. Raises DeviceUnknown, SeatReplaced."""
        room, seat = await self._holder(tx, token)
        organ = await organ_of(tx, room.organ_id)
        return SeatState(room.id, room.case_id, organ.name, seat, entering.ready(seat))

    async def consent(self, token: str, choices: Mapping[entering.Matter, bool], notice: str = "") -> SeatState:
        """Record the answers to the text that `notice` names; with the required ones given the person waits.

        Raises as `state` does.
        """
        return await self._change(token, lambda room, seat, c: entering.consent(room, seat.id, choices, c, notice))

    async def wait(self, token: str) -> SeatState:
        """Back to the waiting room. Raises as `state` does, and ConsentMissing."""
        return await self._change(token, lambda room, seat, c: entering.wait(room, seat.id, c))

    async def _change(self, token: str, rule: Callable[[Room, Seat, Context], tuple[Room, list[Act]]]) -> SeatState:
        async def work(tx: Transaction) -> SeatState:
            room, seat = await self._holder(tx, token)
            after, acts = rule(room, seat, self._rooms.context())
            await self._rooms.apply(tx, room, after, acts, seat.person_id)
            return await self.state(tx, token)

        return await self._db.transact(work)

    async def _holder(self, tx: Transaction, token: str) -> tuple[Room, Seat]:
        device = await find_device(tx, token)
        room = await self._rooms.load(tx, device.room_id)
        seat = seat_of(room, device.seat_id)
        if seat.endpoint != device.endpoint_id:
            raise errors.SeatReplaced
        return room, seat

    async def _seat(self, tx: Transaction, room: Room, party: Party, identity: Identity, device: str) -> DeviceToken:
        context, endpoint_id = self._rooms.context(), new_id("end")
        after, seat = entering.ensure_seat(room, party.id, "party", party.side, party.name, context)
        after, acts = entering.claim(after, seat.id, endpoint_id, device[:200], identity, context)
        confirmed = Act("identity.confirmed", {"seat": seat.id, "endpoint": endpoint_id}, subject=party.id)
        token = await issue_device(tx, room.id, seat.id, endpoint_id, context.now)
        await self._rooms.apply(tx, room, after, [confirmed, *acts], party.id)
        return token

    async def _wrong(self, tx: Transaction, room: Room, link: links.Link, party: Party) -> errors.IdentityWrong:
        # The count that the lock was checked against is swapped: of tries at one moment not one is free.
        await links.set_failures(tx, party.id, link.failures, link.failures + 1)
        left = links.TRIES - link.failures - 1
        acts = [Act("identity.failed", {"link": link.id, "left": left}, subject=party.id)]
        if left <= 0:
            acts.append(Act("identity.locked", {"link": link.id}, subject=party.id))
        for act in acts:
            await self._note(tx, room.case_id, act, link.id)
        return errors.IdentityWrong(f"{left} left")

    async def _unlocked(self, tx: Transaction, secret: str, now: str) -> tuple[links.Link, Room, Party]:
        link = await links.find_link(tx, secret, now)
        if link.locked:
            raise errors.IdentityLocked
        room = await self._rooms.load(tx, link.room_id)
        return link, room, await self._person(tx, room, link.party_id)

    async def _person(self, tx: Transaction, room: Room, party_id: str) -> Party:
        for party in await self._cases.parties(tx, room.case_id):
            if party.id == party_id:
                return party
        raise errors.PartyUnknown

    async def _party(self, tx: Transaction, scope: Scope, case_id: str, party_id: str) -> tuple[Case, Party]:
        case = await self._rooms.case_in_scope(tx, scope, case_id)
        for party in await self._cases.parties(tx, case_id):
            if party.id == party_id:
                return case, party
        raise errors.PartyUnknown


def _is_name(given: str, party: Party) -> bool:
    try:
        name = clean_name(given)
    except BadName:
        name = ""
    # A substitute stands in the record where the person's keyboard may not have the character either.
    return bool(name) and (same(name, party.name) | same(name, party.name_substitute or party.name))
