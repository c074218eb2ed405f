"""What is printed: a line per run as it ends, and the table of rows."""

from __future__ import annotations

from bench.relay.conditions import BUSY, LATE_US, Figures
from bench.relay.rows import Row
from bench.relay.srtp_cost import SIZES, Costs

NOTES = f"""All with SRTP_AES128_CM_SHA1_80, as Chromium chooses. Latency: from just before the sender's encryption to
the kernel's arrival time at the receiver, both sockets' costs included. ratio = heshi ÷ best peer. A run is marked when
the generator used more than {BUSY:.0%} of its core, or sent later than {LATE_US // 1000} ms (p99).
"""


def line(run: Figures) -> str:
    """One run."""
    video, audio = (
        f"{kind} {run.latency_us(kind, 0.5):.0f}/{run.latency_us(kind, 0.99):.0f}" for kind in ("video", "audio")
    )
    rate = run.forwarded / run.seconds
    return (
        f"{run.sfu:<12}{run.condition.name:<24}{run.per_packet:8.1f} µs/packet{rate:8.0f} packets/s"
        f"{run.core:6.0%} of a core, p50/p99 {video} {audio} µs, loss {run.loss:.2%}, {run.memory_mb:.0f} MB,"
        f" generator {run.generator_load:.0%}" + (f"  [{run.marks}]" if run.marks else "") + "\n"
    )


def table(rows: list[Row], costs: dict[str, Costs]) -> str:
    """All rows, and what must be known to read them."""
    peers = list(dict.fromkeys(name for row in rows for name in _peers(row)))
    head = (
        f"{'metric':<54}{'unit':>6}{'heshi':>11}" + "".join(f"{name:>13}" for name in peers) + f"{'ratio':>8}  runs\n"
    )
    out = ["\n", head]
    for row in rows:
        values = "".join(f"{_text(_peers(row).get(name)):>13}" for name in peers)
        out.append(f"{row['metric']:<54}{row['unit']:>6}{_text(row['heshi']):>11}{values}{_text(row['ratio']):>8}")
        out.append(f"  {row['runs']}\n")
    out.append("\n")
    for sfu, cost in costs.items():
        small, large = (f"{cost.unprotect[n]:.2f}/{cost.protect[n]:.2f} µs at {SIZES[n]} bytes" for n in (0, 1))
        out.append(f"{sfu}: libsrtp is {cost.library}; unprotect/protect {small}, {large}\n")
    out.append(NOTES)
    return "".join(out)


def _peers(row: Row) -> dict[str, float]:
    peers = row["peers"]
    assert isinstance(peers, dict)
    return peers


def _text(value: object) -> str:
    return "–" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
