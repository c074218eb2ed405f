from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from formats.merkle import inclusion_holds, inclusion_proof, merkle_root

LEAVES = st.lists(st.binary(max_size=20), min_size=1, max_size=40)


def sha(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def test_small_trees_are_those_of_the_rfc() -> None:
    a, b, c = (sha(b"\x00" + leaf) for leaf in (b"a", b"b", b"c"))
    assert merkle_root([]) == sha(b"")
    assert merkle_root([b"a"]) == a
    assert merkle_root([b"a", b"b", b"c"]) == sha(b"\x01" + sha(b"\x01" + a + b) + c)


@given(LEAVES, st.data())
def test_every_leaf_is_proven_alone_in_a_few_hashes(leaves: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    proof, root = inclusion_proof(leaves, index), merkle_root(leaves)
    assert len(proof) <= (len(leaves) - 1).bit_length()
    assert inclusion_holds(leaves[index], index, len(leaves), proof, root)


@given(LEAVES, st.data())
def test_no_other_leaf_place_size_or_path_is_taken(leaves: list[bytes], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(leaves) - 1))
    proof, root, size = inclusion_proof(leaves, index), merkle_root(leaves), len(leaves)
    assert not inclusion_holds(leaves[index] + b"x", index, size, proof, root)
    assert not inclusion_holds(leaves[index], index, size, [*proof, root], root)
    assert not inclusion_holds(leaves[index], size, size, proof, root)
    if proof:
        assert not inclusion_holds(leaves[index], index, size, proof[:-1], root)
        bent = [*proof]
        at = data.draw(st.integers(0, len(proof) - 1))
        bent[at] = sha(bent[at])
        assert not inclusion_holds(leaves[index], index, size, bent, root)
    other = data.draw(st.integers(0, size - 1))
    if leaves[other] != leaves[index]:
        assert not inclusion_holds(leaves[index], other, size, inclusion_proof(leaves, other), root)


@given(LEAVES, st.data())
def test_changing_adding_or_moving_a_leaf_moves_the_root(leaves: list[bytes], data: st.DataObject) -> None:
    root = merkle_root(leaves)
    at = data.draw(st.integers(0, len(leaves) - 1))
    assert merkle_root([*leaves[:at], leaves[at] + b"x", *leaves[at + 1 :]]) != root
    assert merkle_root([*leaves, leaves[-1]]) != root
    assert merkle_root([*leaves[:at], *leaves[at + 1 :]]) != root
    if leaves[0] != leaves[-1]:
        assert merkle_root(leaves[::-1]) != root


def test_there_is_no_proof_of_a_leaf_that_is_not_there() -> None:
    with pytest.raises(IndexError):
        inclusion_proof([b"a"], 1)
