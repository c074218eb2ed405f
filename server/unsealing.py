"""The holder of the supervisor's key opens what two people agreed on: `heshi unseal REQUEST --key supervisor.json`."""

from __future__ import annotations

import asyncio
from pathlib import Path

from formats.errors import Invalid
from recording.sealed.rules import MOST_HOURS
from server.settings import Settings
from server.wiring import open_house
from vault import KeyStore
from vault.utc import iso


class BadHours(Invalid):
    """The time asked for is none that unsealing is given."""

    code = "unsealing.hours"
    zh = f"启封时长须在 1 至 {MOST_HOURS} 小时之间。"
    en = f"Unsealing is for 1 to {MOST_HOURS} hours."


async def unseal(settings: Settings, request: str, key: Path, hours: int) -> int:
    """Needs the database and the journals; the key is read here and goes nowhere else.

    Raises `BadHours`, `KeysExposed`, `KeysDamaged` and what `Opening.unseal` does; then nothing was opened.
    """
    if not 1 <= hours <= MOST_HOURS:
        raise BadHours(str(hours))
    private = await asyncio.to_thread(KeyStore.open_supervisor, key)
    async with open_house(settings) as house:
        one = await house.opening.unseal(request, private, hours)
    assert one.expires_at is not None
    print(f"已启封 unsealed: {one.id}, 有效至 until {iso(one.expires_at)}")
    return 0
