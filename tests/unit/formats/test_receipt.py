from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formats.receipt import Receipt, ReceiptBroken, key_id
from tests.unit.formats.chains import PRIVATE, PUBLIC

TEXT = st.text(st.characters(codec="ascii", categories=["L", "N"]) | st.sampled_from("〔〕号调字第"), max_size=30)


@given(TEXT, st.integers(1, 2**31), st.binary(min_size=32, max_size=32))
def test_text_gives_back_the_receipt(number: str, seq: int, head: bytes) -> None:
    receipt = Receipt("case_a", number, seq, head, "2026-03-01T01:00:00.000Z", "").signed(PRIVATE)
    text = receipt.to_text()
    assert Receipt.from_text(f" {text}\n") == receipt
    assert Receipt.from_text(text).verify(PUBLIC)
    assert text.isascii()
    assert " " not in text


def test_it_fits_a_qr_code() -> None:
    number = "京公(朝)行治调〔2026〕00123号"
    receipt = Receipt("case_" + "a" * 20, number, 1234, bytes(32), "2026-03-01T01:00:00.000Z", "").signed(PRIVATE)
    assert len(receipt.to_text()) < 330


@pytest.mark.parametrize(
    "change", [{"case_id": "b"}, {"number": "2"}, {"seq": 2}, {"head": b"\x01" * 32}, {"at": "x"}, {"key_id": "0" * 16}]
)
def test_every_field_is_signed(change: dict[str, object]) -> None:
    receipt = Receipt("a", "1", 1, bytes(32), "2026-03-01T01:00:00.000Z", "").signed(PRIVATE)
    assert receipt.verify(PUBLIC)
    assert not replace(receipt, **change).verify(PUBLIC)  # type: ignore[arg-type]


def test_another_key_did_not_sign_it() -> None:
    other = Receipt("a", "1", 1, bytes(32), "x", "").signed(bytes(32))
    assert not other.verify(PUBLIC)
    assert not replace(other, key_id=key_id(PUBLIC)).verify(PUBLIC)
    assert not other.verify(b"not a key")


@pytest.mark.parametrize(
    "text", ["", "HR1", "HR2.a.b", "HR1.a.b", "HR1.!!.!!", "HR1.WzFd.AAAA", "HR1.W10." + "A" * 128]
)
def test_other_text_is_refused(text: str) -> None:
    with pytest.raises(ReceiptBroken):
        Receipt.from_text(text)
