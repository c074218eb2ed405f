"""Merkle trees as in RFC 6962 (section 2.1): one root over many leaves, and short proofs that one leaf is among them.

Leaves and inner nodes are hashed with different first bytes, so that neither can pass for the other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    """The tree's head over the leaves' contents, in order; of no leaves, the SHA-256 of nothing."""
    return _root([_leaf(leaf) for leaf in leaves]) if leaves else hashlib.sha256(b"").digest()


def inclusion_proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The audit path of leaf `index` (section 2.1.1), nearest neighbour first. Raises IndexError."""
    if not 0 <= index < len(leaves):
        raise IndexError("no such leaf")
    return _path([_leaf(leaf) for leaf in leaves], index)


def inclusion_holds(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> bool:
    """Whether `leaf` is number `index` of the `size` leaves under `root`; a misshapen proof simply does not hold."""
    if not 0 <= index < size:
        return False
    node, last, rest = _leaf(leaf), size - 1, list(proof)
    while last:
        # The last node of an odd level has no neighbour, and moves up as it is.
        if index % 2 or index < last:
            if not rest:
                return False
            other = rest.pop(0)
            node = _node(other, node) if index % 2 else _node(node, other)
        index, last = index // 2, last // 2
    return not rest and node == root


def _root(hashes: Sequence[bytes]) -> bytes:
    if len(hashes) == 1:
        return hashes[0]
    half = _split(len(hashes))
    return _node(_root(hashes[:half]), _root(hashes[half:]))


def _path(hashes: Sequence[bytes], index: int) -> list[bytes]:
    if len(hashes) == 1:
        return []
    half = _split(len(hashes))
    if index < half:
        return [*_path(hashes[:half], index), _root(hashes[half:])]
    return [*_path(hashes[half:], index - half), _root(hashes[:half])]


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << (size - 1).bit_length() - 1


def _leaf(content: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + content).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()
