"""A line that loses packets: voices stay whole, pictures go on, and nobody else notices."""

from __future__ import annotations

import pytest

from tests.integration.impaired.call import Call
from tests.support.impairment import Conditions


@pytest.mark.e2e
async def test_loss_is_mended_and_stays_one_persons_own() -> None:
    async with Call.open(seed=7) as call:
        await call.gather(Conditions(delay_ms=50), Conditions(delay_ms=50))
        await call.during(4)
        before = await call.during(4)
        call.note("no loss", before)
        good = before["b"].slots[0]

        for loss, delay, seconds, least in ((0.05, 50, 20, 0.95), (0.1, 40, 10, 0.95), (0.2, 25, 6, 0.85)):
            bad = Conditions(delay_ms=delay, loss=loss)
            call.change("c", up=bad, down=bad)
            now = await call.during(seconds)
            call.note(f"{loss:.0%} lost both ways", now)
            # Chen hears Anna, and Anna hears Chen.
            assert now["c"].slots[0].sound >= least
            assert now["a"].slots[0].sound >= 1 - loss / 2
            if loss == 0.05:
                # Measured: 0.5 to 2.0 s of these 20, in short stops; the aim is under 2.
                assert now["c"].slots[0].frozen_s < 5
                assert now["c"].slots[0].frames_per_s > good.frames_per_s / 2
            # Bao sees what Bao saw before, and Anna sends what she sent.
            still = now["b"].slots[0]
            assert still.sound > 0.98
            assert still.frozen_s < 1
            assert still.width == good.width
            assert still.frames_per_s > 0.7 * good.frames_per_s
            assert still.kbps > 0.7 * good.kbps
            assert now["b"].pictures == ["high"]
            assert now["a"].keys_sent <= seconds
