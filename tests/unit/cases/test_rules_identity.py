"""Resident numbers, other documents, telephones, masks, delays."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.rules.delays import ADDRESS_FREE_TRIES, FREE_TRIES, LONGEST_S, counted, delay, remaining
from cases.rules.documents import clean_document
from cases.rules.errors import BadDocumentNumber, BadPhone, BadResidentId, ResidentIdMismatch
from cases.rules.masking import mask_address, mask_date, mask_id, mask_name, mask_phone, mask_text
from cases.rules.phone import clean_phone
from cases.rules.resident_id import agree, check_digit, parse_resident_id
from cases.rules.tracks import TRACKS

TODAY = date(2026, 11, 24)
BIRTHS = st.dates(min_value=date(1880, 1, 1), max_value=TODAY)


def number(region: int, birth: date, order: int) -> str:
    head = f"{region:06d}{birth:%Y%m%d}{order:03d}"
    return head + check_digit(head)


NUMBERS = st.builds(number, st.integers(100000, 999999), BIRTHS, st.integers(0, 999))


def test_the_standards_own_example() -> None:
    # GB 11643-1999, the two numbers of its annex.
    assert parse_resident_id("11010519491231002X", TODAY).sex == "female"
    assert parse_resident_id("440524188001010014", TODAY).birth_date == date(1880, 1, 1)


@given(st.integers(100000, 999999), BIRTHS, st.integers(0, 999))
def test_a_made_number_reads_back(region: int, birth: date, order: int) -> None:
    resident = parse_resident_id(f" {number(region, birth, order).lower()} ", TODAY)
    assert resident.birth_date == birth
    assert resident.sex == ("male" if order % 2 else "female")
    agree(resident, resident.sex, birth.isoformat())
    agree(resident, None, None)


@given(NUMBERS, st.integers(0, 17), st.sampled_from("0123456789X"))
def test_any_single_wrong_character_is_found(good: str, place: int, character: str) -> None:
    bad = good[:place] + character + good[place + 1 :]
    if bad == good:
        return
    with pytest.raises(BadResidentId):
        parse_resident_id(bad, TODAY)


@given(NUMBERS, st.integers(0, 16))
def test_any_two_neighbours_swapped_are_found(good: str, place: int) -> None:
    bad = good[:place] + good[place + 1] + good[place] + good[place + 2 :]
    if bad == good:
        return
    with pytest.raises(BadResidentId):
        parse_resident_id(bad, TODAY)


@pytest.mark.parametrize("head", ["11010520230229001", "11010520261125001", "11010518791231001", "11010520231301001"])
def test_impossible_births_are_refused(head: str) -> None:
    with pytest.raises(BadResidentId, match="birth_date"):
        parse_resident_id(head + check_digit(head), TODAY)


@pytest.mark.parametrize(
    "text", ["", "1101051949123100", "011105194912310021", "１１０１０５１９４９１２３１００２X", "x" * 999]
)
def test_other_shapes_are_refused(text: str) -> None:
    with pytest.raises(BadResidentId, match="shape"):
        parse_resident_id(text, TODAY)


def test_what_contradicts_the_number_is_refused() -> None:
    resident = parse_resident_id("11010519491231002X", TODAY)
    with pytest.raises(ResidentIdMismatch, match="gender"):
        agree(resident, "male", None)
    with pytest.raises(ResidentIdMismatch, match="birth_date"):
        agree(resident, "female", "1949-12-30")


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("passport", "E12345678"),
        ("passport", "g1234567"),
        ("hk_macau", "H12345678"),
        ("taiwan", "12345678"),
        ("foreign_residence", "USA110199001011"),
        ("other", "ABC 123(4)"),
    ],
)
def test_other_documents(kind: str, text: str) -> None:
    assert clean_document(kind, f" {text} ") == text.upper()


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("passport", "E123"),
        ("passport", "E" * 21),
        ("passport", "E12\x00345"),
        ("hk_macau", "X12345678"),
        ("nothing", "1"),
    ],
)
def test_other_documents_of_impossible_shape(kind: str, text: str) -> None:
    with pytest.raises(BadDocumentNumber):
        clean_document(kind, text)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("13812345678", "13812345678"),
        ("138 1234 5678", "13812345678"),
        ("138-1234-5678", "13812345678"),
        ("+86 13812345678", "13812345678"),
        ("010-62345678", "010-62345678"),
        ("01062345678", "010-62345678"),
        ("0571-87654321-801", "0571-87654321-801"),
        ("0991-2345678", "0991-2345678"),
        ("+852 9123 4567", "+85291234567"),
        ("+1 415 555 0100", "+14155550100"),
    ],
)
def test_telephones_in_one_spelling(typed: str, kept: str) -> None:
    assert clean_phone(typed) == kept
    assert clean_phone(kept) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "1381234567",
        "12012345678",
        "138123456789",
        "62345678",
        "+86123",
        "１３８１２３４５６７８",
        "13812345678\x00",
        "a" * 99,
    ],
)
def test_bad_telephones(typed: str) -> None:
    with pytest.raises(BadPhone):
        clean_phone(typed)


@given(st.text(alphabet="+-0123456789 ", max_size=22))
def test_a_cleaned_telephone_is_stable(text: str) -> None:
    try:
        phone = clean_phone(text)
    except BadPhone:
        return
    assert clean_phone(phone) == phone


def test_masks_look_as_people_know_them() -> None:
    assert mask_name("张三") == "张*"
    assert mask_name("张小三") == "张*三"
    assert mask_name("阿不都·买买提") == "阿*****提"
    assert mask_name("𠮷") == "*"
    assert mask_id("110105199001011234") == "1101**********1234"
    assert mask_id("E12345678") == "E1*****78"
    assert mask_phone("13812345678") == "138****5678"
    assert mask_phone("010-62345678") == "010-****5678"
    assert mask_phone("+85291234567") == "+852****4567"
    assert mask_address("北京市海淀区中关村大街1号") == "北京市海淀区****"
    assert mask_address("幸福小区3号楼2单元") == "幸福****"
    assert mask_address("某村12号") == "某村****"
    assert mask_date("1990-01-02") == "1990-**-**"
    assert mask_text("经过") == "****"
    assert mask_name("") == mask_id("") == mask_address("") == mask_date("") == mask_text("") == ""


@given(NUMBERS)
def test_a_masked_resident_number_hides_birth_and_order(good: str) -> None:
    masked = mask_id(good)
    assert len(masked) == 18
    assert masked[4:14] == "*" * 10


@given(st.text(alphabet="0123456789ABCDEFGHIJ", min_size=1, max_size=30))
def test_a_masked_document_hides_at_least_half(text: str) -> None:
    masked = mask_id(text)
    assert len(masked) == len(text)
    assert masked.count("*") >= len(text) / 2


@given(st.text(alphabet="北京市海淀区县村路小社号楼0123456789", min_size=1, max_size=40))
def test_a_masked_address_is_never_the_address(address: str) -> None:
    masked = mask_address(address)
    assert masked.endswith("****")
    assert address not in masked.removesuffix("****")


@given(st.integers(0, 10_000), st.integers(0, 10_000))
def test_the_delay_grows_and_stays_bounded(fewer: int, more: int) -> None:
    low, high = sorted((fewer, more))
    assert 0 <= delay(low) <= delay(high) <= LONGEST_S
    assert delay(low, ADDRESS_FREE_TRIES) <= delay(low)


@given(st.integers(0, 10_000), st.floats(-1e6, 1e6))
def test_nobody_waits_longer_than_the_delay(failures: int, since: float) -> None:
    assert 0 <= remaining(failures, since) <= delay(failures)
    assert remaining(failures, LONGEST_S) == 0


def test_first_tries_are_free_and_old_ones_forgotten() -> None:
    assert [delay(n) for n in range(FREE_TRIES + 4)] == [0, 0, 0, 0, 1, 2, 4]
    assert counted(50, timedelta(minutes=59).total_seconds()) == 50
    assert counted(50, timedelta(hours=1).total_seconds()) == 0


def test_three_tracks_each_with_its_documents() -> None:
    assert set(TRACKS) == {"ZA", "JT", "RM"}
    for code, track in TRACKS.items():
        assert track.code == code
        assert track.zh
        assert track.en
        assert track.agreed_form != track.failed_form
