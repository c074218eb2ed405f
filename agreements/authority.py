"""The installation's own certificate authority: a root and one seal certificate per organ, made at first use.

It proves that a file was sealed by this installation and not changed since. It is no licensed provider of
certification services (Electronic Signature Law Art. 16–18), and every verdict says so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Protocol

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import NameOID

ROOT_YEARS = 30
SEAL_YEARS = 10
_NAME_LIMIT = 64  # characters, RFC 5280's upper bound of CN and O


class KeyBook(Protocol):
    """Where secrets are kept: returns what is stored under the name, or stores what `make` returns."""

    def get_or_create(self, name: str, make: Callable[[], bytes]) -> bytes: ...


@dataclass(frozen=True)
class SealIdentity:
    """An organ's seal: its private key and certificate, and the root above it."""

    key: EllipticCurvePrivateKey
    certificate: x509.Certificate
    root: x509.Certificate


class Authority:
    """Issues and remembers the installation's certificates. Reads and writes files: call it in a thread."""

    def __init__(self, keys: KeyBook, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._keys, self._now = keys, now

    def root_pem(self) -> bytes:
        """The root certificate (PEM): what a verifier trusts. Public."""
        return self._root()[1].public_bytes(Encoding.PEM)

    def seal_for(self, organ_id: str, organ_name: str) -> SealIdentity:
        """The seal of an organ under its present name; a renamed organ gets a new certificate."""
        tag = sha256(f"{organ_id}\n{organ_name}".encode()).hexdigest()[:16]
        # The root first: a key store is locked while it makes a secret, and may not be asked for another meanwhile.
        root_key, root = self._root()
        made = self._keys.get_or_create(f"agreements.seal.{tag}", lambda: self._make_seal(organ_name, root_key, root))
        key, certificate = _read(made)
        return SealIdentity(key, certificate, root)

    def _root(self) -> tuple[EllipticCurvePrivateKey, x509.Certificate]:
        return _read(self._keys.get_or_create("agreements.root", self._make_root))

    def _make_root(self) -> bytes:
        key = generate_private_key(SECP256R1())
        name = _name("和事室", f"和事室安装根证书 {x509.random_serial_number():x}"[:30])
        builder = self._builder(name, name, key, ROOT_YEARS)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        builder = builder.add_extension(_usage(certify=True), critical=True)
        return _write(key, builder.sign(key, hashes.SHA256()))

    def _make_seal(self, organ_name: str, root_key: EllipticCurvePrivateKey, root: x509.Certificate) -> bytes:
        key = generate_private_key(SECP256R1())
        builder = self._builder(_name(organ_name, f"{organ_name}调解文书印章"), root.subject, key, SEAL_YEARS)
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(root_key.public_key())
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(_usage(certify=False), critical=True)
        builder = builder.add_extension(issuer, critical=False)
        return _write(key, builder.sign(root_key, hashes.SHA256()))

    def _builder(
        self, subject: x509.Name, issuer: x509.Name, key: EllipticCurvePrivateKey, years: int
    ) -> x509.CertificateBuilder:
        start = self._now().replace(microsecond=0)
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
        builder = builder.serial_number(x509.random_serial_number())
        # Backdated a little: the verifier's clock may run behind ours.
        builder = builder.not_valid_before(start - timedelta(minutes=10)).not_valid_after(
            start + timedelta(days=365 * years)
        )
        return builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)


def _name(organisation: str, common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "CN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation[:_NAME_LIMIT]),
            x509.NameAttribute(NameOID.COMMON_NAME, common[:_NAME_LIMIT]),
        ]
    )


def _usage(*, certify: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not certify,
        content_commitment=not certify,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=certify,
        crl_sign=certify,
        encipher_only=False,
        decipher_only=False,
    )


def _write(key: EllipticCurvePrivateKey, certificate: x509.Certificate) -> bytes:
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return private + certificate.public_bytes(Encoding.PEM)


def _read(stored: bytes) -> tuple[EllipticCurvePrivateKey, x509.Certificate]:
    key = load_pem_private_key(stored, None)
    if not isinstance(key, EllipticCurvePrivateKey):
        raise TypeError("the stored key is not an EC key")
    return key, x509.load_pem_x509_certificate(stored)
