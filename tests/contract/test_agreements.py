"""Agreements on both databases: the whole way, what is refused, and a seal that survives crashes and races."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from agreements import Agreement, Agreements, Attendee, Authority
from agreements.edits import EDIT
from agreements.errors import (
    AgreementExists,
    AgreementMissing,
    AlreadySigned,
    BadStrokes,
    DraftIncomplete,
    NoForm,
    NotASigner,
    SealBrokenError,
    SignaturesMissing,
    TextChanged,
    WrongStatus,
)
from agreements.tables import agreement_strokes
from agreements.tables import agreements as rows
from formats.errors import Conflict, HeshiError
from tests.support.casework import Bureau, new_case
from tests.support.clock import ManualClock
from tests.unit.agreements import samples
from vault import BlobStore, Cipher, Database, KeyStore, Timeline, Transaction
from verify.pdf import verify_pdf


@dataclass
class Desk:
    """One case with its agreement's use cases, each run in a transaction of its own."""

    db: Database
    bureau: Bureau
    agreements: Agreements
    authority: Authority
    blob_folder: Path
    case_id: str = ""
    officer: str = ""

    async def open(self, **changes: Any) -> Agreement:
        """A case, and its draft started."""
        case = await self.bureau.open_case(new=new_case(**changes))
        self.case_id, self.officer = case.id, case.officer_id
        facts = await self.db.read(lambda tx: self.bureau.cases.facts(tx, case.id))
        mediator = Attendee(case.officer_id, "王警官", "mediator")

        async def start(tx: Transaction) -> Agreement:
            return await self.agreements.start(tx, facts, room_id="room_1", mediator=mediator, place="线上调解室")

        return await self.db.transact(start)

    async def do(self, use: Callable[..., Awaitable[Agreement]], *args: Any) -> Agreement:
        return await self.db.transact(lambda tx: use(tx, self.case_id, *args))

    async def edit(self, change: dict[str, Any]) -> Agreement:
        return await self.do(self.agreements.edit, self.officer, EDIT.validate_python(change))

    async def load(self) -> Agreement:
        found = await self.db.read(lambda tx: self.agreements.load(tx, self.case_id))
        assert found is not None
        return found

    async def locked(self) -> Agreement:
        """Drafted with one payment, and locked."""
        a, b = (party.id for party in (await self.open()).draft.parties)
        term = {"debtor": a, "creditor": b, "what": "医疗费", "amount_fen": 50000, "way": "转账", "due": "2026-03-10"}
        await self.edit({"kind": "add_term", "term": term})
        return await self.do(self.agreements.lock, self.officer)

    async def sign(self, agreement: Agreement, person: str) -> Agreement:
        assert agreement.lock is not None
        return await self.do(self.agreements.sign, person, agreement.lock.hash, samples.scribble(1))

    async def signed(self) -> Agreement:
        agreement = await self.locked()
        for signer in agreement.required:
            agreement = await self.sign(agreement, signer.person)
        return agreement

    async def strokes(self) -> int:
        row = await self.db.read(lambda tx: tx.one(select(func.count().label("n")).select_from(agreement_strokes)))
        assert row is not None
        return int(row["n"])

    async def acts(self) -> list[str]:
        return [act for act, _ in await self.bureau.acts(self.case_id) if act.startswith("agreement.")]

    def blobs(self) -> int:
        return sum(1 for path in self.blob_folder.rglob("*") if path.is_file())


@pytest.fixture
async def desk(
    db: Database, cipher: Cipher, timeline: Timeline, keys: KeyStore, clock: ManualClock, tmp_path: Path
) -> Desk:
    bureau = await Bureau.build(db, cipher, timeline, clock)
    authority = Authority(keys)
    folder = tmp_path / "files"
    blobs = BlobStore(f"file://{folder}", keys)
    agreements = Agreements(db, cipher, timeline, blobs, samples.fonts(), authority, clock)
    return Desk(db, bureau, agreements, authority, folder)


