"""Receipts: the signed head of a case's timeline, small enough for a QR code or PDF metadata.

A receipt in somebody else's hands contradicts an operator who later rewrites or shortens the chain.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass, replace

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from formats.canonical import NotCanonical, canonical, parse
from formats.errors import Invalid

_PREFIX = "HR1"


class ReceiptBroken(Invalid):
    """The text is not a receipt, or its signature does not hold."""

    code = "receipt.broken"
    zh = "回执无法识别或签名无效，请核对来源。"
    en = "The receipt is unreadable or its signature does not hold; check where it came from."


@dataclass(frozen=True, slots=True)
class Receipt:
    """Case `case_id` (shown to people as `number`) had at time `at` the chain head `head` (32 bytes) at entry `seq`."""

    case_id: str
    number: str
    seq: int
    head: bytes
    at: str
    key_id: str
    signature: bytes = b""

    def body(self) -> bytes:
        """What is signed."""
        fields = [self.case_id, self.number, self.seq, self.head.hex(), self.at, self.key_id]
        return b"heshi receipt 1\x00" + canonical(fields)

    def signed(self, private_key: bytes) -> Receipt:
        """This receipt under the raw 32-byte Ed25519 private key, with its `key_id`."""
        key = Ed25519PrivateKey.from_private_bytes(private_key)
        public = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        named = replace(self, key_id=key_id(public))
        return replace(named, signature=key.sign(named.body()))

    def verify(self, public_key: bytes) -> bool:
        """Whether the raw 32-byte Ed25519 `public_key` signed exactly this."""
        return self.key_id == key_id(public_key) and signature_holds(public_key, self.signature, self.body())

    def to_text(self) -> str:
        """`HR1.<fields>.<head and signature>`, ASCII without spaces, about 250 characters."""
        fields = canonical([self.case_id, self.number, self.seq, self.at, self.key_id])
        return ".".join((_PREFIX, _encode(fields), _encode(self.head + self.signature)))

    @classmethod
    def from_text(cls, text: str) -> Receipt:
        """Reads `to_text`; does not check the signature. Raises ReceiptBroken."""
        prefix, *parts = text.strip().split(".")
        if prefix != _PREFIX or len(parts) != 2:
            raise ReceiptBroken("prefix")
        try:
            fields, proof = parse(_decode(parts[0])), _decode(parts[1])
        except (NotCanonical, binascii.Error, ValueError) as error:
            raise ReceiptBroken("encoding") from error
        match fields:
            case [str(case_id), str(number), int(seq), str(at), str(name)] if len(proof) == 96:
                return cls(case_id, number, seq, proof[:32], at, name, proof[32:])
        raise ReceiptBroken("fields")


def key_id(public_key: bytes) -> str:
    """A short name of a public key: the first 16 hex digits of its SHA-256."""
    return hashlib.sha256(public_key).hexdigest()[:16]


def signature_holds(public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Whether the Ed25519 signature over `message` is valid; malformed keys and signatures are simply invalid."""
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
