"""A process that appends to one case's timeline until it is killed, and says each number once it is committed."""

from __future__ import annotations

import asyncio
import sys

from vault import Cipher, Database, KeyStore, SystemClock, Timeline


async def main(url: str, folder: str) -> None:
    keys = KeyStore.open(folder)
    timeline = Timeline(Cipher(keys), keys, SystemClock())
    db = await Database.open(url)
    while True:
        head = await db.transact(
            lambda tx: timeline.append(tx, "case_a", act="said", actor="seat_1", payload={"text": "x" * 5000})
        )
        print(head.seq, flush=True)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
