"""Sound and picture of a slot stay together whatever happens to it, and silence costs next to nothing."""

from __future__ import annotations

import asyncio
import time

import pytest

from tests.integration.impaired.call import CAMERA, Call
from tests.support.impairment import Conditions

CLOSE_MS = 500  # under 100 on a quiet machine


async def _together(call: Call, what: str) -> None:
    """Wait until Bao's sound and picture are close again, and stay so."""
    begun = time.monotonic()
    near = 0
    while near < 3:
        assert time.monotonic() - begun < 40, f"{what}: no common clock"
        shown = (await call.during(0.4, "b"))["b"].slots[0].frames_per_s > 0
        lag = await call.pages["b"].evaluate("lag(0)")
        near = near + 1 if shown and lag is not None and abs(lag) < CLOSE_MS else 0
    call.bench.note(f"{what}: {lag:.0f} ms apart, after {time.monotonic() - begun:.1f} s")


@pytest.mark.e2e
async def test_lips_match_after_every_switch_and_silence_is_cheap() -> None:
    async with Call.open(seed=17) as call:
        seen = ("b", 0, "a"), ("a", 0, "b"), ("c", 0, "b")
        call.bench.table(*seen)
        await call.join("b", up=Conditions(delay_ms=30), down=Conditions(delay_ms=30))
        await asyncio.gather(call.join("a", CAMERA), call.join("c", (320, 180, 10)))
        await _together(call, "at first")
        speaking = await call.during(3, "b")

        call.bench.table(("b", 0, "c"), ("a", 0, "b"), ("c", 0, "b"))
        await _together(call, "another source")
        call.bench.table(*seen)
        await _together(call, "the first source again")

        call.change("b", down=Conditions(delay_ms=30, kbps=250))
        took = await call.until("b", "low", "none", seconds=15)
        call.bench.note(f"the small picture after {took:.1f} s")
        call.change("b", down=Conditions(delay_ms=30))
        await call.until("b", "low", "high", seconds=60)
        await _together(call, "another layer")

        call.bench.table(("a", 0, "b"), ("c", 0, "b"))
        call.bench.table(*seen)
        await _together(call, "after a pause")

        await call.pages["a"].evaluate("voice.gain.value = 0")
        silent = await call.during(4, "b")
        call.note("silence", silent)
        assert silent["b"].slots[0].sound_packets_per_s < speaking["b"].slots[0].sound_packets_per_s / 2
