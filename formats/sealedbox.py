"""Sealed boxes: anyone with the public key can close one, only the private key opens it.

X25519 with a key made for the one box, HKDF-SHA256 (RFC 5869), AES-256-GCM. A box is
`version (1) ‖ ephemeral public key (32) ‖ ciphertext and tag`.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from formats.errors import Invalid

_VERSION = b"\x01"
# The key of a box encrypts exactly one message, so a constant nonce never repeats under it.
_NONCE = bytes(12)


class BoxBroken(Invalid):
    """The box was altered, or was sealed for another key."""

    code = "box.broken"
    zh = "密封数据已损坏，或所用密钥不对。"
    en = "The sealed data is damaged, or this is not the key it was sealed for."


def new_key_pair() -> tuple[bytes, bytes]:
    """A fresh raw X25519 pair: (private, public), 32 bytes each."""
    private = X25519PrivateKey.generate()
    return private.private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption()), _raw(private.public_key())


def public_of(private_key: bytes) -> bytes:
    """The raw public half of a raw X25519 private key."""
    return _raw(X25519PrivateKey.from_private_bytes(private_key).public_key())


def seal(public_key: bytes, plaintext: bytes) -> bytes:
    """A box for the holder of `public_key`'s private half. Raises BoxBroken for an unusable public key."""
    ephemeral = X25519PrivateKey.generate()
    try:
        shared = ephemeral.exchange(X25519PublicKey.from_public_bytes(public_key))
    except ValueError as error:
        raise BoxBroken("public key") from error
    sender = _raw(ephemeral.public_key())
    key = _derive(shared, sender, public_key)
    return _VERSION + sender + AESGCM(key).encrypt(_NONCE, plaintext, _VERSION + sender + public_key)


def open_sealed(private_key: bytes, box: bytes) -> bytes:
    """What was sealed. Raises BoxBroken."""
    if box[:1] != _VERSION or len(box) < 1 + 32 + 16:
        raise BoxBroken("version or length")
    sender, sealed = box[1:33], box[33:]
    private = X25519PrivateKey.from_private_bytes(private_key)
    public = _raw(private.public_key())
    try:
        shared = private.exchange(X25519PublicKey.from_public_bytes(sender))
        return AESGCM(_derive(shared, sender, public)).decrypt(_NONCE, sealed, _VERSION + sender + public)
    except (InvalidTag, ValueError) as error:
        raise BoxBroken("wrong key or altered") from error


def _derive(shared: bytes, sender: bytes, recipient: bytes) -> bytes:
    return HKDF(hashes.SHA256(), 32, salt=sender + recipient, info=b"heshi sealed box 1").derive(shared)


def _raw(key: X25519PublicKey) -> bytes:
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)