async def test_the_whole_way(desk: Desk) -> None:
    signed = await desk.signed()
    sealed = await desk.agreements.seal(desk.case_id, desk.officer)
    assert sealed.status == "sealed"
    assert sealed.sealed is not None
    pdf = await desk.agreements.pdf(sealed)
    verdict = await asyncio.to_thread(verify_pdf, pdf, [desk.authority.root_pem()], sealed.sealed.sha256)
    assert verdict.ok, verdict.reasons
    assert await desk.load() == sealed
    assert sealed.signatures == signed.signatures
    assert await desk.acts() == [
        *("agreement.started", "agreement.edited", "agreement.locked"),
        *["agreement.signed"] * 3,
        "agreement.sealed",
    ]


async def test_the_draft_is_prefilled_from_the_case(desk: Desk) -> None:
    draft = (await desk.open()).draft
    assert draft.number == "ZA-2026-0001"
    assert draft.fields["cause"] == "邻里噪音引发殴打"
    assert draft.fields["happened_at"] == "2026年2月27日20时15分"
    assert draft.fields["held_at"] == "2026-03-01"
    assert [party.name for party in draft.parties] == ["张小三", "李四"]


async def test_only_one_per_case_and_only_where_there_is_a_form(desk: Desk) -> None:
    with pytest.raises(AgreementMissing):
        await desk.do(desk.agreements.lock, "nobody")
    await desk.open()
    facts = await desk.db.read(lambda tx: desk.bureau.cases.facts(tx, desk.case_id))
    mediator = Attendee(desk.officer, "王警官", "mediator")
    with pytest.raises(AgreementExists):
        await desk.db.transact(
            lambda tx: desk.agreements.start(tx, facts, room_id="room_1", mediator=mediator, place="这里")
        )
    with pytest.raises(NoForm):
        await desk.open(number="JT-2026-0001", track="JT")


async def test_a_refused_lock_changes_nothing(desk: Desk) -> None:
    before = await desk.open()
    with pytest.raises(DraftIncomplete):
        await desk.do(desk.agreements.lock, desk.officer)
    assert await desk.load() == before
    assert await desk.acts() == ["agreement.started"]


async def test_refused_signatures_leave_nothing_behind(desk: Desk) -> None:
    agreement = await desk.locked()
    assert agreement.lock is not None
    person = agreement.required[0].person
    for who, text, drawn, error in (
        (person, "0" * 64, samples.scribble(1), TextChanged),
        ("stranger", agreement.lock.hash, samples.scribble(1), NotASigner),
        (person, agreement.lock.hash, [], BadStrokes),
    ):
        with pytest.raises(error):
            await desk.do(desk.agreements.sign, who, text, drawn)
    assert await desk.strokes() == 0
    assert await desk.load() == agreement
    await desk.sign(agreement, person)
    with pytest.raises(AlreadySigned):
        await desk.sign(agreement, person)
    assert await desk.strokes() == 1


async def test_a_changed_word_destroys_the_handwriting_too(desk: Desk) -> None:
    agreement = await desk.locked()
    await desk.sign(agreement, agreement.required[0].person)
    after = await desk.edit({"kind": "set_copies", "copies": 5})
    assert (after.status, after.signatures, await desk.strokes()) == ("draft", (), 0)


async def test_declining_ends_it_for_all_and_the_officer_may_reopen(desk: Desk) -> None:
    agreement = await desk.locked()
    first, second = (signer.person for signer in agreement.required[:2])
    await desk.sign(agreement, first)
    declined = await desk.do(desk.agreements.decline, second, "金额不对")
    assert (declined.status, await desk.strokes()) == ("declined", 0)
    with pytest.raises(WrongStatus):
        await desk.sign(agreement, second)
    with pytest.raises(WrongStatus):
        await desk.agreements.seal(desk.case_id, desk.officer)
    assert (await desk.do(desk.agreements.reopen, desk.officer)).status == "draft"
    assert (await desk.acts())[-2:] == ["agreement.declined", "agreement.reopened"]


async def test_declining_and_signing_at_once_have_one_winner(desk: Desk) -> None:
    agreement = await desk.locked()
    first, second = (signer.person for signer in agreement.required[:2])
    results = await asyncio.gather(
        desk.sign(agreement, first), desk.do(desk.agreements.decline, second, "不同意"), return_exceptions=True
    )
    assert [item for item in results if isinstance(item, BaseException) and not isinstance(item, HeshiError)] == []
    assert (await desk.load()).status == "declined"
    assert await desk.strokes() == 0


