"""One line after another: losses, long ways and thin ones; a sample by default, all of them in `make soak`."""

from __future__ import annotations

import os

import pytest

from tests.integration.impaired.call import Call
from tests.support.impairment import Conditions

SAMPLE = (Conditions(delay_ms=200, loss=0.02), Conditions(delay_ms=400), Conditions(delay_ms=100, kbps=600))
GRID = tuple(
    [Conditions(delay_ms=delay, loss=loss) for loss in (0.02, 0.05, 0.1, 0.2) for delay in (50, 200, 400)]
    + [Conditions(delay_ms=delay, kbps=kbps) for kbps in (1500, 600, 300, 150, 100) for delay in (50, 200)]
)


def least_sound(line: Conditions) -> float:
    """The share of a voice that must come through whole, once the call has got used to the line."""
    if line.kbps and line.kbps <= 150:
        return 0.5  # tries to bring a picture back disturb the voice there
    return 0.9 - 1.4 * line.loss


@pytest.mark.e2e
async def test_a_voice_comes_over_every_line_and_nobody_else_notices() -> None:
    lines = GRID if os.environ.get("HESHI_SOAK") or os.environ.get("HESHI_ROUND") else SAMPLE
    async with Call.open(seed=3) as call:
        await call.gather(Conditions(delay_ms=20), Conditions(delay_ms=20))
        await call.during(3)
        good = (await call.during(3))["b"].slots[0]
        for line in lines:
            call.change("c", up=Conditions(delay_ms=line.delay_ms, loss=line.loss), down=line)
            await call.during(8 if line.kbps else 3)
            now = await call.during(6)
            call.note(f"{line.loss:.0%} lost, {line.delay_ms:.0f} ms, {line.kbps or 'any'} kbit/s", now)
            assert now["c"].slots[0].sound >= least_sound(line)
            assert now["a"].slots[0].sound >= 0.9 - 1.4 * line.loss
            still = now["b"].slots[0]
            assert still.sound > 0.98
            assert still.width == good.width
            assert still.frames_per_s > 0.7 * good.frames_per_s
            call.change("c", up=Conditions(delay_ms=20), down=Conditions(delay_ms=20))
            await call.until("c", "high", seconds=120)
