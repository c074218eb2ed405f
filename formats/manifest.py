"""The signed manifest of one sitting's recording: which journals there are, what they cover, what is missing and why.

A file is canonical JSON `{"format": "heshi recording manifest 1", "manifest": M, "signature": hex}`. M holds:

- `journal_version` (int): the version of the journals' own format; `case`, `room`, `session` (ids), `number` (int, from
  1; a manifest made again has a higher one and replaces the earlier), `started`, `ended`, `made` (UTC ISO, ms, "Z");
- `journals`, sorted by path, each: `path` in the spool; `segment`, `endpoint`, `medium` ("audio", "video", "screen"),
  `key` ("joint", "caucus"), `seats` (ids, who was at the endpoint), `clock_rate` (hertz; 0: unknown), `origin` (hex
  SHA-256 of the header line, which holds the sealed data key; "": unknown), `head` (hex) over `chunks` records,
  `size` (bytes), `first` and `last` (UTC arrivals, null without packets), `state`: "complete" (closed in order),
  "recovered" (found after a crash, sound as far as it goes), "damaged" (contradicts a signed head) or "missing" (a head
  was signed, no file was found);
- `gaps`, each: `endpoint`, `medium`, `from`, `until` (UTC), `cause`;
- `acknowledgements` of the recording, each: `seat`, `at` (UTC), `given` (bool), `notice` (which text was read);
- `root`: hex Merkle root (RFC 6962, section 2.1) over the journals' leaves, and `public_key`: hex Ed25519.

A leaf is "heshi manifest journal 1", a zero byte and the journal's canonical JSON. The signature is the chain key's
over "heshi manifest 1", a zero byte and canonical M; the timeline carries `root` and the SHA-256 of what is signed. No
names, only ids.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, TypeAlias

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from formats.canonical import JSON, NotCanonical, canonical, parse
from formats.errors import Invalid
from formats.merkle import inclusion_holds, inclusion_proof, merkle_root
from formats.receipt import signature_holds

FORMAT = "heshi recording manifest 1"
State: TypeAlias = Literal["complete", "recovered", "damaged", "missing"]


class ManifestBroken(Invalid):
    """The file is not a manifest."""

    code = "manifest.bad_file"
    zh = "该文件不是有效的录制清单。"
    en = "This file is not a recording's manifest."


class ManifestNewer(Invalid):
    """A manifest of a later version of the format."""

    code = "manifest.newer"
    zh = "该录制清单由更新的版本生成，请用相应版本核验。"
    en = "This manifest was made by a newer version; check it with that version."


@dataclass(frozen=True, slots=True)
class ListedJournal:
    """One journal; the fields are those of the file."""

    path: str
    segment: str
    endpoint: str
    medium: str
    key: str
    seats: tuple[str, ...]
    clock_rate: int
    origin: str
    head: str
    chunks: int
    size: int
    first: str | None
    last: str | None
    state: State

    def leaf(self) -> bytes:
        """What the Merkle tree hashes."""
        return b"heshi manifest journal 1\x00" + canonical(asdict(self))


@dataclass(frozen=True, slots=True)
class Gap:
    """Nothing was kept of an endpoint's medium between two UTC times, for a cause (see `recording.gaps`)."""

    endpoint: str
    medium: str
    since: str
    until: str
    cause: str


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """A seat was told of the recording and answered."""

    seat: str
    at: str
    given: bool
    notice: str


@dataclass(frozen=True, slots=True)
class Proof:
    """That one journal is listed, without the others: its place among `size` journals, and the audit path."""

    index: int
    size: int
    path: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Manifest:
    """One sitting's manifest. `public_key` and `signature` are empty until `signed`."""

    case: str
    room: str
    session: str
    number: int
    started: str
    ended: str
    made: str
    journals: tuple[ListedJournal, ...]
    gaps: tuple[Gap, ...]
    acknowledgements: tuple[Acknowledgement, ...]
    journal_version: int = 1
    public_key: bytes = b""
    signature: bytes = b""

    @property
    def root(self) -> bytes:
        """The Merkle root over the journals."""
        return merkle_root([journal.leaf() for journal in self.journals])

    @property
    def sha256(self) -> str:
        """Hex digest of what is signed, as the timeline carries it."""
        return hashlib.sha256(self.body()).hexdigest()

    def body(self) -> bytes:
        """What is signed."""
        return b"heshi manifest 1\x00" + canonical(self._fields())

    def signed(self, private_key: bytes) -> Manifest:
        """This manifest under the raw 32-byte Ed25519 private key."""
        key = Ed25519PrivateKey.from_private_bytes(private_key)
        named = replace(self, public_key=key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw))
        return replace(named, signature=key.sign(named.body()))

    def holds(self, public_key: bytes) -> bool:
        """Whether the raw 32-byte Ed25519 `public_key` signed exactly this."""
        return self.public_key == public_key and signature_holds(public_key, self.signature, self.body())

    def prove(self, path: str) -> Proof:
        """A proof that the journal of this path is listed. Raises KeyError."""
        index = next((number for number, journal in enumerate(self.journals) if journal.path == path), None)
        if index is None:
            raise KeyError(path)
        leaves = [journal.leaf() for journal in self.journals]
        return Proof(index, len(leaves), tuple(inclusion_proof(leaves, index)))

    def dump(self) -> bytes:
        """The bytes of the file."""
        return canonical({"format": FORMAT, "manifest": self._fields(), "signature": self.signature.hex()})

    def _fields(self) -> dict[str, JSON]:
        return {
            "journal_version": self.journal_version,
            "case": self.case,
            "room": self.room,
            "session": self.session,
            "number": self.number,
            "started": self.started,
            "ended": self.ended,
            "made": self.made,
            "journals": [_plain(journal) for journal in self.journals],
            "gaps": [_gap_out(gap) for gap in self.gaps],
            "acknowledgements": [_plain(one) for one in self.acknowledgements],
            "root": self.root.hex(),
            "public_key": self.public_key.hex(),
        }


