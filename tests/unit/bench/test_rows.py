"""Rows: medians over runs, ours beside the best peer."""

from __future__ import annotations

from bench.relay.conditions import Condition, Figures
from bench.relay.rows import rows
from bench.relay.srtp_cost import Costs

COSTS = Costs("", (1.0, 2.0), (1.0, 2.0))


def figures(sfu: str, cpu: float, condition: Condition) -> Figures:
    """A run of one second: 100 packets of 100 bytes in, all forwarded to three others."""
    come, went = ({"audio": number, "video": 0} for number in (100, 300))
    return Figures(
        sfu=sfu,
        condition=condition,
        seconds=1.0,
        cpu=cpu,
        generator_cpu=0.1,
        sent=100,
        forwarded=300,
        retransmitted=0,
        bytes_in={"audio": 10_000, "video": 0},
        bytes_out={"audio": 30_000, "video": 0},
        packets_in=come,
        packets_out=went,
        memory_mb=50.0,
        late_p99_us=100.0,
        latency={"audio": [1000 * one for one in range(1, 101)], "video": []},
    )


def test_rows_compare_with_the_best_peer() -> None:
    four, many = Condition(4), Condition(4, 1, 8)
    runs = [figures("heshi", cpu, four) for cpu in (0.003, 0.009, 0.006)]
    runs += [figures("janus", 0.012, four), figures("media_relay", 0.3, four)]
    runs += [figures("heshi", 0.4, many), figures("heshi", 0.42, Condition(4, 1, 8, record=True))]
    found = {row["metric"]: row for row in rows(runs, dict.fromkeys(("heshi", "janus", "media_relay"), COSTS))}
    cpu = found["cpu_us_per_forwarded_packet_room4_real"]
    assert cpu == {
        "metric": "cpu_us_per_forwarded_packet_room4_real",
        "unit": "µs",
        "heshi": 20.0,
        "peers": {"janus": 40.0, "media_relay": 1000.0},
        "ratio": 0.5,
        "runs": 3,
    }
    # A packet in costs one unprotect for three protects.
    assert found["cpu_us_per_forwarded_packet_room4_real_net_of_srtp"]["heshi"] == 18.7
    assert found["loss_room4_real"]["heshi"] == 0
    assert found["added_latency_audio_p50_us_room4_real"]["heshi"] == 51.0
    assert found["added_latency_video_p99_us_room4_real"]["heshi"] is None
    assert found["rooms_of_four_per_core"]["heshi"] == 20.0
    assert found["recording_cpu_extra"]["heshi"] == 5.0
