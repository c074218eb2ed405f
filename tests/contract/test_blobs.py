"""Blobs in a folder and over S3 (a test server's; a production store is unverified here)."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable

import obstore
import pytest

from formats.errors import Invalid
from vault import BlobStore, KeyStore
from vault.blobformat import CHUNK, HEAD
from vault.blobs import _path
from vault.errors import BadBlobUrl, NoBlob, Unreadable

OpenStore = Callable[[], BlobStore]
# Over 5 MB, where S3 uploads go in parts.
BIG = 12 * 1024 * 1024 + 7


def content(size: int) -> bytes:
    return hashlib.shake_128(b"content").digest(size)


async def pieces(data: bytes, size: int = 700_001) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


async def part(blobs: BlobStore, ref_id: str, start: int, end: int | None) -> bytes:
    return b"".join([piece async for piece in blobs.read(ref_id, start, end)])


@pytest.mark.parametrize("size", [0, 1, CHUNK, CHUNK + 1, BIG])
async def test_what_was_put_is_got(reopen_blobs: OpenStore, size: int) -> None:
    data = content(size)
    ref = await reopen_blobs().put(pieces(data), kind="video")
    assert (ref.size, ref.sha256) == (size, hashlib.sha256(data).digest())
    blobs = reopen_blobs()
    assert await blobs.stat(ref.id) == ref
    assert await blobs.get(ref.id) == data


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (0, 0),
        (0, 1),
        (CHUNK - 1, CHUNK + 1),
        (CHUNK, 2 * CHUNK),
        (5 * CHUNK + 3, 40 * CHUNK),
        (BIG - 1, BIG),
        (BIG, BIG),
    ],
)
async def test_ranges(blobs: BlobStore, start: int, end: int) -> None:
    data = content(BIG)
    ref = await blobs.put(data, kind="video")
    assert await part(blobs, ref.id, start, end) == data[start:end]
    assert await part(blobs, ref.id, BIG - 9, None) == data[-9:]


async def test_a_range_needs_only_its_own_chunks(reopen_blobs: OpenStore) -> None:
    """Damage elsewhere in the object is not even seen."""
    data = content(10 * CHUNK)
    blobs = reopen_blobs()
    ref = await blobs.put(data, kind="video")
    await rewrite(blobs, ref.id, lambda stored: stored[:HEAD] + bytes(CHUNK) + stored[HEAD + CHUNK :])
    fresh = reopen_blobs()
    assert await part(fresh, ref.id, 4 * CHUNK, 6 * CHUNK) == data[4 * CHUNK : 6 * CHUNK]
    with pytest.raises(Unreadable):
        await part(fresh, ref.id, 0, 1)


async def test_nothing_is_stored_in_clear(blobs: BlobStore) -> None:
    ref = await blobs.put("当事人张三".encode() * 50, kind="pdf")
    assert "当事人".encode() not in await raw(blobs, ref.id)


@pytest.mark.parametrize(
    "change",
    [
        lambda stored: stored[:-1],
        lambda stored: stored[:100],
        lambda stored: b"",
        lambda stored: stored + b"\x00",
        lambda stored: stored[:-3] + b"\x00\x00\x00",
        lambda stored: b"X" + stored[1:],
    ],
)
async def test_a_changed_object_is_refused(reopen_blobs: OpenStore, change: Callable[[bytes], bytes]) -> None:
    blobs = reopen_blobs()
    ref = await blobs.put(content(1000), kind="pdf")
    await rewrite(blobs, ref.id, change)
    with pytest.raises(Unreadable):
        await reopen_blobs().get(ref.id)


async def test_one_blob_in_the_place_of_another_is_refused(reopen_blobs: OpenStore) -> None:
    blobs = reopen_blobs()
    one, two = await blobs.put(b"one", kind="pdf"), await blobs.put(b"two", kind="pdf")
    foreign = await raw(blobs, two.id)
    await rewrite(blobs, one.id, lambda _: foreign)
    with pytest.raises(Unreadable):
        await reopen_blobs().get(one.id)


async def test_a_source_that_fails_leaves_nothing(blobs: BlobStore) -> None:
    async def failing() -> AsyncIterator[bytes]:
        yield content(BIG)
        raise LookupError("camera gone")

    with pytest.raises(Exception, match="camera gone"):
        await blobs.put(failing(), kind="video")
    listed = [meta async for batch in obstore.list(blobs._store) for meta in batch]
    assert listed == []


async def test_deleting(blobs: BlobStore) -> None:
    ref = await blobs.put(b"x", kind="pdf")
    assert await blobs.get(ref.id) == b"x"
    await blobs.delete(ref.id)
    await blobs.delete(ref.id)
    with pytest.raises(NoBlob):
        await blobs.get(ref.id)


@pytest.mark.parametrize("ref_id", ["", "blob_", "../../etc/passwd", "blob_" + "A" * 20, "blob_" + "a" * 20 + "\n"])
async def test_only_our_own_ids_become_paths(blobs: BlobStore, ref_id: str) -> None:
    with pytest.raises(NoBlob):
        await blobs.get(ref_id)
    with pytest.raises(NoBlob):
        await blobs.delete(ref_id)


@pytest.mark.parametrize(("start", "end"), [(-1, 1), (2, 1), (0, 4), (4, None)])
async def test_ranges_outside_are_refused(blobs: BlobStore, start: int, end: int | None) -> None:
    ref = await blobs.put(b"abc", kind="pdf")
    with pytest.raises(Invalid):
        await part(blobs, ref.id, start, end)


@pytest.mark.parametrize(
    "url", ["", "data/blobs", "ftp://x/y", "file://host/x", "s3://", "s3://b/p", "s3://b?secret=1"]
)
def test_other_addresses_are_refused(keys: KeyStore, url: str) -> None:
    with pytest.raises(BadBlobUrl):
        BlobStore(url, keys)


async def raw(blobs: BlobStore, ref_id: str) -> bytes:
    found = await obstore.get_async(blobs._store, _path(ref_id))
    return bytes(await found.bytes_async())


async def rewrite(blobs: BlobStore, ref_id: str, change: Callable[[bytes], bytes]) -> None:
    await obstore.put_async(blobs._store, _path(ref_id), change(await raw(blobs, ref_id)))
