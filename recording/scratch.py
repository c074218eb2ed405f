"""A temporary file whose content never lies on disk in clear."""

from __future__ import annotations

import io
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

if TYPE_CHECKING:
    from typing_extensions import Buffer

_BLOCK = 16


class ScratchFile(io.RawIOBase):
    """A seekable file under AES-256-CTR with a key that dies with this object; nameless, gone when closed.

    Overwriting a place reuses its key stream. That is good enough here, where only reserved room with known content is
    overwritten, and nobody but this process ever holds the file; it is no format for keeping anything.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115 - closed by close()
        self._key = os.urandom(32)
        self._position = 0

    def readable(self) -> bool:
        return True

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._file.seek(0, io.SEEK_END)}[whence]
        if base + offset < 0:
            raise OSError("seek before the start")
        self._position = base + offset
        return self._position

    def tell(self) -> int:
        return self._position

    def write(self, data: Buffer) -> int:
        """Write all of it (raises OSError where the disk is full)."""
        hidden = memoryview(self._crypt(bytes(data)))
        total = len(hidden)
        self._file.seek(self._position)
        while hidden:
            hidden = hidden[self._file.write(hidden) :]
        self._position += total
        return total

    def readinto(self, buffer: Buffer) -> int:
        view = memoryview(buffer).cast("B")
        self._file.seek(self._position)
        hidden = self._file.read(len(view)) or b""
        view[: len(hidden)] = self._crypt(hidden)
        self._position += len(hidden)
        return len(hidden)

    def close(self) -> None:
        self._file.close()
        super().close()

    def _crypt(self, data: bytes) -> bytes:
        counter, skip = divmod(self._position, _BLOCK)
        cipher = Cipher(algorithms.AES(self._key), modes.CTR(counter.to_bytes(_BLOCK, "big"))).encryptor()
        cipher.update(bytes(skip))
        return cipher.update(data)
