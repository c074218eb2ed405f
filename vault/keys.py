"""The installation's keys: one file of mode 0600, made at the first run, and the supervisor's private key in another.

Nothing here ever makes a key anew because a file is damaged or gone: all that lies under it would be lost silently.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import json
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from formats.canonical import canonical
from formats.sealedbox import new_key_pair, public_of
from vault.errors import KeysDamaged, KeysExposed
from vault.ids import new_secret

MAIN_FILE = "keys.json"
SUPERVISOR_FILE = "supervisor.json"
_LENGTHS = {"master": 32, "chain": 32, "recording": 32, "supervisor_public": 32}
_REQUIRED = {*_LENGTHS, "worker"}


class KeyStore:
    """The opened main key file. `open` never reads the supervisor's file."""

    def __init__(self, folder: Path, values: dict[str, bytes]) -> None:
        self._folder = folder
        self._values = values

    @classmethod
    def open(cls, folder: str | os.PathLike[str], *, create: bool = True) -> KeyStore:
        """Load the keys, or make them where `folder` holds none yet and `create` allows it.

        Raises KeysExposed when others may read the file, KeysDamaged when it is incomplete, altered, or missing while
        the supervisor's is there (or `create` is false).
        """
        path = Path(folder)
        main, supervisor = path / MAIN_FILE, path / SUPERVISOR_FILE
        if not main.exists():
            if not create:
                raise KeysDamaged(f"{MAIN_FILE} is missing")
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
            with _locked(path):
                if not main.exists():
                    # Asked under the lock: another process may be between writing the one and the other.
                    if supervisor.exists():
                        raise KeysDamaged(f"{MAIN_FILE} is missing")
                    _first_run(path)
        values = _load(main)
        if not values.keys() >= _REQUIRED or any(len(values[name]) != size for name, size in _LENGTHS.items()):
            raise KeysDamaged(f"{MAIN_FILE} is incomplete")
        return cls(path, values)

    @staticmethod
    def open_supervisor(place: str | os.PathLike[str]) -> bytes:
        """The supervisor's raw X25519 private key, from its file wherever that is kept, or from the folder it lies in.

        Only the unsealing of caucus recordings calls this. Raises KeysExposed, KeysDamaged.
        """
        path = Path(place)
        values = _load(path / SUPERVISOR_FILE if path.is_dir() else path)
        private = values.get("supervisor", b"")
        if len(private) != 32:
            raise KeysDamaged(f"{SUPERVISOR_FILE} is incomplete")
        return private

    @property
    def master(self) -> bytes:
        """32 bytes that wrap every data key."""
        return self._values["master"]

    @property
    def chain_private(self) -> bytes:
        """The raw Ed25519 key that signs timeline heads and receipts."""
        return self._values["chain"]

    @property
    def chain_public(self) -> bytes:
        """Its public half, for outside checkers."""
        key = Ed25519PrivateKey.from_private_bytes(self.chain_private).public_key()
        return key.public_bytes(Encoding.Raw, PublicFormat.Raw)

    @property
    def recording_private(self) -> bytes:
        """The raw X25519 key that opens joint journals."""
        return self._values["recording"]

    @property
    def worker_secret(self) -> str:
        """What a media worker shows when it dials in."""
        return self._values["worker"].decode()

    def recording_public(self) -> tuple[bytes, bytes]:
        """All that a worker may hold: the public keys (vault for joint, supervisor for caucus journals)."""
        return public_of(self._values["recording"]), self._values["supervisor_public"]

    def get_or_create(self, name: str, make: Callable[[], bytes]) -> bytes:
        """The secret `name` of another package, made by `make` at the first call; one winner among processes.

        Raises ValueError for a name of the store's own.
        """
        if name in _REQUIRED:
            raise ValueError(f"{name} is a name of the key store itself")
        if name not in self._values:
            with _locked(self._folder):
                values = _load(self._folder / MAIN_FILE)
                if name not in values:
                    values[name] = make()
                    _write(self._folder / MAIN_FILE, values)
                self._values = values
        return self._values[name]


def _first_run(folder: Path) -> None:
    supervisor_private, supervisor_public = new_key_pair()
    chain = Ed25519PrivateKey.generate().private_bytes(Encoding.Raw, PrivateFormat.Raw, NoEncryption())
    # The main file comes last: its presence says that the first run was completed.
    _write(folder / SUPERVISOR_FILE, {"supervisor": supervisor_private})
    values = {
        "master": os.urandom(32),
        "chain": chain,
        "recording": new_key_pair()[0],
        "supervisor_public": supervisor_public,
        "worker": new_secret().encode(),
    }
    _write(folder / MAIN_FILE, values)


def _load(path: Path) -> dict[str, bytes]:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW)
    except OSError as error:
        raise KeysDamaged(f"{path.name} cannot be opened") from error
    with os.fdopen(descriptor, "rb") as file:
        if os.fstat(descriptor).st_mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise KeysExposed(path.name)
        data = file.read()
    try:
        document = json.loads(data)
        encoded: dict[str, str] = document["keys"]
        if document["sha256"] != _digest(encoded):
            raise ValueError("checksum")
        return {name: base64.b64decode(text, validate=True) for name, text in encoded.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise KeysDamaged(path.name) from error


def _write(path: Path, values: dict[str, bytes]) -> None:
    encoded = {name: base64.b64encode(value).decode() for name, value in values.items()}
    document = {"keys": encoded, "sha256": _digest(encoded)}
    temporary = path.with_suffix(".new")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(document, file, indent=1)
        file.flush()
        os.fsync(descriptor)
    temporary.replace(path)
    _sync_folder(path.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _digest(encoded: dict[str, str]) -> str:
    return hashlib.sha256(canonical(encoded)).hexdigest()


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    descriptor = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
