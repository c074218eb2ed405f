"""Objects as they are, in the same folder or bucket as the blobs: for what is ciphertext already."""

from __future__ import annotations

import obstore

from vault.blobs import open_store


class ObjectStore:
    """`ObjectStore(url)` takes the addresses and credentials that `BlobStore` does. Raises BadBlobUrl.

    Names are the caller's: never made of anything that came from outside unchecked.
    """

    def __init__(self, url: str, *, access_key_id: str | None = None, secret_access_key: str | None = None) -> None:
        self._store = open_store(url, access_key_id, secret_access_key)

    async def size(self, name: str) -> int | None:
        """Bytes of an object, None where there is none."""
        try:
            return int((await obstore.head_async(self._store, name))["size"])
        except FileNotFoundError:
            return None

    async def put(self, name: str, data: bytes) -> None:
        """Store an object; it is visible only when complete."""
        await obstore.put_async(self._store, name, data)

    async def get(self, name: str) -> bytes:
        """All of it. Raises FileNotFoundError."""
        return bytes(await (await obstore.get_async(self._store, name)).bytes_async())

    async def delete(self, name: str) -> None:
        """Remove it. Idempotent."""
        try:
            await obstore.delete_async(self._store, name)
        except FileNotFoundError:
            return
