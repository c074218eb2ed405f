from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formats.chain import GENESIS, Entry, Stored, check_chain, commitment, entry_hash, sign_head
from formats.receipt import Receipt
from tests.unit.formats.chains import CASE, PRIVATE, PUBLIC, chain, receipt

ENTRY = Entry(CASE, 1, "2026-03-01T01:00:00.000Z", 5, "boot", "seat_1", "said", "第9条", bytes(32), GENESIS)
CHANGES: list[dict[str, object]] = [
    {"case_id": "case_b"},
    {"seq": 2},
    {"at": "2026-03-01T01:00:00.001Z"},
    {"mono_ns": 6},
    {"boot": "boot2"},
    {"actor": "seat_2"},
    {"act": "signed"},
    {"article": None},
    {"commitment": bytes(31) + b"\x01"},
    {"previous": bytes(32)},
]


def test_the_hash_covers_every_field() -> None:
    assert {name for change in CHANGES for name in change} == set(Entry.__dataclass_fields__)
    hashes = {entry_hash(ENTRY), *(entry_hash(replace(ENTRY, **change)) for change in CHANGES)}  # type: ignore[arg-type]
    assert len(hashes) == len(CHANGES) + 1


def test_the_hash_is_what_it_was_at_the_first_release() -> None:
    assert entry_hash(ENTRY).hex() == "a60f333ebb553615d40f5beedaccc57b9061bb02accf063b06b94b34ffae38ca"


@given(st.integers(0, 12))
def test_an_honest_chain_holds(length: int) -> None:
    made = chain(length)
    verdict = check_chain(made, receipts=[receipt(each) for each in made], public_key=PUBLIC, payloads=True)
    assert verdict.ok
    assert verdict.length == length
    assert verdict.head == (made[-1].hash if made else GENESIS)


@given(st.data())
def test_any_changed_field_is_found_at_its_entry(data: st.DataObject) -> None:
    made = chain(data.draw(st.integers(1, 8)))
    at = data.draw(st.integers(0, len(made) - 1))
    change = data.draw(st.sampled_from(CHANGES))
    changed = replace(made[at].entry, **change)  # type: ignore[arg-type]
    if changed == made[at].entry:
        return
    made[at] = replace(made[at], entry=changed)
    assert check_chain(made, case_id=CASE).broken_at == at + 1


@given(st.data())
def test_dropping_doubling_or_swapping_is_found_at_the_first_place(data: st.DataObject) -> None:
    made = chain(data.draw(st.integers(3, 8)))
    at = data.draw(st.integers(0, len(made) - 2))
    match data.draw(st.sampled_from(["drop", "double", "swap"])):
        case "drop":
            del made[at]
            expected = at + 1
        case "double":
            made.insert(at, made[at])
            expected = at + 2
        case _:
            made[at], made[at + 1] = made[at + 1], made[at]
            expected = at + 1
    verdict = check_chain(made)
    assert (verdict.broken_at, verdict.reason, verdict.length) == (expected, "gap", expected - 1)


@given(st.data())
def test_a_flipped_payload_bit_is_found(data: st.DataObject) -> None:
    made = chain(4)
    at = data.draw(st.integers(0, 3))
    payload = bytearray(made[at].payload or b"")
    payload[data.draw(st.integers(0, len(payload) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    made[at] = replace(made[at], payload=bytes(payload))
    verdict = check_chain(made)
    assert (verdict.broken_at, verdict.reason) == (at + 1, "payload_mismatch")


@given(st.integers(1, 8), st.integers(0, 8))
def test_a_cut_tail_shows_against_a_receipt_only(length: int, kept: int) -> None:
    made = chain(length)
    shortened = made[:kept]
    assert check_chain(shortened, public_key=PUBLIC).ok
    verdict = check_chain(shortened, receipts=[receipt(made[-1])], public_key=PUBLIC)
    assert verdict.ok == (kept >= length)
    if not verdict.ok:
        assert (verdict.reason, verdict.broken_at, verdict.length) == ("tail_cut", length, kept)


def test_a_wholly_rewritten_chain_shows_against_a_receipt() -> None:
    verdict = check_chain(chain(5, tag="new"), receipts=[receipt(chain(5)[2])], public_key=PUBLIC)
    assert (verdict.reason, verdict.broken_at) == ("head_rewritten", 3)


def test_a_fixed_up_hash_without_the_key_is_found_by_the_signature() -> None:
    made = chain(3)
    entry = replace(made[2].entry, actor="seat_2")
    made[2] = replace(made[2], entry=entry, hash=entry_hash(entry))
    assert check_chain(made).ok
    verdict = check_chain(made, public_key=PUBLIC)
    assert (verdict.reason, verdict.broken_at) == ("signature_invalid", 3)


def test_a_signature_of_another_place_does_not_hold() -> None:
    made = chain(1)
    moved = sign_head(PRIVATE, CASE, 2, made[0].hash)
    assert check_chain([replace(made[0], signature=moved)], public_key=PUBLIC).reason == "signature_invalid"
    assert check_chain([replace(made[0], signature=None)], public_key=PUBLIC).reason == "signature_invalid"


def test_entries_and_receipts_of_another_case_are_refused() -> None:
    made = chain(2)
    assert check_chain(made, case_id="case_b").reason == "wrong_case"
    assert check_chain([made[0], *chain(2, "case_b")[1:]]).broken_at == 2
    assert check_chain(made, receipts=[receipt(chain(1, "case_b")[0])]).reason == "wrong_case"


def test_a_forged_receipt_proves_nothing() -> None:
    made = chain(2)
    forged: Receipt = replace(receipt(made[1]), seq=9)
    assert check_chain(made, receipts=[forged], public_key=PUBLIC).reason == "receipt_invalid"


def test_an_erased_payload_is_not_a_missing_one() -> None:
    made: list[Stored] = chain(2)
    made[0] = replace(made[0], salt=None, payload=None)
    assert check_chain(made).ok
    assert check_chain(made, payloads=True).reason == "payload_missing"
    made[0] = replace(made[0], erased=True)
    assert check_chain(made, payloads=True).ok


def test_the_break_is_explained_in_words() -> None:
    assert check_chain(chain(3)[1:]).detail == "entry 1 is missing; the next one found is 2"


def test_commitments_need_a_whole_salt() -> None:
    assert commitment(bytes(32), b"a") != commitment(bytes(31) + b"\x01", b"a")
    with pytest.raises(ValueError, match="32 bytes"):
        commitment(b"short", b"a")
