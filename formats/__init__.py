"""Bytes and hashes that outlive the service: the bottom layer, importing nothing of ours.

Readers of old files and offline verifiers need only this package.
"""

from formats.canonical import canonical
from formats.chain import GENESIS, Entry, Verdict, check_chain, commitment, entry_hash
from formats.errors import HeshiError
from formats.receipt import Receipt

__all__ = [
    "GENESIS",
    "Entry",
    "HeshiError",
    "Receipt",
    "Verdict",
    "canonical",
    "check_chain",
    "commitment",
    "entry_hash",
]
