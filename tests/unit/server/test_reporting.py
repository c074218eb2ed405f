"""What a worker reports is what the server reads, for the real relay."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from media import Relay, RelaySettings
from media.stats import Quality
from server.reporting import Reporter
from signaling.meters import WorkerCounters, exposition
from signaling.quality import Figures, read_report


async def _nobody(event: str, data: dict[str, Any]) -> None:
    raise AssertionError(event)


async def test_the_relays_report_is_read_whole() -> None:
    relay = Relay(RelaySettings(host_ips=("127.0.0.1",)), None, lambda event: None)
    relay.apply({"room": "room_1", "revision": 1, "epoch": 3, "lease_s": 30, "rows": [], "record": []})
    report = read_report(Reporter(relay, _nobody).report())
    assert report.rooms["room_1"].epoch == 3
    assert report.counters == relay.counters()
    counters = WorkerCounters()
    counters.told("w", report.counters)
    text = exposition(counters.families({"w"}))
    for name in relay.counters():
        assert f"heshi_relay_{name}_total " in text
        assert f'heshi_worker_{name}_total{{worker="w"}} ' in text


def test_both_sides_mean_the_same_figures() -> None:
    assert set(Figures.model_fields) == {field.name for field in fields(Quality)}
