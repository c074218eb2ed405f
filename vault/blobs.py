"""Encrypted files of any size in a folder or an S3 bucket, by URL; readable in ranges.

The adapters are obstore's. A blob's name is random and it is never overwritten.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, unquote, urlsplit

import obstore
from obstore.store import LocalStore, S3Store

from formats.errors import Invalid
from vault.blobformat import CHUNK, HEAD, TAIL, BlobRef, Opener, Sealer
from vault.cipher import MasterKey
from vault.errors import BadBlobUrl, NoBlob, Unreadable
from vault.ids import new_id

if TYPE_CHECKING:
    from obstore.store import S3Config

__all__ = ["BlobRef", "BlobStore"]

_ID = re.compile(r"blob_[a-z2-7]{20}")
_BATCH = 16
_OPEN_BLOBS = 64
_S3_OPTIONS = {"endpoint", "region"}


class BlobStore:
    """`BlobStore("file:///folder", keys)` or `BlobStore("s3://bucket?endpoint=…&region=…", keys)`.

    S3 credentials come from the arguments or from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, never from the URL.
    Raises BadBlobUrl.
    """

    def __init__(
        self, url: str, keys: MasterKey, *, access_key_id: str | None = None, secret_access_key: str | None = None
    ) -> None:
        self._store = open_store(url, access_key_id, secret_access_key)
        self._master = keys.master
        self._openers: OrderedDict[str, Opener] = OrderedDict()

    async def put(self, source: AsyncIterator[bytes] | bytes, *, kind: str) -> BlobRef:
        """Store a new blob; it is visible only when complete. `kind` is a short ASCII word, kept in clear."""
        blob_id = new_id("blob")
        sealer = Sealer(self._master, blob_id, kind)
        await obstore.put_async(self._store, _path(blob_id), _sealed(sealer, source))
        return BlobRef(blob_id, sealer.size, sealer.sha256())

    async def get(self, ref_id: str) -> bytes:
        """All of it. Raises NoBlob, Unreadable."""
        return b"".join([piece async for piece in self.read(ref_id)])

    async def read(self, ref_id: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """Bytes `start` … `end` (exclusive; the end of the blob by default), fetching only the chunks they lie in.

        Raises NoBlob, Unreadable; Invalid for a range outside the blob. What was yielded before Unreadable is genuine.
        """
        opener = await self._opener(ref_id)
        end = opener.ref.size if end is None else end
        if not 0 <= start <= end <= opener.ref.size:
            raise Invalid("range")
        first, stop = start // CHUNK, -(-end // CHUNK)
        for number in range(first, stop, _BATCH):
            count = min(_BATCH, stop - number)
            low, high = opener.span(number, count)
            try:
                data = bytes(await obstore.get_range_async(self._store, _path(ref_id), start=low, end=high))
            except FileNotFoundError as error:
                raise NoBlob from error
            plain = opener.open(number, data)
            if len(plain) < min(count * CHUNK, opener.ref.size - number * CHUNK):
                raise Unreadable("short range")
            base = number * CHUNK
            yield plain[max(0, start - base) : end - base]

    async def stat(self, ref_id: str) -> BlobRef:
        """Size and hash, from head and tail alone. Raises NoBlob, Unreadable."""
        return (await self._opener(ref_id)).ref

    async def delete(self, ref_id: str) -> None:
        """Remove it. Idempotent."""
        self._openers.pop(ref_id, None)
        try:
            await obstore.delete_async(self._store, _path(ref_id))
        except FileNotFoundError:
            return

    async def _opener(self, ref_id: str) -> Opener:
        if ref_id in self._openers:
            self._openers.move_to_end(ref_id)
            return self._openers[ref_id]
        path = _path(ref_id)
        try:
            meta = await obstore.head_async(self._store, path)
            size = int(meta["size"])
            if size < HEAD + TAIL:
                raise Unreadable("too short")
            ends = await obstore.get_ranges_async(self._store, path, starts=[0, size - TAIL], ends=[HEAD, size])
        except FileNotFoundError as error:
            raise NoBlob from error
        opener = Opener(self._master, ref_id, bytes(ends[0]), bytes(ends[1]), size)
        self._openers[ref_id] = opener
        if len(self._openers) > _OPEN_BLOBS:
            self._openers.popitem(last=False)
        return opener


async def _sealed(sealer: Sealer, source: AsyncIterator[bytes] | bytes) -> AsyncIterator[bytes]:
    yield sealer.head
    if isinstance(source, bytes):
        for start in range(0, len(source), _BATCH * CHUNK):
            yield sealer.add(source[start : start + _BATCH * CHUNK])
    else:
        async for piece in source:
            yield sealer.add(piece)
    yield sealer.end()


def _path(ref_id: str) -> str:
    # Ids reach here from requests: nothing but our own form may become a path.
    if not _ID.fullmatch(ref_id):
        raise NoBlob
    return f"blobs/{ref_id[5:7]}/{ref_id}"


def open_store(url: str, access_key_id: str | None, secret_access_key: str | None) -> Any:
    """obstore's store for a blob store's address. Raises BadBlobUrl."""
    parts = urlsplit(url)
    options = parse_qs(parts.query, keep_blank_values=True)
    if parts.scheme == "file" and not parts.netloc and parts.path and not options:
        folder = Path(unquote(parts.path))
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return LocalStore(folder, automatic_cleanup=True)
    if parts.scheme == "s3" and parts.netloc and not parts.path.strip("/") and options.keys() <= _S3_OPTIONS:
        config: S3Config = {"region": options.get("region", ["us-east-1"])[0]}
        if "endpoint" in options:
            config["endpoint"] = options["endpoint"][0]
        if access_key_id is not None and secret_access_key is not None:
            config["access_key_id"] = access_key_id
            config["secret_access_key"] = secret_access_key
        plain_http = config.get("endpoint", "").startswith("http://")
        return S3Store(parts.netloc, config=config, client_options={"allow_http": plain_http})
    raise BadBlobUrl(parts.scheme)
