from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formats.sealedbox import BoxBroken, new_key_pair, open_sealed, public_of, seal

PRIVATE, PUBLIC = new_key_pair()


@given(st.binary(max_size=300))
def test_only_the_private_key_opens(plaintext: bytes) -> None:
    box = seal(PUBLIC, plaintext)
    assert open_sealed(PRIVATE, box) == plaintext
    assert plaintext not in box or len(plaintext) < 4
    with pytest.raises(BoxBroken):
        open_sealed(new_key_pair()[0], box)


@given(st.integers(0, 8 * (1 + 32 + 16 + 5) - 1))
def test_any_flipped_bit_is_found(bit: int) -> None:
    box = bytearray(seal(PUBLIC, b"hello"))
    box[bit // 8] ^= 1 << bit % 8
    # The top bit of an X25519 public key is ignored by RFC 7748, but it is in the additional data here.
    with pytest.raises(BoxBroken):
        open_sealed(PRIVATE, bytes(box))


def test_two_boxes_of_one_text_differ() -> None:
    assert seal(PUBLIC, b"x") != seal(PUBLIC, b"x")


@pytest.mark.parametrize("box", [b"", b"\x01", b"\x02" + bytes(60), b"\x01" + bytes(60)])
def test_other_bytes_are_refused(box: bytes) -> None:
    with pytest.raises(BoxBroken):
        open_sealed(PRIVATE, box)


@pytest.mark.parametrize("key", [b"", bytes(31), bytes(32)])
def test_an_unusable_public_key_is_refused(key: bytes) -> None:
    with pytest.raises(BoxBroken):
        seal(key, b"x")


def test_public_of() -> None:
    assert public_of(PRIVATE) == PUBLIC
