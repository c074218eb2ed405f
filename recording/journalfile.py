"""One journal on disk: whole records, synced, or cut back to the last whole record."""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path

from formats.journal import JournalEncoder, JournalHeader
from recording.spools import Spool


class JournalFile:
    """Writes one journal; used by one thread. After an OSError it is closed and ends at the last whole record on disk.

    `head`, `chunks` and `bytes` cover what is on disk for certain.
    """

    def __init__(
        self, spool: Spool, room: str, segment: str, name: str, header: JournalHeader, public_key: bytes
    ) -> None:
        """Create the file. A name already taken (the same segment captured before a crash) gets the next number.

        Raises OSError; then nothing usable is left behind.
        """
        folder = spool.folder
        parent = folder / room / segment
        parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._descriptor, self.path = _create(parent, name, spool.numbers)
        self._encoder = JournalEncoder(header, public_key)
        self.bytes = self.chunks = 0
        self.head = self._encoder.head
        self._written = 0
        try:
            self._write(self._encoder.header_bytes)
            self.sync()
            for directory in (parent, parent.parent, folder):
                _sync_directory(directory)
        except OSError:
            self.abandon()
            raise

    def append(self, plaintext: bytes, *, final: bool = False) -> None:
        """Encrypt and write one chunk, and let the disk begin with it; only `sync` sees to it that it is there.

        Raises OSError.
        """
        self._write(self._encoder.chunk(plaintext, final))

    def sync(self) -> None:
        """Wait until what was written is on disk. Raises OSError."""
        try:
            os.fdatasync(self._descriptor)
            self.check()
        except OSError:
            self._cut()
            raise
        self.bytes, self.chunks, self.head = self._written, self._encoder.index, self._encoder.head

    def check(self) -> None:
        """Raise OSError where another file, or none, lies under its name: what goes into it would be lost unseen."""
        if not os.path.samestat(os.fstat(self._descriptor), os.stat(self.path)):
            raise FileNotFoundError(errno.ENOENT, "taken away")

    def abandon(self) -> None:
        """Close the file as it is; it stays without a final record."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _write(self, data: bytes) -> None:
        # On a full disk write() may be short without an error, so only a loop notices.
        view = memoryview(data)
        try:
            while view:
                written = os.write(self._descriptor, view)
                if written == 0:
                    raise OSError("nothing could be written")
                view = view[written:]
            # Nobody reads this soon; and a disk that begins with many files at once is through sooner, at less cost.
            os.posix_fadvise(self._descriptor, self._written, len(data), os.POSIX_FADV_DONTNEED)
        except OSError:
            self._cut()
            raise
        self._written += len(data)

    def _cut(self) -> None:
        # What lay beyond was never promised; where it cannot be cut off, readers find where the sound part ends.
        with contextlib.suppress(OSError):
            os.ftruncate(self._descriptor, self.bytes)
        self.abandon()


def _create(parent: Path, name: str, numbers: range) -> tuple[int, Path]:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    for number in numbers:
        path = parent / (f"{name}.hjr" if number == 1 else f"{name}.{number}.hjr")
        try:
            return os.open(path, flags, 0o600), path
        except FileExistsError:
            continue
    raise OSError(f"no free name for {name}")


def _sync_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
