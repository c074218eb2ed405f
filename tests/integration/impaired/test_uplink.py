"""A publisher whose line loses packets or becomes thin: its watchers are not blamed, and its voice comes through."""

from __future__ import annotations

import pytest

from tests.integration.impaired.call import CAMERA, Call
from tests.support.impairment import Conditions


@pytest.mark.e2e
async def test_a_publisher_is_held_to_its_line() -> None:
    async with Call.open(seed=13) as call:
        call.bench.table(("b", 0, "a"), ("a", 0, "b"))
        await call.join("b")
        await call.join("a", CAMERA, up=Conditions(delay_ms=40, kbps=1500), down=Conditions(delay_ms=40))
        start = await call.during(4)
        call.note("1500 kbit/s up, the first seconds", start)
        wide = await call.during(4)
        call.note("1500 kbit/s up", wide)
        assert wide["a"].sent["h"] > 400
        assert wide["b"].slots[0].width == CAMERA[0]

        call.change("a", up=Conditions(delay_ms=40, kbps=1500, loss=0.08))
        lossy = await call.during(6)
        call.note("8 % lost on the way up", lossy)
        assert max(look.up_loss for look in lossy["a"].looks) > 0.04
        # Bao's own line is whole: it is not taken for a bad one.
        assert max(look.down_loss for look in lossy["b"].looks) < 0.02
        assert lossy["b"].pictures == ["high"]
        assert lossy["b"].slots[0].sound > 0.95

        call.change("a", up=Conditions(delay_ms=40, kbps=200))
        call.note("200 kbit/s up, at once", await call.during(5))
        thin = await call.during(10)
        call.note("200 kbit/s up, later", thin)
        assert thin["b"].slots[0].sound > 0.9
        assert sum(thin["a"].sent.values()) < 230
        assert thin["a"].slots[0].sound > 0.98  # the way back to it is not touched
