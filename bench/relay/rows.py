"""From runs to the rows of bench/out/relay.json: medians over runs, ours beside each peer's."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable

from bench.relay.conditions import Condition, Figures
from bench.relay.srtp_cost import Costs

OURS = "heshi"
CAPACITY_ROOM = 4

Row = dict[str, object]
Value = Callable[[Figures], float]


def rows(runs: list[Figures], costs: dict[str, Costs]) -> list[Row]:
    """All rows that these runs can fill. A run with an overloaded generator counts; it is marked in the table."""
    out: list[Row] = []
    plain = [run for run in runs if not run.condition.record]
    for condition in _conditions(run for run in plain if run.condition.rooms == 1):
        here = [run for run in plain if run.condition == condition]
        name = condition.name

        def net(run: Figures) -> float:
            return run.per_packet - costs[run.sfu].per_forwarded_us(run)

        figures: list[tuple[str, str, Value]] = [
            (f"cpu_us_per_forwarded_packet_{name}", "µs", lambda run: run.per_packet),
            (f"cpu_us_per_forwarded_packet_{name}_net_of_srtp", "µs", net),
            (f"loss_{name}", "%", lambda run: run.loss * 100),
            (f"memory_mb_{name}", "MB", lambda run: run.memory_mb),
        ]
        for kind in ("video", "audio"):
            for label, share in (("p50", 0.5), ("p99", 0.99)):
                figures.append((f"added_latency_{kind}_{label}_us_{name}", "µs", _latency(kind, share)))
        out += [_row(metric, unit, here, value) for metric, unit, value in figures]
    offers = [run for run in plain if run.offer_cpu_ms is not None]
    out += [_row("offer_to_answer_cpu_ms", "ms", offers, lambda run: run.offer_cpu_ms or 0)] if offers else []
    return [*out, *_capacity(plain), *_recording(runs)]


def _latency(kind: str, share: float) -> Value:
    return lambda run: run.latency_us(kind, share)


def _capacity(plain: list[Figures]) -> list[Row]:
    """Rooms of four at the real rate that fill one core, from the run with the most of them."""
    many = [run for run in plain if run.condition.room == CAPACITY_ROOM and run.condition.speed == 1]
    most = max((run.condition.rooms for run in many), default=0)
    here = [run for run in many if run.condition.rooms == most]
    return [_row("rooms_of_four_per_core", "rooms", here, lambda run: most / run.core)] if most > 1 else []


def _recording(runs: list[Figures]) -> list[Row]:
    """How much more CPU recording everything costs, against the same load in the same round without."""
    out: list[Row] = []
    for condition in _conditions(run for run in runs if run.condition.record):
        twin = Condition(condition.room, condition.speed, condition.rooms)
        with_it, without = (
            [run.per_packet for run in runs if run.sfu == OURS and run.condition == one] for one in (condition, twin)
        )
        if with_it and without:
            extra = [(a / b - 1) * 100 for a, b in zip(with_it, without, strict=False)]
            row = {"metric": "recording_cpu_extra", "unit": "%", "heshi": round(statistics.median(extra), 1)}
            out.append(row | {"peers": {}, "ratio": None, "runs": len(extra)})
    return out


def _conditions(runs: Iterable[Figures]) -> list[Condition]:
    return list(dict.fromkeys(run.condition for run in runs))


def _row(metric: str, unit: str, runs: list[Figures], value: Value) -> Row:
    found: dict[str, list[float]] = {}
    for run in runs:
        found.setdefault(run.sfu, []).append(value(run))
    # An SFU that delivers next to nothing has no latency to tell.
    medians = {sfu: statistics.median(some) for sfu, values in found.items() if (some := [v for v in values if v == v])}
    ours = medians.pop(OURS, None)
    best = (max if unit == "rooms" else min)(medians.values(), default=None)
    ratio = None if ours is None or not best else ours / best
    return {
        "metric": metric,
        "unit": unit,
        "heshi": _round(ours),
        "peers": {sfu: _round(one) for sfu, one in medians.items()},
        "ratio": None if ratio is None else round(ratio, 3),
        "runs": max((len(values) for values in found.values()), default=0),
    }


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 3 if abs(value) < 10 else 1)