async def test_everyone_signs_at_once(desk: Desk) -> None:
    agreement = await desk.locked()
    people = [signer.person for signer in agreement.required if signer.role != "mediator"]
    await asyncio.gather(*(desk.sign(agreement, person) for person in people))
    assert {item.person for item in (await desk.load()).signatures} == set(people)


async def test_no_seal_before_everyone_signed(desk: Desk) -> None:
    with pytest.raises(SignaturesMissing):
        await desk.locked()
        await desk.agreements.seal(desk.case_id, desk.officer)
    assert desk.blobs() == 0


async def test_sealing_again_and_at_once_gives_one_file(desk: Desk) -> None:
    await desk.signed()
    sealed = await asyncio.gather(*(desk.agreements.seal(desk.case_id, desk.officer) for _ in range(3)))
    again = await desk.agreements.seal(desk.case_id, desk.officer)
    assert all(item == again for item in sealed)
    assert (await desk.acts()).count("agreement.sealed") == 1
    assert desk.blobs() == 1


async def test_a_seal_refused_at_the_finish_is_taken_back_and_can_be_repeated(desk: Desk) -> None:
    before = await desk.signed()

    async def refuse(tx: Transaction, agreement: Agreement) -> None:
        raise Conflict("the room has moved on")

    with pytest.raises(Conflict):
        await desk.agreements.seal(desk.case_id, desk.officer, refuse)
    assert await desk.load() == before
    assert desk.blobs() == 0
    seen: list[str] = []

    async def note(tx: Transaction, agreement: Agreement) -> None:
        seen.append(agreement.status)

    await desk.agreements.seal(desk.case_id, desk.officer, note)
    assert seen == ["sealed"]


async def test_a_crash_after_the_file_was_stored_is_repaired_by_repeating(desk: Desk) -> None:
    await desk.signed()

    async def crash(tx: Transaction, agreement: Agreement) -> None:
        raise ConnectionError("gone")

    with pytest.raises(ConnectionError):
        await desk.agreements.seal(desk.case_id, desk.officer, crash)
    sealed = await desk.agreements.seal(desk.case_id, desk.officer)
    pdf = await desk.agreements.pdf(sealed)
    assert (await asyncio.to_thread(verify_pdf, pdf, [desk.authority.root_pem()])).ok


async def test_a_text_unlocked_while_it_is_being_printed_is_not_sealed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.signed()
    put = BlobStore.put

    async def interrupted(self: BlobStore, source: Any, *, kind: str) -> Any:
        await desk.do(desk.agreements.unlock, desk.officer)
        return await put(self, source, kind=kind)

    monkeypatch.setattr(BlobStore, "put", interrupted)
    with pytest.raises((TextChanged, WrongStatus)):
        await desk.agreements.seal(desk.case_id, desk.officer)
    assert (await desk.load()).status == "draft"
    assert desk.blobs() == 0


async def test_a_stored_file_that_is_another_is_not_handed_out(desk: Desk, keys: KeyStore) -> None:
    await desk.signed()
    sealed = await desk.agreements.seal(desk.case_id, desk.officer)
    other = await BlobStore(f"file://{desk.blob_folder}", keys).put(b"%PDF-other", kind="agreement")
    assert sealed.sealed is not None
    with pytest.raises(SealBrokenError):
        await desk.agreements.pdf(replace(sealed, sealed=replace(sealed.sealed, blob=other.id)))


async def test_nothing_of_the_text_or_the_hand_is_stored_in_clear(desk: Desk) -> None:
    await desk.signed()
    documents = await desk.db.read(lambda tx: tx.all(select(rows.c.sealed)))
    drawn = await desk.db.read(lambda tx: tx.all(select(agreement_strokes.c.sealed)))
    stored = b"".join(row["sealed"] for row in [*documents, *drawn])
    assert drawn
    for secret in ("张小三", "医疗费", "13812345678", "pressure", "points"):
        assert secret.encode() not in stored
