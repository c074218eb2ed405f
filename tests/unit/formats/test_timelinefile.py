from __future__ import annotations

import json
from dataclasses import replace

import pytest

from formats.canonical import canonical
from formats.receipt import ReceiptBroken
from formats.timelinefile import TimelineFile, TimelineFileBroken, dump, load
from tests.unit.formats.chains import CASE, PUBLIC, chain, receipt
from verify.timeline import check_timeline

FILE = TimelineFile(CASE, "〔2026〕1号", PUBLIC, chain(5))


def altered(path: str, value: object) -> bytes:
    document = json.loads(dump(FILE))
    document["entries"][2][path] = value
    return canonical(document)


def test_a_file_gives_back_the_chain() -> None:
    erased = replace(FILE.entries[1], salt=None, payload=None, erased=True)
    file = replace(FILE, entries=[FILE.entries[0], erased, *FILE.entries[2:]])
    assert load(dump(file)) == file


def test_an_honest_file_holds_offline() -> None:
    report = check_timeline(dump(FILE), [receipt(FILE.entries[3]).to_text()], PUBLIC)
    assert report.verdict.ok
    assert (report.verdict.length, report.receipts, report.key_confirmed, report.number) == (5, 1, True, "〔2026〕1号")


def test_the_files_own_key_is_not_called_confirmed() -> None:
    assert not check_timeline(dump(FILE)).key_confirmed
    assert check_timeline(dump(FILE), public_key=bytes(32)).verdict.reason == "signature_invalid"


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        ("actor", "seat_9", "hash_mismatch"),
        ("payload", "{}", "payload_mismatch"),
        ("payload", None, "payload_missing"),
        ("previous", "00" * 32, "previous_mismatch"),
        ("signature", None, "signature_invalid"),
        ("seq", 4, "gap"),
    ],
)
def test_a_change_is_named(path: str, value: object, reason: str) -> None:
    verdict = check_timeline(altered(path, value), public_key=PUBLIC).verdict
    assert (verdict.broken_at, verdict.reason) == (3, reason)


def test_a_cut_tail_is_named() -> None:
    short = dump(replace(FILE, entries=FILE.entries[:2]))
    verdict = check_timeline(short, [receipt(FILE.entries[4]).to_text()], PUBLIC).verdict
    assert verdict.detail == "a receipt shows entry 5, the chain ends at 2"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        dump(FILE)[:-1],
        dump(FILE) + b" ",
        altered("hash", "zz"),
        altered("seq", "1"),
        altered("erased", 0),
    ],
)
def test_other_files_are_refused(data: bytes) -> None:
    with pytest.raises(TimelineFileBroken):
        check_timeline(data)


def test_a_broken_receipt_is_refused_not_ignored() -> None:
    with pytest.raises(ReceiptBroken):
        check_timeline(dump(FILE), ["HR1.x.y"])