def proof_holds(journal: ListedJournal, proof: Proof, root: bytes) -> bool:
    """Whether the journal is listed in the manifest whose root (as the timeline carries it) this is."""
    return inclusion_holds(journal.leaf(), proof.index, proof.size, proof.path, root)


def load(data: bytes) -> Manifest:
    """Reads `Manifest.dump`; checks form and root, not the signature. Raises ManifestBroken, ManifestNewer."""
    try:
        match parse(data):
            case {"format": "heshi recording manifest 1", "manifest": dict(fields), "signature": str(signature)}:
                manifest = _read(fields, bytes.fromhex(signature))
                # Reading must lose nothing, or what is shown would not be what was signed.
                if manifest.dump() != data:
                    raise ManifestBroken("root or fields")
                return manifest
            case {"format": str(other)} if other != FORMAT and other.startswith(FORMAT[:-1]):
                raise ManifestNewer(other)
    except (NotCanonical, ValueError, TypeError, KeyError) as error:
        raise ManifestBroken(type(error).__name__) from error
    raise ManifestBroken("format")


def _read(fields: dict[str, JSON], signature: bytes) -> Manifest:
    given: dict[str, Any] = {name: value for name, value in fields.items() if name != "root"}
    given["public_key"] = bytes.fromhex(given["public_key"])
    given["journals"] = tuple(ListedJournal(**{**one, "seats": tuple(one["seats"])}) for one in given["journals"])
    given["gaps"] = tuple(
        Gap(one["endpoint"], one["medium"], one["from"], one["until"], one["cause"]) for one in given["gaps"]
    )
    given["acknowledgements"] = tuple(Acknowledgement(**one) for one in given["acknowledgements"])
    manifest = Manifest(**given, signature=signature)
    _check(manifest)
    return manifest


def _check(manifest: Manifest) -> None:
    """Raises ManifestBroken where a field is of the wrong kind, so that nobody trips over it later."""
    texts = [manifest.case, manifest.room, manifest.session, manifest.started, manifest.ended, manifest.made]
    counts = [manifest.number, manifest.journal_version]
    optional: list[object] = []
    for journal in manifest.journals:
        texts += [journal.path, journal.segment, journal.endpoint, journal.medium, journal.key, journal.state]
        texts += [journal.origin, journal.head, *journal.seats]
        counts += [journal.clock_rate, journal.chunks, journal.size]
        optional += [journal.first, journal.last]
        if len(bytes.fromhex(journal.head)) != 32 or len(bytes.fromhex(journal.origin)) not in (0, 32):
            raise ManifestBroken("head")
    for gap in manifest.gaps:
        texts += [gap.endpoint, gap.medium, gap.since, gap.until, gap.cause]
    for one in manifest.acknowledgements:
        texts += [one.seat, one.at, one.notice]
    sound = all(isinstance(text, str) for text in texts) and all(type(count) is int for count in counts)
    if not sound or not all(one is None or isinstance(one, str) for one in optional):
        raise ManifestBroken("kind of a field")


def _plain(value: ListedJournal | Acknowledgement) -> dict[str, JSON]:
    fields: dict[str, Any] = asdict(value)
    return {name: list(one) if isinstance(one, tuple) else one for name, one in fields.items()}


def _gap_out(gap: Gap) -> dict[str, JSON]:
    return {
        "endpoint": gap.endpoint,
        "medium": gap.medium,
        "from": gap.since,
        "until": gap.until,
        "cause": gap.cause,
    }
