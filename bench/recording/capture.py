"""What capturing costs, what the disk takes, and how soon one is anywhere in three hours."""

from __future__ import annotations

import asyncio
import os
import random
import time
from pathlib import Path

import av

from bench.recording.footage import Clip, camera_packets, sound_packets
from formats.framing import Batch
from formats.journal import JournalEncoder, JournalHeader
from formats.sealedbox import new_key_pair
from recording.clock import Clocks
from recording.sink import Recorder
from vault import BlobStore, KeyStore

CHUNK = 64 * 1024
TICK_NS = 700_000_000
"""How often a worker hands over what its threads set down."""


def capture_ms(folder: Path, one: Clip, seconds: int) -> float:
    """CPU (ms, all threads) per second of a seat's picture and sound, handed over as a worker does, synced."""
    _, public = new_key_pair()
    tracks = {"video": list(camera_packets(one, seconds)), "audio": list(sound_packets(one, seconds))}
    batches: list[tuple[str, Batch]] = []
    for medium, packets in tracks.items():
        for start in range(0, seconds * 1_000_000_000, TICK_NS):
            some = [packet for packet in packets if start <= packet[0] < start + TICK_NS]
            batches.append((medium, Batch.of(some)))
    batches.sort(key=lambda item: item[1].first_ns)
    recorder = Recorder(folder, public, public, clocks=Clocks())
    try:
        sinks = {
            "video": recorder.open("room_c", "end_c", "seg_1", "joint", "video", ("seat_c",), 90_000),
            "audio": recorder.open("room_c", "end_c", "seg_1", "joint", "audio", ("seat_c",), 48_000),
        }
        begin = time.process_time()
        for medium, batch in batches:
            sinks[medium].write(batch)
            time.sleep(0.005)  # the disk's turn; a worker leaves it far more
        for sink in sinks.values():
            sink.close()
        return (time.process_time() - begin) * 1000 / seconds
    finally:
        recorder.close()


def chunk_mb_s(folder: Path, *, sync: bool, chunks: int) -> float:
    """MB of 64 kB chunks encrypted, chained and written per second; with or without a sync after each."""
    _, public = new_key_pair()
    header = JournalHeader("rec_c", {}, "2026-03-01T01:00:00.000Z", 0, "bench")
    encoder, chunk = JournalEncoder(header, public), os.urandom(CHUNK)
    with (folder / f"chunks-{sync}").open("wb", buffering=0) as file:
        begin = time.monotonic()
        for _ in range(chunks):
            file.write(encoder.chunk(chunk))
            if sync:
                os.fdatasync(file.fileno())
        return chunks * CHUNK / 1e6 / (time.monotonic() - begin)


class _Ranges:
    """A blob as a seekable file: each read fetches only the chunks that it needs, as a Range request does."""

    def __init__(self, loop: asyncio.AbstractEventLoop, blobs: BlobStore, blob_id: str, size: int) -> None:
        self._loop, self._blobs, self._id, self._size, self._at = loop, blobs, blob_id, size, 0

    def read(self, length: int) -> bytes:
        end = min(self._size, self._at + length)
        data = self._loop.run_until_complete(self._some(self._at, end))
        self._at = end
        return data

    def seek(self, offset: int, whence: int = 0) -> int:
        self._at = offset + (0, self._at, self._size)[whence]
        return self._at

    def tell(self) -> int:
        return self._at

    async def _some(self, start: int, end: int) -> bytes:
        return b"".join([piece async for piece in self._blobs.read(self._id, start, end)])


def seek_ms(folder: Path, film: Path, seconds: float, places: int) -> list[float]:
    """From a random moment being asked for to its first picture decoded, out of the encrypted blob."""
    loop = asyncio.new_event_loop()
    try:
        keys = KeyStore.open(folder / "keys")
        blobs = BlobStore(f"file://{folder}/blobs", keys)
        ref = loop.run_until_complete(blobs.put(film.read_bytes(), kind="mp4"))
        chance, took = random.Random(1), []
        with av.open(_Ranges(loop, blobs, ref.id, ref.size), "r") as container:
            for _ in range(places):
                at = chance.uniform(0, seconds - 5)
                begin = time.monotonic()
                container.seek(int(at * 1_000_000))
                next(container.decode(video=0))
                took.append((time.monotonic() - begin) * 1000)
        return took
    finally:
        loop.close()
