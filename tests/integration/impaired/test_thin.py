"""A line that becomes too thin: the picture becomes small or goes, the voice stays, and all comes back by itself."""

from __future__ import annotations

import pytest

from tests.integration.impaired.call import Call, Stretch
from tests.support.impairment import Conditions


def _unmoved(before: Stretch, after: Stretch) -> None:
    """Somebody else's trouble has changed nothing for this one."""
    good, still = before.slots[0], after.slots[0]
    assert still.sound > 0.98
    assert still.frozen_s < 1
    assert still.width == good.width
    assert still.frames_per_s > 0.7 * good.frames_per_s
    assert still.kbps > 0.7 * good.kbps
    assert after.pictures == ["high"]


@pytest.mark.e2e
async def test_a_collapsing_line_keeps_the_voice_and_gets_its_picture_back() -> None:
    async with Call.open(seed=11) as call:
        await call.gather(Conditions(delay_ms=40), Conditions(delay_ms=40, kbps=1500))
        await call.during(5)
        before = await call.during(4)
        call.note("1500 kbit/s", before)
        assert before["c"].pictures == ["high"]

        call.change("c", down=Conditions(delay_ms=40, kbps=300))
        falling = await call.during(6)
        call.note("300 kbit/s, at once", falling)
        # The first seconds cost something (measured: voice 0.85, 2.2 s frozen); that they end is what counts.
        assert falling["c"].slots[0].sound > 0.6
        settled = await call.during(6)
        call.note("300 kbit/s, later", settled)
        assert settled["c"].slots[0].sound > 0.8
        assert settled["c"].pictures[0] in ("low", "none")

        call.change("c", down=Conditions(delay_ms=40, kbps=120))
        await call.during(9)
        voice = await call.during(6)
        call.note("120 kbit/s", voice)
        # Tries to bring the small picture back still disturb the voice here: measured 0.65 to 1.0.
        assert voice["c"].slots[0].sound > 0.5
        assert set(voice["c"].pictures) <= {"low", "none"}
        for stretch in (falling, settled, voice):
            _unmoved(before["b"], stretch["b"])

        call.change("c", down=Conditions(delay_ms=40))
        back = await call.until("c", "high", seconds=90)
        call.bench.note(f"wide again: the large picture after {back:.1f} s")
